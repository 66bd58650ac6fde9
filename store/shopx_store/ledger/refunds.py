"""Refunds, booked when they happen, and cancellations, booked at the time of what they void."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import asyncpg

from shopx_core.domain.booking_window import EARLIEST
from shopx_core.domain.money import EXACT
from shopx_core.errors import Conflict, InvalidInput, NotFound
from shopx_store.ledger.orders import AHEAD, identity
from shopx_store.ledger.outcomes import ItemOutcome, ItemStatus
from shopx_store.ledger.record import Line, book, ensure_partitions

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

ZERO: Final = Decimal(0)
MILLIONTH: Final = Decimal("0.000001")

# The row lock serializes changes of an order, so that nothing is refunded twice. An import locks
# the same rows (thousands of them, more than the server has room for advisory locks), and may
# point them at new orders; a statement that waited here reads the row as the import left it.
_ORDER = """
select k.order_id, k.ordered_at, k.source_id from order_keys k join sources s on s.id = k.source_id
where s.name = $1 and k.key = $2 for update of k
"""
_HISTORY = """
select id, booked_at, kind::text as kind, is_return, order_id, line_no, reverses, identity,
    product_id, customer_id, rep_id, region_id, channel_id, currency, quantity, gross, discount,
    cost
from order_items where order_id = $1 and booked_at >= $2 order by id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """A refund of one sale line; amounts are positive.

    Attributes:
        line: Number of the sale line, from 1.
        quantity: Returned units; 0 for a credit without goods.
        amount: Credited amount; None = the line's net amount per unit, times `quantity`.
    """

    line: int
    quantity: Decimal = ZERO
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts of a sale line, or of a part of it."""

    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal

    @property
    def net(self) -> Decimal:
        """The revenue."""
        return self.gross - self.discount


def unreversed(history: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """The lines that no correction or void reverses, without corrections and voids."""
    reversed_ids = {row["reverses"] for row in history if row["kind"] in {"correction", "void"}}
    return [
        row
        for row in history
        if row["id"] not in reversed_ids
        and not (row["kind"] in {"correction", "void"} and row["reverses"])
    ]


def remaining(sale: asyncpg.Record, lines: Sequence[asyncpg.Record]) -> Amounts:
    """The remaining part of `sale`, given the unreversed lines of its order."""
    parts = [sale, *(row for row in lines if row["reverses"] == sale["id"])]
    return Amounts(
        *(
            functools.reduce(EXACT.add, (part[name] for part in parts))
            for name in ("quantity", "gross", "discount", "cost")
        )
    )


def refund_amounts(left: Amounts, refund: RefundLine) -> Amounts:
    """The amounts of a refund, positive.

    The last unit takes the remainder, so that parts of an amount that does not divide evenly add up
    to the whole. A credit other than the line's own price is booked as it is, without discount.

    Raises:
        InvalidInput: The refund exceeds what is left.
    """
    place = f"line {refund.line}"
    if not refund.quantity.is_finite() or refund.quantity < 0:
        raise InvalidInput(f"The quantity of {place}, {refund.quantity}, is not 0 or more.")
    if refund.quantity > left.quantity:
        raise InvalidInput(
            f"{refund.quantity} of {place} are to come back, but {left.quantity} are left."
        )
    if refund.amount is None and refund.quantity == 0:
        raise InvalidInput(f"Nothing of {place} comes back.", hint="Give a quantity or an amount.")
    if refund.quantity == left.quantity:
        share = left
    else:
        share = Amounts(
            refund.quantity,
            *(
                _part(amount, refund.quantity, left.quantity)
                for amount in (left.gross, left.discount, left.cost)
            ),
        )
    if refund.amount is None:
        return share
    if not refund.amount.is_finite() or refund.amount < 0:
        raise InvalidInput(f"The amount of {place}, {refund.amount}, is not 0 or more.")
    if refund.amount > left.net:
        raise InvalidInput(
            f"{refund.amount} of {place} are to be credited, but {left.net} are left."
        )
    cost = share.cost if refund.quantity else ZERO
    return Amounts(refund.quantity, refund.amount, ZERO, cost)


def _part(amount: Decimal, quantity: Decimal, of: Decimal) -> Decimal:
    """A proportional part of an amount, to six decimals: the ledger needs finite numbers."""
    return (amount * quantity / of).quantize(MILLIONTH)


async def refund_order(
    connection: "Connection",
    source: str,
    key: str,
    *,
    refund_key: str,
    lines: Sequence[RefundLine] | None,
    at: dt.datetime,
    now: dt.datetime,
) -> ItemOutcome:
    """Refund goods or money, booked `at`; `lines` None = everything that is left.

    `refund_key` makes it idempotent within the order. `connection` must not be in a transaction.

    Raises:
        NotFound: There is no such order.
        InvalidInput: A line is unknown, more comes back than is left, or `at` is before the order
            or in the future.
        Conflict: The refund's key was used with other content, or nothing is left to refund.
    """
    if at > now + AHEAD:
        raise InvalidInput(f"The refund's time, {at}, lies in the future.")
    if at < EARLIEST:
        raise InvalidInput(f"The refund's time, {at}, lies before 1970.")
    await ensure_partitions(connection, [at])
    async with connection.transaction():
        order_id, ordered_at, source_id = await _locked(connection, source, key)
        if at < ordered_at:
            raise InvalidInput(f"The refund's time, {at}, lies before the order's, {ordered_at}.")
        history = await connection.fetch(_HISTORY, order_id, ordered_at)
        current = unreversed(history)
        sales = {row["line_no"]: row for row in current if row["kind"] == "sale"}
        before = _earlier(history, source, key, refund_key)
        if before:
            return _repeat(key, order_id, refund_key, lines, before)
        requested = _requested(lines, sales, current)
        booked = [
            _refund(sales, current, line, n, (source, key, refund_key), at, len(history))
            for n, line in enumerate(requested)
        ]
        if not booked:
            raise Conflict(f"Nothing of the order {key!r} is left to refund.")
        await book(connection, source_id, booked)
    return ItemOutcome(key, ItemStatus.RECORDED, order_id)


def _requested(
    lines: Sequence[RefundLine] | None,
    sales: dict[int, asyncpg.Record],
    current: Sequence[asyncpg.Record],
) -> list[RefundLine]:
    if lines is None:
        left = {number: remaining(sale, current) for number, sale in sales.items()}
        return [
            RefundLine(line=number, quantity=what.quantity, amount=None)
            if what.quantity
            else RefundLine(line=number, amount=what.net)
            for number, what in left.items()
            if what.quantity or what.net
        ]
    if len({line.line for line in lines}) < len(lines):
        raise InvalidInput("A line is named twice.", hint="Add its quantities up.")
    return list(lines)


def _refund(
    sales: dict[int, asyncpg.Record],
    current: Sequence[asyncpg.Record],
    line: RefundLine,
    n: int,
    names: tuple[str, str, str],
    at: dt.datetime,
    booked: int,
) -> Line:
    sale = sales.get(line.line)
    if sale is None:
        numbers = ", ".join(map(str, sorted(sales))) or "none"
        raise InvalidInput(
            f"The order has no sale line {line.line}.", hint=f"Its lines: {numbers}."
        )
    source, key, refund_key = names
    share = refund_amounts(remaining(sale, current), line)
    return _copy(
        sale,
        kind="return",
        is_return=True,
        booked_at=at,
        line_no=booked + n + 1,
        identity_parts=(source, "refund", key, refund_key, str(line.line)),
        amounts=share,
    )


def _copy(
    original: asyncpg.Record,
    *,
    kind: str,
    is_return: bool,
    booked_at: dt.datetime,
    line_no: int,
    identity_parts: tuple[str, ...],
    amounts: Amounts,
) -> Line:
    """A line that reverses `amounts` of `original`."""
    return Line(
        booked_at=booked_at,
        kind=kind,
        is_return=is_return,
        order_id=original["order_id"],
        line_no=line_no,
        reverses=original["id"],
        identity=identity(*identity_parts),
        product_id=original["product_id"],
        customer_id=original["customer_id"],
        rep_id=original["rep_id"],
        region_id=original["region_id"],
        channel_id=original["channel_id"],
        currency=original["currency"],
        quantity=-amounts.quantity,
        gross=-amounts.gross,
        discount=-amounts.discount,
        cost=-amounts.cost,
    )


def _earlier(
    history: Sequence[asyncpg.Record], source: str, key: str, refund_key: str
) -> dict[int, asyncpg.Record]:
    """The lines that an earlier request with the same key booked, by the sale line's number."""
    by_identity = {row["identity"]: row for row in history}
    found = {}
    for row in history:
        if row["kind"] == "sale":
            name = identity(source, "refund", key, refund_key, str(row["line_no"]))
            if name in by_identity:
                found[row["line_no"]] = by_identity[name]
    return found


