"""Every document that the schema allows gets data or an error code: never a 500.

The documents are generated from the schema (the generator that schemathesis uses), field by field,
with odd arguments: absurd dates, foreign cursors, ids of other types, any Unicode. Set
SHOPX_FUZZ_EXAMPLES to ask more of them.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes

from shopx_api.graphql.export import render
from shopx_api.panels.keyset import Keyset
from shopx_api.types.enums import DimensionName, MetricId
from shopx_api.types.node import global_id
from shopx_core.domain.api_tokens import Scope, digest, new_secret
from shopx_core.domain.periods import Comparison, Granularity, Preset
from tests.support.postgres import Database, PostgresServer
from tests.support.shop_dataset import Line

EXAMPLES = int(os.environ.get("SHOPX_FUZZ_EXAMPLES", "8"))
SCHEMA = render()
READS = (
    "sales", "products", "customers", "reps", "orders", "profitability", "node", "product",
    "customer", "rep", "order", "metrics", "filterOptions", "reporting", "freshness", "viewer",
    "apiTokens", "imports", "dataSources", "importLimits", "importJob", "importJobs",
    "feeds",
)  # fmt: skip
WRITES = (
    "recordOrders", "refundOrder", "cancelOrder", "upsertCategories", "upsertProducts",
    "upsertCustomers", "upsertReps", "inspectImport", "startImport", "undoImport",
    "generateDemo", "revokeToken", "addFeed", "pauseFeed", "pullFeed", "removeFeed",
)  # fmt: skip

_DAYS = st.dates().map(str) | st.sampled_from(["2026-03-01", "2026-02-01", "9999-12-31", "x"])
_INSTANTS = st.datetimes().map(lambda at: at.isoformat() + "Z") | st.sampled_from(
    ["2026-03-01T00:00:00Z", "2026-02-11T23:59:59.999999+14:00", "now"]
)
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str) | st.sampled_from(
    ["1", "0.5", "-1", "1e5", "NaN", ""]
)
SCALARS = {
    "Date": _DAYS.map(nodes.String),
    "DateTime": _INSTANTS.map(nodes.String),
    "Decimal": _DECIMALS.map(nodes.String),
}


@pytest.fixture(scope="module")
def served(
    pg_server: PostgresServer, shop_template: tuple[Database, list[Line]]
) -> Iterator[httpx.Client]:
    """A process over a shop, with a token of all scopes."""
    database = pg_server.create(shop_template[0].name)
    secret = new_secret()
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into tokens (name, digest, scopes) values ('fuzz', %s, %s)",
            [digest(secret), [scope.value for scope in Scope]],
        )
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        process = subprocess.Popen(
            [sys.executable, "-m", "shopx_api"],
            pass_fds=(listening.fileno(),),
            env={
                "PATH": os.environ["PATH"],
                "SHOPX_DATABASE_DSN": database.dsn,
                "SHOPX_API_FD": str(listening.fileno()),
                "SHOPX_API_MAX_COST": "1000000",
                "SHOPX_API_MAX_DEPTH": "40",
                "SHOPX_LOG_LEVEL": "WARNING",
            },
        )
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        headers = {"authorization": f"Bearer {secret}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield client
        process.terminate()
        # It first finishes what it began, for as long as a statement may take.
        process.wait(90)
    pg_server.drop(database)


def expect_answer(client: httpx.Client, text: str, variables: dict[str, Any] | None = None) -> None:
    answer = client.post("/graphql", json={"query": text, "variables": variables or {}})
    context = (answer.text, text, variables)
    assert answer.status_code in {200, 400}, context
    for error in answer.json().get("errors", ()):
        assert error["extensions"]["code"] not in {"INTERNAL", "UNAVAILABLE"}, context


# The same examples each time; a request may take as long as it takes.
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("field", [*READS, *WRITES])
def test_no_document_breaks_the_server(served: httpx.Client, field: str) -> None:
    """Each root field, with everything below it."""

    @bounded
    @given(from_schema(SCHEMA, fields=[field], custom_scalars=SCALARS))
    def ask(text: str) -> None:
        expect_answer(served, text)

    ask()


PANELS = """
query Panels(
    $p: PeriodInput, $c: ComparisonInput, $z: String, $f: FilterInput, $by: Dimension!,
    $m: [MetricId!], $o: MetricId!, $d: SortDirection!, $g: Granularity, $n: Int!, $after: String,
    $ids: [ID!]!, $team: String
) {
    sales(period: $p, comparison: $c, zone: $z, filters: $f) {
        kpis(metrics: $m) { value previous share delta { absolute ratio } }
        series(metrics: $m, granularity: $g) { buckets partial lines { current previous } }
        csv(by: $by, orderBy: $o, rows: $n, after: $after, search: $team) { text endCursor }
        breakdown(
            by: $by, metrics: $m, orderBy: $o, sort: CHANGE, direction: $d, search: $team,
            first: $n, after: $after
        ) {
            totalCount total { value } nodes { id label figures { value share } }
            pageInfo { endCursor }
        }
        heatmap(metric: $o) { values }
        live(metrics: $m) { figures { value } }
        forecast(metric: $o, explainedBy: $by) { state expected unusual { mover { label } } }
        pareto(by: $by, metric: $o) { counts shares }
    }
    profitability(period: $p, comparison: $c, zone: $z, filters: $f) {
        waterfall { start end share }
        by(dimension: $by, orderBy: $o, first: $n, after: $after) { nodes { id } }
        lossMakers(by: $by, first: $n) { totalCount nodes { id } total { value } }
    }
    products(period: $p, comparison: $c, zone: $z, filters: $f) {
        ranking(by: $o, direction: $d, first: $n, after: $after) {
            totalCount nodes { rank previousRank product { name } figures { value share } }
        }
        abc(by: $o, first: $n) { classes { value } products { nodes { share } } }
        categoryTree(metrics: $m) { name depth figures { value } }
        margins(volume: $o, points: $n) { margin points { margin } }
        trend(products: $ids, metric: $o, granularity: $g) { lines { current previous } }
    }
    customers(period: $p, comparison: $c, zone: $z, filters: $f) {
        kpis { value }
        top(by: $o, direction: $d, first: $n, after: $after) { nodes { rank } }
        newVersusReturning(granularity: $g) { newCustomers returningRevenue }
    }
    orders(period: $p, zone: $z, filters: $f) {
        placed(direction: $d, search: $team, first: $n, after: $after) { totalCount }
    }
    reps(period: $p, comparison: $c, zone: $z, filters: $f) {
        leaderboard(team: $team, sort: DIFFERENCE, first: $n, after: $after) {
            nodes { rank attainment { ratio } }
        }
        pace(team: $team, rows: $n) { state rows { figures { expected } } }
    }
}
"""
_DAY_RANGES = st.fixed_dictionaries({"from": _DAYS, "to": _DAYS})
_IDS = st.builds(
    global_id,
    st.sampled_from(["Product", "Category", "Customer", "SalesRep", "Region", "Channel"]),
    st.integers(0, 9) | st.just(2**63 - 1),
) | st.text(max_size=8)
_METRICS = st.sampled_from([member.name for member in MetricId])
_GRANULARITIES = st.sampled_from([member.name for member in Granularity])
VARIABLES = st.fixed_dictionaries(
    {
        "by": st.sampled_from([member.name for member in DimensionName]),
        "o": _METRICS,
        "d": st.sampled_from(["ASC", "DESC"]),
        "n": st.integers(1, 100) | st.sampled_from([0, -1, 101, 2**31 - 1]),
        "ids": st.lists(_IDS, max_size=3),
    },
    optional={
        "p": st.builds(
            lambda preset: {"preset": preset}, st.sampled_from([member.name for member in Preset])
        )
        | st.builds(lambda days: {"days": days}, _DAY_RANGES),
        "c": st.fixed_dictionaries(
            {"mode": st.sampled_from([member.name for member in Comparison])},
            optional={"matchWeekdays": st.booleans(), "days": _DAY_RANGES},
        ),
        "z": st.sampled_from(["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "", "../etc/passwd"]),
        "f": st.dictionaries(
            st.sampled_from(["categories", "products", "customers", "reps", "regions", "channels"]),
            st.lists(_IDS, max_size=3),
            max_size=3,
        ),
        "m": st.lists(_METRICS, max_size=4),
        "g": _GRANULARITIES,
        "after": st.text(max_size=8)
        | st.builds(
            lambda name, *key: Keyset(name, ()).cursor(key),
            st.sampled_from(["product:revenue:desc", "rep:revenue:desc", "x"]),
            st.none() | st.decimals(),
            st.none() | st.integers(-1, 2**70),
        ),
        "team": st.text(max_size=5),
    },
)


def test_no_arguments_break_the_panels(served: httpx.Client) -> None:
    """Every panel with arguments that mostly make sense, so that they are really computed."""

    @bounded
    @given(VARIABLES)
    def ask(variables: dict[str, Any]) -> None:
        expect_answer(served, PANELS, variables)

    ask()
