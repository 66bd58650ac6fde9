"""Vectors count their values as their rows have them, however they are encoded."""

from hypothesis import given
from hypothesis import strategies as st

from shopx_store.importing.vectors import Vector, combine, occurrences

TEXTS = st.lists(st.sampled_from(["a", "b", " a", "c"]), max_size=60)


def counted(rows: list[str]) -> dict[str, tuple[int, int, int]]:
    """Row by row."""
    last = {value: row for row, value in enumerate(rows)}
    return {value: (rows.count(value), rows.index(value), last[value]) for value in last}


@given(TEXTS)
def test_occurrences(rows: list[str]) -> None:
    """Also where two values of a column became one, and where some occur in no row."""
    for vector in (Vector(rows), Vector.of(rows), Vector.of(rows).map(str.strip)):
        assert occurrences(vector) == counted(vector.rows())
    kept = Vector.of(rows).take(range(0, len(rows), 2))
    assert occurrences(kept) == counted(rows[::2])


def test_occurrences_of_a_constant() -> None:
    assert occurrences(Vector.constant("a", 5)) == {"a": (5, 0, 4)}
    assert occurrences(Vector.constant("a", 0)) == {}


@given(TEXTS, TEXTS)
def test_occurrences_of_combinations(first: list[str], second: list[str]) -> None:
    size = min(len(first), len(second))
    joined = combine("{}/{}".format, [Vector.of(first[:size]), Vector.of(second[:size])])
    assert occurrences(joined) == counted([f"{a}/{b}" for a, b in zip(first, second, strict=False)])
