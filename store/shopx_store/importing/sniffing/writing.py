"""How numbers and times are written: every reading that fits all values, so that doubt shows."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from shopx_store.importing.values import number_reader, time_reader, to_time
from shopx_store.importing.vectors import Fault

SIGNS: Final = {"€": "EUR", "£": "GBP", "¥": None, "$": None, "₹": "INR", "CHF": "CHF"}
"""Signs of currencies; `None` where several currencies have the sign."""
_SPACES: Final = " \u00a0\u202f"
_NUMBER: Final = re.compile(rf"[+-]?\d[\d.,'\u2019{_SPACES}]*|[+-]?[.,]\d+")
STYLES: Final[tuple[tuple[str, str | None], ...]] = (
    (".", None),
    (",", None),
    (".", ","),
    (",", "."),
    (".", "'"),
    (".", "\u2019"),
    (",", "'"),
    (".", " "),
    (",", " "),
    (",", "\u00a0"),
    (",", "\u202f"),
)
"""Decimal and thousands separators."""

_DAYS: Final = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%Y%m%d",
)
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")
FORMATS: Final[tuple[str, ...]] = (
    *(day + clock for day in _DAYS for clock in _CLOCKS),
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S UTC",
)
ISO: Final = "ISO 8601"


def sign_of(text: str) -> str | None:
    """The sign of a currency that a text begins or ends with."""
    return next((sign for sign in SIGNS if text.startswith(sign) or text.endswith(sign)), None)


def bare(text: str) -> str:
    """A number's text without the sign of its currency."""
    sign = sign_of(text.lstrip("+-"))
    return text.replace(sign, "").strip() if sign else text


def is_number(text: str) -> bool:
    """Whether a text is a number, however it is written."""
    return _NUMBER.fullmatch(bare(text)) is not None


def number_styles(values: Iterable[str]) -> list[tuple[str, str | None]]:
    """The styles that read every value, without those that add nothing to a simpler one."""
    texts = {bare(text) for text in values}
    fitting = [style for style in STYLES if _all_read(style, texts)]
    found: list[tuple[str, str | None]] = []
    readings: list[tuple[Any, ...]] = []
    for style in fitting:
        read = number_reader(*style)
        reading = tuple(read(text) for text in sorted(texts))
        if reading not in readings:
            readings.append(reading)
            found.append(style)
    return found


def _all_read(style: tuple[str, str | None], texts: set[str]) -> bool:
    read = number_reader(*style)
    return all(isinstance(read(text), Decimal) for text in texts)


def doubtful_number(styles: Sequence[tuple[str, str | None]], values: Iterable[str]) -> str:
    """The first value that two styles read as different numbers."""
    readers = [number_reader(*style) for style in styles]
    return next((text for text in values if len({read(bare(text)) for read in readers}) > 1), "")


def time_formats(values: Sequence[str]) -> list[str]:
    """The formats that read every value and differ for one of them at least."""
    distinct = sorted(set(values))
    found: list[str] = []
    readings: list[tuple[Any, ...]] = []
    for name in (ISO, *FORMATS):
        read = to_time if name == ISO else time_reader(name)
        if name == ISO and any(text.isdigit() for text in distinct):
            # Python also reads 20240131, and a number may be anything.
            continue
        if name.startswith("%Y%m%d") and not all(text[:2] in {"19", "20"} for text in distinct):
            continue
        reading = []
        for text in distinct:
            value = read(text)
            if isinstance(value, Fault):
                break
            reading.append(value)
        else:
            if distinct and tuple(reading) not in readings:
                readings.append(tuple(reading))
                found.append(name)
    return found


def read_time(name: str, text: str) -> Any:
    """A time as a format reads it."""
    return (to_time if name == ISO else time_reader(name))(text)
