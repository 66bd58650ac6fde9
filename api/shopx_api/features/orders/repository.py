"""Orders and their lines, as the operation's moment sees them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import asyncpg

from shopx_api.data.operation_data import OperationData
from shopx_api.features.orders.status import LineTotals
from shopx_core.domain.ledger_kinds import DocumentKind, LedgerKind
from shopx_store.rollups.sql import sale_line


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


# A header without a visible line was booked after the moment. One of which corrections took
# everything back was superseded: the source said something else of it later (another header has
# its key then), or dropped it.
_ORDERS = """
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

_LINES = """
select i.id, i.order_id, i.line_no, i.kind::text as kind, i.booked_at, i.product_id, i.quantity,
    i.gross, i.discount, i.cost
from ({ledger}) i where i.order_id = any(${n}::bigint[])
order by i.booked_at, i.id"""


async def customer_orders(
    data: OperationData, customer_id: int, first: int, after: tuple[dt.datetime, int] | None
) -> list[OrderRow]:
    """Return a customer's documents, the newest first: one more than `first` where there are more.

    Args:
        data: What the operation reads.
        customer_id: Whose.
        first: How many.
        after: Instant and id of the document before the page.
    """
    ledger = await data.ledger()
    n = len(ledger.args)
    before = f" and (o.ordered_at, o.id) < (${n + 3}, ${n + 4}::bigint)" if after else ""
    sql = _ORDERS.format(
        sale_line=sale_line("i"),
        ledger=ledger.text,
        where=f"o.customer_id = ${n + 1}{before}\n"
        f"order by o.ordered_at desc, o.id desc limit ${n + 2}",
    )
    rows = await data.fetch(sql, *ledger.args, customer_id, first + 1, *(after or ()))
    return [_order(row) for row in rows]


async def count_customer_orders(data: OperationData, customer_id: int) -> int:
    """Count a customer's documents."""
    ledger = await data.ledger()
    sql = _ORDERS.format(
        sale_line=sale_line("i"),
        ledger=ledger.text,
        where=f"o.customer_id = ${len(ledger.args) + 1}",
    )
    rows = await data.fetch(f"select count(*) from ({sql}) x", *ledger.args, customer_id)
    return int(rows[0][0])


async def orders_by_id(data: OperationData, ids: Sequence[int]) -> list[OrderRow | None]:
    """Return orders in the order of `ids`; `None` for what is not there at the moment.

    A loader's function.
    """
    ledger = await data.ledger()
    where = f"o.id = any(${len(ledger.args) + 1}::bigint[])"
    sql = _ORDERS.format(sale_line=sale_line("i"), ledger=ledger.text, where=where)
    rows = await data.fetch(sql, *ledger.args, list(ids))
    found = {row["id"]: _order(row) for row in rows}
    return [found.get(key) for key in ids]


async def lines_of(data: OperationData, order_ids: Sequence[int]) -> list[list[LineRow]]:
    """Return each order's lines, in the order of booking. A loader's function."""
    ledger = await data.ledger()
    sql = _LINES.format(ledger=ledger.text, n=len(ledger.args) + 1)
    found: dict[int, list[LineRow]] = {order_id: [] for order_id in order_ids}
    for row in await data.fetch(sql, *ledger.args, list(order_ids)):
        found[row["order_id"]].append(_line(row))
    return [found[order_id] for order_id in order_ids]


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
