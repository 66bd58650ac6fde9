"""SQL of the customers panel."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, overload

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.metric_values import Measures
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.matviews import (
    COHORTS,
    CUSTOMER_CONCENTRATION,
    CUSTOMER_PURCHASES,
    CUSTOMER_RFM,
)
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.ranges import MAX_YEAR, MIN_YEAR
from shopx_core.domain.rfm import Scores, Segment
from shopx_store.query import CustomerType, Dimension, Filters, SalesQuery, SalesScope
from shopx_store.sql import bind, raw, sql

_BEGINNING = dt.datetime(MIN_YEAR, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(MAX_YEAR + 1, 1, 1, tzinfo=dt.UTC)
_LIFETIME = METRICS["revenue"].measures | METRICS["profit"].measures | {Measure.ORDERS}

_SPANS: Final = """
select customer_id, min(at) as first, max(at) as last from ({orders}) x
where customer_id = any({ids}) group by customer_id"""

_SCORES: Final = """
select customer_id, recency, frequency, monetary from mv_customer_rfm
where customer_id = any({ids})"""

_SEGMENTS: Final = """
select segment, count(*) as customers, sum(revenue) as revenue,
    round(avg(extract(epoch from v.as_of - last_order_at)) / 86400, 1) as recency_days,
    sum(orders)::bigint as orders
from mv_customer_rfm, (select as_of from matview_refreshes where view = 'mv_customer_rfm') v
group by segment"""

_RFM_CELLS: Final = """
select recency, frequency, count(*) as customers, sum(revenue) as revenue, sum(monetary) as monetary
from mv_customer_rfm group by recency, frequency"""

_COHORTS: Final = """
select cohort, period, customers, orders, revenue from mv_cohorts where unit = {unit}
    and cohort > (select max(period) from mv_cohorts where unit = {unit} and customers > 0)
    - {count} * case {unit} when 'quarter' then interval '3 months'
        else ('1 ' || {unit})::interval end"""

_CONCENTRATION: Final = """
select percent, customers, revenue from mv_customer_concentration order by percent"""

_FORECAST: Final = """
    p.fit_id, f.as_of, f.observed_until, f.horizon_days, p.probability_alive,
    p.expected_purchases_90, p.expected_purchases_365, p.expected_spend, p.predicted_value"""

_FIT: Final = """
select fitted_at, as_of, observed_until, customers, horizon_days, r, alpha, a, b, p, q, v,
    degenerate, spend_reason
from prediction_fits where reason is null order by id desc limit 1"""

_FORECASTS: Final = (
    "select p.customer_id,"
    + _FORECAST
    + """
from predictions p join prediction_fits f on f.id = p.fit_id where p.customer_id = any({ids})"""
)

_WORTH: Final = """
select coalesce(sum(revenue), 0) as revenue,
    percentile_disc(0.5) within group (order by revenue) as median,
    (select sum(predicted_value) from predictions) as expected, count(*) as customers
from mv_customer_purchases"""

_MOST_VALUABLE: Final = (
    "select c.customer_id, c.revenue,"
    + _FORECAST
    + """
from mv_customer_purchases c
left join predictions p on p.customer_id = c.customer_id
left join prediction_fits f on f.id = p.fit_id
where {after} order by {order} limit {limit}"""
)

MOST_VALUABLE: Final = Keyset(
    "lifetime-value",
    (
        Column("p.predicted_value", "float8", descending=True, nullable=True),
        Column("c.revenue", "numeric", descending=True),
        Column("c.customer_id", "bigint"),
    ),
)
"""Customers by expected revenue, the highest first; those without a prediction last, by revenue."""


@dataclass(frozen=True, slots=True)
class Life:
    """A customer's whole history; all zero without orders."""

    first_order_at: dt.datetime | None
    last_order_at: dt.datetime | None
    sums: dict[Measure, Decimal | int]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """Sums over the customers of a segment."""

    segment: Segment
    customers: int
    revenue: Decimal
    recency_days: Decimal | None
    """Days from the last order to the view's as-of, on average; `None` in an empty segment."""
    orders: int


@dataclass(frozen=True, slots=True)
class RfmCell:
    """Customers with one pair of scores."""

    recency: int
    frequency: int
    customers: int
    revenue: Decimal
    monetary: int
    """The sum of their monetary scores."""


