"""The ledger's side of a mapping: the type of each field, and its format for COPY.

A field's vector holds texts ready for COPY, `None` (no value), or faults.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopx_core.domain.money import is_currency
from shopx_core.texts import say
from shopx_store.importing import values
from shopx_store.importing.expressions import Columns, Expression
from shopx_store.importing.functions import ValueType
from shopx_store.importing.vectors import Fault, Vector

NULL = "\\N"
"""How COPY's text format writes no value."""

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""Of texts in COPY's text format."""
_MAX_DIGITS = 15 + values.MAX_DECIMALS

NO_VALUE = say("value.missing", "no value, where one is needed")

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class LedgerField:
    """One field of a section, compiled."""

    name: str
    """As in the mapping: line.gross."""
    expression: Expression
    kind: ValueType
    convert: Convert
    required: bool = False

    def vector(self, columns: Columns) -> Vector:
        """The field's values; a missing one that is required is a fault."""
        vector = self.expression.as_kind(self.kind)(columns)
        required, convert, column = self.required, self.convert, self.expression.column

        def finish(value: Any) -> Any:
            if type(value) is not Fault and value is not None:
                value = convert(value)
            if value is None and required:
                value = Fault(NO_VALUE)
            return value.of(column) if type(value) is Fault else value

        return vector.map(finish)


def faults(vector: Vector) -> Iterator[tuple[int, Fault]]:
    """The rows of a vector that have a fault."""
    if vector.is_constant:
        if type(vector.pool[0]) is Fault:
            yield from ((row, vector.pool[0]) for row in range(vector.size))
    elif vector.codes is not None:
        bad = {code for code, value in enumerate(vector.pool) if type(value) is Fault}
        if bad:
            rows = (row for row, code in enumerate(vector.codes) if code in bad)
            yield from ((row, vector.pool[vector.codes[row]]) for row in rows)
    else:
        yield from ((row, v) for row, v in enumerate(vector.pool) if type(v) is Fault)


def text(value: str) -> Any:
    """A text, trimmed; an empty one is no value."""
    found = plain_text(value)
    return found.translate(ESCAPES) if isinstance(found, str) else found


def plain_text(value: str) -> Any:
    """The same, as it is instead of in COPY's format."""
    value = value.strip()
    if not value:
        return None
    if len(value) > values.MAX_TEXT:
        return Fault(
            say(
                "value.longer-characters",
                "longer than {max_text} characters",
                max_text=values.MAX_TEXT,
            ),
            value[:50] + "…",
        )
    if "\x00" in value:
        return Fault(
            say(
                "value.holds-nul-character-which",
                "holds a NUL character, which PostgreSQL cannot keep",
            ),
            value,
        )
    return value


def amount(value: Decimal) -> Any:
    """A quantity or an amount, in its canonical form."""
    if value.adjusted() >= values.MAX_MAGNITUDE.adjusted():
        return Fault(
            say(
                "value.overflow-quantity-amount-10",
                "overflow: a quantity or an amount of 10^15 or more",
            ),
            values.plain(value)[:50],
        )
    written = values.plain(value)
    if len(written) > _MAX_DIGITS:
        return Fault(
            say(
                "value.more-decimals-round",
                "more than {max_decimals} decimals; round() it",
                max_decimals=values.MAX_DECIMALS,
            ),
            written[:50] + "…",
        )
    return written


def currency(value: str) -> Any:
    """An ISO 4217 code."""
    value = value.strip()
    if is_currency(value):
        return value
    return (
        Fault(
            say(
                "value.iso-4217-currency-code", "no ISO 4217 currency code (three capital letters)"
            ),
            value,
        )
        if value
        else None
    )


def day(value: dt.datetime) -> Any:
    """A calendar day."""
    return value.date().isoformat()


def choice(*allowed: str) -> Convert:
    """One of a few words."""

    def check(value: str) -> Any:
        word = value.strip()
        if word in allowed:
            return word
        return Fault(say("value.none-of", "none of {allowed}", allowed=list(allowed)), value)

    return check


def instant(localise: values.Localiser, earliest: dt.datetime, latest: dt.datetime) -> Convert:
    """An instant within a window, because a mistyped year would make a thousand partitions."""

    def check(value: Any) -> Any:
        localised = localise(value)
        if not isinstance(localised, dt.datetime):
            return localised
        if not earliest <= localised < latest:
            last = latest - dt.timedelta(1)
            return Fault(
                say(
                    "value.date-out-range-source",
                    "date out of range: not from {earliest} to {last} (source.earliest,"
                    " source.latest)",
                    earliest=f"{earliest:%Y-%m-%d}",
                    last=f"{last:%Y-%m-%d}",
                ),
                str(value),
            )
        return localised.strftime("%Y-%m-%d %H:%M:%S.%f+00")

    return check
