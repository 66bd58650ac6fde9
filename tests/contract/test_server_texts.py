"""What the server says to readers of the page can be said in each of its languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopx_core.errors import ShopxError
from shopx_core.texts import parts
from shopx_tools import ROOT
from shopx_tools.generators.document_texts import catalogue
from shopx_tools.generators.server_texts import PACKAGES, said

LANGUAGES = ("de", "ar", "ja")
CATALOGUES = ROOT / "frontend" / "src" / "i18n" / "server"


def _catalogue(language: str) -> dict[str, str]:
    return catalogue(CATALOGUES / f"{language}.po")


def _arguments(message: str) -> set[str]:
    """The names of a message's arguments, in any language's plural forms."""
    return set(re.findall(r"\{(\w+)(?=, (?:number|plural))", message)) | {
        name
        for before, name in re.findall(r"(\w* ?)\{(\w+)\}", message)
        if before.strip() not in {"zero", "one", "two", "few", "many", "other"}
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_in_each_language(language: str) -> None:
    known = _catalogue(language)
    assert {code for code in said() if not known.get(code)} == set()
    assert set(known) - {""} == set(said()), "npm run messages removes what is not said"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_has_no_other_arguments_than_the_english_one(language: str) -> None:
    known = _catalogue(language)
    others = {
        code: _arguments(known[code]) - _arguments(template)
        for code, template in said().items()
        if _arguments(known[code]) - _arguments(template)
    }
    assert others == {}


def test_sentences_are_templates() -> None:
    texts = said()
    assert len(texts) > 500
    for template in texts.values():
        assert parts(template)


SAID = (
    "api/shopx_api",
    "core/shopx_core/domain/feeds.py",
    "core/shopx_core/domain/periods",
    "core/shopx_core/domain/reports.py",
    "store/shopx_store/importing",
    "workers/shopx_workers/reports",
    "workers/shopx_workers/tasks/run_import_job.py",
)
"""Where errors arise that readers of the page meet."""
NOT_MET = {
    # Requests that the page does not make: a program is told in English what is wrong with its own.
    "api/shopx_api/auth/authenticator.py",
    "api/shopx_api/auth/tokens.py",
    "api/shopx_api/data/as_of.py",
    "api/shopx_api/features/admin",
    "api/shopx_api/features/customers",
    "api/shopx_api/features/ingest",
    "api/shopx_api/features/orders",
    "api/shopx_api/features/products/margins.py",
    "api/shopx_api/features/products/panel.py",
    "api/shopx_api/features/products/queries.py",
    "api/shopx_api/features/sales/forecast.py",
    "api/shopx_api/files",
    "api/shopx_api/graphql",
    "api/shopx_api/panels/breakdown_csv.py",
    "api/shopx_api/panels/keyset.py",
    "api/shopx_api/panels/metric_values.py",
    "api/shopx_api/response_cache",
    "api/shopx_api/server/callers.py",
    "api/shopx_api/server/exports.py",
    "api/shopx_api/server/file_requests.py",
    "api/shopx_api/server/page_files.py",
    "api/shopx_api/server/serve.py",
    "api/shopx_api/server/webhooks.py",
    # A mapping's author, and the command of runs, meet these.
    "store/shopx_store/importing/expression_compiler.py",
    "store/shopx_store/importing/runs.py",
}


def _kinds() -> set[str]:
    """The names of all expected errors, by their classes' statements."""
    bases = {
        node.name: {getattr(base, "id", "") for base in node.bases}
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    kinds = {ShopxError.__name__}
    while more := {name for name, of in bases.items() if of & kinds} - kinds:
        kinds |= more
    return kinds


def _unsaid(path: Path, kinds: set[str]) -> Iterator[str]:
    """Errors whose message is written in English alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds):
            continue
        told = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "hint")]
        if any(
            isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and one.value)
            for one in told
        ):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def _files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def test_errors_that_readers_meet_are_said() -> None:
    left_out = {path for place in NOT_MET for path in _files(place)}
    kinds = _kinds()
    assert {"TooManyRejects", "GranularityNotAllowed", "SourceBusy"} <= kinds
    found = [
        one
        for place in SAID
        for path in _files(place)
        if path not in left_out
        for one in _unsaid(path, kinds)
    ]
    assert found == [], 'say("a.code", "A sentence.") instead: docs/languages.md'
