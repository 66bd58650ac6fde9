"""What the customers panel shows of the whole history, from views and fitted models."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from shopx_api.data.context import Context
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.customers import analytics_types, predictions, repository, types
from shopx_api.features.customers.predictions import Fit, estimate
from shopx_api.panels.ranking import PageArgs
from shopx_api.types.connection import connection, decode_cursor, encode_cursor
from shopx_core.domain import cohorts
from shopx_core.domain.cohorts import CohortCell, average_retention, retention_matrix
from shopx_core.domain.money import ZERO, share, total
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.buckets import calendar_floor
from shopx_core.domain.rfm import SCORES, SEGMENTS, Segment
from shopx_core.errors import InvalidInput
from shopx_store.matviews.registry import COHORTS, CUSTOMER_PURCHASES, CUSTOMER_RFM

MAX_COHORTS: Final = 60
_UNITS: Final = (Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR)
_LTV_ORDER: Final = "lifetime-value"


async def segments(context: Context) -> analytics_types.Segments:
    """List every named segment with what it is worth."""
    rows = {row.segment: row for row in await repository.segments(context.data)}
    return analytics_types.Segments(
        as_of=await view_as_of(context, CUSTOMER_RFM), rows=summaries(rows)
    )


def summaries(
    rows: Mapping[Segment, repository.SegmentRow],
) -> list[analytics_types.SegmentSummary]:
    """Every segment, the best first, also those that nobody is in."""
    customers = sum(row.customers for row in rows.values())
    revenue = total(row.revenue for row in rows.values())
    result = []
    for segment, text in SEGMENTS.items():
        row = rows.get(segment) or repository.SegmentRow(segment, 0, ZERO, None, 0)
        result.append(
            analytics_types.SegmentSummary(
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


async def rfm_grid(context: Context) -> analytics_types.RfmGrid:
    """Count customers by recency and frequency score."""
    found = {(c.recency, c.frequency): c for c in await repository.rfm_cells(context.data)}
    scores = range(SCORES, 0, -1)
    grid = [(recency, frequency) for recency in scores for frequency in range(1, SCORES + 1)]
    cells = [found.get(cell) for cell in grid]
    return analytics_types.RfmGrid(
        as_of=await view_as_of(context, CUSTOMER_RFM),
        recency=[recency for recency, _ in grid],
        frequency=[frequency for _, frequency in grid],
        customers=[cell.customers if cell else 0 for cell in cells],
        revenue=[cell.revenue if cell else ZERO for cell in cells],
        average_monetary=[share(cell.monetary, cell.customers) if cell else None for cell in cells],
    )


async def cohort_table(
    context: Context, metric: analytics_types.CohortMetric, unit: Granularity, count: int
) -> analytics_types.Cohorts:
    """Follow the newest cohorts through time.

    Raises:
        InvalidInput: The unit is no cohort's, or the count is out of bounds.
    """
    if unit not in _UNITS:
        raise InvalidInput(
            f"Customers are not grouped by {unit}.", hint="Choose WEEK, MONTH, QUARTER or YEAR."
        )
    if not 1 <= count <= MAX_COHORTS:
        raise InvalidInput(f"`cohorts` is {count}, outside 1 to {MAX_COHORTS}.")
    rows = await repository.cohorts(context.data, unit, count)
    as_of = await view_as_of(context, COHORTS)
    terms = await context.data.terms()
    today = as_of.astimezone(ZoneInfo(terms.timezone)).date() if as_of else None
    matrix = retention(rows, unit, today, terms.week_start)
    values = {(row.cohort, row.period): _value(row, metric) for row in rows}
    return analytics_types.Cohorts(
        metric=metric,
        granularity=unit,
        as_of=as_of,
        cohorts=[_cohort(cohort, values) for cohort in matrix],
        average_retention=average_retention(matrix),
    )


def retention(
    rows: Iterable[repository.CohortRow], unit: Granularity, today: dt.date | None, week_start: int
) -> list[cohorts.Cohort]:
    """Arrange the rows as a triangle that ends with the newest period in which anything happened.

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


def _value(row: repository.CohortRow, metric: analytics_types.CohortMetric) -> Decimal:
    match metric:
        case analytics_types.CohortMetric.CUSTOMERS:
            return Decimal(row.customers)
        case analytics_types.CohortMetric.ORDERS:
            return Decimal(row.orders)
        case analytics_types.CohortMetric.REVENUE:
            return row.revenue


def _cohort(
    cohort: cohorts.Cohort, values: Mapping[tuple[dt.date, dt.date], Decimal]
) -> analytics_types.Cohort:
    shown = [values.get((cohort.start, cell.period), ZERO) for cell in cohort.retention]
    running = (cell.offset for cell in cohort.retention if cell.is_running)
    return analytics_types.Cohort(
        start=cohort.start,
        size=cohort.size,
        values=shown,
        ratios=[share(value, shown[0]) for value in shown],
        partial_from=next(running, None),
    )


async def lifetime_value(context: Context, page: PageArgs) -> analytics_types.LifetimeValue:
    """Value so far and expected, of all customers and of the most valuable ones."""
    after = decode_cursor(page.after, _LTV_ORDER, float, int)
    fit = await predictions.current_fit(context.data)
    worth = await predictions.worth(context.data)
    rows = await predictions.most_valuable(context.data, page.first, after)
    known = await types.customers(context.loaders, [row.customer_id for row in rows])
    cursors = {
        row.customer_id: encode_cursor(
            _LTV_ORDER, row.forecast.value if row.forecast else None, row.customer_id
        )
        for row in rows
    }

    async def count() -> int:
        return worth.customers

    return analytics_types.LifetimeValue(
        as_of=await view_as_of(context, CUSTOMER_PURCHASES),
        average=share(worth.revenue, worth.customers),
        median=worth.median,
        expected=estimate(worth.expected),
        model=model(fit) if fit else None,
        customers=connection(
            _valued(rows, known),
            first=page.first,
            after=page.after,
            cursor=lambda item: cursors[item.customer.row_id],
            count=count,
        ),
    )


def _valued(
    rows: Sequence[predictions.ValueRow], known: Mapping[int, types.Customer]
) -> list[analytics_types.CustomerValue]:
    return [
        analytics_types.CustomerValue(
            customer=known[row.customer_id],
            revenue=row.revenue,
            prediction=types.Prediction.of(row.forecast) if row.forecast else None,
        )
        for row in rows
    ]


def model(fit: Fit) -> analytics_types.LifetimeModel:
    """The fit as the schema has it."""
    return analytics_types.LifetimeModel(
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
