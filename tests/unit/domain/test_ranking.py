from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.ranking import competition_ranks, leaderboard


def board(**values: int | None) -> dict[str, Decimal | None]:
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("values", "ascending", "ranks"),
    [
        pytest.param(board(a=9, b=7, c=7, d=1), False, [1, 2, 2, 4], id="1224"),
        pytest.param(board(a=5, b=5, c=5, d=4), False, [1, 1, 1, 4], id="three winners"),
        pytest.param(board(a=1, b=9, c=4), True, [1, 3, 2], id="least first"),
        pytest.param(board(a=3, b=None, c=8), False, [2, None, 1], id="no value, no rank"),
        pytest.param(board(a=-3, b=0), False, [2, 1], id="losses rank too"),
        pytest.param(board(), False, [], id="empty"),
    ],
)
def test_ranks_are_those_of_sports(
    values: dict[str, Decimal | None], ascending: bool, ranks: list[int | None]
) -> None:
    assert list(competition_ranks(values, ascending=ascending).values()) == ranks


def test_equal_amounts_written_differently_tie() -> None:
    assert competition_ranks({"a": Decimal("1.50"), "b": Decimal("1.5")}) == {"a": 1, "b": 1}


def test_places_move_against_the_earlier_period() -> None:
    now = board(ann=100, bob=80, cy=80, new=10, idle=None)
    before = board(bob=50, ann=40, gone=45, cy=None, idle=1)
    places = leaderboard(now, before)
    assert [(p.key, p.rank, p.previous_rank, p.change, p.is_tied) for p in places] == [
        ("ann", 1, 3, 2, False),
        ("bob", 2, 1, -1, True),
        ("cy", 2, None, None, True),
        ("new", 4, None, None, False),
        ("idle", None, 4, None, False),
    ]


@given(st.dictionaries(st.integers(), st.none() | st.integers(-3, 3).map(Decimal), max_size=20))
def test_a_rank_is_one_more_than_those_who_are_better(values: dict[int, Decimal | None]) -> None:
    present = [value for value in values.values() if value is not None]
    for key, rank in competition_ranks(values).items():
        value = values[key]
        if value is None:
            assert rank is None
        else:
            assert rank == 1 + sum(other > value for other in present)
