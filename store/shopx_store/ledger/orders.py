"""Orders as a caller submits them, and their validation. Pure."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shopx_core.domain.booking_window import EARLIEST
from shopx_core.domain.money import is_currency
from shopx_store.ledger.outcomes import Rejection, invalid

MAX_LINES: Final = 500
MAX_KEY: Final = 200
AHEAD: Final = dt.timedelta(days=1)
"""How far in the future an order may be: clocks differ, and a day covers every zone's today."""
MAX_AMOUNT: Final = Decimal(10) ** 15
MAX_SCALE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line of an order: amounts are of the whole line, not negative.

    `cost` None = the product's cost.
    """

    product: str
    quantity: Decimal
    gross: Decimal
    discount: Decimal = Decimal(0)
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order; it refers to products, customers and reps by their keys in the order's source.

    The key makes recording idempotent: the same order again changes nothing.
    """

    key: str
    ordered_at: dt.datetime
    lines: tuple[NewLine, ...]
    currency: str | None = None
    customer: str | None = None
    rep: str | None = None
    region: str | None = None
    channel: str | None = None


def storable(text: str) -> bool:
    """Whether PostgreSQL can keep a text: without NUL, and of whole characters."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def problems_of(order: NewOrder, now: dt.datetime) -> list[Rejection]:
    """Every problem of an order that shows without a database."""
    return [*_texts(order), *_header(order, now), *_lines(order)]


def _texts(order: NewOrder) -> Iterator[Rejection]:
    named = [
        (name, getattr(order, name)) for name in ("key", "customer", "rep", "region", "channel")
    ]
    named += [(f"lines.{n}.product", line.product) for n, line in enumerate(order.lines)]
    for name, text in named:
        if text is not None and not storable(text):
            yield invalid("A character that cannot be stored, such as NUL.", name)


def _header(order: NewOrder, now: dt.datetime) -> Iterator[Rejection]:
    if not order.key.strip():
        yield invalid("The key is empty.", "key")
    elif len(order.key) > MAX_KEY:
        yield invalid(f"The key is longer than {MAX_KEY} characters.", "key")
    if order.ordered_at.tzinfo is None:
        yield invalid("The time has no zone.", "orderedAt", "Write it as 2026-01-31T12:00:00Z.")
    elif order.ordered_at < EARLIEST:
        yield invalid(f"{order.ordered_at.date()} lies before 1970.", "orderedAt")
    elif order.ordered_at > now + AHEAD:
        yield invalid(f"{order.ordered_at.date()} lies in the future.", "orderedAt")
    if order.currency is not None and not is_currency(order.currency):
        yield invalid(
            f"{order.currency!r} is not a currency code.", "currency", "ISO 4217, such as EUR."
        )
    for name in ("region", "channel"):
        text = getattr(order, name)
        if text is not None and not 0 < len(text.strip()) <= MAX_KEY:
            yield invalid(f"The {name} is empty or too long.", name)


def _lines(order: NewOrder) -> Iterator[Rejection]:
    if not order.lines:
        yield invalid("An order needs a line.", "lines")
    if len(order.lines) > MAX_LINES:
        yield invalid(
            f"{len(order.lines)} lines are more than the {MAX_LINES} that one order may have.",
            "lines",
        )
        return
    for n, line in enumerate(order.lines):
        yield from _amount(line.quantity, f"lines.{n}.quantity", zero=False)
        yield from _amount(line.gross, f"lines.{n}.gross")
        yield from _amount(line.discount, f"lines.{n}.discount")
        if line.cost is not None:
            yield from _amount(line.cost, f"lines.{n}.cost")
        if line.discount.is_finite() and line.gross.is_finite() and line.discount > line.gross:
            yield invalid(
                f"A discount of {line.discount} exceeds the amount, {line.gross}.",
                f"lines.{n}.discount",
            )


def _amount(value: Decimal, field: str, *, zero: bool = True) -> Iterator[Rejection]:
    if not value.is_finite():
        yield invalid(f"{value} is not a number.", field)
    elif value < 0 or (value == 0 and not zero):
        yield invalid(f"{value} is not {'0 or more' if zero else 'above 0'}.", field)
    elif value > MAX_AMOUNT:
        yield invalid(f"{value} is more than {MAX_AMOUNT:.0f}.", field)
    elif -int(value.as_tuple().exponent) > MAX_SCALE:
        yield invalid(f"More than {MAX_SCALE} decimals.", field)


def identity(source: str, *parts: str) -> uuid.UUID:
    """The identity of a fact: 16 bytes of BLAKE2b over its unambiguous name."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (source, *parts):
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return uuid.UUID(bytes=digest.digest())
