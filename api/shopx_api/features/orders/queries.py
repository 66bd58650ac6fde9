"""SQL of orders and their lines, as of the operation's snapshot."""

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.members import matches, members
from shopx_api.types.enums import DimensionName
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.ledger_kinds import DocumentKind, LedgerKind
from shopx_core.domain.matviews import CUSTOMER_RFM
from shopx_core.domain.periods import Range
from shopx_store.query import Filters
from shopx_store.query.categories import category_subtree
from shopx_store.rollups.sql import sale_line
from shopx_store.sql import Sql, bind, join, raw, sql

CUSTOMER_ORDERS: Final = Keyset(
    "orders",
    (
        Column("o.ordered_at", "timestamptz", descending=True),
        Column("o.id", "bigint", descending=True),
    ),
)
"""A customer's documents, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTotals:
    """Sums over the lines of one order; amounts and quantities positive, as on a document."""

    sale_lines: int
    """Sale lines that no correction or void has taken back."""
    sold: Decimal
    """Gross minus discount of those."""
    units: Decimal
    credited: Decimal
    """The amount of returns."""
    returned_units: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A header with the sums of its lines, in the order's own currency."""

    id: int
    source: str
    key: str
    document: DocumentKind
    ordered_at: dt.datetime
    customer_id: int | None
    rep_id: int | None
    currency: str
    revenue: Decimal
    cost: Decimal
    totals: LineTotals

    @property
    def sort_key(self) -> Key:
        """The order's key in `CUSTOMER_ORDERS`."""
        return self.ordered_at, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line as it was booked; amounts signed."""

    id: int
    number: int
    kind: LedgerKind
    booked_at: dt.datetime
    product_id: int
    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal


# A header without a visible line was booked after the snapshot. If all lines of a header were
# corrected away, it was superseded: the source changed the order later (another header then has its
# key) or withdrew it.
_ORDERS: Final = """
select o.id, s.name as source, o.key, o.document::text as document, o.ordered_at, o.customer_id,
    o.rep_id, o.currency, t.*
from orders o join sources s on s.id = o.source_id cross join lateral (
    select coalesce(sum({sale_line}), 0) as sale_lines,
        sum(i.gross - i.discount) as revenue, sum(i.cost) as cost,
        coalesce(sum(i.gross - i.discount) filter (where not i.is_return), 0) as sold,
        coalesce(sum(i.quantity) filter (where not i.is_return), 0) as units,
        coalesce(sum(i.discount - i.gross) filter (where i.is_return), 0) as credited,
        coalesce(-sum(i.quantity) filter (where i.is_return), 0) as returned_units
    from ({ledger}) i where i.order_id = o.id and i.booked_at >= o.ordered_at
    having sum(case when i.kind = 'void' then 0
        when i.kind = 'correction' and i.reverses is not null then -1 else 1 end) > 0
) t
where {where}"""

_IN_SEGMENTS: Final = """
coalesce((
    select s.segment::text from mv_customer_rfm s where s.customer_id = x.customer_id
), 'none') = any({names})"""

_WITH_LINES: Final = """
x.order_id in (
    select i.order_id from ({ledger}) i join products p on p.id = i.product_id
    where i.booked_at >= {start} and i.booked_at < {end} and {which}
    group by i.order_id having sum({sale_line}) > 0
)"""

# A line is booked when its order was placed, or later.
_WITH_REVENUE: Final = """
select o.*, r.revenue from ({orders}) o join (
    select i.order_id, sum(i.gross - i.discount) as revenue
    from ({ledger}) i where i.booked_at >= {start} group by i.order_id
) r on r.order_id = o.order_id
where o.at >= {start} and o.at < {end}"""

_IN_WEEK_HOUR: Final = """
extract(isodow from x.at at time zone {zone}) = {weekday}
    and extract(hour from x.at at time zone {zone}) = {hour}"""

_FOUND: Final = """
(x.customer_id in (select m.id from ({customers}) m where {named}) or exists (
    select from orders o
    where o.id = x.order_id and o.ordered_at >= {start} and o.ordered_at < {end} and {key}
))"""

_LINES: Final = """
select i.id, i.order_id, i.line_no, i.kind::text as kind, i.booked_at, i.product_id, i.quantity,
    i.gross, i.discount, i.cost
