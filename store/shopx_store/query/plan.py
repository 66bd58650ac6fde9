"""Which sources answer a query: a pure decision, tested as a table.

A rollup serves a range of whole units (days of the reporting zone, quarter-hours); the partial
first and last unit are read from the next finer source, in the end from the ledger itself. A rollup
serves the dimensions that it keeps:

| dimensions of the query | sums of lines | orders | distinct customers |
| --- | --- | --- | --- |
| region, channel, rep, currency | sales by day or quarter-hour | the same | order states |
| none | the same | the same | day cells, else order states |
| customer, its type or segment, currency | customer by day | order states | order states |
| product, category, currency | product by day or week | ledger | ledger |
| discount band | ledger | ledger | ledger |
| any other mix | ledger | ledger or order states | ledger or order states |
"""

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity, day_start, local_day
from shopx_store.query.read_state import ReadState
from shopx_store.query.sales_query import Dimension, SalesQuery, Tier

ORDER_DIMENSIONS = frozenset(
    {Dimension.REGION, Dimension.CHANNEL, Dimension.REP, Dimension.CURRENCY}
)
PRODUCT_DIMENSIONS = frozenset({Dimension.PRODUCT, Dimension.CATEGORY, Dimension.CURRENCY})
# Dimensions of a line; an order has several lines, and so several of each.
LINE_DIMENSIONS = frozenset({Dimension.PRODUCT, Dimension.CATEGORY, Dimension.DISCOUNT})
CUSTOMER_DIMENSIONS = frozenset(
    {Dimension.CUSTOMER, Dimension.CUSTOMER_TYPE, Dimension.SEGMENT, Dimension.CURRENCY}
)

QUARTER_HOUR = dt.timedelta(minutes=15)
COMPARED_FROM = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)
"""Earlier days are not compared between PostgreSQL and Python: builds of the time zone database
differ in how they treat the time before 1970."""
QUARTER_HOUR_ORIGIN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
# Below this many weeks the partial first and last week cost more than the weeks save.
WORTHWHILE_WEEKS = 3


class SourceTable(StrEnum):
    """A table, or a way to read one."""

    SALES_DAY = "rollup_sales_day"
    SALES_QUARTER = "rollup_sales_quarter"
    PRODUCT_DAY = "rollup_product_day"
    PRODUCT_WEEK = "rollup_product_week"
    CUSTOMER_DAY = "rollup_customer_day"
    ORDER_STATES = "rollup_order"
    DAY_CELLS = "customer_day_cells"
    LEDGER = "order_items"


LINE_MEASURES = frozenset(
    {
        Measure.GROSS,
        Measure.DISCOUNTS,
        Measure.RETURNS,
        Measure.COST,
        Measure.UNITS,
        Measure.RETURNED_UNITS,
        Measure.LINES,
    }
)
CUSTOMER_MEASURES = frozenset({Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})


@dataclass(frozen=True, slots=True)
class Part:
    """One source over one half-open range, and the measures that it delivers."""

    source: SourceTable
    start: dt.datetime
    end: dt.datetime
    measures: frozenset[Measure]


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The parts that add up to the answer."""

    parts: tuple[Part, ...]

    @property
    def tier(self) -> Tier:
        """`base` as soon as one part reads the ledger for more than a partial first or last day."""
        ledger = [p.end - p.start for p in self.parts if p.source is SourceTable.LEDGER]
        return Tier.BASE if ledger and max(ledger) >= dt.timedelta(days=1) else Tier.ROLLUP


def plan_query(query: SalesQuery, state: ReadState) -> QueryPlan:
    """Choose the cheapest exact sources for each measure of a query."""
    parts: list[Part] = []
    lines = query.measures & LINE_MEASURES
    orders = query.measures & {Measure.ORDERS}
    customers = query.measures & CUSTOMER_MEASURES
    if not state.rollups_valid or query.start == query.end:
        # An empty range has no part in any rollup; the ledger answers it with nothing.
        everything = lines | orders | customers
        return QueryPlan((Part(SourceTable.LEDGER, query.start, query.end, everything),))
    if query.dimensions <= ORDER_DIMENSIONS:
        parts += _sales(query, state, lines, orders)
    else:
        parts += _lines(query, state, lines)
        counted = orders | customers
        if counted:
            ledger = bool(query.dimensions & LINE_DIMENSIONS)
            source = SourceTable.LEDGER if ledger else SourceTable.ORDER_STATES
            parts.append(Part(source, query.start, query.end, counted))
        return QueryPlan(tuple(parts))
    if customers:
        cells = not query.dimensions and _whole_days(query, state)
        source = SourceTable.DAY_CELLS if cells else SourceTable.ORDER_STATES
        parts.append(Part(source, query.start, query.end, customers))
    return QueryPlan(tuple(parts))


def _local_buckets(query: SalesQuery, state: ReadState) -> bool:
    """Whether days of the reporting zone can be put into the query's buckets."""
    return (
        query.zone == state.timezone
        and query.start >= COMPARED_FROM
        and not _any_within(state.ambiguous_days, query.start, query.end)
        and query.granularity is not Granularity.HOUR
        and not query.hour_of_week
    )


