"""The functions that a mapping's expressions may call."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from shopx_core.texts import say
from shopx_store.importing import values
from shopx_store.importing.vectors import Fault


class ValueType(StrEnum):
    """What an expression yields, as far as it is known before a row is read."""

    ANY = "value"
    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    TRUTH = "truth value"


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its parameters' kinds, its result's kind, and how it is made."""

    parameters: tuple[ValueType, ...]
    result: ValueType
    make: Callable[..., Callable[..., Any]]
    """Given the literal arguments, returns the function of one row's other arguments."""
    literals: int = 0
    """How many of the last parameters must be written out, because they are checked once."""
    optional: int = 0
    """How many of the last parameters may be left out."""
    variadic: bool = False
    """Whether the last parameter may be repeated."""
    strict: bool = True
    """Whether no value among the arguments gives no value; a fault always gives that fault."""
    lenient: bool = False
    """Whether there is no value only where all arguments but literals have none."""
    summary: str = ""


def _always(function: Callable[..., Any]) -> Callable[..., Callable[..., Any]]:
    return lambda: function


def _make_round(places: Decimal = Decimal(0)) -> Callable[..., Any]:
    if places != int(places) or not 0 <= places <= values.MAX_DECIMALS:
        raise ValueError(f"round() takes 0 to {values.MAX_DECIMALS} places")
    return lambda number: values.round_half_up(number, int(places))


def _make_time(pattern: str | None = None) -> Callable[..., Any]:
    if pattern is None:
        return values.to_time
    _check_pattern(pattern)
    return values.time_reader(pattern)


_DIRECTIVES = frozenset("aAbBdHIjmMpSfyYzZuVG%")


def _check_pattern(pattern: str) -> None:
    used = set(re.findall(r"%(.?)", pattern))
    if unknown := sorted(used - _DIRECTIVES):
        raise ValueError(f"time() does not know the directive %{unknown[0]}")
    if not used & frozenset("yYG"):
        raise ValueError(f"time() needs a year in its format, which {pattern!r} has not")


def _make_part(take: Callable[[str, int], str]) -> Callable[..., Callable[..., Any]]:
    def make(length: Decimal) -> Callable[..., Any]:
        if length != int(length) or not 1 <= length <= values.MAX_TEXT:
            raise ValueError(f"a length is a whole number from 1 to {values.MAX_TEXT}")
        count = int(length)
        return lambda text: take(text, count)

    return make


def _coalesce(*arguments: Any) -> Any:
    return next((value for value in arguments if value is not None), None)


def _join(*parts: str | None) -> str:
    return "".join(part for part in parts if part is not None)


def _nullif(value: Any, other: Any) -> Any:
    if isinstance(value, Decimal) and isinstance(other, str):
        other = values.to_number(other)
    elif isinstance(value, str) and isinstance(other, Decimal):
        number = values.to_number(value)
        return None if number == other else value
    return None if value == other else value


def _make_split(separator: str, nth: Decimal) -> Callable[..., Any]:
    if not separator:
        raise ValueError("split() needs a separator")
    if nth != int(nth) or nth < 1:
        raise ValueError("split() counts its parts from 1")
    index = int(nth) - 1

    def split(text: str) -> str | None:
        parts = text.split(separator)
        return parts[index].strip() if index < len(parts) else None

    return split


FUNCTIONS: dict[str, Function] = {
    "number": Function(
        (ValueType.NUMBER,),
        ValueType.NUMBER,
        _always(lambda x: x),
        summary="the number that a text spells",
    ),
    "text": Function(
        (ValueType.TEXT,),
        ValueType.TEXT,
        _always(lambda x: x),
        summary="as text, trimmed; a number without needless zeros",
    ),
    "time": Function(
        (ValueType.ANY, ValueType.TEXT),
        ValueType.TIME,
        _make_time,
        literals=1,
        optional=1,
        summary="the time that a text spells: ISO 8601, or a strptime format",
    ),
    "epoch": Function(
        (ValueType.NUMBER,),
        ValueType.TIME,
        _always(values.from_epoch),
        summary="seconds since 1970, UTC",
    ),
    "float4": Function(
        (ValueType.ANY,),
        ValueType.NUMBER,
        _always(values.float4),
        summary="what a single-precision float stands for: 0.05000000074505806 is 0.05",
    ),
    "round": Function(
        (ValueType.NUMBER, ValueType.NUMBER),
        ValueType.NUMBER,
        _make_round,
        literals=1,
        optional=1,
        summary="to so many places (none), a half away from zero",
    ),
    "abs": Function(
        (ValueType.NUMBER,), ValueType.NUMBER, _always(abs), summary="without its sign"
    ),
    "upper": Function((ValueType.TEXT,), ValueType.TEXT, _always(str.upper), summary="in capitals"),
    "lower": Function(
        (ValueType.TEXT,), ValueType.TEXT, _always(str.lower), summary="in small letters"
    ),
    "left": Function(
        (ValueType.TEXT, ValueType.NUMBER),
        ValueType.TEXT,
        _make_part(lambda text, n: text[:n]),
        literals=1,
        summary="the first n characters",
    ),
    "right": Function(
        (ValueType.TEXT, ValueType.NUMBER),
        ValueType.TEXT,
        _make_part(lambda text, n: text[-n:]),
        literals=1,
        summary="the last n characters",
    ),
    "split": Function(
        (ValueType.TEXT, ValueType.TEXT, ValueType.NUMBER),
        ValueType.TEXT,
        _make_split,
        literals=2,
        summary="the nth part between separators, counted from 1",
    ),
    "replace": Function(
        (ValueType.TEXT, ValueType.TEXT, ValueType.TEXT),
        ValueType.TEXT,
        _always(str.replace),
        summary="with each occurrence of a text replaced by another",
    ),
    "concat": Function(
        (ValueType.TEXT,),
        ValueType.TEXT,
        _always(_join),
        variadic=True,
        strict=False,
        lenient=True,
        summary="the texts one after another, without those that have no value",
    ),
    "startswith": Function(
        (ValueType.TEXT, ValueType.TEXT),
        ValueType.TRUTH,
        _always(str.startswith),
        summary="begins with",
    ),
    "endswith": Function(
        (ValueType.TEXT, ValueType.TEXT),
        ValueType.TRUTH,
        _always(str.endswith),
        summary="ends with",
    ),
    "contains": Function(
        (ValueType.TEXT, ValueType.TEXT),
        ValueType.TRUTH,
        _always(str.__contains__),
        summary="contains",
    ),
    "coalesce": Function(
        (ValueType.ANY,),
        ValueType.ANY,
        _always(_coalesce),
        variadic=True,
        strict=False,
        summary="the first of its arguments that has a value",
    ),
    "nullif": Function(
        (ValueType.ANY, ValueType.ANY),
        ValueType.ANY,
        _always(_nullif),
        strict=False,
        summary="no value where both are equal, otherwise the first",
    ),
}


def guarded(function: Callable[..., Any], *, strict: bool) -> Callable[..., Any]:
    """A function of row values that passes faults on and turns errors into faults."""

    def call(*arguments: Any) -> Any:
        for argument in arguments:
            if type(argument) is Fault:
                return argument
        if strict and None in arguments:
            return None
        try:
            return function(*arguments)
        except (ArithmeticError, ValueError) as error:
            return Fault(
                say(
                    "value.cannot-computed",
                    "cannot be computed ({name})",
                    name=type(error).__name__,
                ),
                arguments[0],
            )

    return call
