"""The schedule: any number of schedulers enqueue each run once, and none is lost."""

import contextlib
import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import psycopg
import pytest
import redis
from pydantic import SecretStr

from shopx_core.jobs import QUEUES, Job, RefreshView, UpkeepPartitions
from shopx_core.settings import (
    DatabaseSettings,
    RedisSettings,
    RefreshSettings,
    Settings,
    ViewSchedule,
)
from shopx_workers import beat
from shopx_workers.app import make_app
from shopx_workers.cron import Cron
from shopx_workers.queue import key_prefix
from shopx_workers.schedule import Entry
from tests.support.postgres import Database
from tests.support.valkey import valkey_server
from tests.support.workers import running

ZONE = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=ZONE)
HOURLY = Entry("hourly", Cron.parse("7 * * * *"), RefreshView(name="mv_customer_rfm"))
DAILY = Entry("daily", Cron.parse("12 1 * * *"), UpkeepPartitions())


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """A scheduler's."""
    with psycopg.connect(database.dsn, autocommit=True) as made:
        yield made


class Sent(list[tuple[Job, float | None]]):
    """Takes jobs instead of a broker."""

    def __call__(self, job: Job, expires_in: float | None) -> None:
        self.append((job, expires_in))


def test_a_schedule_over_a_day(connection: psycopg.Connection) -> None:
    """At once, then when due, then once for all times missed while beat did not run."""
    sent = Sent()

    def look(**later: float) -> list[str]:
        now = NOON + dt.timedelta(**later)
        return beat.run_due(connection, [HOURLY, DAILY], now=now, zone=ZONE, send=sent)

    assert look() == ["hourly", "daily"]
    assert look(minutes=6.9) == []
    assert look(minutes=7) == ["hourly"]
    assert look(minutes=7.5) == []
    assert look(hours=26) == ["hourly", "daily"]
    assert look(hours=26.1) == []
    # A clock that was set back runs nothing again.
    assert look(hours=3) == []
    assert [type(job).__name__ for job, _ in sent] == [
        *("RefreshView", "UpkeepPartitions"),
        "RefreshView",
        *("RefreshView", "UpkeepPartitions"),
    ]


def test_a_job_expires_when_the_next_is_due(connection: psycopg.Connection) -> None:
    """While no worker runs, the queue holds one refresh of a view, not one an hour."""
    sent = Sent()
    beat.run_due(connection, [HOURLY, DAILY], now=NOON, zone=ZONE, send=sent)
    assert [expires for _, expires in sent] == [7 * 60, 13 * 3600 + 12 * 60]


def test_what_could_not_be_enqueued_stays_due(connection: psycopg.Connection) -> None:
    """A broker that is away costs a delay, not a run."""

    def broken(_job: Job, _expires_in: float | None) -> None:
        raise ConnectionError("the broker is away")

    with pytest.raises(ConnectionError):
        beat.run_due(connection, [HOURLY], now=NOON, zone=ZONE, send=broken)
    sent = Sent()
    assert beat.run_due(connection, [HOURLY], now=NOON, zone=ZONE, send=sent) == ["hourly"]


def test_many_schedulers_at_once_run_everything_once(database: Database) -> None:
    """Six of them look at the same instants at the same time, for ten hours."""
    starting = threading.Barrier(6)
    sent = Sent()
    entries = [HOURLY, DAILY]

    def scheduler() -> None:
        with psycopg.connect(database.dsn, autocommit=True) as mine:
            for hour in range(10):
                starting.wait(30)
                now = NOON + dt.timedelta(hours=hour, minutes=10)
                beat.run_due(mine, entries, now=now, zone=ZONE, send=sent)

    threads = [threading.Thread(target=scheduler) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(type(job).__name__ for job, _ in sent) == {
        "RefreshView": 10,
        "UpkeepPartitions": 1,
    }


@pytest.fixture
def settings(database: Database, valkey_url: str) -> Settings:
    """A beat's, with two views."""
    return Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
        refresh=RefreshSettings(
            views=(
                ViewSchedule(name="mv_customer_rfm", schedule="7 * * * *"),
                ViewSchedule(name="mv_product_pairs", schedule="9 2 * JAN,JUL SUN"),
            )
        ),
    )


def queued(url: str, prefix: str) -> Counter[str]:
    """The waiting jobs, by name."""
    with redis.Redis.from_url(url) as client:
        messages = [json.loads(m) for queue in QUEUES for m in client.lrange(prefix + queue, 0, -1)]
    return Counter(message["headers"]["task"] for message in messages)


def test_two_beats_are_one(settings: Settings, valkey_url: str) -> None:
    """Two processes start on an empty database: every job is enqueued once; SIGTERM ends them."""
    environment = settings.to_env() | {"SHOPX_LOG_LEVEL": "DEBUG"}
    with running("beat", environment) as first, running("beat", environment) as second:
        for each in (first, second):
            each.wait_for("schedule_checked")
        assert queued(valkey_url, key_prefix(settings)) == {
            "shopx.refresh_view": 2,
            "shopx.upkeep_partitions": 1,
            "shopx.fit_predictions": 1,
        }
        for each in (first, second):
            each.process.terminate()
            assert each.process.wait(30) == 0


def test_a_beat_outlives_its_broker(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """While the broker is away everything stays due, and is enqueued when it is back."""
    with valkey_server(tmp_path_factory.mktemp("broker")) as broker:
        apart = settings.model_copy(update={"redis": RedisSettings(url=SecretStr(broker.url))})
        app = make_app(apart)
        scheduled = [HOURLY]
        broker.stop()
        assert beat.tick(app, apart, scheduled) == beat.RETRY_SECONDS
        broker.start()
        assert beat.tick(app, apart, scheduled) <= 60
        assert queued(broker.url, key_prefix(apart)) == {"shopx.refresh_view": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"SHOPX_REDIS_URL": ""}, "no Redis is configured", id="no-broker"),
        pytest.param(
            {"SHOPX_REFRESH_VIEWS": '[{"name": "mv_customer_rfm", "schedule": "hourly"}]'},
            "'hourly' is not a schedule",
            id="no-schedule",
        ),
    ],
)
def test_a_wrong_configuration_is_said(
    settings: Settings, change: dict[str, str], message: str
) -> None:
    """One line that names the problem, exit code 2."""
    with running("beat", settings.to_env() | change) as process:
        assert process.process.wait(60) == 2
        with contextlib.suppress(TimeoutError):
            assert message in process.lines.get(timeout=60)
