"""Places on the leaderboard: who takes part, ties as in sports, and pages of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from shopx_api.features.reps.compute import (
    BoardOrder,
    LeaderboardOrder,
    RepResults,
    in_order,
    places,
)
from shopx_api.types.enums import SortValue
from shopx_core.domain.metrics import Measure

REVENUE, ATTAINMENT = LeaderboardOrder.REVENUE, LeaderboardOrder.ATTAINMENT


def sold(gross: int, orders: int = 1) -> dict[Measure, Decimal]:
    row = dict.fromkeys(Measure, Decimal(0))
    return row | {Measure.GROSS: Decimal(gross), Measure.ORDERS: Decimal(orders)}


def results(gross: Mapping[int, int], quotas: Mapping[int, int] | None = None) -> RepResults:
    return RepResults(
        {key: sold(amount) for key, amount in gross.items()},
        {key: Decimal(amount) for key, amount in (quotas or {}).items()},
    )


REPS = [1, 2, 3, 4, 5, 6]


def test_ties_share_a_place_and_the_next_is_skipped() -> None:
    found = places(REPS, results({1: 10, 2: 30, 3: 20, 4: 20}), None, REVENUE)
    assert [(p.key, p.rank, p.is_tied) for p in found] == [
        (2, 1, False),
        (3, 2, True),
        (4, 2, True),
        (1, 4, False),
    ]


def test_a_quota_is_enough_to_take_part_and_another_team_is_not_ranked() -> None:
    found = places([1, 2], results({1: 10, 3: 99, 0: 50}, {2: 5}), None, REVENUE)
    assert [(p.key, p.value, p.rank) for p in found] == [(1, 10, 1), (2, 0, 2)]


def test_places_won_and_lost_against_the_earlier_period() -> None:
    found = places(REPS, results({1: 10, 2: 30, 3: 20}), results({1: 9, 2: 5, 3: 7, 4: 8}), REVENUE)
    assert [(p.key, p.rank, p.previous_rank, p.change) for p in found] == [
        (2, 1, 4, 3),
        (3, 2, 3, 1),
        (1, 3, 1, -2),
        (4, None, 2, None),
    ]


def test_who_was_not_there_before_has_no_earlier_place() -> None:
    found = places(REPS, results({1: 10, 5: 5}), results({1: 1}), REVENUE)
    assert [(p.key, p.previous_rank, p.change) for p in found] == [(1, 1, 0), (5, None, None)]


def test_without_a_quota_there_is_no_attainment_and_no_place() -> None:
    found = places(REPS, results({1: 10, 2: 30, 3: 6}, {1: 20, 3: 3, 4: 8, 5: 0}), None, ATTAINMENT)
    assert [(p.key, p.value, p.rank) for p in found] == [
        (3, 2, 1),
        (1, Decimal("0.5"), 2),
        (4, 0, 3),
        (2, None, None),
        (5, None, None),
    ]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (SortValue.VALUE, {2: 30, 3: 20, 1: 10, 4: None}),
        (SortValue.PREVIOUS, {1: 9, 4: 8, 3: 5, 2: 0}),
        (SortValue.DIFFERENCE, {2: 30, 3: 15, 1: 1, 4: -8}),
        (SortValue.CHANGE, {3: 3, 1: Decimal(1) / 9, 4: -1, 2: None}),
    ],
)
def test_reps_are_ordered_by_any_part_of_the_figure(
    sort: SortValue, expected: dict[int, Any], *, ascending: bool
) -> None:
    """Who sold before and not since is among them, and new ones have no percentage."""
    current, previous = results({1: 10, 2: 30, 3: 20}), results({1: 9, 3: 5, 4: 8})
    order = BoardOrder(by=REVENUE, sort=sort, ascending=ascending)
    found = in_order(places(REPS, current, previous, REVENUE), order, current, previous)
    known = [key for key, value in expected.items() if value is not None]
    unknown = [key for key, value in expected.items() if value is None]
    assert [key for (_, key), _ in found] == (known[::-1] if ascending else known) + unknown
    for (value, key), _ in found:
        wanted = expected[key]
        assert value == wanted or abs(value - wanted) < Decimal("1e-20")


@pytest.mark.parametrize("by", [REVENUE, ATTAINMENT])
def test_pages_follow_each_other_without_gap_or_repeat(by: LeaderboardOrder) -> None:
    ranked = places(REPS, results({1: 5, 2: 5, 3: 5, 4: 9, 6: 1}, {1: 5, 4: 3}), None, by)
    order = BoardOrder(by=by, sort=SortValue.VALUE, ascending=False)
    listed = in_order(ranked, order, results({}), None)
    keyset = order.keyset(None)
    walked: list[Any] = []
    after = None
    while rest := [one for one in listed if keyset.follows(one[0], after)]:
        walked += rest[:2]
        after = rest[:2][-1][0]
    assert [place for _, place in walked] == ranked


def test_a_cursor_of_a_rep_who_left_still_continues_after_its_place() -> None:
    ranked = places(REPS, results({1: 5, 2: 4, 3: 3}), None, REVENUE)
    order = BoardOrder(by=REVENUE, sort=SortValue.VALUE, ascending=False)
    listed = in_order(ranked, order, results({}), None)
    keyset = order.keyset(None)
    assert [k[1] for k, _ in listed if keyset.follows(k, (Decimal("4.5"), 9))] == [2, 3]