from ({ledger}) i where i.order_id = any({ids})
order by i.booked_at, i.id"""


async def customer_orders(
    data: OperationData, customer_id: int, *, first: int, after: Key | None
) -> list[OrderRow]:
    """Return a page of a customer's documents, one more than `first` where there are more.

    Args:
        data: The operation's data.
        customer_id: The customer's row id.
        first: Documents of the page.
        after: The sort key of the document before the page.
    """
    where = sql(
        "{customer} and {after}\norder by {order} limit {limit}",
        customer=_of_customer(customer_id),
        after=CUSTOMER_ORDERS.after(after),
        order=CUSTOMER_ORDERS.order_by,
        limit=bind(first + 1, "bigint"),
    )
    return [_order(row) for row in await data.fetch(await _orders(data, where))]


async def count_customer_orders(data: OperationData, customer_id: int) -> int:
    """Count a customer's documents."""
    orders = await _orders(data, _of_customer(customer_id))
    rows = await data.fetch(sql("select count(*) from ({orders}) x", orders=orders))
    return int(rows[0][0])


class PlacedOrder(enum.StrEnum):
    """What orders a list of orders."""

    TIME = "time"
    REVENUE = "revenue"


_SORTED_BY: Final = {
    PlacedOrder.TIME: ("x.at", "timestamptz"),
    PlacedOrder.REVENUE: ("x.revenue", "numeric"),
}


class WeekHour(NamedTuple):
    """An hour of the week on the wall clock of the period's zone."""

    weekday: int
    """1 Monday to 7 Sunday."""
    hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrders:
    """Which orders of a period, in which order."""

    period: Range
    filters: Filters
    search: str | None
    """A part of the order's key, or of the customer's name, key or address."""
    by: PlacedOrder
    ascending: bool
    week_hour: WeekHour | None = None
    """Only orders placed in this hour of the week; `None` = at any time."""

    @property
    def keyset(self) -> Keyset:
        """The total order: by time or revenue, then by order."""
        name, kind = _SORTED_BY[self.by]
        columns = (
            Column(name, kind, descending=not self.ascending),
            Column("x.order_id", "bigint", descending=not self.ascending),
        )
        direction = "asc" if self.ascending else "desc"
        return Keyset(f"placed:{self.by.value}:{direction}:{self.search or ''}", columns)


async def placed_orders(
    data: OperationData, wanted: PlacedOrders, *, first: int, after: Key | None
) -> list[Key]:
    """Return the sort keys of a page, each with its order's id, and one more where there are more.

    Args:
        data: The operation's data.
        wanted: Which orders.
        first: Orders of the page.
        after: The sort key of the order before the page.
    """
    keyset = wanted.keyset
    query = sql(
        "select {value} as value, x.order_id from ({orders}) x where {where} and {after}"
        " order by {order} limit {limit}",
        value=raw(_SORTED_BY[wanted.by][0]),
        orders=await _with_revenue(data, wanted),
        where=await _placed(data, wanted),
        after=keyset.after(after),
        order=keyset.order_by,
        limit=bind(first + 1, "bigint"),
    )
    return [(row["value"], row["order_id"]) for row in await data.fetch(query)]


async def _with_revenue(data: OperationData, wanted: PlacedOrders) -> Sql:
    """The orders; with their revenue where that orders them, for it takes every line."""
    orders = await data.orders()
    if wanted.by is PlacedOrder.TIME:
        return orders
    return sql(
        _WITH_REVENUE,
        orders=orders,
        ledger=await data.ledger(),
        start=bind(wanted.period.start, "timestamptz"),
        end=bind(wanted.period.end, "timestamptz"),
    )


async def count_placed_orders(data: OperationData, wanted: PlacedOrders) -> int:
    """Count the orders on all pages: the metric ORDERS of the same selection."""
    query = sql(
        "select count(*) from ({orders}) x where {where}",
        orders=await data.orders(),
        where=await _placed(data, wanted),
    )
    return int((await data.fetch(query))[0][0])


