"""Every panel says the same with the columnar replica as without, also of foreign money."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.settings import ColumnsSettings, DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from tests.integration.api.market.test_every_panel import CUSTOMERS, PRODUCTS, REPS
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE, ZONE
from tests.support.postgres import Database
from tests.support.sales_cases import ARGUMENTS, PANEL, PRODUCT_CASES, SalesCase, days
from tests.support.statements import recorded

FIGURES = "figures { metric value previous share delta { absolute ratio status } }"
NODES = f"totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ id label isNone {FIGURES} }}"
BREAKDOWNS = "\n".join(
    f"{by.lower()}: breakdown(by: {by}, first: 50) {{ {NODES} total {{ metric value }} }}"
    for by in ("PRODUCT", "CATEGORY", "CUSTOMER", "SEGMENT", "REP", "REGION", "CHANNEL")
)
ESTIMATE = "expected low high"
FORECAST = f"""metric state knownDays neededDays buckets values expected low high
      total {{ {ESTIMATE} }} backTest {{ forecasts days coverage mase naiveMase }}
      unusual {{ bucket value beyond estimate {{ {ESTIMATE} }} mover {{ id label change }} }}"""
SALES = f"""
query Sales({ARGUMENTS}) {{
  sales({PANEL}) {{
    period {{ from to }} comparison {{ from to }}
    kpis {{ metric value previous delta {{ absolute ratio status }} }}
    series {{ granularity buckets previousBuckets partial lines {{ metric current previous }} }}
    heatmap {{ metric weekdays hours values }}
    forecast {{ {FORECAST} }}
    units: forecast(metric: UNITS, explainedBy: CATEGORY) {{ {FORECAST} }}
    pareto(by: PRODUCT) {{ members classA classB counts shares membersBelow }}
    worth: pareto(by: CUSTOMER, metric: PROFIT) {{ members classA classB counts shares }}
    {BREAKDOWNS}
  }}
}}"""
PROFITABILITY = f"""
query Profitability({ARGUMENTS}) {{
  profitability({PANEL}) {{
    before: by(dimension: REP, orderBy: COST, sort: PREVIOUS) {{ {NODES} }}
    waterfall {{ step change start end share previous }}
    series {{ lines {{ metric current previous }} }}
    by(dimension: PRODUCT, orderBy: MARGIN) {{ {NODES} }}
    lossMakers(by: CUSTOMER) {{ {NODES} total {{ metric value }} }}
    products: lossMakers {{ {NODES} total {{ metric value }} }}
  }}
}}"""
RANKINGS = f"""
query Rankings({ARGUMENTS}) {{
  products({PANEL}) {{
    up: ranking(by: MARGIN, direction: ASC, metrics: [MARGIN, ORDERS]) {{
      totalCount nodes {{ rank previousRank product {{ name }} {FIGURES} }}
      pageInfo {{ endCursor }} }}
    falls: ranking(sort: DIFFERENCE, direction: ASC, search: "e", metrics: [REVENUE, MARGIN]) {{
      totalCount nodes {{ rank previousRank product {{ name }} {FIGURES} }}
      pageInfo {{ endCursor }} }}
    margins: ranking(by: MARGIN, sort: CHANGE) {{
      totalCount nodes {{ rank previousRank product {{ name }} {FIGURES} }}
      pageInfo {{ endCursor }} }}
    profit: abc(by: PROFIT, first: 3) {{
      classes {{ name products value share }}
      products {{ totalCount nodes {{ rank value class }} pageInfo {{ endCursor }} }} }}
  }}
  customers({PANEL}) {{
    worth: top(by: AVERAGE_ORDER_VALUE, metrics: [AVERAGE_ORDER_VALUE, NEW_CUSTOMERS]) {{
      totalCount nodes {{ rank previousRank {FIGURES} }} pageInfo {{ endCursor }} }}
  }}
}}"""
EVERY_PANEL = {
    "sales": SALES,
    "products": PRODUCTS,
    "customers": CUSTOMERS,
    "reps": REPS,
    "profitability": PROFITABILITY,
    "rankings": RANKINGS,
}
QUARTER = SalesCase(
    days=days("2026-02-01", "2026-04-30", ZONE), earlier=days("2025-11-01", "2026-01-31", ZONE)
)


@dataclass(slots=True)
class Both:
    """The same database with and without a replica."""

    columns: Api
    plain: Api
    sent: list[str] = field(default_factory=list)
    """Statements of the API with the replica, but those that moments and tails are read by."""

    async def ask(self, document: str, variables: dict[str, Any], snapshot: str = "") -> Any:
        """What the replica's API answers as of a snapshot, by default of now."""
        self.sent.clear()
        more = {"x_shopx_as_of": snapshot} if snapshot else {}
        body = (await self.columns.post(document, variables, **more)).json()
        assert "errors" not in body, body["errors"]
        return body