@dataclass(frozen=True, slots=True)
class ConcentrationRow:
    """The best customers of the trailing year."""

    percent: int
    """Which part of all customers, 1 to 100."""
    customers: int
    """How many they are, rounded up."""
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Sums over a cohort in a period."""

    cohort: dt.date
    period: dt.date
    customers: int
    orders: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class SplitRow:
    """Revenue of a bucket by whether its customers are new in it."""

    new: Decimal
    returning: Decimal
    anonymous: Decimal

    @classmethod
    def zero(cls) -> "SplitRow":
        """A bucket without sales."""
        return cls(ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fitted models in use. Time is in days, money in the reporting currency."""

    fitted_at: dt.datetime
    as_of: dt.datetime
    observed_until: dt.date
    """The newest purchase day: predictions look ahead from it."""
    customers: int
    horizon_days: int
    r: float
    alpha: float
    a: float
    b: float
    p: float | None
    q: float | None
    v: float | None
    degenerate: bool
    spend_reason: str | None
    """Why the value of purchases could not be fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The expected purchases of one customer."""

    as_of: dt.datetime
    observed_until: dt.date | None
    horizon_days: int
    probability_alive: float
    purchases_90: float
    purchases_365: float
    spend: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A customer's revenue so far and expected."""

    customer_id: int
    revenue: Decimal
    forecast: Forecast | None

    @property
    def sort_key(self) -> Key:
        """The row's key in `MOST_VALUABLE`."""
        return self.forecast.value if self.forecast else None, self.revenue, self.customer_id


@dataclass(frozen=True, slots=True)
class Worth:
    """All customers together."""

    revenue: Decimal
    """So far."""
    median: Decimal | None
    """Of the revenue so far; `None` without customers."""
    expected: float | None
    """Expected revenue within the horizon; `None` before the first fit of spend."""
    customers: int


async def lives(data: OperationData, ids: Sequence[int]) -> list[Life]:
    """Return the history of customers up to the operation's as-of. A loader's function."""
    read_state = await data.read_state()
    query = SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=_LIFETIME,
        start=_BEGINNING,
        end=_END,
        zone=read_state.timezone,
        by=(Dimension.CUSTOMER,),
        filters=Filters(customers=tuple(sorted(ids))),
    )
    sums = {row["customer_id"]: row for row in (await data.aggregate(query)).rows}
    spans = await data.fetch(
        sql(_SPANS, orders=await data.orders(), ids=bind(list(ids), "bigint[]"))
    )
    found = {row["customer_id"]: row for row in spans}
    zero: dict[Measure, Decimal | int] = dict.fromkeys(_LIFETIME, 0)
    return [
        Life(
            first_order_at=found[key]["first"] if key in found else None,
            last_order_at=found[key]["last"] if key in found else None,
            sums={m: sums[key][m] for m in _LIFETIME} if key in sums else zero,
        )
        for key in ids
    ]


async def scores(data: OperationData, ids: Sequence[int]) -> list[Scores | None]:
    """Return the scores of customers; `None` for one without scores. A loader's function."""
    await data.read_view(CUSTOMER_RFM)
    rows = await data.fetch(
        sql(_SCORES, ids=bind(list(ids), "bigint[]")).reading(DependencyTag.VIEWS)
    )
    found = {
        row["customer_id"]: Scores(row["recency"], row["frequency"], row["monetary"])
        for row in rows
    }
    return [found.get(key) for key in ids]


async def segments(data: OperationData) -> list[SegmentRow]:
    """Return the segments that are not empty, in no order."""
    await data.read_view(CUSTOMER_RFM)
    rows = await data.fetch(raw(_SEGMENTS).reading(DependencyTag.VIEWS))
    return [
        SegmentRow(
            Segment(row["segment"]),
            row["customers"],
            row["revenue"],
            row["recency_days"],
            row["orders"],
        )
        for row in rows
    ]


async def rfm_cells(data: OperationData) -> list[RfmCell]:
    """Return the pairs of recency and frequency score that customers have, in no order."""
    await data.read_view(CUSTOMER_RFM)
    rows = await data.fetch(raw(_RFM_CELLS).reading(DependencyTag.VIEWS))
    return [RfmCell(*row) for row in rows]


