"""Texts of files and messages in the languages of the pages.

A page says the server's texts itself (ADR 69). A file, an e-mail and a message have no page, so
the few texts that these consist of are said here, from catalogues that `make generate` takes from
the page's (ADR 75).
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from shopx_core.domain.languages import Language
from shopx_core.texts import ENGLISH, Grammar, Text, parts, sentences, written


@dataclass(frozen=True, slots=True)
class Speech:
    """Says texts in one language."""

    language: Language

    def __call__(self, text: str) -> str:
        """A text in the language; in English where the catalogue does not have its code."""
        if self.language == "en" or not isinstance(text, Text):
            return str(text)
        said = sentences(text)
        if len(said) > 1:
            return " ".join(map(self, said))
        template = _catalogue(self.language).get(text.code)
        if template is None:
            return str(text)
        grammar = _grammar(self)
        return written(parts(template, grammar.forms), text.values, grammar)

    def number(self, english: str) -> str:
        """A number that is written with commas and a point, as the language writes it."""
        return english.translate(_DIGITS[self.language])


_DIGITS: Final[Mapping[Language, dict[int, str]]] = MappingProxyType(
    {"en": {}, "de": {ord(","): ".", ord("."): ","}, "ar": {}, "ja": {}}
)
_LISTS: Final[Mapping[Language, str]] = MappingProxyType(
    {"en": ", ", "de": ", ", "ar": "\N{ARABIC COMMA} ", "ja": "\N{IDEOGRAPHIC COMMA}"}
)


def _arabic(value: float) -> str:
    """The plural form of CLDR."""
    if value != int(value):
        return "other"
    named = {0: "zero", 1: "one", 2: "two"}
    last = int(value) % 100
    return named.get(int(value)) or (
        "few" if 3 <= last <= 10 else "many" if last >= 11 else "other"  # noqa: PLR2004 -- CLDR's
    )


_FORMS: Final[Mapping[Language, tuple[frozenset[str], Callable[[float], str]]]] = MappingProxyType(
    {
        "en": (ENGLISH.forms, ENGLISH.form),
        "de": (ENGLISH.forms, ENGLISH.form),
        "ar": (frozenset({"zero", "one", "two", "few", "many", "other"}), _arabic),
        "ja": (frozenset({"other"}), lambda _: "other"),
    }
)


@lru_cache
def _grammar(speech: Speech) -> Grammar:
    forms, form = _FORMS[speech.language]

    def value(given: Any) -> str:
        if isinstance(given, list):
            return _LISTS[speech.language].join(map(value, given))
        if isinstance(given, dt.date):
            return given.isoformat()
        return speech(given) if isinstance(given, Text) else str(given)

    return Grammar(forms, form, lambda number: speech.number(f"{number:,}"), value)


@lru_cache
def _catalogue(language: Language) -> dict[str, str]:
    source = files("shopx_core").joinpath("catalogues", f"{language}.json")
    found: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return found
