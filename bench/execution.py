"""What a miss costs around the engine: plans against the general executor, side by side.

make bench ARGS=execution

The endpoint answers the Overview's panels, every request with a period of its own, over sums that
are there already: no database, no HTTP server. Both ways run in turn in one process; prints the CPU
of a request in microseconds by each, and their ratio. `--profile` prints where the plans' time
goes.
"""

import argparse
import asyncio
import cProfile
import datetime as dt
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Self, cast
from unittest import mock

import orjson
from harness.request_bodies import PREVIOUS

from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.principal import anonymous
from shopx_api.data.as_of import AsOfTokens
from shopx_api.data.context import Services
from shopx_api.data.request_state import RequestState
from shopx_api.graphql import endpoint
from shopx_api.graphql.endpoint import GraphQLEndpoint
from shopx_api.graphql.operation import Operation
from shopx_api.graphql.persisted import PersistedQueries
from shopx_api.graphql.request import HttpRequest
from shopx_api.graphql.schema import schema
from shopx_api.telemetry import Telemetry
from shopx_core.domain.metrics import Measure
from shopx_core.settings import Settings
from shopx_store.query.read_state import AsOf, ReadState
from shopx_store.query.sales_query import QueryResult, SalesQuery, Tier
from tests.support.page_queries import documents

NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
KPIS = ["REVENUE", "PROFIT", "MARGIN", "ORDERS", "AVERAGE_ORDER_VALUE", "UNITS"]
PANELS: dict[str, dict[str, Any]] = {
    "OverviewKpis": {"comparison": PREVIOUS, "metrics": KPIS},
    "OverviewSparklines": {"metrics": KPIS},
    "OverviewSeries": {"comparison": PREVIOUS, "metrics": ["REVENUE"]},
    "OverviewHeatmap": {"metric": "REVENUE"},
}
STATE = ReadState(
    database="1/1",
    server="",
    folded_below=1,
    folded=(),
    restored_through=0,
    rollups_valid=True,
    same_database_cluster=True,
    timezone="UTC",
    ambiguous_days=(),
    currency="GBP",
    week_start=1,
    first_rates={},
)


class Sums:
    """In place of `OperationData`: sums that are there already."""

    as_of = AsOf("1:1:", NOW)
    tier = "columns"

    def __init__(self, *_: Any, **__: Any) -> None:
        self._row: Mapping[Any, Any] = {measure: Decimal("1234.56") for measure in Measure}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def now(self) -> dt.datetime:
        """The same instant for every request."""
        return NOW

    async def read_state(self) -> ReadState:
        """What a panel's arguments are resolved by."""
        return STATE

    async def aggregate(self, query: SalesQuery) -> QueryResult:
        """One row of sums, or empty buckets."""
        rows: list[Mapping[Any, Any]] = []
        if query.granularity is None and not query.hour_of_week:
            rows = [self._row]
        return QueryResult(rows, Tier.COLUMNS)


def requests(name: str, count: int) -> list[bytes]:
    """Bodies that differ by their days."""
    text, found = documents()[name], []
    for n in range(count):
        first = dt.date(2020, 1, 1) + dt.timedelta(days=n)
        days = {"from": str(first), "to": str(first + dt.timedelta(days=27))}
        variables = PANELS[name] | {"period": {"days": days}, "zone": "Europe/London"}
        body = {"operationName": name, "query": text, "variables": variables}
        found.append(orjson.dumps(body))
    return found


def served() -> GraphQLEndpoint:
    """An endpoint that reads `Sums`."""
    settings = Settings(database={"dsn": "postgresql://none"})
    services = SimpleNamespace(
        settings=settings, pool=None, read_limiter=None, columns=None, writes=None, tokens=None
    )
    return GraphQLEndpoint(
        schema._schema,  # noqa: SLF001 -- as the server does
        cast("Services", services),
        authenticator=cast("Authenticator", None),
        persisted=PersistedQueries(),
        as_of_tokens=AsOfTokens("bench"),
        telemetry=Telemetry(),
        explorer=None,
        explorer_headers=[],
    )


async def run(target: GraphQLEndpoint, bodies: list[bytes]) -> float:
    """CPU microseconds of a request."""
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json")]
    principal = anonymous(may_read=True)
    began = time.process_time()
    for body in bodies:
        request = HttpRequest("POST", b"", headers, body)
        response = await target.respond(request, RequestState(), principal)
        if response.status != 200 or b'"errors"' in response.body:
            raise SystemExit(response.body.decode())
    return (time.process_time() - began) / len(bodies) * 1e6


def without_plans(call: Callable[[], Awaitable[float]]) -> Awaitable[float]:
    """Run with the general executor."""

    async def patched() -> float:
        with mock.patch.object(Operation, "_compiled", return_value=None):
            return await call()

    return patched()


async def measure(options: argparse.Namespace) -> None:
    """Print a line for each panel, and their mean."""
    target = served()
    print(f"{'panel':24}{'general µs':>12}{'plan µs':>10}{'ratio':>8}")
    means: list[tuple[float, float]] = []
    for name in PANELS:
        bodies = requests(name, options.requests)
        await run(target, bodies[:20])
        general, planned = [], []
        for _ in range(options.rounds):
            general.append(await without_plans(lambda bodies=bodies: run(target, bodies)))  # type: ignore[misc]
            planned.append(await run(target, bodies))
        slow, fast = statistics.median(general), statistics.median(planned)
        means.append((slow, fast))
        print(f"{name:24}{slow:12.0f}{fast:10.0f}{slow / fast:8.2f}")
    slow, fast = (statistics.mean(column) for column in zip(*means, strict=True))
    print(f"{'all':24}{slow:12.0f}{fast:10.0f}{slow / fast:8.2f}")
    if options.profile:
        profile = cProfile.Profile()
        profile.enable()
        for name in PANELS:
            await run(target, requests(name, options.requests))
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    with mock.patch.object(endpoint, "OperationData", Sums):
        asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
