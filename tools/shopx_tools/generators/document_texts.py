"""Catalogues of the texts of files and messages, from those of the page."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from shopx_tools import ROOT

LANGUAGES: Final = ("de", "ar", "ja")
FOLDER: Final = ROOT / "core" / "shopx_core" / "catalogues"
_PAGE: Final = ROOT / "frontend" / "src" / "i18n"
_ENTRY: Final = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', re.MULTILINE)
_TAKEN: Final[Mapping[str, re.Pattern[str]]] = {
    "locales": re.compile(r"metric\.[A-Z_]+\.(title|definition)|segment\.[A-Z_]+|none\.[A-Z]+"),
    "server": re.compile(r"(doc|alert)\..*"),
}
"""By the folder of a catalogue the codes that files and messages are made of."""


def catalogue(path: Path) -> dict[str, str]:
    """The messages of a file in GNU gettext's format, by their ids."""
    text = path.read_text(encoding="utf-8")
    return {_joined(code): _joined(sentence) for code, sentence in _ENTRY.findall(text)}


def _joined(quoted: str) -> str:
    return "".join(ast.literal_eval(line) for line in quoted.strip().splitlines())


def _taken(language: str) -> Iterator[tuple[str, str]]:
    for folder, pattern in _TAKEN.items():
        for code, sentence in catalogue(_PAGE / folder / f"{language}.po").items():
            if sentence and pattern.fullmatch(code):
                yield code, sentence


def files() -> dict[Path, str]:
    """The generated files."""
    return {
        FOLDER / f"{language}.json": json.dumps(
            dict(sorted(_taken(language))), ensure_ascii=False, indent=2
        )
        + "\n"
        for language in LANGUAGES
    }
