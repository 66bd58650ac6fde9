"""Exact decimal money.

Sums and products are never rounded: an operation that cannot be exact raises. Only quotients
(shares, ratios, averages) are rounded, half to even at 28 significant digits, far more than are
displayed.
"""

import re
from collections.abc import Iterable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import ClassVar, Final

from shopx_core.errors import InvalidInput

ZERO: Final = Decimal(0)

#: Digits that one amount may have before and after its decimal point. With these, the product of
#: two amounts has at most 120 digits and a sum of 10^80 of them is still exact below.
MAX_INTEGER_DIGITS: Final = 30
MAX_FRACTION_DIGITS: Final = 30

#: Arithmetic that raises `decimal.Inexact` rather than lose a digit.
EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])

#: Arithmetic for quotients.
QUOTIENT: Final = Context(
    prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow]
)

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
CURRENCY: Final = r"^[A-Z]{3}$"
"""The form of a currency's code (ISO 4217), as JSON Schema and pydantic take patterns."""
_CURRENCY = re.compile(r"[A-Z]{3}")


_WHOLE: Final = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_THREE_DIGITS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies by the decimals of their smallest unit; most have 2."""


class InvalidAmount(InvalidInput):
    """A text is not an amount, or has too many digits."""

    code: ClassVar[str] = "INVALID_AMOUNT"


class InvalidCurrency(InvalidInput):
    """A text is not a currency code."""

    code: ClassVar[str] = "INVALID_CURRENCY"


def parse(value: str | int | Decimal) -> Decimal:
    """Read an amount exactly.

    Accepts ASCII digits with an optional sign, decimal point and exponent. Thousands separators,
    decimal commas, NaN and infinities are rejected as ambiguous.

    Raises:
        InvalidAmount: `value` is not such a number, or has more than `MAX_INTEGER_DIGITS` or
            `MAX_FRACTION_DIGITS` digits.
        TypeError: `value` is a float, which is not exact.
    """
    if isinstance(value, float):
        raise TypeError("An amount is text, an integer or a Decimal: a float is not exact.")
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise InvalidAmount(
                f"{value[:60]!r} is not an amount.",
                hint="Write digits with a decimal point and no separators, such as -1234.50.",
            )
        amount = Decimal(text)
    else:
        amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int):
        raise InvalidAmount(f"{amount} is not an amount.", hint="An amount is a finite number.")
    if (amount and amount.adjusted() >= MAX_INTEGER_DIGITS) or -exponent > MAX_FRACTION_DIGITS:
        raise InvalidAmount(
            f"{str(value)[:60]!r} has too many digits for an amount.",
            hint=f"At most {MAX_INTEGER_DIGITS} digits before and {MAX_FRACTION_DIGITS} after the "
            "decimal point.",
        )
    # A zero with a large exponent would make every sum with it a long number.
    return amount if amount or exponent <= 0 else ZERO


def total(amounts: Iterable[Decimal | int]) -> Decimal:
    """Return the exact sum; 0 of nothing.

    Raises:
        decimal.Inexact: The sum needs more than 200 digits.
    """
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def product(left: Decimal | int, right: Decimal | int) -> Decimal:
    """Return the exact product, such as quantity times price or amount times rate.

    Raises:
        decimal.Inexact: The product needs more than 200 digits.
    """
    return EXACT.multiply(EXACT.create_decimal(left), right)


def quotient(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return `part` ÷ `whole`, rounded to 28 significant digits.

    Raises:
        decimal.DivisionByZero: `whole` is 0.
    """
    return QUOTIENT.divide(Decimal(part), whole)


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return `part` ÷ `whole`, rounded to 28 significant digits; `None` when `whole` is 0."""
    return quotient(part, whole) if whole else None


def minor_digits(code: str) -> int:
    """The decimals of a currency's smallest unit (ISO 4217); 2 for a code that is not listed."""
    if code in _WHOLE:
        return 0
    return 3 if code in _THREE_DIGITS else 2


def is_currency(code: str) -> bool:
    """Whether a text has the shape of an ISO 4217 alphabetic code."""
    return _CURRENCY.fullmatch(code) is not None


def currency(code: str) -> str:
    """Return `code` if it has the shape of an ISO 4217 alphabetic code.

    Only the shape is checked: the standard's list changes, and test or private codes are useful.

    Raises:
        InvalidCurrency: `code` is not three capital letters A to Z.
    """
    if not is_currency(code):
        raise InvalidCurrency(
            f"{code[:20]!r} is not a currency code.",
            hint="Write the three capital letters of ISO 4217, such as EUR.",
        )
    return code
