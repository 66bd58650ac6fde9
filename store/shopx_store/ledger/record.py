"""Recording orders: one batch is one transaction, each order is recorded or rejected by itself.

The claim on `order_keys` makes repeated and concurrent requests harmless: the first to insert a key
records the order, the others find it. Rollups are left to the fold, which sees lines as soon as
they are committed; exact reads see them at once.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shopx_core.errors import RateMissing
from shopx_store.ledger.off_loop import off_loop
from shopx_store.ledger.orders import NewOrder, identity, problems_of
from shopx_store.ledger.outcomes import (
    ItemOutcome,
    ItemStatus,
    Rejection,
    conflict,
    rejected,
    unknown,
)

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

# No partition holds such a month, neither its own nor its year's.
_MISSING = """
select month from unnest($1::date[]) as m (month)
where to_regclass(to_char(month, '"order_items_y"YYYY"m"MM')) is null
    and to_regclass(to_char(month, '"order_items_y"YYYY')) is null
"""
_SOURCE = """
with made as (insert into sources (name) values ($1) on conflict do nothing returning id)
select id from made union all select id from sources where name = $1 limit 1
"""
_NAMES = """
with made as (
    insert into {table} (name) select distinct unnest($1::text[]) on conflict do nothing
    returning id, name
)
select id, name from made union all select id, name from {table} where name = any($1)
"""
_CLAIM = """
insert into order_keys (source_id, key, order_id, ordered_at)
select $1, key, nextval(pg_get_serial_sequence('orders', 'id')), ordered_at
from unnest($2::text[], $3::timestamptz[]) as o (key, ordered_at) order by key
on conflict do nothing returning key, order_id
"""
_HEADERS = """
insert into orders (id, ordered_at, source_id, key, document, customer_id, rep_id, region_id,
    channel_id, currency)
select o.id, o.ordered_at, $1, o.key, 'sale', o.customer_id, o.rep_id, o.region_id, o.channel_id,
    o.currency
from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::text[]) as o (id, ordered_at, key, customer_id, rep_id, region_id,
    channel_id, currency)
"""
_LINES = """
insert into order_items (booked_at, kind, is_return, order_id, line_no, reverses, identity,
    source_id, product_id, customer_id, rep_id, region_id, channel_id, currency, quantity, gross,
    discount, cost)
select i.booked_at, i.kind::ledger_kind, i.is_return, i.order_id, i.line_no, i.reverses, i.identity,
    $1, i.product_id, i.customer_id, i.rep_id, i.region_id, i.channel_id, i.currency, i.quantity,
    i.gross, i.discount, i.cost
