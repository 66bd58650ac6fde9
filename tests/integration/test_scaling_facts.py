"""Metrics of real processes that scaling decides from, and the tuning that they apply."""

import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
import redis
from prometheus_client import CollectorRegistry, generate_latest

from shopx_api.data.limiter import Limiter
from shopx_api.data.operation_data import OperationData
from shopx_api.response_cache import tuning_follower
from shopx_api.telemetry import Telemetry
from shopx_core.errors import TooManyRequests
from shopx_core.jobs import RefreshView
from shopx_core.scaling.measurement import Scrape, parse_scrape
from shopx_core.settings import Settings
from shopx_store.rollups.session_stats import SessionStats
from shopx_store.sql import raw
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
from tests.support.cached_app import CachedApp, cached_app, settings, until
from tests.support.postgres import Database, free_port
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.workers import running


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that this test alone uses, and mistreats."""
    with valkey_server(tmp_path) as server:
        yield server


def publish(process: CachedApp, url: str, **tuning: float) -> None:
    name = (process.cache.prefix + b"tuning").decode()
    with redis.Redis.from_url(url) as client:
        client.delete(name)
        if tuning:
            client.hset(name, mapping=tuning)


def stands(process: CachedApp) -> tuple[float, int, int, int]:
    tuning = process.cache.tuning.current
    return (
        tuning.live_interval,
        tuning.warm,
        tuning.pool,
        process.cache.admission.width,
    )


async def becomes(process: CachedApp, tuning: tuple[float, int, int, int]) -> None:
    async def has() -> bool:
        return stands(process) == tuning

    await until(has)


async def test_every_knob_is_applied_and_restored(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> None:
    made = settings(database.dsn, valkey_url)
    made = made.model_copy(
        update={"database": made.database.model_copy(update={"pool_size": 2, "pool_max": 4})}
    )
    async with cached_app(made, pool) as process:
        assert stands(process) == (1.0, 0, 2, 8)
        publish(process, valkey_url, live_interval=9, warm=7, pool=3, misses=4)
        await becomes(process, (9.0, 7, 3, 4))
        shown = process.telemetry.exposition()[0].decode()
        assert 'shopx_lever{lever="pool"} 3.0' in shown
        publish(process, valkey_url, pool=99)
        await becomes(process, (1.0, 0, 4, 8))
        publish(process, valkey_url)
        await becomes(process, (1.0, 0, 2, 8))


async def test_overrides_that_cannot_be_read_are_dropped_too(
    database: Database,
    pool: asyncpg.Pool,
    own_valkey: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Redis is away a process cannot know that they expired: it counts by itself."""
    monkeypatch.setattr(tuning_follower, "TUNING_SECONDS", 2.0)
    async with cached_app(settings(database.dsn, own_valkey.url), pool) as process:
        publish(process, own_valkey.url, misses=3)
        await becomes(process, (1.0, 0, 5, 3))
        own_valkey.stop()
        began = time.monotonic()
        await becomes(process, (1.0, 0, 5, 8))
        assert time.monotonic() - began > 0.9


async def test_the_pool_is_as_wide_as_its_knob(pool: asyncpg.Pool) -> None:
    """The pool could open more; waits are counted, also one that times out."""
    telemetry = Telemetry()
    limiter = Limiter(limit=1, max_waiting=10, timeout=10)

    def data() -> OperationData:
        return OperationData(
            pool, None, limiter=limiter, acquire_timeout=0.9, telemetry=telemetry, operation="Sales"
        )

    async with data() as first:
        await first.fetch(raw("select 1"))
        async with data() as second:
            with pytest.raises(TooManyRequests):
                await second.fetch(raw("select 1"))
            limiter.limit = 2
            await second.fetch(raw("select 1"))
    assert limiter.running == 0
    page = parse_scrape(telemetry.exposition().decode(), 1.0)
    assert page.counters["wait/inf"] == 3
    assert page.counters["wait/0.8"] == 2


@pytest.fixture
def sessions(database: Database) -> Iterator[Callable[[], tuple[float, float]]]:
    """Sessions at work and all of them, as the fold shows them."""
    stats = SessionStats(Settings(database={"dsn": database.dsn}))
    shown = CollectorRegistry()
    shown.register(stats)

    def look() -> tuple[float, float]:
        page = parse_scrape(generate_latest(shown).decode(), 1.0)
        return page.gauges["active_backends"], page.gauges["backends"]

    yield look
    stats.close()


def test_sessions_that_wait_for_a_lock_are_at_work(
    database: Database, sessions: Callable[[], tuple[float, float]]
) -> None:
    """The one that asks does not count itself."""
    assert sessions() == (0.0, 0.0)
    with psycopg.connect(database.dsn) as holder, psycopg.connect(database.dsn) as other:
        holder.execute("lock table orders in access exclusive mode")
        assert sessions() == (0.0, 2.0)
        waiting = threading.Thread(target=other.execute, args=["select count(*) from orders"])
        waiting.start()
        wait_until(lambda: sessions() == (1.0, 2.0))
        holder.rollback()
        waiting.join()


def test_a_database_that_is_away_shows_no_sessions() -> None:
    nowhere = Settings(database={"dsn": f"postgresql://127.0.0.1:{free_port()}/x"})
    shown = CollectorRegistry()
    shown.register(SessionStats(nowhere))
    assert list(shown.collect()) == []


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    until_ = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until_
        time.sleep(0.05)


def _page(port: int) -> Scrape:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return parse_scrape(answer.read().decode(), time.time())


def test_workers_tell_what_they_do_and_the_schedule_what_waits(
    database: Database, valkey_url: str
) -> None:
    """One job is done, others wait: with a worker or without, the queue is known."""
    made = Settings(database={"dsn": database.dsn}, redis={"url": valkey_url})
    app = make_app(made)
    ports = [free_port(), free_port()]
    with psycopg.connect(database.dsn) as holder:
        holder.execute("lock table matview_refreshes in access exclusive mode")
        metrics = {"SHOPX_METRICS_PORT": str(ports[0])}
        with running("queue_exporter", made.to_env() | metrics) as exporter:
            exporter.wait_for("metrics_served")
            for _ in range(2):
                enqueue(app, RefreshView(name="mv_product_pairs"))
            wait_until(lambda: _page(ports[0]).gauges["queued"] >= 2)
            with running("worker", made.to_env() | {"SHOPX_METRICS_PORT": str(ports[1])}):
                wait_until(lambda: _served(ports[1]))
                wait_until(lambda: _page(ports[1]).gauges["active"] == 1)
                assert _page(ports[1]).gauges["reserved"] == 1
                assert _page(ports[0]).gauges["queued"] >= 1
                assert "active" not in _page(ports[0]).gauges
                holder.rollback()
                wait_until(lambda: _page(ports[1]).gauges["active"] == 0)


def _served(port: int) -> bool:
    try:
        return bool(_page(port).gauges)
    except OSError:
        return False
