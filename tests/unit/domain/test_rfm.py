from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.metrics import METRICS
from shopx_core.domain.rfm import (
    GRID,
    SEGMENTS,
    NoCustomers,
    Scores,
    Segment,
    recency_score,
    score,
    score_breaks,
    segment,
    value_score,
)

scores = st.integers(1, 5)


def test_every_score_has_exactly_one_segment_and_every_segment_has_scores() -> None:
    """Total and disjoint: all 125 combinations are named, and no name is left over."""
    named = {
        (r, f, m): segment(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)
    }
    assert len(named) == 125
    assert set(named.values()) == set(Segment) == set(SEGMENTS)
    assert set(GRID) == {(r, value) for r in range(1, 6) for value in range(1, 6)}


def test_no_segment_is_called_what_a_metric_is() -> None:
    """One name has one definition: new customers are those of a first order in the period."""
    metrics = {metric.title for metric in METRICS.values()}
    assert {text.title for text in SEGMENTS.values()} & metrics == set()
    # Saved links and reports have the id.
    assert Segment("new_customers") is Segment.NEW_CUSTOMERS


@pytest.mark.parametrize(
    ("recency", "frequency", "monetary", "name"),
    [
        (5, 5, 5, Segment.CHAMPIONS),
        (4, 4, 4, Segment.LOYAL),
        (5, 2, 3, Segment.POTENTIAL_LOYALISTS),
        (5, 1, 1, Segment.NEW_CUSTOMERS),
        (4, 1, 1, Segment.PROMISING),
        (3, 3, 3, Segment.NEED_ATTENTION),
        (3, 1, 2, Segment.ABOUT_TO_SLEEP),
        (2, 4, 3, Segment.AT_RISK),
        (1, 5, 5, Segment.CANNOT_LOSE_THEM),
        (2, 1, 2, Segment.HIBERNATING),
        (1, 1, 1, Segment.LOST),
    ],
    ids=str,
)
def test_typical_customers_have_the_name_one_expects(
    recency: int, frequency: int, monetary: int, name: Segment
) -> None:
    assert Scores(recency, frequency, monetary).segment is name


@pytest.mark.parametrize("wrong", [(0, 3, 3), (6, 3, 3), (3, 7, 7), (3, 0, 0)])
def test_scores_outside_the_grid_are_an_error(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(KeyError):
        segment(*wrong)


@given(scores, scores)
def test_frequency_and_monetary_count_alike(frequency: int, monetary: int) -> None:
    assert value_score(frequency, monetary) == value_score(monetary, frequency)
    assert min(frequency, monetary) <= value_score(frequency, monetary) <= max(frequency, monetary)


def test_distinct_values_fall_into_equal_fifths() -> None:
    breaks = score_breaks(range(1, 101))
    assert breaks == (20, 40, 60, 80)
    assert [score(value, breaks) for value in (1, 20, 21, 40, 60, 61, 80, 81, 100)] == [
        1, 1, 2, 2, 3, 4, 4, 5, 5,
    ]  # fmt: skip


def test_a_crowd_of_one_time_buyers_scores_lowest_together() -> None:
    frequencies = [1] * 60 + [2] * 25 + [3] * 10 + [9] * 5
    breaks = score_breaks(frequencies)
    assert breaks == (1, 1, 1, 2)
    assert {value: score(value, breaks) for value in (1, 2, 3, 9)} == {1: 1, 2: 4, 3: 5, 9: 5}


def test_the_latest_order_scores_best_and_a_crowd_on_the_last_day_is_recent() -> None:
    ages = [timedelta(days=days) for days in [0] * 30 + list(range(1, 71))]
    breaks = score_breaks(ages)
    assert recency_score(timedelta(0), breaks) == 5
    assert recency_score(timedelta(days=70), breaks) == 1


def test_one_customer_alone_is_new() -> None:
    age, orders, spent = timedelta(hours=3), 1, Decimal("19.90")
    alone = Scores(
        recency_score(age, score_breaks([age])),
        score(orders, score_breaks([orders])),
        score(spent, score_breaks([spent])),
    )
    assert alone.segment is Segment.NEW_CUSTOMERS


def test_nobody_cannot_be_scored() -> None:
    with pytest.raises(NoCustomers):
        score_breaks([])


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=60))
def test_a_score_is_one_and_the_whole_fifths_that_have_less(values: list[int]) -> None:
    """The same method in integers, as SQL computes it: 1 + 5 * (rank - 1) / count."""
    breaks = score_breaks(values)
    for value in values:
        less = sum(other < value for other in values)
        assert score(value, breaks) == 1 + 5 * less // len(values)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200), st.randoms())
def test_scores_follow_values_and_not_the_order_of_rows(values: list[int], random: object) -> None:
    breaks = score_breaks(values)
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_breaks(shuffled) == breaks
    assert list(breaks) == sorted(breaks)
    ranked = [score(value, breaks) for value in sorted(values)]
    assert ranked == sorted(ranked)
    assert set(ranked) <= {1, 2, 3, 4, 5}
    for wanted in range(1, 6):
        # At most a fifth (rounded up) lies in a score but for ties at its upper end.
        holders = [value for value in values if score(value, breaks) == wanted]
        if holders:
            below_top = [value for value in holders if value < max(holders)]
            assert len(below_top) <= -(-len(values) // 5)
