from datetime import date
from decimal import Decimal

import pytest

from shopx_core.domain.cohorts import CohortCell, average_retention, finished, retention_matrix
from shopx_core.domain.periods import Granularity, GranularityNotAllowed
from shopx_core.errors import IntegrityBroken

MONTH, WEEK, QUARTER = Granularity.MONTH, Granularity.WEEK, Granularity.QUARTER
TODAY = date(2026, 4, 10)


def cell(cohort: str, period: str, customers: int) -> CohortCell:
    return CohortCell(date.fromisoformat(cohort), date.fromisoformat(period), customers)


CELLS = [
    cell("2026-03-01", "2026-04-01", 2),
    cell("2026-01-01", "2026-01-01", 100),
    cell("2026-01-01", "2026-02-01", 40),
    cell("2026-01-01", "2026-04-01", 10),
    cell("2026-03-01", "2026-03-01", 50),
    cell("2026-04-01", "2026-04-01", 7),
]


def test_the_matrix_is_a_triangle_without_holes() -> None:
    cohorts = retention_matrix(CELLS, unit=MONTH, today=TODAY)
    assert [(cohort.start.month, cohort.size) for cohort in cohorts] == [(1, 100), (3, 50), (4, 7)]
    assert [[kept.customers for kept in cohort.retention] for cohort in cohorts] == [
        [100, 40, 0, 10],
        [50, 2],
        [7],
    ]
    assert [kept.rate for kept in cohorts[0].retention] == [
        1,
        Decimal("0.4"),
        0,
        Decimal("0.1"),
    ]
    assert [kept.offset for kept in cohorts[0].retention] == [0, 1, 2, 3]


def test_what_is_not_over_is_marked() -> None:
    cohorts = retention_matrix(CELLS, unit=MONTH, today=TODAY)
    assert [cohort.is_running for cohort in cohorts] == [False, False, True]
    for cohort in cohorts:
        assert [kept.is_running for kept in cohort.retention] == [False] * (
            len(cohort.retention) - 1
        ) + [True]


def test_the_average_weighs_by_customers_and_leaves_out_what_is_not_over() -> None:
    cohorts = retention_matrix(CELLS, unit=MONTH, today=TODAY)
    assert average_retention(cohorts) == [1, Decimal("0.4"), 0]
    assert average_retention([]) == []


def test_weeks_start_where_the_shop_says() -> None:
    cells = [cell("2026-03-29", "2026-03-29", 3), cell("2026-03-29", "2026-04-05", 1)]
    (cohort,) = retention_matrix(cells, unit=WEEK, today=TODAY, week_start=7)
    assert [kept.customers for kept in cohort.retention] == [3, 1]
    with pytest.raises(IntegrityBroken, match="does not start a week"):
        retention_matrix(cells, unit=WEEK, today=TODAY, week_start=1)


def test_quarters_follow_the_calendar() -> None:
    cells = [cell("2025-10-01", "2025-10-01", 4), cell("2025-10-01", "2026-04-01", 2)]
    (cohort,) = retention_matrix(cells, unit=QUARTER, today=TODAY)
    assert [kept.period.month for kept in cohort.retention] == [10, 1, 4]


def test_orders_dated_in_the_future_and_empty_cohorts_are_left_out() -> None:
    cells = [
        cell("2026-04-01", "2026-04-01", 2),
        cell("2026-04-01", "2026-05-01", 1),
        cell("2026-06-01", "2026-06-01", 1),
        cell("2026-01-01", "2026-01-01", 0),
    ]
    (cohort,) = retention_matrix(cells, unit=MONTH, today=TODAY)
    assert (cohort.size, len(cohort.retention)) == (2, 1)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        pytest.param([cell("2026-01-02", "2026-01-01", 1)], "does not start", id="mid-month"),
        pytest.param([cell("2026-02-01", "2026-01-01", 1)], "cannot have 1", id="before"),
        pytest.param([cell("2026-01-01", "2026-01-01", -1)], "cannot have -1", id="negative"),
        pytest.param([cell("2026-01-01", "2026-01-01", 1)] * 2, "two counts", id="twice"),
        pytest.param(
            [cell("2026-01-01", "2026-01-01", 1), cell("2026-01-01", "2026-02-01", 2)],
            "has 1 customers, but 2",
            id="more came back than came",
        ),
        pytest.param(
            [cell("2026-01-01", "2026-02-01", 2)], "has 0 customers, but 2", id="came back only"
        ),
    ],
)
def test_counts_that_contradict_each_other_are_refused(
    cells: list[CohortCell], message: str
) -> None:
    with pytest.raises(IntegrityBroken, match=message):
        retention_matrix(cells, unit=MONTH, today=TODAY)


def test_hours_are_no_cohorts() -> None:
    with pytest.raises(GranularityNotAllowed):
        retention_matrix([], unit=Granularity.HOUR, today=TODAY)


def test_a_finished_cohort_has_no_running_period_and_the_same_counts() -> None:
    for cohort in retention_matrix(CELLS, unit=MONTH, today=TODAY):
        over = finished(cohort)
        assert not over.is_running
        assert not any(kept.is_running for kept in over.retention)
        assert [kept.customers for kept in over.retention] == [
            kept.customers for kept in cohort.retention
        ]
