"""Which rows of reference data are read together."""

from hypothesis import given
from hypothesis import strategies as st

from shopx_api.data.row_cache import BLOCK, with_neighbours


@given(st.lists(st.integers(1, 10**6), unique=True, max_size=100))
def test_neighbours_come_after_what_is_asked_for_and_are_few(ids: list[int]) -> None:
    """Everything that is asked for is read, and a bounded number of rows beside it."""
    found = with_neighbours(ids)
    assert found[: len(ids)] == ids
    assert len(found) == len(set(found)) <= len(ids) + 8 * BLOCK


def test_a_list_of_one_catalogue_is_read_in_few_statements() -> None:
    """Pages of ten of a thousand products: the names of all are known after some of them."""
    known: set[int] = set()
    statements = 0
    for first in range(1000):
        missing = [key for key in range(first, first + 10) if key not in known]
        if missing:
            statements += 1
            known.update(with_neighbours(missing))
    assert statements <= 1000 // BLOCK + 1
