"""Conversions of a source's values to the ledger's: exact and strict, with reasons.

Each function takes one value and returns the converted one, or a `Fault` with the reason. `None`
(no value) stays `None`, a `Fault` stays a `Fault`.
"""

import datetime as dt
import math
import re
import uuid
from collections.abc import Callable
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from shopx_core.texts import say
from shopx_store.importing.vectors import Fault
from shopx_store.importing.written_dates import written_pattern
from shopx_store.importing.written_numbers import ACCOUNTING_HINT, accounting_text, visible

EXACT = Context(prec=120, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""For sums and products: 120 digits, and an error rather than a rounded result."""

ROUNDING = Context(prec=120, traps=[InvalidOperation, DivisionByZero, Overflow])
"""For rounding, which is inexact on purpose."""

DIVISION = Context(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
"""For quotients, most of which have no finite decimals: 34 significant digits, half to even."""

MAX_MAGNITUDE = Decimal(10) ** 15
"""No quantity or amount of a sale is as large; a larger value is probably from another column."""
MAX_DECIMALS = 40
MAX_TEXT = 1_000

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_OTHER_SEPARATORS = re.compile(r"\s*[+-]?\d[\d.,'\u2019\u00a0\u202f ]*", re.ASCII)
"""A number with separators of another kind."""
_NAN = re.compile(r"[+-]?nan", re.IGNORECASE)
_INFINITY = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_UTC = re.compile(r"(?<![A-Za-z])(?:UTC|GMT|Z)(?![A-Za-z])")
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})

NOT_A_NUMBER = say("value.nan", "not a number (NaN)")
KIND_NUMBER = say("value.kind-number", "number")
INFINITE = say("value.infinite", "not a finite number")
NO_ISO_TIME = say(
    "value.no-iso-time",
    "no date or time of the form YYYY-MM-DD; a mapping names other forms with time()",
)


def to_number(value: Any) -> Any:
    """An exact number: `Decimal`."""
    if isinstance(value, Decimal) or value is None or isinstance(value, Fault):
        return value
    if isinstance(value, str):
        return _spelled(visible(value), value)
    return Fault(
        say(
            "value.where-number-needed",
            "a {kind_of}, where a number is needed",
            kind_of=kind_of(value),
        ),
        value,
    )


def _spelled(text: str, value: str) -> Any:
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    if _NAN.fullmatch(text):
        return Fault(NOT_A_NUMBER, value)
    if _INFINITY.fullmatch(text):
        return Fault(INFINITE, value)
    if not text:
        return Fault(
            say("value.empty-where-number-needed", "empty, where a number is needed"), value
        )
    return Fault(
        ACCOUNTING_HINT if accounting_text(text) != text else say("value.no-number", "no number"),
        value,
    )


def number_reader(
    decimal: str, thousands: str | None, *, accounting: bool = False
) -> Callable[[Any], Any]:
    """`to_number` for texts with other separators, such as 1.234,50.

    With `accounting`, texts may have a currency, parentheses or a minus after them.

    Digits are grouped by three or not at all: a separator elsewhere is a decimal one in most files,
    and leaving it out would multiply the amount.
    """
    if accounting:
        bare = _number_reader(decimal, thousands)
        return lambda value: bare(accounting_text(value) if isinstance(value, str) else value)
    return _number_reader(decimal, thousands)


def _number_reader(decimal: str, thousands: str | None) -> Callable[[Any], Any]:
    if decimal == "." and thousands is None:
        return _plain_number
    point = re.escape(decimal)
    grouped, digits = None, {}
    if thousands is not None:
        group = re.escape(thousands)
        digits = str.maketrans("", "", f"+-{decimal}{thousands}")
        grouped = re.compile(rf"[+-]?\d{{1,3}}(?:{group}\d{{3}})+(?:{point}\d*)?", re.ASCII)

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return to_number(value)
        text = visible(value)
        if grouped is not None and thousands is not None and thousands in text:
            if not grouped.fullmatch(text) and text.translate(digits).isdigit():
                return Fault(_misgrouped(text, decimal, thousands), value)
            text = text.replace(thousands, "")
        if decimal != ".":
            if "." in text:
                return Fault(
                    say(
                        "value.number-decimal-separator",
                        "no number with the decimal separator {decimal}",
                        decimal=repr(decimal),
                    ),
                    value,
                )
            text = text.replace(decimal, ".")
        number = to_number(text)
        return Fault(number.reason, value) if isinstance(number, Fault) else number

    return read


def _plain_number(value: Any) -> Any:
    number = to_number(value)
    if isinstance(number, Fault) and isinstance(value, str) and _OTHER_SEPARATORS.fullmatch(value):
        return Fault(
            say(
                "value.decimal-separator-set-input",
                "{reason} with the decimal separator '.'; set the input's `decimal` or"
                " `thousands` if the file writes others",
                reason=number.reason,
            ),
            value,
        )
    return number


def _misgrouped(text: str, decimal: str, thousands: str) -> str:
    mark = repr(thousands)
    if text.count(thousands) == 1 and decimal not in text:
        likely = text.replace(thousands, ".")
        if _NUMBER.fullmatch(likely):
            return say(
                "value.misgrouped-decimal",
                "{mark} groups digits here (`thousands`), and these are not groups of three; if it"
                " is {likely}, the input's `decimal` is {mark}",
                mark=mark,
                likely=likely,
            )
    return say(
        "value.misgrouped",
        "{mark} groups digits here (`thousands`), and these are not groups of three",
        mark=mark,
    )


def from_float(value: float) -> Any:
    """The number that a double stands for: the shortest decimal that reads back as it."""
    if math.isnan(value):
        return Fault(NOT_A_NUMBER, "NaN")
    if math.isinf(value):
        return Fault(INFINITE, str(value))
    return Decimal(repr(value))


def float4(value: Any) -> Any:
    """The number that a single-precision float stands for, also where it was widened since.

    0.05 kept in four bytes and printed from eight reads 0.05000000074505806; the shortest decimal
    that the four bytes read back from is 0.05.
    """
    number = to_number(value)
    if not isinstance(number, Decimal):
        return number
    with np.errstate(over="ignore", under="ignore"):
        narrow = np.float32(float(number))
    if not np.isfinite(narrow):
        return Fault(
            say("value.too-large-single-precision", "too large for a single-precision number"),
            value,
        )
    return Decimal(np.format_float_scientific(narrow, unique=True))


def to_text(value: Any) -> Any:
    """Text without surrounding blanks; a number without needless zeros (17850.0 is 17850)."""
    if value is None or isinstance(value, Fault):
        return value
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ")


def to_boolean(value: Any) -> Any:
    """Truth, also from the usual words for it."""
    if value is None or isinstance(value, bool | Fault):
        return value
    word = to_text(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    return Fault(say("value.neither-true-nor-false", "neither true nor false"), value)


def to_time(value: Any) -> Any:
    """A `datetime`: local where the source gave no offset. Text is read as ISO 8601."""
    if value is None or isinstance(value, dt.datetime | Fault):
        return value
    if isinstance(value, str):
        try:
            return dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return Fault(NO_ISO_TIME, value)
    return Fault(
        say(
            "value.where-time-needed", "a {kind_of}, where a time is needed", kind_of=kind_of(value)
        ),
        value,
    )


def time_reader(pattern: str) -> Callable[[Any], Any]:
    """A reader of texts by a `strptime` pattern.

    `%Z`, and UTC or GMT written out in the pattern, is the zone UTC: `strptime` itself would accept
    a zone's name and ignore it. No other name says which offset is meant.
    """
    zoned = re.sub(r"UTC|GMT", "%Z", pattern)
    named = "%Z" in zoned
    numeric = zoned.replace("%Z", "%z")
    written = written_pattern(pattern)

    def read(value: Any) -> Any:
        text = to_text(value)
        if not isinstance(text, str):
            return text
        if named:
            text, zones = _UTC.subn("+0000", text)
            if not zones:
                return Fault(
                    say(
                        "value.time-form-zone-utc",
                        "no time of the form {pattern}; other zones are written as offsets: +02:00",
                        pattern=written,
                    ),
                    value,
                )
        try:
            return dt.datetime.strptime(text, numeric)  # noqa: DTZ007 -- local until its zone is applied
        except ValueError:
            return Fault(
                say("value.time-form", "no time of the form {pattern}", pattern=written), value
            )

    return read


def from_epoch(value: Any) -> Any:
    """The instant that many seconds after 1970 began, UTC."""
    number = to_number(value)
    if not isinstance(number, Decimal):
        return number
    try:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
            microseconds=int(number.scaleb(6))
        )
    except OverflowError:
        return Fault(say("value.instant-within-calendar", "no instant within the calendar"), value)


class Localiser:
    """Turns local times of a zone into instants.

    Args:
        zone: Where times without an offset were taken.
        clock_change: What to do with a time that happened twice, or never, because the clocks
            were changed: take it with the offset before (`earlier`) or after the change
            (`later`), or `reject` it.
    """

    def __init__(self, zone: ZoneInfo, clock_change: str) -> None:
        self._zone = zone
        self._fold = 1 if clock_change == "later" else 0
        self._reject = clock_change == "reject"

    def __call__(self, value: Any) -> Any:
        """The instant, in UTC."""
        time = to_time(value)
        if not isinstance(time, dt.datetime):
            return time
        try:
            if time.tzinfo is not None:
                return time.astimezone(dt.UTC)
            local = time.replace(tzinfo=self._zone, fold=self._fold)
            if self._reject and local.utcoffset() != local.replace(fold=1).utcoffset():
                return Fault(
                    say(
                        "value.time-s-clocks-showed",
                        "a time that {key}'s clocks showed twice or never",
                        key=self._zone.key,
                    ),
                    value,
                )
            return local.astimezone(dt.UTC)
        except OverflowError:
            return Fault(
                say("value.instant-within-calendar", "no instant within the calendar"), value
            )


@lru_cache(maxsize=65_536)
def plain(number: Decimal) -> str:
    """The canonical form of a number: no exponent, no needless zero, no negative zero."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def round_half_up(number: Decimal, places: int) -> Decimal:
    """Round as invoices do: a half away from zero."""
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=ROUNDING)


def kind_of(value: object) -> str:
    """How a message names a value's kind."""
    if isinstance(value, bool):
        return say("value.kind-truth", "truth value")
    if isinstance(value, Decimal):
        return KIND_NUMBER
    if isinstance(value, dt.datetime):
        return say("value.kind-time", "time")
    if isinstance(value, str):
        return say("value.kind-text", "text")
    return type(value).__name__


def normalise(value: Any) -> Any:
    """A reader's value, as one of the kinds that expressions know."""
    for kinds, convert in _KINDS:
        if isinstance(value, kinds):
            return convert(value)
    return Fault(
        say("value.which-use-here", "a {name}, which has no use here", name=type(value).__name__)
    )


def _finite(number: Decimal) -> Any:
    if number.is_finite():
        return number
    return Fault(NOT_A_NUMBER if number.is_nan() else INFINITE, str(number))


def _same(value: Any) -> Any:
    return value


# In this order: a truth value is an int and a datetime is a date.
_KINDS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((str, bool, dt.datetime, type(None), Fault), _same),
    ((Decimal,), _finite),
    ((int,), Decimal),
    ((float,), from_float),
    ((dt.date,), lambda day: dt.datetime.combine(day, dt.time.min)),
    ((dt.time, uuid.UUID), str),
)
