"""The Python client's types, queries and mutations, from the schema: every panel is in it.

A field without arguments is an attribute of its type's model. A field with arguments is asked for
by itself. So an object type that has one (a panel, a product) is a class of queries, each of which
reads one field; the pages send the same operations, which cache best. An object with an id that
is part of another is read by its plain values (`ProductReference`), or models had no end.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from graphql import build_schema

from shopx_tools import ROOT
from shopx_tools.generators.api_reference import SCHEMA
from shopx_tools.generators.client_names import Names
from shopx_tools.generators.client_operations import mutations, queries
from shopx_tools.generators.client_types import enums, inputs, models

TARGET: Final = ROOT / "client" / "shopx_client" / "generated"
REPEATABLE: Final = frozenset({
    "recordOrders", "refundOrder", "cancelOrder", "upsertCategories", "upsertProducts",
    "upsertCustomers", "upsertReps", "setRates", "inspectImport", "saveView", "revokeToken",
    "pauseReport",
})  # fmt: skip
"""Mutations that do the same once or twice, beside those with an optional idempotency key."""


def _formatted(text: str, path: Path) -> str:
    """As the repository's formatter and import sorter write it."""
    for words in (
        ("check", "--fix-only", "--select", "I,F401", "--ignore", "RUF022"),
        ("format",),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--quiet", "--stdin-filename", str(path), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        text = done.stdout
    return text


def files() -> dict[Path, str]:
    """The package's modules."""
    names = Names(build_schema(SCHEMA.read_text(encoding="utf-8")))
    made = {
        "enums": enums(names),
        "inputs": inputs(names),
        "models": models(names),
        "queries": queries(names),
        "mutations": mutations(names, REPEATABLE),
    }
    paths = {TARGET / f"{name}.py": text for name, text in made.items()}
    return {path: _formatted(text, path) for path, text in paths.items()}