async def concentration(data: OperationData) -> list[ConcentrationRow]:
    """Return the points of the concentration curve from 1 to 100 %; none without customers."""
    await data.read_view(CUSTOMER_CONCENTRATION)
    rows = await data.fetch(raw(_CONCENTRATION).reading(DependencyTag.VIEWS))
    return [ConcentrationRow(*row) for row in rows]


async def cohorts(data: OperationData, unit: Granularity, count: int) -> list[CohortRow]:
    """Return the periods of the newest cohorts, in no order.

    Args:
        data: The operation's data.
        unit: WEEK, MONTH, QUARTER or YEAR.
        count: How many periods back cohorts go, from the newest period with an order.
    """
    await data.read_view(COHORTS)
    rows = await data.fetch(
        sql(_COHORTS, unit=bind(unit.value, "text"), count=bind(count, "integer")).reading(
            DependencyTag.VIEWS
        )
    )
    return [CohortRow(*row) for row in rows]


async def revenue_split(data: OperationData, query: SalesQuery) -> dict[dt.datetime, SplitRow]:
    """Split the revenue of each bucket into that of new, of other and of no customers.

    Args:
        data: The operation's data.
        query: By the customers' type, in buckets, with the measures of revenue.
    """
    found: dict[dt.datetime, dict[CustomerType, Decimal]] = {}
    rows: Sequence[Measures] = (await data.aggregate(query)).rows
    for row in rows:
        kind = CustomerType(row[Dimension.CUSTOMER_TYPE.key])
        found.setdefault(row["bucket"], {})[kind] = METRICS["revenue"].value(row) or ZERO
    return {
        bucket: SplitRow(
            new=sums.get(CustomerType.NEW, ZERO),
            returning=sums.get(CustomerType.RETURNING, ZERO),
            anonymous=sums.get(CustomerType.NONE, ZERO),
        )
        for bucket, sums in found.items()
    }


async def current_fit(data: OperationData) -> Fit | None:
    """Return the newest fit that predicted something; `None` before the first."""
    rows = await data.fetch(raw(_FIT).reading(DependencyTag.VIEWS))
    return Fit(**rows[0]) if rows else None


async def forecasts(data: OperationData, ids: Sequence[int]) -> list[Forecast | None]:
    """Return the forecasts of customers; `None` for one without. A loader's function."""
    await data.read_view(CUSTOMER_PURCHASES)
    rows = await data.fetch(
        sql(_FORECASTS, ids=bind(list(ids), "bigint[]")).reading(DependencyTag.VIEWS)
    )
    found = {row["customer_id"]: _forecast(row) for row in rows}
    return [found.get(key) for key in ids]


async def worth(data: OperationData) -> Worth:
    """Return the revenue of all customers with an order, so far and expected."""
    await data.read_view(CUSTOMER_PURCHASES)
    rows = await data.fetch(raw(_WORTH).reading(DependencyTag.VIEWS))
    return Worth(*rows[0])


async def most_valuable(data: OperationData, *, first: int, after: Key | None) -> list[ValueRow]:
    """Return a page of `MOST_VALUABLE`, one more than `first` where there are more."""
    await data.read_view(CUSTOMER_PURCHASES)
    rows = await data.fetch(
        sql(
            _MOST_VALUABLE,
            after=MOST_VALUABLE.after(after),
            order=MOST_VALUABLE.order_by,
            limit=bind(first + 1, "bigint"),
        ).reading(DependencyTag.VIEWS)
    )
    return [ValueRow(row["customer_id"], row["revenue"], _forecast(row)) for row in rows]


@overload
def estimate(value: float) -> Decimal: ...
@overload
def estimate(value: float | None) -> Decimal | None: ...
def estimate(value: float | None) -> Decimal | None:
    """Return an estimate as a Decimal of 10 significant digits: more would feign precision."""
    return None if value is None else Decimal(f"{value:.10g}")


def _forecast(row: asyncpg.Record) -> Forecast | None:
    if row["fit_id"] is None:
        return None
    return Forecast(
        as_of=row["as_of"],
        observed_until=row["observed_until"],
        horizon_days=row["horizon_days"],
        probability_alive=row["probability_alive"],
        purchases_90=row["expected_purchases_90"],
        purchases_365=row["expected_purchases_365"],
        spend=row["expected_spend"],
        value=row["predicted_value"],
    )
