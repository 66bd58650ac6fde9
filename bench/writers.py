"""What writers pay for everything else, and how soon what they commit is seen.

    make bench ARGS="writers [--seconds 5] [--rounds 3] [--rate 500]"

Starts a throw-away server with two databases. Into one, writers record orders and nothing else
runs; beside the other run the fold, the builder of the replica and an API unit that is asked the
page's key figures. Writers wait for each commit and send the next order at once; the two databases
take turns, so the processes of the second have nothing to do while the first has its. Then orders
arrive at a steady rate, and each is waited for in the API's ordinary (cached) answers with a live
interval of one second. Prints a line for each goal; the exit code is 1 where one is short. A
machine that others use makes the second goal meaningless, the first one less so.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import itertools
import math
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import httpx
import orjson
from harness import servers
from harness.goals import Goals

from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.record import record_orders
from tests.support.page_queries import documents
from tests.support.postgres import postgres_server
from tests.support.valkey import valkey_server

WRITERS, LINES, PRODUCTS = 4, 3, 50
RATIO, VISIBLE_MS = 0.90, 1000.0
BESIDE, CLOSELY = 0.2, 0.02
"""Seconds between two questions: beside writers, whose process asks too and pays for it, and where
the time until an order is seen is measured."""
SOURCE = "benchmark"
_STOCK = """
insert into sources (name) values ('benchmark');
insert into products (source_id, key, sku, name, unit_cost)
select id, n, n, n, 1 from sources, generate_series(1, 50) n
"""


class Writers:
    """Writers of one database.

    Args:
        pool: Its connections.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._chance = random.Random(7)  # noqa: S311 -- orders, no secret
        self.committed: list[float] = []
        """When each order's commit returned, by `time.monotonic`."""

    async def record(self) -> None:
        """Record one order in a transaction of its own."""
        now = dt.datetime.now(dt.UTC)
        lines = tuple(
            NewLine(
                product=str(self._chance.randint(1, PRODUCTS)),
                quantity=Decimal(1),
                gross=Decimal(self._chance.randint(100, 9999)) / 100,
            )
            for _ in range(LINES)
        )
        order = NewOrder(key=uuid.uuid4().hex, ordered_at=now, lines=lines)
        async with self._pool.acquire() as connection:
            (outcome,) = await record_orders(connection, SOURCE, [order], now)
        if outcome.problems:
            raise RuntimeError(outcome.problems)
        self.committed.append(time.monotonic())

    async def closed_loop(self, seconds: float) -> float:
        """Orders a second of writers that wait for nothing but their commits."""
        began, before = time.monotonic(), len(self.committed)

        async def write() -> None:
            while time.monotonic() < began + seconds:
                await self.record()

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return (len(self.committed) - before) / (time.monotonic() - began)

    async def steady(self, rate: float, seconds: float) -> None:
        """Orders at a steady rate, whether or not the ones before are committed."""
        began, running = time.monotonic(), set()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            running.add(asyncio.create_task(self.record()))
        await asyncio.gather(*running)


class Watch:
    """Asks the API how many orders today has, again and again.

    Args:
        port: The API's.
        every: Seconds between two questions.
    """

    def __init__(self, port: int, every: float) -> None:
        self._every = every
        self._url = f"http://127.0.0.1:{port}/graphql"
        self._body = orjson.dumps(
            {
                "operationName": "OverviewKpis",
                "query": documents()["OverviewKpis"],
                "variables": {"period": {"preset": "TODAY"}, "metrics": ["ORDERS", "REVENUE"]},
            }
        )
        self.seen: list[tuple[float, int]] = []
        """When an answer came, and its orders."""

    async def orders(self, client: httpx.AsyncClient) -> int:
        """Ask once."""
        answer = await client.post(
            self._url, content=self._body, headers={"Content-Type": "application/json"}
        )
        figures = answer.raise_for_status().json()["data"]["sales"]["kpis"]
        return int(float(next(one["value"] for one in figures if one["metric"] == "ORDERS") or 0))

    async def run(self) -> None:
        """Ask until cancelled."""
        async with httpx.AsyncClient(timeout=30) as client:
            while True:
                found = await self.orders(client)
                self.seen.append((time.monotonic(), found))
                await asyncio.sleep(self._every)


