"""Scalars: exact amounts, instants and days as JSON."""

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from shopx_core.domain import money
from shopx_core.errors import InvalidInput
from shopx_core.texts import Text, as_json, text_of

# RFC 3339: an offset is required, because a naive time has no defined zone.
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def decimal_text(value: Decimal | int) -> str:
    """Write a number in plain digits, without exponent and without trailing zeros.

    Equal values give equal texts, at any scale.
    """
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=16_384)
def instant_text(value: dt.datetime) -> str:
    """Write an aware instant as ISO 8601 in UTC, ending in Z."""
    return value.astimezone(dt.UTC).isoformat().removesuffix("+00:00") + "Z"


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise StrawberryInputCoercionError(
            'A Decimal is a string such as "12.50" or an integer: a JSON fraction is not exact.'
        )
    try:
        return money.parse(value)
    except InvalidInput as error:
        raise StrawberryInputCoercionError(str(error)) from None


def _instant(value: Any) -> dt.datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise StrawberryInputCoercionError(
            "A DateTime is ISO 8601 with seconds and offset, such as 2026-01-31T09:30:00Z."
        )
    try:
        return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise StrawberryInputCoercionError(f"{value!r} is not a DateTime: {error}.") from None


def _day(value: Any) -> dt.date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise StrawberryInputCoercionError("A Date is ISO 8601, such as 2026-01-31.")
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise StrawberryInputCoercionError(f"{value!r} is not a Date: {error}.") from None


def _said(text: str) -> Any:
    return as_json(text_of(text))


SCALARS: Final[dict[object, ScalarDefinition]] = {
    Decimal: ScalarDefinition(
        name="Decimal",
        description='An exact decimal number as a string of plain digits, such as "1265793.04". '
        "Sums are exact; quotients have 28 significant digits.",
        specified_by_url=None,
        serialize=decimal_text,
        parse_value=_decimal,
        parse_literal=None,
        origin=Decimal,
    ),
    dt.datetime: ScalarDefinition(
        name="DateTime",
        description='An instant: ISO 8601 in UTC, such as "2026-01-31T09:30:00Z". '
        "Input may have any offset, never none.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=instant_text,
        parse_value=_instant,
        parse_literal=None,
        origin=dt.datetime,
    ),
    Text: ScalarDefinition(
        name="SaidText",
        description="A sentence for people who read another language than English: an object with "
        "its English `text`, its stable `code`, and its `values` by the names of the sentence's "
        "arguments: numbers, texts, days (`{day}`), texts like this one, or lists of these. "
        "Without a code, `values.parts` has the sentences; without these, there is English alone.",
        specified_by_url=None,
        serialize=_said,
        parse_value=None,
        parse_literal=None,
        origin=Text,
    ),
    dt.date: ScalarDefinition(
        name="Date",
        description='A calendar day: ISO 8601, such as "2026-01-31".',
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=dt.date.isoformat,
        parse_value=_day,
        parse_literal=None,
        origin=dt.date,
    ),
}
"""Definitions in place of Strawberry's, which print exponents and local offsets."""
