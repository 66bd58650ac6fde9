"""What the customers page reads."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.ranking_query import metric_sql
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.ranges import MAX_YEAR, MIN_YEAR
from shopx_core.domain.rfm import Scores, Segment
from shopx_store.query import NONE, Dimension, Filters, SalesQuery

_BEGINNING = dt.datetime(MIN_YEAR, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(MAX_YEAR + 1, 1, 1, tzinfo=dt.UTC)
_LIFETIME = METRICS["revenue"].measures | METRICS["profit"].measures | {Measure.ORDERS}


@dataclass(frozen=True, slots=True)
class Life:
    """A customer's whole history; all zero for one who never bought."""

    first_order_at: dt.datetime | None
    last_order_at: dt.datetime | None
    sums: dict[Measure, Decimal | int]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """What the customers of a segment add up to."""

    segment: Segment
    customers: int
    revenue: Decimal
    recency_days: Decimal | None
    """Days from the last order to the view's as-of, on average; `None` where nobody is in it."""
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
class CohortRow:
    """What a cohort did in a period."""

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
    def nothing(cls) -> "SplitRow":
        """A bucket without sales."""
        return cls(ZERO, ZERO, ZERO)


async def lives(data: OperationData, ids: Sequence[int]) -> list[Life]:
    """Return the lives of customers, up to the operation's moment. A loader's function."""
    terms = await data.terms()
    query = SalesQuery(
        measures=_LIFETIME,
        start=_BEGINNING,
        end=_END,
        zone=terms.timezone,
        by=(Dimension.CUSTOMER,),
        filters=Filters(customers=tuple(sorted(ids))),
    )
    sums = {row["customer_id"]: row for row in (await data.aggregate(query)).rows}
    orders = await data.orders()
    spans = await data.fetch(
        f"""
select customer_id, min(at) as first, max(at) as last from ({orders.text}) x
where customer_id = any(${len(orders.args) + 1}::bigint[]) group by customer_id""",
        *orders.args,
        list(ids),
    )
    found = {row["customer_id"]: row for row in spans}
    nothing: dict[Measure, Decimal | int] = dict.fromkeys(_LIFETIME, 0)
    return [
        Life(
            first_order_at=found[key]["first"] if key in found else None,
            last_order_at=found[key]["last"] if key in found else None,
            sums={m: sums[key][m] for m in _LIFETIME} if key in sums else nothing,
        )
        for key in ids
    ]


async def scores(data: OperationData, ids: Sequence[int]) -> list[Scores | None]:
    """Return the scores of customers; `None` for who has none yet. A loader's function."""
    data.read_view()
    rows = await data.fetch(
        "select customer_id, recency, frequency, monetary from mv_customer_rfm"
        " where customer_id = any($1::bigint[])",
        list(ids),
    )
    found = {
        row["customer_id"]: Scores(row["recency"], row["frequency"], row["monetary"])
        for row in rows
    }
    return [found.get(key) for key in ids]


async def segments(data: OperationData) -> list[SegmentRow]:
    """Return the segments that somebody is in, in no order."""
    data.read_view()
    rows = await data.fetch("""
select segment, count(*) as customers, sum(revenue) as revenue,
    round(avg(extract(epoch from v.as_of - last_order_at)) / 86400, 1) as recency_days,
    sum(orders)::bigint as orders
from mv_customer_rfm, (select as_of from matview_refreshes where view = 'mv_customer_rfm') v
group by segment""")
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
    """Return the pairs of recency and frequency score that somebody has, in no order."""
    data.read_view()
    rows = await data.fetch("""
select recency, frequency, count(*) as customers, sum(revenue) as revenue, sum(monetary) as monetary
from mv_customer_rfm group by recency, frequency""")
    return [RfmCell(*row) for row in rows]


async def cohorts(data: OperationData, unit: Granularity, count: int) -> list[CohortRow]:
    """Return the periods of the newest cohorts, in no order.

    Args:
        data: What the operation reads.
        unit: WEEK, MONTH, QUARTER or YEAR.
        count: How many periods back cohorts go, from the newest period with an order.
    """
    data.read_view()
    rows = await data.fetch(
        "select cohort, period, customers, orders, revenue from mv_cohorts where unit = $1"
        " and cohort > (select max(period) from mv_cohorts where unit = $1 and customers > 0)"
        " - $2::integer * case $1 when 'quarter' then interval '3 months'"
        " else ('1 ' || $1)::interval end",
        unit.value,
        count,
    )
    return [CohortRow(*row) for row in rows]


async def revenue_split(data: OperationData, query: SalesQuery) -> dict[dt.datetime, SplitRow]:
    """Split the revenue of each bucket into that of new, of other and of no customers.

    A customer is new in the bucket of the first order ever.

    Args:
        data: What the operation reads.
        query: By customer, in buckets, with the measures of revenue and NEW_CUSTOMERS.
    """
    statement = await data.statement(query)
    revenue = metric_sql(METRICS["revenue"])
    rows = await data.fetch(
        f"""
select bucket,
    coalesce(sum({revenue}) filter (where new_customers = 1), 0) as new,
    coalesce(sum({revenue}) filter (where new_customers = 0 and customer_id <> {NONE}), 0)
        as returning,
    coalesce(sum({revenue}) filter (where customer_id = {NONE}), 0) as anonymous
from ({statement.text}) q group by bucket""",
        *statement.args,
    )
    return {row["bucket"]: SplitRow(row["new"], row["returning"], row["anonymous"]) for row in rows}