@contextlib.asynccontextmanager
async def both(
    monkeypatch: pytest.MonkeyPatch, database: Database, folder: Path
) -> AsyncIterator[Both]:
    """Build a replica and serve it, and wait until it is open."""
    await asyncio.to_thread(
        build,
        DatabaseSettings(dsn=database.dsn),
        folder,
        BuildLimits(threads=1, memory="128MB"),
    )
    plain = settings_for(database.dsn, api=ALL_AT_ONCE)
    given = ColumnsSettings(folder=str(folder), memory=256, threads=1).model_dump()
    async with serving(create_inner_app(plain)) as without:
        sent = recorded(monkeypatch)
        app = create_inner_app(settings_for(database.dsn, api=ALL_AT_ONCE, columns=given))
        async with serving(app) as columns:
            made = Both(columns, without, sent)
            heatmap = f"query Q({ARGUMENTS}) {{ sales({PANEL}) {{ heatmap {{ values }} }} }}"
            for _ in range(100):
                body = await made.ask(heatmap, QUARTER.variables)
                if body["extensions"]["tier"] == "columns":
                    break
                await asyncio.sleep(0.05)
            else:
                pytest.fail("the replica was not opened")
            yield made


@pytest.mark.parametrize("case", [*PRODUCT_CASES, pytest.param(QUARTER, id="a quarter, compared")])
async def test_every_panel_is_the_same(
    monkeypatch: pytest.MonkeyPatch, computed: Database, tmp_path: Path, case: SalesCase
) -> None:
    """To the last byte, cursors included."""
    async with both(monkeypatch, computed, tmp_path / "columns") as apis:
        for name, document in EVERY_PANEL.items():
            body = await apis.ask(document, case.variables)
            token = body["extensions"]["snapshot"]
            other = await apis.plain.data(document, case.variables, x_shopx_as_of=token)
            assert body["data"] == other, name


@pytest.mark.parametrize(
    "panel",
    [
        "sales(%s) { heatmap { values } }",
        "sales(%s) { breakdown(by: PRODUCT) { totalCount nodes { label } total { value } } }",
        "sales(%s) { breakdown(by: CATEGORY) { nodes { label figures { share previous } } } }",
        "sales(%s) { breakdown(by: SEGMENT) { nodes { label } } }",
        "products(%s) { ranking { nodes { rank previousRank product { name } } } }",
        "products(%s) { abc { classes { value } products { nodes { product { name } } } } }",
        "sales(%s) { pareto(by: PRODUCT) { counts shares } forecast { values expected } }",
        "products(%s) { margins { points { margin product { name } } } }",
        "products(%s) { categoryTree { name products figures { value } } }",
        "products(%s) { discountBands { low figures { value } } }",
        "customers(%s) { newVersusReturning { newCustomers newRevenue anonymousRevenue } }",
        "customers(%s) { top { nodes { rank customer { name } } } }",
        "profitability(%s) { lossMakers { nodes { label } total { value } } }",
    ],
)
async def test_what_the_replica_answers_takes_no_statement(
    monkeypatch: pytest.MonkeyPatch, computed: Database, tmp_path: Path, panel: str
) -> None:
    """Once its reference data are read, which is when they changed; and no transaction is begun."""
    document = f"query Q({ARGUMENTS}) {{ {panel % PANEL} }}"
    async with both(monkeypatch, computed, tmp_path / "columns") as apis:
        await apis.ask(document, QUARTER.variables)
        body = await apis.ask(document, QUARTER.variables)
        assert (apis.sent, body["extensions"]["tier"]) == ([], "columns")
        # The same data as of the same snapshot, for the next request of a page.
        again = await apis.ask(document, QUARTER.variables, body["extensions"]["snapshot"])
        assert (apis.sent, again["data"]) == ([], body["data"])


async def test_changed_reference_data_are_read_again(
    monkeypatch: pytest.MonkeyPatch, changed: Database, tmp_path: Path
) -> None:
    """Of the kind that changed alone; exact reads show them at once."""
    names = f"products({PANEL}) {{ ranking {{ nodes {{ product {{ name }} }} }} }}"
    tree = f"products({PANEL}) {{ categoryTree {{ name }} }}"
    async with both(monkeypatch, changed, tmp_path / "columns") as apis:
        for panel, table in ((names, "products"), (tree, "categories")):
            document = f"query Q({ARGUMENTS}) {{ {panel} }}"
            await apis.ask(document, QUARTER.variables)
            with psycopg.connect(changed.dsn) as connection:
                connection.execute(f"update {table} set name = 'renamed ' || name")
            body = await apis.ask(document, QUARTER.variables)
            assert apis.sent
            assert "renamed" in str(body["data"])
            with psycopg.connect(changed.dsn) as connection:
                connection.execute("update customers set name = 'renamed ' || name")
            await apis.ask(document, QUARTER.variables)
            assert not apis.sent
