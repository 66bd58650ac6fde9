"""How numbers and times are written: every reading that fits the values, so that doubt shows."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache, partial
from typing import Any, Final, TypeVar

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
_Style = TypeVar("_Style")
_TRIED: Final = 100
"""Values, spread over all, that a way of writing is tried with first."""


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


def number_styles(
    values: Iterable[str], *, mostly: bool = False, decimal: str | None = None
) -> list[tuple[str, str | None]]:
    """The styles that read every value, without those that add nothing to a simpler one.

    With `mostly`, where no style reads every value, those that read half of them at least, the
    best first. With `decimal`, styles of this decimal separator.
    """
    readers = [(style, number_reader(*style)) for style in STYLES if decimal in {None, style[0]}]
    texts = Counter(bare(text) for text in values)
    if not texts:
        return [readers[0][0]] if readers else []
    return _fitting(readers, texts, 0) or (
        _fitting(readers, texts, texts.total() // 2) if mostly else []
    )


def _fitting(
    readers: Iterable[tuple[_Style, Callable[[str], Any]]], texts: Counter[str], most_lost: int
) -> list[_Style]:
    """The ways of writing that read all values but some, the one that reads the most first.

    Left out are those that read the same as one before, and those that read a part of what another
    one reads: what they lack speaks against them, and nothing for them.
    """
    # What reads half of them reads some of these; most ways of writing read none.
    tried = list(texts)[:: len(texts) // _TRIED + 1] if most_lost else []
    found: list[tuple[_Style, int, dict[str, Any]]] = []
    for style, read in readers:
        if tried and not any(_reads(read, text) for text in tried):
            continue
        reading: dict[str, Any] = {}
        lost = 0
        for text, count in texts.items():
            value = read(text)
            if value is None or isinstance(value, Fault):
                lost += count
                if lost > most_lost:
                    break
            else:
                reading[text] = value
        else:
            if reading and not any(reading == other for _, _, other in found):
                found.append((style, lost, reading))
    best = [
        (style, lost)
        for style, lost, reading in found
        if not any(reading.keys() < other.keys() for _, _, other in found)
    ]
    return [style for style, _ in sorted(best, key=lambda one: one[1])]


def _reads(read: Callable[[str], Any], text: str) -> bool:
    value = read(text)
    return value is not None and not isinstance(value, Fault)


def doubtful_number(styles: Sequence[tuple[str, str | None]], values: Iterable[str]) -> str:
    """The first value that two styles read as different numbers."""
    readers = [number_reader(*style) for style in styles]

    def readings(text: str) -> set[Decimal]:
        return {one for read in readers if isinstance(one := read(bare(text)), Decimal)}

    return next((text for text in values if len(readings(text)) > 1), "")


def time_formats(values: Iterable[str], *, mostly: bool = False) -> list[str]:
    """The formats that read every value and differ for one of them at least.

    With `mostly`, where no format reads every value, those that read half of them at least, the
    best first.
    """
    readers = [(name, partial(read_time, name)) for name in (ISO, *FORMATS)]
    texts = Counter(sorted(values))
    return _fitting(readers, texts, 0) or (
        _fitting(readers, texts, texts.total() // 2) if mostly else []
    )


def read_time(name: str, text: str) -> Any:
    """A time as a format reads it; `None` where the text may be anything."""
    if name == ISO:
        # Python also reads 20240131.
        return None if text.isdigit() else to_time(text)
    if name.startswith("%Y%m%d") and text[:2] not in {"19", "20"}:
        return None
    return _reader(name)(text)


_reader: Final = cache(time_reader)