async def _placed(data: OperationData, wanted: PlacedOrders) -> Sql:
    start, end = (bind(at, "timestamptz") for at in (wanted.period.start, wanted.period.end))
    filters = wanted.filters
    conditions = [sql("x.at >= {start} and x.at < {end}", start=start, end=end)]
    for column, ids in (
        ("customer_id", filters.customers),
        ("rep_id", filters.reps),
        ("region_id", filters.regions),
        ("channel_id", filters.channels),
    ):
        if ids:
            conditions.append(sql(f"x.{column} = any({{ids}})", ids=bind(ids, "bigint[]")))
    if wanted.week_hour is not None:
        in_hour = sql(
            _IN_WEEK_HOUR,
            zone=bind(wanted.period.zone, "text"),
            weekday=bind(wanted.week_hour.weekday, "integer"),
            hour=bind(wanted.week_hour.hour, "integer"),
        )
        conditions.append(in_hour)
    if filters.segments:
        await data.read_view(CUSTOMER_RFM)
        names = bind(filters.segments, "text[]")
        conditions.append(sql(_IN_SEGMENTS, names=names).reading(DependencyTag.VIEWS))
    if filters.products or filters.categories:
        of_products = [raw("true")]
        if filters.products:
            products = bind(filters.products, "bigint[]")
            of_products.append(sql("i.product_id = any({products})", products=products))
        if filters.categories:
            subtree = category_subtree(filters.categories)
            of_products.append(sql("coalesce(p.category_id, 0) in {subtree}", subtree=subtree))
        lines = sql(
            _WITH_LINES,
            ledger=await data.ledger(),
            start=start,
            end=end,
            which=join(" and ", of_products),
            sale_line=raw(sale_line("i")),
        )
        conditions.append(lines.reading(DependencyTag.CATALOGUE))
    if wanted.search:
        found = sql(
            _FOUND,
            start=start,
            end=end,
            key=matches(wanted.search, "o.key"),
            customers=members(DimensionName.CUSTOMER),
            named=matches(wanted.search),
        )
        conditions.append(found)
    return join(" and ", conditions).reading(DependencyTag.LEDGER)


async def orders_by_id(data: OperationData, ids: Sequence[int]) -> list[OrderRow | None]:
    """Return orders in the order of `ids`; `None` for one outside the operation's snapshot.

    A loader's function.
    """
    where = sql("o.id = any({ids})", ids=bind(list(ids), "bigint[]"))
    rows = await data.fetch(await _orders(data, where))
    found = {row["id"]: _order(row) for row in rows}
    return [found.get(key) for key in ids]


async def lines_of(data: OperationData, order_ids: Sequence[int]) -> list[list[LineRow]]:
    """Return each order's lines, in the order of booking. A loader's function."""
    ids = bind(list(order_ids), "bigint[]")
    found: dict[int, list[LineRow]] = {order_id: [] for order_id in order_ids}
    for row in await data.fetch(sql(_LINES, ledger=await data.ledger(), ids=ids)):
        found[row["order_id"]].append(_line(row))
    return [found[order_id] for order_id in order_ids]


async def _orders(data: OperationData, where: Sql) -> Sql:
    ledger = await data.ledger()
    query = sql(_ORDERS, sale_line=raw(sale_line("i")), ledger=ledger, where=where)
    return query.reading(DependencyTag.LEDGER, DependencyTag.CATALOGUE)


def _of_customer(customer_id: int) -> Sql:
    return sql("o.customer_id = {id}", id=bind(customer_id, "bigint"))


def _order(row: asyncpg.Record) -> OrderRow:
    return OrderRow(
        id=row["id"],
        source=row["source"],
        key=row["key"],
        document=DocumentKind(row["document"]),
        ordered_at=row["ordered_at"],
        customer_id=row["customer_id"],
        rep_id=row["rep_id"],
        currency=row["currency"],
        revenue=row["revenue"],
        cost=row["cost"],
        totals=LineTotals(
            sale_lines=row["sale_lines"],
            sold=row["sold"],
            units=row["units"],
            credited=row["credited"],
            returned_units=row["returned_units"],
        ),
    )


def _line(row: asyncpg.Record) -> LineRow:
    return LineRow(
        id=row["id"],
        number=row["line_no"],
        kind=LedgerKind(row["kind"]),
        booked_at=row["booked_at"],
        product_id=row["product_id"],
        quantity=row["quantity"],
        gross=row["gross"],
        discount=row["discount"],
        cost=row["cost"],
    )
