"""Redis or PostgreSQL away, slow, emptied, back: slower, never wrong, never an error."""

import asyncio
import contextlib
import datetime as dt
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import asyncpg
import httpx
import psycopg
import pytest
import redis

from tests.support.cached_app import TOKENS, CachedApp, cached_app, settings, until
from tests.support.machine import Lateness, lateness
from tests.support.postgres import Database, PostgresServer
from tests.support.proxy import Proxy, proxied
from tests.support.sales import Item, Sales
from tests.support.valkey import ValkeyServer, valkey_server

TODAY = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NOON = TODAY + dt.timedelta(hours=12)
OPEN = (TODAY.date().isoformat(), (TODAY + dt.timedelta(days=1)).date().isoformat())
PAST = TODAY - dt.timedelta(days=40)
CLOSED = (PAST.date().isoformat(), (PAST + dt.timedelta(days=7)).date().isoformat())

# The live interval, the time that a refresh may take, and other work of the machine.
LATEST = dt.timedelta(seconds=1 + 1 + 3)

TOTAL = """
select coalesce(sum(gross), 0) from order_items
where booked_at >= %s and booked_at < %s
    and pg_visible_in_snapshot(xid, %s::pg_snapshot)
"""


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that this test alone uses, and mistreats."""
    with valkey_server(tmp_path) as server:
        yield server


@pytest.fixture
def sales(database: Database) -> Sales:
    """Something sold today and in a closed week."""
    made = Sales()
    made.sale(NOON)
    made.sale(PAST)
    made.write(database.dsn)
    return made


@dataclass
class Traffic:
    """Callers who never stop asking, and a till that never stops selling."""

    process: CachedApp
    sales: Sales
    dsn: str
    machine: Lateness
    slowest_sale: float = 0.0
    """Seconds: what the database takes without any of the product's code."""
    seen: list[tuple[tuple[str, str], float, float, httpx.Response]] = field(default_factory=list)

    async def ask(self) -> None:
        """Alternate between today and the closed week, forever."""
        while True:
            for period in (OPEN, CLOSED):
                began = time.time()
                answer = await self.process.ask(*period)
                self.seen.append((period, began, time.time(), answer))
                await asyncio.sleep(0.002)

    async def answered(self, number: int) -> None:
        """Return after so many more answers."""
        wanted = len(self.seen) + number

        async def enough() -> bool:
            return len(self.seen) >= wanted

        await until(enough)

    async def sell(self) -> None:
        """Sell something every tenth of a second, for ever."""
        while True:
            self.sales.sale(NOON, [Item(gross=Decimal(1))])
            began = time.time()
            await asyncio.to_thread(self.sales.write, self.dsn)
            self.slowest_sale = max(self.slowest_sale, time.time() - began)
            await asyncio.sleep(0.1)

    def verify(self) -> None:
        """Every answer was right as of its snapshot, and the snapshot was recent."""
        latest = LATEST + dt.timedelta(seconds=2 * (self.machine.worst + self.slowest_sale))
        with psycopg.connect(self.dsn) as connection:
            for period, began, _, answer in self.seen:
                assert answer.status_code == 200, answer.text
                body = answer.json()
                asked_at = dt.datetime.fromtimestamp(began, dt.UTC)
                snapshot = TOKENS.decode(body["extensions"]["snapshot"], asked_at)
                assert asked_at - snapshot.at < latest
                row = connection.execute(TOTAL, [*period, snapshot.snapshot]).fetchone()
                assert row is not None
                assert Decimal(body["data"]["revenue"]) == row[0]


@contextlib.asynccontextmanager
async def traffic(process: CachedApp, sales: Sales, database: Database) -> AsyncIterator[Traffic]:
    """Run traffic; verify it at the end."""
    with lateness() as machine:
        running = Traffic(process, sales, database.dsn, machine)
        tasks = [asyncio.create_task(running.ask()) for _ in range(3)]
        tasks.append(asyncio.create_task(running.sell()))
        try:
            yield running
            for task in tasks:
                assert not task.done(), task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(running.verify)


async def stop_and_start(server: ValkeyServer) -> None:
    """It goes away, stays away, and comes back empty."""
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(1.5)
    await asyncio.to_thread(server.start)
    await asyncio.sleep(1.5)