def _any_within(instants: tuple[dt.datetime, ...], first: dt.datetime, last: dt.datetime) -> bool:
    """Whether one of the ascending instants lies in [first, last]."""
    after = bisect_left(instants, first)
    return after < len(instants) and instants[after] <= last


def _whole_days(query: SalesQuery, state: ReadState) -> bool:
    if not _local_buckets(query, state):
        return False
    zone = ZoneInfo(state.timezone)
    return ceil_day(query.start, zone) == query.start and floor_day(query.end, zone) == query.end


def _sales(
    query: SalesQuery, state: ReadState, lines: frozenset[Measure], orders: frozenset[Measure]
) -> list[Part]:
    measures = lines | orders
    if not measures:
        return []
    zone = ZoneInfo(state.timezone)

    def ledger(start: dt.datetime, end: dt.datetime) -> list[Part]:
        if start >= end:
            return []
        parts = [Part(SourceTable.LEDGER, start, end, lines)] if lines else []
        if orders:
            parts.append(Part(SourceTable.ORDER_STATES, start, end, orders))
        return parts

    def quarter_hours(start: dt.datetime, end: dt.datetime) -> list[Part]:
        first, last = ceil_quarter_hour(start), floor_quarter_hour(end)
        if first >= last:
            return ledger(start, end)
        middle = Part(SourceTable.SALES_QUARTER, first, last, measures)
        return [*ledger(start, first), middle, *ledger(last, end)]

    if not _local_buckets(query, state):
        return quarter_hours(query.start, query.end)
    first, last = ceil_day(query.start, zone), floor_day(query.end, zone)
    if first >= last:
        return quarter_hours(query.start, query.end)
    middle = Part(SourceTable.SALES_DAY, first, last, measures)
    return [*quarter_hours(query.start, first), middle, *quarter_hours(last, query.end)]


def _lines(query: SalesQuery, state: ReadState, lines: frozenset[Measure]) -> list[Part]:
    if not lines:
        return []
    whole = [Part(SourceTable.LEDGER, query.start, query.end, lines)]
    if not _local_buckets(query, state):
        return whole
    if query.dimensions <= PRODUCT_DIMENSIONS:
        source = SourceTable.PRODUCT_DAY
    elif query.dimensions <= CUSTOMER_DIMENSIONS:
        source = SourceTable.CUSTOMER_DAY
    else:
        return whole
    zone = ZoneInfo(state.timezone)
    first, last = ceil_day(query.start, zone), floor_day(query.end, zone)
    if first >= last:
        return whole
    parts = [
        Part(SourceTable.LEDGER, query.start, first, lines),
        *_days_and_weeks(query, state, Part(source, first, last, lines)),
        Part(SourceTable.LEDGER, last, query.end, lines),
    ]
    return [part for part in parts if part.start < part.end]


def _days_and_weeks(query: SalesQuery, state: ReadState, days: Part) -> list[Part]:
    """Replace the whole weeks of a product range by the week rollup.

    Not for buckets (they may cut a week) and not for foreign money (its rate changes by day).
    """
    if (
        days.source is not SourceTable.PRODUCT_DAY
        or query.granularity is not None
        or state.has_foreign_currency
    ):
        return [days]
    zone = ZoneInfo(state.timezone)
    first = days.start.astimezone(zone).date()
    last = days.end.astimezone(zone).date()
    monday = first + dt.timedelta(days=(state.week_start - first.isoweekday()) % 7)
    weeks = (last - monday).days // 7
    if weeks < WORTHWHILE_WEEKS:
        return [days]
    begin = day_start(monday, zone)
    finish = day_start(monday + dt.timedelta(weeks=weeks), zone)
    parts = [
        Part(SourceTable.PRODUCT_DAY, days.start, begin, days.measures),
        Part(SourceTable.PRODUCT_WEEK, begin, finish, days.measures),
        Part(SourceTable.PRODUCT_DAY, finish, days.end, days.measures),
    ]
    return [part for part in parts if part.start < part.end]


def floor_day(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The beginning of the instant's day."""
    return day_start(local_day(instant, zone), zone)


def ceil_day(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first beginning of a day at or after the instant."""
    floor = floor_day(instant, zone)
    if floor == instant:
        return floor
    return day_start(local_day(instant, zone) + dt.timedelta(days=1), zone)


def floor_quarter_hour(instant: dt.datetime) -> dt.datetime:
    """The UTC quarter-hour that the instant lies in."""
    return instant - (instant - QUARTER_HOUR_ORIGIN) % QUARTER_HOUR


def ceil_quarter_hour(instant: dt.datetime) -> dt.datetime:
    """The first UTC quarter-hour at or after the instant."""
    return instant + (QUARTER_HOUR_ORIGIN - instant) % QUARTER_HOUR
