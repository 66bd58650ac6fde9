"""The sentences that the server says to people, for the catalogues of the page's languages."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shopx_core.texts import parts
from shopx_tools import ROOT

PACKAGES: Final = ("core/shopx_core", "store/shopx_store", "api/shopx_api", "workers/shopx_workers")
FILE: Final = ROOT / "frontend" / "src" / "i18n" / "serverTexts.ts"
_HEADER: Final = """\
/**
 * What the server says to people, by its codes: written by `make generate` from the calls of `say`.
 * For the catalogues alone: the page never imports this file.
 */
import { msg } from "@lingui/core/macro";

export const SERVER_TEXTS = [
"""


def said() -> dict[str, str]:
    """The template of each code.

    Raises:
        ValueError: A call has no literals, a template is none, or a code has two sentences.
    """
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for code, template, line in _calls(path):
                parts(template)
                if found.setdefault(code, template) != template:
                    raise ValueError(f"{path}:{line}: {code} says something else already.")
    return found


def _calls(path: Path) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"):
            continue
        literals = [one.value for one in node.args if isinstance(one, ast.Constant)]
        match literals:
            case [str(code), str(template)]:
                yield code, template, node.lineno
            case _:
                raise ValueError(f"{path}:{node.lineno}: say() takes a code and a template.")


def files() -> dict[Path, str]:
    """The generated file."""
    lines = [
        f"  msg({{ id: {_quoted(code)}, message: {_quoted(template)} }}),"
        for code, template in sorted(said().items())
    ]
    return {FILE: _HEADER + "\n".join(lines) + "\n];\n"}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