async def freeze(server: ValkeyServer) -> None:
    """It takes connections and commands, and answers nothing for a while."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1.5)
    server.process.send_signal(signal.SIGCONT)


async def flush(server: ValkeyServer) -> None:
    """It forgets everything, again and again."""
    with redis.Redis(port=server.port) as client:
        for _ in range(5):
            client.flushall()
            await asyncio.sleep(0.4)


async def hang_up(server: ValkeyServer) -> None:
    """It ends every connection, again and again."""
    with redis.Redis(port=server.port) as client:
        for _ in range(5):
            client.execute_command("CLIENT", "KILL", "SKIPME", "yes")
            await asyncio.sleep(0.4)


async def fill(server: ValkeyServer) -> None:
    """Its memory is full: it refuses every write."""
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        await asyncio.sleep(1.5)
        client.config_set("maxmemory", "0")
        await asyncio.sleep(1.5)


@pytest.mark.parametrize(
    "mistreat", [stop_and_start, freeze, flush, hang_up, fill], ids=lambda step: step.__name__
)
async def test_trouble_with_redis_makes_nothing_wrong_and_nobody_fail(
    database: Database,
    pool: asyncpg.Pool,
    own_valkey: ValkeyServer,
    sales: Sales,
    mistreat: Callable[[ValkeyServer], Awaitable[None]],
) -> None:
    """Under traffic and sales: each answer is exact as of its recent snapshot."""
    async with (
        cached_app(settings(database.dsn, own_valkey.url, patience=0.01), pool) as process,
        traffic(process, sales, database) as running,
    ):
        await running.answered(20)
        await mistreat(own_valkey)
        await until(_uses_redis(process))
        await running.answered(20)


async def test_no_caller_waits_for_a_suspended_redis(
    database: Database, pool: asyncpg.Pool, own_valkey: ValkeyServer, sales: Sales
) -> None:
    """Three late replies open the breaker; then a hundred answers come while it is suspended."""
    assert own_valkey.process is not None
    async with (
        cached_app(settings(database.dsn, own_valkey.url, patience=0.01), pool) as process,
        traffic(process, sales, database) as running,
    ):
        await running.answered(20)
        own_valkey.process.send_signal(signal.SIGSTOP)
        try:
            await running.answered(100)
        finally:
            own_valkey.process.send_signal(signal.SIGCONT)


def _uses_redis(process: CachedApp) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return process.cache._redis.up and process.cache.clock.epoch is not None

    return check


async def test_without_redis_everything_works(
    database: Database, pool: asyncpg.Pool, sales: Sales
) -> None:
    """One process alone has its own memory and its own clock."""
    async with (
        cached_app(settings(database.dsn, None), pool) as process,
        traffic(process, sales, database) as running,
    ):
        await running.answered(1000)
    outcomes = {answer.headers["x-cache"] for *_, answer in running.seen}
    assert "hit-l0" in outcomes
    assert "hit-l1" not in outcomes


async def test_a_process_whose_redis_is_away_at_its_start_takes_it_up_later(
    database: Database, pool: asyncpg.Pool, own_valkey: ValkeyServer, sales: Sales
) -> None:
    own_valkey.stop()
    async with cached_app(settings(database.dsn, own_valkey.url, patience=0.01), pool) as process:
        assert (await process.ask(*CLOSED)).json()["data"]["revenue"] == "10"
        assert sales.lines
        own_valkey.start()
        await until(_uses_redis(process))
        await process.advanced()
        await process.advanced()
        with redis.Redis(port=own_valkey.port) as client:
            assert client.exists(process.cache.clock.name)


@pytest.fixture
async def line(pg_server: PostgresServer) -> AsyncIterator[Proxy]:
    """The line to PostgreSQL, which the test can cut."""
    async with proxied(pg_server.port) as proxy:
        yield proxy


async def test_a_lost_database_is_covered_by_what_is_known(
    database: Database, valkey_url: str, line: Proxy, sales: Sales
) -> None:
    """Cached requests keep their answers, others get an error; and all is well when it is back."""
    dsn = f"postgresql://postgres@127.0.0.1:{line.port}/{database.name}"
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=4, timeout=1) as pool,
        cached_app(settings(dsn, valkey_url), pool) as process,
    ):
        assert (await process.ask(*OPEN)).json()["data"]["revenue"] == "10"
        await line.cut()
        await asyncio.sleep(3)
        for _ in range(20):
            answer = await process.ask(*OPEN)
            assert answer.status_code == 200
            assert answer.headers["x-cache"] == "stale"
            assert answer.json()["data"]["revenue"] == "10"
        unknown = await process.ask(*CLOSED)
        assert unknown.status_code == 500
        assert unknown.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
        sales.sale(NOON)
        sales.write(database.dsn)
        await line.mend()

        async def back() -> bool:
            answer = await process.ask(*OPEN)
            return bool(answer.json().get("data", {}).get("revenue") == "20")

        await until(back)
        assert (await process.ask(*CLOSED)).json()["data"]["revenue"] == "10"
