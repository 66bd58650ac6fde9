"""How numbers are written beside their digits: marks, currencies, parentheses, minus after them."""

import re
from typing import Final

from shopx_core.texts import say

ACCOUNTING_HINT: Final = say(
    "value.accounting",
    "no number; if it is one with a currency, in parentheses or with a minus after it, set the"
    " input's `accounting: true`",
)
_SIGN: Final = r"(?:[A-Z]{0,2}[$€£¥₹₽₩₺₪฿]|[A-Z]{3}|kr\.?|zł|Fr\.)"
_ACCOUNTING: Final = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[+-])?\s*(?:{_SIGN})?\s*(?P<inner>[+-])?"
    rf"(?P<digits>[\d.,](?:[\d.,'\u2019\u00a0\u202f ]*[\d.,])?)"
    rf"\s*(?:{_SIGN})?\s*(?P<after>-)?\s*(?:{_SIGN})?(?P<close>\))?"
)
_MARKS: Final = (
    "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# Marks have no width and say nothing about a number; the typographic minus is one.
_INVISIBLE: Final = {ord(mark): None for mark in _MARKS} | {0x2212: "-"}


def visible(text: str) -> str:
    """A text without invisible marks and without blanks around it."""
    return text.strip() if text.isascii() else text.translate(_INVISIBLE).strip()


def accounting_text(text: str) -> str:
    """A number without a currency, and with its minus in front: (1.50 €) is -1.50.

    What has two of minus, parentheses and minus after it stays as it is: which counts is unknown.
    """
    found = _ACCOUNTING.fullmatch(visible(text))
    if found is None or bool(found["open"]) != bool(found["close"]):
        return text
    signs = [name for name in ("minus", "inner", "after", "open") if found[name]]
    if len(signs) > 1:
        return text
    negative = bool(signs) and found[signs[0]] != "+"
    return ("-" if negative else "") + found["digits"]
