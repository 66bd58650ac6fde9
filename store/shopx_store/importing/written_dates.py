"""Formats of dates as people write them: DD.MM.YYYY for `%d.%m.%Y`. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_LETTERS: Final[Mapping[str, str]] = {
    "d": "DD",
    "m": "MM",
    "Y": "YYYY",
    "y": "YY",
    "b": "Mon",
    "B": "Month",
    "a": "Day",
    "A": "Weekday",
    "j": "day of the year",
    "H": "hh",
    "I": "hh",
    "M": "mm",
    "S": "ss",
    "f": "ffffff",
    "p": "AM/PM",
    "z": "+hh:mm",
    "Z": "UTC",
    "%": "%",
}
_DIRECTIVE: Final = re.compile("%(.)")


def written_pattern(pattern: str) -> str:
    """A format of `strptime` in letters that stand for digits; `%Q` stays where it is unknown."""
    return _DIRECTIVE.sub(lambda found: _LETTERS.get(found[1], found[0]), pattern)
