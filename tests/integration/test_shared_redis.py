"""Two dashboards on one Redis: each under its own prefix, as a user that may use nothing else."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psycopg
import pytest
import redis

from shopx_core.caching.keys import namespace
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.jobs import FitPredictions, RefreshView
from shopx_core.settings import Settings, ViewSchedule
from shopx_workers.app import make_app
from shopx_workers.queue import enqueue
from tests.support.cached_app import cached_app
from tests.support.cached_app import settings as app_settings
from tests.support.postgres import Database, PostgresServer
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.workers import running

# What a careful administrator gives: no other key, no other channel, nothing about the server.
RIGHTS = "~{prefix}* &{prefix}* +@all -@admin -@dangerous"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One of the two."""

    name: str
    database: Database
    settings: Settings

    @property
    def prefix(self) -> str:
        """What its keys begin with."""
        return f"team:{self.name}:"

    def refreshed(self) -> set[str]:
        """The views that its workers refreshed."""
        with psycopg.connect(self.database.dsn) as connection:
            return {row[0] for row in connection.execute("select view from matview_refreshes")}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    with valkey_server(tmp_path) as made:
        yield made


@pytest.fixture
def dashboards(server: ValkeyServer, pg_server: PostgresServer) -> Iterator[list[Dashboard]]:
    """Two, each with a database and a user of its own."""
    made = []
    with redis.Redis(port=server.port) as admin:
        for name in ("blue", "green"):
            database, prefix = pg_server.migrated(), f"team:{name}:"
            rights = RIGHTS.format(prefix=prefix).split()
            admin.execute_command("ACL", "SETUSER", name, "on", ">secret", *rights)
            url = f"redis://{name}:secret@127.0.0.1:{server.port}/0"
            settings = app_settings(
                database.dsn,
                None,
                refresh={"views": (ViewSchedule(name="mv_cohorts", schedule="7 * * * *"),)},
            )
            own = settings.redis.model_copy(
                update=Settings(
                    database={"dsn": database.dsn}, redis={"url": url, "prefix": prefix}
                ).redis.model_dump(include={"url", "prefix"})
            )
            made.append(Dashboard(name, database, settings.model_copy(update={"redis": own})))
        yield made
    for dashboard in made:
        pg_server.drop(dashboard.database)


def test_no_worker_does_the_jobs_of_another_dashboard(
    server: ValkeyServer, dashboards: list[Dashboard]
) -> None:
    """Workers and beats of both at once; and no command that the user may not give."""
    blue, green = dashboards
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(running("worker", one.settings.to_env())) for one in dashboards
        ]
        for worker in workers:
            worker.wait_for("ready")
        # A job for one alone: were the queues shared, either worker would take about half of them.
        for _ in range(6):
            enqueue(make_app(blue.settings), RefreshView(name="mv_customer_rfm"))
        for _ in range(6):
            workers[0].wait_for("job_done", view="mv_customer_rfm")
        beat = stack.enter_context(running("beat", green.settings.to_env()))
        beat.wait_for("enqueued")
        workers[1].wait_for("job_done", view="mv_cohorts")
        enqueue(make_app(blue.settings), FitPredictions())
        workers[0].wait_for("job_done", job="shopx.fit_predictions")
    assert green.refreshed() & {"mv_customer_rfm"} == set()
    assert blue.refreshed() & {"mv_cohorts"} == set()
    assert_apart(server, dashboards)


async def test_answers_locks_and_tuning_are_apart(
    server: ValkeyServer, dashboards: list[Dashboard]
) -> None:
    """Also where both read the same database, which alone would give both the same names."""
    blue, green = dashboards
    shared = green.settings.model_copy(update={"database": blue.settings.database})
    async with (
        asyncpg.create_pool(blue.database.dsn, min_size=1) as pool,
        cached_app(blue.settings, pool) as one,
        cached_app(shared, pool) as other,
        contextlib.AsyncExitStack() as stack,
    ):
        asked = ("2026-01-01", "2026-02-01")
        assert (await one.ask(*asked)).headers["x-cache"] == "miss"
        assert (await other.ask(*asked)).headers["x-cache"] == "miss"
        assert (await one.ask(*asked)).headers["x-cache"] == "hit-l0"
        publisher = TuningPublisher()
        stack.push_async_callback(publisher.close)
        url = blue.settings.redis.cache_url or ""
        dsn = blue.database.dsn
        written = await publisher.publish(url, dsn, {"warm": "7"}, prefix=blue.prefix)
        assert not written.reason
        async with asyncio.timeout(60):
            while one.cache.tuning.current.warm != 7:  # noqa: ASYNC110 -- read each second
                await asyncio.sleep(0.05)
        assert other.cache.tuning.current.warm == 0
    assert namespace(dsn, blue.prefix).startswith(blue.prefix.encode())
    assert_apart(server, dashboards)


def assert_apart(server: ValkeyServer, dashboards: list[Dashboard]) -> None:
    """Every key has a prefix of one of them, and no command was refused."""
    prefixes = tuple(one.prefix for one in dashboards)
    with redis.Redis(port=server.port, decode_responses=True) as admin:
        keys = set(admin.scan_iter("*"))
        assert {key for key in keys if not key.startswith(prefixes)} == set()
        assert all(any(key.startswith(prefix) for key in keys) for prefix in prefixes)
        assert admin.execute_command("ACL", "LOG") == []