from unnest($2::timestamptz[], $3::text[], $4::boolean[], $5::bigint[], $6::integer[],
    $7::bigint[], $8::uuid[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
    $13::bigint[], $14::text[], $15::numeric[], $16::numeric[], $17::numeric[], $18::numeric[])
    as i (booked_at, kind, is_return, order_id, line_no, reverses, identity, product_id,
    customer_id, rep_id, region_id, channel_id, currency, quantity, gross, discount, cost)
"""
_RATES = """
select g.currency, g.day, r.rate from unnest($1::text[], $2::date[]) as g (currency, day)
cross join lateral (
    select rate from rates where rates.currency = g.currency and rates.day <= g.day
    order by rates.day desc limit 1
) r
"""
_LINES_AT_ONCE = 100
"""Of one statement."""
_IN_CURRENCY = Context(prec=50)
_LAST_DIGIT = Decimal("0.000001")
"""Of an amount in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ledger line to book; see `shopx_migrations.models.facts.OrderItem`.

    Its fields are in the order of the arguments of `_LINES`.
    """

    booked_at: dt.datetime
    kind: str
    is_return: bool
    order_id: int
    line_no: int
    reverses: int | None
    identity: uuid.UUID
    product_id: int
    customer_id: int | None
    rep_id: int | None
    region_id: int | None
    channel_id: int | None
    currency: str
    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class _References:
    """Ids by key or name, products' costs, and exchange rates, for one batch."""

    products: dict[str, tuple[int, Decimal | None]]
    customers: dict[str, int]
    reps: dict[str, int]
    regions: dict[str, int]
    channels: dict[str, int]
    currency: str
    """The reporting currency."""
    zone: ZoneInfo
    """Of the days that rates are of."""
    rates: dict[tuple[str, dt.date], Decimal]
    """Units of the reporting currency for one of another, by currency and day."""

    def day(self, order: NewOrder) -> dt.date:
        """The day whose rate an order is converted by."""
        return order.ordered_at.astimezone(self.zone).date()

    def in_currency(self, cost: Decimal, order: NewOrder) -> Decimal:
        """A cost of the catalogue, which is in the reporting currency, in that of an order."""
        if order.currency is None or order.currency == self.currency:
            return cost
        return _IN_CURRENCY.divide(cost, self.rates[order.currency, self.day(order)]).quantize(
            _LAST_DIGIT, context=_IN_CURRENCY
        )


async def source_id(connection: "Connection", name: str) -> int:
    """The id of a source, which is created if it is new."""
    found: int | None = await connection.fetchval(_SOURCE, name)
    # After a lost race, the winner's row may not be visible to this statement yet.
    return found if found is not None else await source_id(connection, name)


async def ensure_partitions(connection: "Connection", instants: Iterable[dt.datetime]) -> None:
    """Make the missing partitions, each in its own short transaction.

    Call it outside the transaction that inserts: attaching a partition must not wait for a commit.
    """
    months = sorted({i.astimezone(dt.UTC).date().replace(day=1) for i in instants})
    missing = await connection.fetch(_MISSING, months)
    for row in missing:
        await connection.execute("select make_partitions($1, $1)", row["month"])


async def record_orders(
    connection: "Connection", source: str, orders: Sequence[NewOrder], now: dt.datetime
) -> list[ItemOutcome]:
    """Record a batch; the outcomes are in the order of the orders.

    `connection` must not be in a transaction. An order with a known key is repeated if its content
    is the same, and otherwise rejected as a conflict.
    """
    outcomes, valid = await off_loop(_lines(orders), lambda: _checked(orders, now))
    if valid:
        await ensure_partitions(connection, (order.ordered_at for order in valid.values()))
        async with connection.transaction():
            outcomes |= await _record(connection, source, valid)
    return [outcomes[n] for n in range(len(orders))]


def _lines(orders: Iterable[NewOrder]) -> int:
    return sum(len(order.lines) for order in orders)


def _checked(
    orders: Sequence[NewOrder], now: dt.datetime
) -> tuple[dict[int, ItemOutcome], dict[int, NewOrder]]:
    """The outcomes of orders that can be told to be wrong without a database, and the others."""
    outcomes: dict[int, ItemOutcome] = {}
    valid: dict[int, NewOrder] = {}
    seen: set[str] = set()
    for n, order in enumerate(orders):
        problems = problems_of(order, now)
        if order.key in seen:
            problems.append(conflict(f"The key {order.key!r} is twice in this batch.", "key"))
        seen.add(order.key)
        if problems:
            outcomes[n] = rejected(order.key, problems)
        else:
            valid[n] = order
    return outcomes, valid


async def _record(
    connection: "Connection", source: str, orders: dict[int, NewOrder]
) -> dict[int, ItemOutcome]:
    source_key = await source_id(connection, source)
    lines = _lines(orders.values())
    named = await off_loop(lines, lambda: _Named.of(orders.values()))
    references = await _resolve(connection, source_key, named)
    outcomes, known = await off_loop(lines, lambda: _referring(orders, references))
    claimed = {
        row["key"]: row["order_id"]
        for row in await connection.fetch(
            _CLAIM,
            source_key,
            [order.key for order in known.values()],
            [order.ordered_at for order in known.values()],
        )
    }
    new = [order for order in known.values() if order.key in claimed]
    await connection.execute(
        "insert into currencies select unnest($1::text[]) on conflict do nothing",
        sorted({order.currency or references.currency for order in new}),
    )
    await _insert(connection, source_key, source, new, claimed, references)
    for n, order in known.items():
        if order.key in claimed:
            outcomes[n] = ItemOutcome(order.key, ItemStatus.RECORDED, claimed[order.key])
        else:
            outcomes[n] = await _repeated(connection, source_key, source, order, references)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Named:
    """What a batch refers to, sorted."""

    products: list[str]
    customers: list[str]
    reps: list[str]
    regions: list[str]
    channels: list[str]
    currencies: list[tuple[str, dt.datetime]]
    """With the times of their orders."""

    @classmethod
    def of(cls, orders: Collection[NewOrder]) -> "_Named":
        def names(attribute: str) -> list[str]:
            return sorted({name for o in orders if (name := getattr(o, attribute)) is not None})

        return cls(
            products=sorted({line.product for order in orders for line in order.lines}),
            customers=names("customer"),
            reps=names("rep"),
            regions=names("region"),
            channels=names("channel"),
            currencies=sorted(
                {(o.currency, o.ordered_at) for o in orders if o.currency is not None}
            ),
        )


async def _resolve(connection: "Connection", source: int, named_: _Named) -> _References:
    async def ids(table: str, keys: list[str]) -> dict[str, int]:
        if not keys:
            return {}
        rows = await connection.fetch(
            f"select key, id from {table} where source_id = $1 and key = any($2)", source, keys
        )
        return {row["key"]: row["id"] for row in rows}

    products = await connection.fetch(
        "select key, id, unit_cost from products where source_id = $1 and key = any($2)",
        source,
        named_.products,
    )
    currency, zone = await connection.fetchrow("select currency, timezone from reporting") or (
        "",
        "",
    )
    where = ZoneInfo(zone)
    foreign = sorted(
        {
            (code, ordered_at.astimezone(where).date())
            for code, ordered_at in named_.currencies
            if code != currency
        }
    )
    rates = (
        await connection.fetch(_RATES, *map(list, zip(*foreign, strict=True))) if foreign else []
    )
    return _References(
        products={row["key"]: (row["id"], row["unit_cost"]) for row in products},
        customers=await ids("customers", named_.customers),
        reps=await ids("sales_reps", named_.reps),
        regions=await named(connection, "regions", named_.regions),
        channels=await named(connection, "channels", named_.channels),
        currency=currency,
        zone=where,
        rates={(row["currency"], row["day"]): row["rate"] for row in rates},
    )


async def named(connection: "Connection", table: str, names: list[str]) -> dict[str, int]:
    """The ids of regions or channels by name; new ones are created."""
    if not names:
        return {}
    rows = await connection.fetch(_NAMES.format(table=table), names)
    found = {row["name"]: row["id"] for row in rows}
    if len(found) < len(set(names)):
        # Another session created one since this statement's snapshot: the next statement sees it.
        return await named(connection, table, names)
    return found


def _referring(
    orders: dict[int, NewOrder], references: _References
) -> tuple[dict[int, ItemOutcome], dict[int, NewOrder]]:
    """The outcomes of orders that refer to what is unknown, and the other orders."""
    outcomes: dict[int, ItemOutcome] = {}
    known: dict[int, NewOrder] = {}
    for n, order in orders.items():
        problems = _unknown(order, references)
        if problems:
            outcomes[n] = rejected(order.key, problems)
        else:
            known[n] = order
    return outcomes, known


def _unknown(order: NewOrder, references: _References) -> list[Rejection]:
    problems = list(_without_rate(order, references))
    if order.customer is not None and order.customer not in references.customers:
        problems.append(
            unknown("customer", order.customer, "customer", "Upsert the customer first.")
        )
    if order.rep is not None and order.rep not in references.reps:
        problems.append(unknown("sales rep", order.rep, "rep", "Upsert the rep first."))
    for n, line in enumerate(order.lines):
        if line.product not in references.products:
            problems.append(
                unknown("product", line.product, f"lines.{n}.product", "Upsert the product first.")
            )
    return problems


def _without_rate(order: NewOrder, references: _References) -> Iterator[Rejection]:
    """A currency that cannot be converted on the order's day: no figure could have it."""
    currency, reporting = order.currency, references.currency
    if currency is None or currency == reporting:
        return
    day = references.day(order)
    if (currency, day) not in references.rates:
        yield Rejection(
            RateMissing.code,
            f"No exchange rate of {currency} into {reporting} is known for {day}.",
            "currency",
            f"Add one for that day or an earlier one: `shopx rates set {currency} {day} RATE`, or"
            " the mutation setRates.",
        )


def _booked(source: str, order: NewOrder, order_id: int, references: _References) -> list[Line]:
    lines = []
    for n, line in enumerate(order.lines, 1):
        product, unit_cost = references.products[line.product]
        cost = line.cost
        if cost is None:
            cost = references.in_currency((unit_cost or Decimal(0)) * line.quantity, order)
        lines.append(
            Line(
                booked_at=order.ordered_at,
                kind="sale",
                is_return=False,
                order_id=order_id,
                line_no=n,
                reverses=None,
                identity=identity(source, "order", order.key, str(n)),
                product_id=product,
                customer_id=references.customers.get(order.customer or ""),
                rep_id=references.reps.get(order.rep or ""),
                region_id=references.regions.get(order.region or ""),
                channel_id=references.channels.get(order.channel or ""),
                currency=order.currency or references.currency,
                quantity=line.quantity,
                gross=line.gross,
                discount=line.discount,
                cost=cost,
            )
        )
    return lines


async def _insert(
    connection: "Connection",
    source: int,
    source_name: str,
    orders: list[NewOrder],
    claimed: dict[str, int],
    references: _References,
) -> None:
    if not orders:
        return

    def all_booked() -> list[list[Line]]:
        return [_booked(source_name, order, claimed[order.key], references) for order in orders]

    booked = await off_loop(_lines(orders), all_booked)
    heads = [lines[0] for lines in booked]
    await connection.execute(
        _HEADERS,
        source,
        [head.order_id for head in heads],
        [head.booked_at for head in heads],
        [order.key for order in orders],
        [head.customer_id for head in heads],
        [head.rep_id for head in heads],
        [head.region_id for head in heads],
        [head.channel_id for head in heads],
        [head.currency for head in heads],
    )
    await book(connection, source, [line for lines in booked for line in lines])


async def book(connection: "Connection", source: int, lines: list[Line]) -> None:
    """Append lines to the ledger, in the caller's transaction."""
    # The driver encodes a statement's arguments on the event loop, a microsecond a value.
    for start in range(0, len(lines), _LINES_AT_ONCE):
        part = lines[start : start + _LINES_AT_ONCE]
        columns: list[list[Any]] = [
            [getattr(line, field.name) for line in part] for field in fields(Line)
        ]
        await connection.execute(_LINES, source, *columns)


async def _repeated(
    connection: "Connection",
    source: int,
    source_name: str,
    order: NewOrder,
    references: _References,
) -> ItemOutcome:
    """Compare with the recorded order: the same request again, or another order with its key."""
    order_id, ordered_at = await connection.fetchrow(
        "select order_id, ordered_at from order_keys where source_id = $1 and key = $2",
        source,
        order.key,
    ) or (0, order.ordered_at)
    rows = await connection.fetch(
        "select identity, product_id, customer_id, rep_id, region_id, channel_id, currency,"
        " quantity, gross, discount from order_items"
        " where order_id = $1 and booked_at = $2 and kind = 'sale' order by line_no",
        order_id,
        ordered_at,
    )
    recorded = [tuple(row) for row in rows]
    # Without the cost, which may follow from the product's, and that may have changed since.
    requested = [
        (
            line.identity,
            line.product_id,
            line.customer_id,
            line.rep_id,
            line.region_id,
            line.channel_id,
            line.currency,
            line.quantity,
            line.gross,
            line.discount,
        )
        for line in _booked(source_name, order, order_id, references)
    ]
    if recorded == requested and ordered_at == order.ordered_at:
        return ItemOutcome(order.key, ItemStatus.REPEATED, order_id)
    problem = conflict(
        f"The order {order.key!r} was recorded with other content.",
        "key",
        "Use a new key, or refund or cancel the recorded order.",
    )
    return rejected(order.key, [problem])
