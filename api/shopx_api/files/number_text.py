"""Numbers as a reader of a printed page expects them: pure."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from shopx_core.domain.languages import Language
from shopx_core.domain.metrics import Unit
from shopx_core.speech import Speech

UNKNOWN: Final = "\N{EN DASH}"
"""Stands for a value that is not known."""

MINUS: Final = "\N{MINUS SIGN}"
_THOUSAND: Final = 1e3
_NO_PENCE_FROM: Final = Decimal(10_000)


def number_text(value: str | None, unit: Unit, *, signed: bool = False, whole: bool = False) -> str:
    """A value, rounded for reading.

    Args:
        value: An exact decimal; `None` = unknown.
        unit: Amounts have two places below 10,000 and none above; ratios are percentages.
        signed: Whether a gain has a plus sign.
        whole: Whether an amount has no places in any case, as beside large ones.
    """
    if value is None:
        return UNKNOWN
    number = Decimal(value)
    if unit is Unit.RATIO:
        number *= 100
        places = 1
    elif unit is Unit.MONEY:
        places = 0 if whole or is_large(value) else 2
    else:
        places = 0 if number == number.to_integral_value() else 2
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    text = f"{abs(rounded):,.{places}f}"
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{text}{' %' if unit is Unit.RATIO else ''}"


def is_large(value: str | None) -> bool:
    """Whether an amount is shown without places."""
    return value is not None and abs(Decimal(value)) >= _NO_PENCE_FROM


def short_text(value: float, unit: Unit, speech: Speech) -> str:
    """A tick of an axis: 1.2 k, 3 M; in other languages 1.200 and 3.000.000."""
    return speech.number(_short_text(value, unit, speech.language).replace("-", MINUS))


def _short_text(value: float, unit: Unit, language: Language) -> str:
    if unit is Unit.RATIO:
        return f"{value * 100:,.0f} %"
    if language != "en" and abs(value) >= _THOUSAND:
        return f"{value:,.0f}"
    for limit, letter in ((1e9, "bn"), (1e6, "M"), (_THOUSAND, "k")):
        if abs(value) >= limit:
            return f"{value / limit:,.3g} {letter}"
    return f"{value:,.4g}"
