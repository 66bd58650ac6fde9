"""Every statement of the API declares all that it reads, as a parser of SQL finds it."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from shopx_api.types.node import global_id
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.caching.table_dependencies import TABLES
from shopx_store.query.session import SnapshotReader
from shopx_store.sql import Sql, raw
from tests.integration.api.market.test_every_panel import CUSTOMERS, MARCH, PRODUCTS, REPS
from tests.support.api import Api
from tests.support.page_queries import documents
from tests.support.page_variables import variables_for

ROOT = Path(__file__).parents[4]
SOURCES = ("api/shopx_api", "store/shopx_store/query")

COHORT = '{cohort: {granularity: MONTH, start: "2026-01-01"}}'
MORE = (
    "{ freshness { pendingLines views { name } } reporting { firstSaleAt } }",
    "{ profitability(period: {preset: ALL_TIME}) { waterfall { steps: bars { step } } } }",
    "{ sales { live { lastOrderAt } } }",
    f"{{ customers {{ groupMembers(group: {COHORT}) {{ totalCount nodes {{ id }} }} }} }}",
    *(
        f'{{ filterOptions(dimension: {name}, search: "a") {{ totalCount nodes {{ id }} }} }}'
        for name in ("PRODUCT", "CATEGORY", "CUSTOMER", "REP", "REGION", "CHANNEL")
    ),
    *(
        text.replace("%r", f'"{global_id("Category", 0)}"')
        for text in (
            "{ products(filters: {categories: %r}) { pairs(minOrders: 1) { totalCount } } }",
            "{ orders(filters: {categories: %r, segments: CHAMPIONS}) { placed { totalCount } } }",
        )
    ),
)
"""What the pages and the panels above leave out."""


def tables(text: str) -> set[str]:
    """The tables that a statement reads, without its own common table expressions."""
    tree = sqlglot.parse_one(text, dialect="postgres")
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    return {table.name.lower() for table in tree.find_all(exp.Table) if table.name} - own


class Recorder:
    """Statements as they are sent, without what is noted by its range; and where they declare."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: dict[str, frozenset[DependencyTag] | None] = {}
        self.places: set[tuple[str, int]] = set()
        self._noted: list[Sql] = []
        fetch, statement, reading = SnapshotReader.fetch, SnapshotReader.statement, Sql.reading

        async def recorded(reader: SnapshotReader, query: Sql) -> Any:
            self.sent[self._without(query).render().text] = query.reads()
            return await fetch(reader, query)

        def noted(reader: SnapshotReader, query: Any) -> Any:
            made = statement(reader, query)
            self._noted.append(made[0])
            return made

        def declared(query: Sql, *tags: DependencyTag) -> Sql:
            caller = sys._getframe(1)
            self.places.add((caller.f_code.co_filename, caller.f_lineno))
            return reading(query, *tags)

        monkeypatch.setattr(SnapshotReader, "fetch", recorded)
        monkeypatch.setattr(SnapshotReader, "statement", noted)
        monkeypatch.setattr(Sql, "reading", declared)

    def _without(self, query: Sql) -> Sql:
        if any(query is one for one in self._noted):
            return raw("select 1")
        parts = (self._without(p) if isinstance(p, Sql) else p for p in query._parts)
        return Sql(tuple(parts))


def declarations() -> set[tuple[str, int, int]]:
    """Every call of `reading` in the sources: file, first and last line."""
    found: set[tuple[str, int, int]] = set()
    for folder in SOURCES:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "reading"
                    and not isinstance(node.func.value, ast.Attribute)
                ):
                    found.add((str(file), node.lineno, node.end_lineno or node.lineno))
    return found


async def test_declarations_are_complete_and_no_wider(
    api: Api, young_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every statement of every page and panel; each place that declares was passed."""
    recorder = Recorder(monkeypatch)
    for text in documents().values():
        await api.post(text, await variables_for(api, text))
    for text in (PRODUCTS, CUSTOMERS, REPS):
        await api.data(text, MARCH.variables)
    for text in MORE:
        await api.post(text)
        await young_api.post(text)
    wrong = {}
    for text, declared in recorder.sent.items():
        read = {TABLES[name] for name in tables(text)} - {None}
        if declared is None or declared != read:
            wrong[" ".join(text.split())[:300]] = (declared, read)
    assert not wrong
    assert len(recorder.sent) > 40
    missed = {
        (file, first)
        for file, first, last in declarations()
        if not any(f == file and first <= line <= last for f, line in recorder.places)
    }
    assert not missed


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("with a as (select 1 from products) select * from a, regions", {"products", "regions"}),
        ("select extract(dow from day), (select 1 from rates) from quotas", {"quotas", "rates"}),
        ("select 1 from unnest($1::int[]) u join lateral (select 1 from orders) o on true",
         {"orders"}),
        ("select 'from customers' -- from channels\nfrom regions", {"regions"}),
    ],
)  # fmt: skip
def test_the_parser_finds_tables(text: str, names: set[str]) -> None:
    assert tables(text) - {"unnest"} == names
