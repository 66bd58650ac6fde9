"""Arrange the customers panel's figures: pure."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from shopx_api.features.customers import types
from shopx_api.features.customers.queries import (
    CohortRow,
    ConcentrationRow,
    Fit,
    RfmCell,
    SegmentRow,
    estimate,
)
from shopx_core.domain import cohorts
from shopx_core.domain.cohorts import CohortCell, retention_matrix
from shopx_core.domain.money import ZERO, share, total
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.buckets import calendar_floor
from shopx_core.domain.rfm import SCORES, SEGMENTS, Segment
from shopx_core.errors import InvalidInput

MAX_COHORTS: Final = 60
_UNITS: Final = (Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR)


def segment_summaries(rows: Mapping[Segment, SegmentRow]) -> list[types.SegmentSummary]:
    """Every segment, the best first, including empty ones."""
    customers = sum(row.customers for row in rows.values())
    revenue = total(row.revenue for row in rows.values())
    result = []
    for segment, text in SEGMENTS.items():
        row = rows.get(segment) or SegmentRow(segment, 0, ZERO, None, 0)
        result.append(
            types.SegmentSummary(
                segment=segment,
                title=text.title,
                description=text.definition,
                customers=row.customers,
                customers_share=share(row.customers, customers),
                revenue=row.revenue,
                revenue_share=share(row.revenue, revenue),
                average_recency_days=row.recency_days,
                average_orders=share(row.orders, row.customers),
                average_revenue=share(row.revenue, row.customers),
            )
        )
    return result


def rfm_grid(rows: Iterable[RfmCell], as_of: dt.datetime | None) -> types.RfmGrid:
    """Fill the 25 cells of the grid.

    Args:
        rows: Without empty cells.
        as_of: What the scores are as of.
    """
    by_scores = {(row.recency, row.frequency): row for row in rows}
    grid = [
        (recency, frequency)
        for recency in range(SCORES, 0, -1)
        for frequency in range(1, SCORES + 1)
    ]
    cells = [by_scores.get(scores) for scores in grid]
    return types.RfmGrid(
        as_of=as_of,
        recency=[recency for recency, _ in grid],
        frequency=[frequency for _, frequency in grid],
        customers=[cell.customers if cell else 0 for cell in cells],
        revenue=[cell.revenue if cell else ZERO for cell in cells],
        average_monetary=[share(cell.monetary, cell.customers) if cell else None for cell in cells],
    )


def concentration(
    rows: Sequence[ConcentrationRow], as_of: dt.datetime | None
) -> types.Concentration:
    """Relate the points of the curve to all customers' revenue.

    Shares need a revenue above 0: parts of a loss would read as if the best customers made it.

    Args:
        rows: 1 to 100 %, in order; none without customers.
        as_of: What the view is as of.
    """
    whole = rows[-1].revenue if rows else ZERO
    return types.Concentration(
        as_of=as_of,
        customers=rows[-1].customers if rows else 0,
        revenue=whole,
        points=[
            types.ConcentrationPoint(
                customers_share=share(row.percent, 100) or ZERO,
                customers=row.customers,
                revenue=row.revenue,
                revenue_share=share(row.revenue, whole) if whole > 0 else None,
            )
            for row in rows
        ],
    )


def check_cohorts(unit: Granularity, count: int) -> None:
    """Refuse a cohort table that cannot be computed.

    Raises:
        InvalidInput: The unit is no cohort's, or the count is out of bounds.
    """
    check_unit(unit)
    if not 1 <= count <= MAX_COHORTS:
        raise InvalidInput(f"`cohorts` is {count}, outside 1 to {MAX_COHORTS}.")


def check_unit(unit: Granularity) -> None:
    """Refuse a unit of time that cohorts do not have.

    Raises:
        InvalidInput: The unit is no cohort's.
    """
    if unit not in _UNITS:
        raise InvalidInput(
            f"Customers are not grouped by {unit}.", hint="Choose WEEK, MONTH, QUARTER or YEAR."
        )


def retention(
    rows: Iterable[CohortRow], unit: Granularity, today: dt.date | None, week_start: int
) -> list[cohorts.Cohort]:
    """Arrange the rows as a triangle that ends with the newest period with orders or returns.

    Args:
        rows: Of the view.
        unit: The length of periods.
        today: The local day of the view's as-of: the period that holds it was still running. After
            a pause in sales it lies beyond the triangle, and every period is over.
        week_start: ISO number of the week's first day.
    """
    cells = [CohortCell(row.cohort, row.period, row.customers) for row in rows]
    newest = max((cell.period for cell in cells), default=None)
    if newest is None:
        return []
    matrix = retention_matrix(cells, unit=unit, today=newest, week_start=week_start)
    if today is None or calendar_floor(today, unit, week_start) == newest:
        return matrix
    return [cohorts.finished(cohort) for cohort in matrix]


def cohort_rows(
    matrix: Iterable[cohorts.Cohort], rows: Iterable[CohortRow], metric: types.CohortMetric
) -> list[types.Cohort]:
    """The cohorts of `retention` with a metric's values."""
    values = {(row.cohort, row.period): _value(row, metric) for row in rows}
    return [_cohort(cohort, values) for cohort in matrix]


def _value(row: CohortRow, metric: types.CohortMetric) -> Decimal:
    match metric:
        case types.CohortMetric.CUSTOMERS:
            return Decimal(row.customers)
        case types.CohortMetric.ORDERS:
            return Decimal(row.orders)
        case types.CohortMetric.REVENUE:
            return row.revenue


def _cohort(
    cohort: cohorts.Cohort, values: Mapping[tuple[dt.date, dt.date], Decimal]
) -> types.Cohort:
    by_period = [values.get((cohort.start, cell.period), ZERO) for cell in cohort.retention]
    running = (cell.offset for cell in cohort.retention if cell.is_running)
    return types.Cohort(
        start=cohort.start,
        size=cohort.size,
        values=by_period,
        ratios=[share(value, by_period[0]) for value in by_period],
        partial_from=next(running, None),
    )


def lifetime_model(fit: Fit) -> types.LifetimeModel:
    """The fit as the schema shows it."""
    return types.LifetimeModel(
        fitted_at=fit.fitted_at,
        as_of=fit.as_of,
        observed_until=fit.observed_until,
        horizon_days=fit.horizon_days,
        customers=fit.customers,
        r=estimate(fit.r),
        alpha=estimate(fit.alpha),
        a=estimate(fit.a),
        b=estimate(fit.b),
        p=estimate(fit.p),
        q=estimate(fit.q),
        gamma=estimate(fit.v),
        is_degenerate=fit.degenerate,
        spend_problem=fit.spend_reason,
    )
