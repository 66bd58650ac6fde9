"""Segments and cohorts as the panel shows them."""

import datetime as dt
from decimal import Decimal

import pytest

from shopx_api.features.customers.compute import concentration, retention, segment_summaries
from shopx_api.features.customers.queries import (
    CohortRow,
    ConcentrationRow,
    SegmentRow,
    estimate,
)
from shopx_core.domain.periods import Granularity
from shopx_core.domain.rfm import SEGMENTS, Segment


def cohort_row(cohort: str, period: str, customers: int) -> CohortRow:
    first, then = (dt.date.fromisoformat(f"{text}-01") for text in (cohort, period))
    return CohortRow(first, then, customers, customers, Decimal(customers))


ROWS = [
    cohort_row("2026-01", "2026-01", 10),
    cohort_row("2026-01", "2026-03", 4),
    cohort_row("2026-02", "2026-02", 5),
]


def test_every_segment_is_listed_and_shares_add_up() -> None:
    rows = {
        Segment.CHAMPIONS: SegmentRow(Segment.CHAMPIONS, 3, Decimal(60), Decimal("1.5"), 12),
        Segment.LOST: SegmentRow(Segment.LOST, 1, Decimal(20), Decimal(300), 1),
    }
    found = segment_summaries(rows)
    assert [row.segment for row in found] == list(SEGMENTS)
    first, empty, last = found[0], found[1], found[-1]
    assert (first.customers_share, first.revenue_share) == (Decimal("0.75"), Decimal("0.75"))
    assert (first.average_orders, first.average_revenue) == (4, 20)
    assert (last.customers_share, last.average_recency_days) == (Decimal("0.25"), 300)
    assert (empty.customers, empty.revenue, empty.customers_share) == (0, 0, 0)
    assert (empty.average_orders, empty.average_recency_days) == (None, None)


def test_before_the_first_refresh_no_segment_has_a_share() -> None:
    assert {row.customers_share for row in segment_summaries({})} == {None}


@pytest.mark.parametrize(
    ("today", "running"),
    [
        pytest.param("2026-03-31", [2, 1], id="the newest period is still running"),
        pytest.param("2026-04-01", [], id="it is over, without a sale since"),
        pytest.param("2031-01-01", [], id="sales stopped long ago"),
        pytest.param(None, [2, 1], id="when it was computed is not known"),
    ],
)
def test_a_cohort_table_ends_with_the_newest_sale(today: str | None, running: list[int]) -> None:
    """Years without sales add no columns; only a period that may still grow is unfinished."""
    as_of = dt.date.fromisoformat(today) if today else None
    found = retention(ROWS, Granularity.MONTH, as_of, 1)
    assert [[cell.customers for cell in cohort.retention] for cohort in found] == [
        [10, 0, 4],
        [5, 0],
    ]
    marked = [cell.offset for cohort in found for cell in cohort.retention if cell.is_running]
    assert marked == running


def test_no_customers_make_no_cohorts() -> None:
    assert retention([], Granularity.WEEK, dt.date(2026, 1, 1), 1) == []


def test_a_point_of_the_concentration_curve_is_a_part_of_all_revenue() -> None:
    """Revenue may fall again: the last customers returned more than they bought."""
    found = concentration(
        [
            ConcentrationRow(50, 1, Decimal(60)),
            ConcentrationRow(75, 2, Decimal(90)),
            ConcentrationRow(100, 2, Decimal(80)),
        ],
        None,
    )
    assert (found.customers, found.revenue, found.as_of) == (2, 80, None)
    assert [(point.customers_share, point.revenue_share) for point in found.points] == [
        (Decimal("0.5"), Decimal("0.75")),
        (Decimal("0.75"), Decimal("1.125")),
        (Decimal(1), Decimal(1)),
    ]


@pytest.mark.parametrize("whole", [0, -10])
def test_no_part_of_a_loss_is_a_share(whole: int) -> None:
    rows = [ConcentrationRow(50, 1, Decimal(5)), ConcentrationRow(100, 2, Decimal(whole))]
    assert [point.revenue_share for point in concentration(rows, None).points] == [None, None]


def test_no_customers_make_no_curve() -> None:
    found = concentration([], None)
    assert (found.customers, found.revenue, found.points) == (0, 0, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1, "0.1"), (1 / 3, "0.3333333333"), (123456789.123456, "123456789.1"), (1e-12, "1e-12")],
)
def test_estimates_keep_ten_digits(value: float, expected: str) -> None:
    assert estimate(value) == Decimal(expected)


def test_no_estimate_stays_none() -> None:
    assert estimate(None) is None
