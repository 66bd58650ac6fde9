"""Comma-separated values as RFC 4180 has them, safe to open in a spreadsheet: pure."""

import re
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
# Semicolons and tabs, too: which separator a spreadsheet takes depends on its language.
_QUOTED: Final = re.compile(r'[",;\t\r\n]')


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Lines of cells.

    A spreadsheet would run a text that begins like a formula; an apostrophe prevents that. Plain
    numbers, also negative ones, stay numbers.
    """
    return "".join(",".join(map(_cell, row)) + "\r\n" for row in rows)


def _cell(text: str) -> str:
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    if _QUOTED.search(text):
        quoted = text.replace('"', '""')
        return f'"{quoted}"'
    return text