def _repeat(
    key: str,
    order_id: int,
    refund_key: str,
    lines: Sequence[RefundLine] | None,
    before: dict[int, asyncpg.Record],
) -> ItemOutcome:
    same = lines is None or (
        {line.line for line in lines} == set(before)
        and all(
            -before[line.line]["quantity"] == line.quantity
            and (
                line.amount is None
                or before[line.line]["discount"] - before[line.line]["gross"] == line.amount
            )
            for line in lines
        )
    )
    if not same:
        raise Conflict(
            f"The refund {refund_key!r} of the order {key!r} was booked with other content.",
            hint="Use a new key for another refund.",
        )
    return ItemOutcome(key, ItemStatus.REPEATED, order_id)


async def cancel_order(connection: "Connection", source: str, key: str) -> ItemOutcome:
    """Void every line of an order at its own time, refunds included.

    `connection` must not be in a transaction.

    Raises:
        NotFound: There is no such order.
    """
    async with connection.transaction():
        order_id, ordered_at, source_id = await _locked(connection, source, key)
        history = await connection.fetch(_HISTORY, order_id, ordered_at)
        voids = [
            _copy(
                row,
                kind="void",
                is_return=row["is_return"],
                booked_at=row["booked_at"],
                line_no=len(history) + n,
                identity_parts=(source, "void", key, str(row["id"])),
                amounts=Amounts(row["quantity"], row["gross"], row["discount"], row["cost"]),
            )
            for n, row in enumerate(unreversed(history), 1)
        ]
        if not voids:
            return ItemOutcome(key, ItemStatus.REPEATED, order_id)
        await book(connection, source_id, voids)
    return ItemOutcome(key, ItemStatus.RECORDED, order_id)


async def _locked(connection: "Connection", source: str, key: str) -> tuple[int, dt.datetime, int]:
    row = await connection.fetchrow(_ORDER, source, key)
    if row is None:
        raise NotFound(f"There is no order {key!r} in the source {source!r}.")
    return row["order_id"], row["ordered_at"], row["source_id"]