@contextlib.contextmanager
def product(stores: servers.Stores, port: int) -> Iterator[None]:
    """Everything that runs beside writers."""
    env = servers.environment(stores, SHOPX_CACHE_LIVE_INTERVAL="1")
    with (
        servers.running([*servers.shopx(), "fold"], env),
        servers.running([*servers.shopx(), "columns"], env),
        servers.running([sys.executable, "-m", "shopx_api"], env | {"SHOPX_API_PORT": str(port)}),
    ):  # fmt: skip
        servers.wait_for(f"http://127.0.0.1:{port}/readyz")
        yield


async def ratio(bare: Writers, full: Writers, port: int, given: argparse.Namespace) -> float:
    """Orders a second beside everything ÷ without; the medians of rounds that take turns."""
    rates: dict[str, list[float]] = {"bare": [], "full": []}
    for _ in range(given.rounds):
        rates["bare"].append(await bare.closed_loop(given.seconds))
        asking = asyncio.create_task(Watch(port, BESIDE).run())
        rates["full"].append(await full.closed_loop(given.seconds))
        asking.cancel()
        await asyncio.wait([asking])
    print({name: [round(rate) for rate in found] for name, found in rates.items()})
    return statistics.median(rates["full"]) / statistics.median(rates["bare"])


async def visible(writers: Writers, port: int, given: argparse.Namespace) -> float | None:
    """The 99th percentile of the milliseconds from a commit to the first answer that has it."""
    watch, before = Watch(port, CLOSELY), len(writers.committed)
    asking = asyncio.create_task(watch.run())
    await writers.steady(given.rate, given.seconds * given.rounds)
    await asyncio.sleep(5)
    asking.cancel()
    await asyncio.wait([asking])
    waited = []
    answers = iter(watch.seen)
    at, known = next(answers)
    for number, committed in itertools.islice(
        enumerate(sorted(writers.committed), 1), before, None
    ):
        while known < number or at < committed:
            found = next(answers, None)
            if found is None:
                print(f"{len(writers.committed) - number + 1} orders were never seen")
                return None
            at, known = found
        waited.append((at - committed) * 1000)
    waited.sort()
    print(f"{len(waited)} orders, median {statistics.median(waited):.0f} ms, last {waited[-1]:.0f}")
    return waited[math.ceil(len(waited) * 0.99) - 1]


async def measure(
    bare: str, stores: servers.Stores, given: argparse.Namespace, goals: Goals
) -> None:
    """Measure and judge."""
    port = servers.free_port()
    async with (
        asyncpg.create_pool(bare, min_size=WRITERS, max_size=WRITERS) as one,
        asyncpg.create_pool(stores.dsn, min_size=WRITERS, max_size=WRITERS) as other,
    ):
        for pool in (one, other):
            await pool.execute(_STOCK)
        with product(stores, port):
            full = Writers(other)
            goals.at_least("writers_ratio", await ratio(Writers(one), full, port, given), RATIO)
            goals.at_most("commit_to_visible_p99_ms", await visible(full, port, given), VISIBLE_MS)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="of a turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--rate", type=float, default=500, help="orders a second")
    given = parser.parse_args()
    goals = Goals()
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="shopx-bench-") as cache,
        postgres_server(Path(folder)) as server,
        valkey_server(Path(cache)) as valkey,
    ):
        columns = Path(cache, "columns")
        columns.mkdir()
        stores = servers.Stores(server.migrated().dsn, valkey.url, str(columns))
        asyncio.run(measure(server.migrated().dsn, stores, given, goals))
    sys.exit(0 if goals.all_met else 1)


if __name__ == "__main__":
    main()
