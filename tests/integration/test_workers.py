"""A real worker: does jobs, ends gently, outlives its broker, and shows what it knows."""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from shopx_core.jobs import (
    QUEUE_DEFAULT,
    QUEUE_HEAVY,
    FitPredictions,
    RefreshView,
    UpkeepPartitions,
)
from shopx_core.settings import DatabaseSettings, RedisSettings, Settings
from shopx_workers.app import make_app
from shopx_workers.metrics import registry
from shopx_workers.queue import SENT_AT, enqueue, key_prefix
from shopx_workers.queue_metrics import waiting
from tests.support.postgres import Database, free_port
from tests.support.valkey import valkey_server
from tests.support.workers import running

PREFIX = {"SHOPX_REDIS_PREFIX": "shopx:shop:sales:"}


@pytest.fixture
def settings(database: Database, valkey_url: str) -> Settings:
    """A worker's, with both servers."""
    return Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
    )


@contextlib.contextmanager
def reading(dsn: str, view: str) -> Iterator[None]:
    """Hold up a blocking refresh of `view`."""
    with psycopg.connect(dsn) as reader:
        reader.execute(f"select count(*) from {view}")
        yield


def test_a_worker_does_jobs_and_ends_when_the_running_one_is_done(
    database: Database, settings: Settings, valkey_url: str
) -> None:
    """SIGTERM: the job at hand is finished, the next one stays in the queue for another worker."""
    app = make_app(settings)
    enqueue(app, RefreshView(name="mv_customer_rfm"))
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("job_done", view="mv_customer_rfm")
        with reading(database.dsn, "mv_cohorts"):
            enqueue(app, RefreshView(name="mv_cohorts", concurrently=False))
            with psycopg.connect(database.dsn, autocommit=True) as watcher:
                while not watcher.execute(
                    "select 1 from pg_locks where not granted and database = (select oid from"
                    " pg_database where datname = current_database())"
                ).fetchone():
                    pass
            enqueue(app, UpkeepPartitions())
            worker.process.send_signal(signal.SIGTERM)
            worker.wait_for_text("Warm shutdown")
            assert worker.process.poll() is None
        worker.wait_for("job_done", view="mv_cohorts")
        assert worker.process.wait(30) == 0
    with psycopg.connect(database.dsn) as connection:
        refreshed = connection.execute("select view from matview_refreshes order by 1").fetchall()
    assert refreshed == [("mv_cohorts",), ("mv_customer_rfm",)]
    with redis.Redis.from_url(valkey_url) as client:
        assert client.llen(key_prefix(settings) + QUEUE_DEFAULT) == 1
        assert client.hlen(key_prefix(settings) + "unacked") == 0


def test_a_killed_worker_loses_no_job(
    database: Database, settings: Settings, valkey_url: str
) -> None:
    """What it was doing is not acknowledged: the broker keeps it, to hand it out again."""
    with running("worker", settings.to_env()) as worker:
        worker.wait_for("ready")
        with reading(database.dsn, "mv_cohorts"):
            sent = enqueue(make_app(settings), RefreshView(name="mv_cohorts", concurrently=False))
            with redis.Redis.from_url(valkey_url) as client:
                while client.hlen(key_prefix(settings) + "unacked") != 1:
                    pass
                worker.process.kill()
                worker.process.wait()
                kept = [
                    json.loads(value)[0] for value in client.hvals(key_prefix(settings) + "unacked")
                ]
    assert [message["headers"]["id"] for message in kept] == [sent]


def test_the_broker_may_restart(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A worker takes jobs again automatically after an outage of its broker."""
    with valkey_server(tmp_path_factory.mktemp("broker")) as broker:
        apart = settings.model_copy(update={"redis": RedisSettings(url=SecretStr(broker.url))})
        with running("worker", apart.to_env()) as worker:
            worker.wait_for("ready")
            broker.stop()
            worker.wait_for("Connection to broker lost")
            broker.start()
            enqueue(make_app(apart), RefreshView(name="mv_customer_rfm"))
            worker.wait_for("job_done", view="mv_customer_rfm")
            assert worker.process.poll() is None


def test_a_job_that_cannot_be_done_now_is_done_later(
    database: Database, settings: Settings
) -> None:
    """Predictions wait for the refresh of their input, and then go on."""
    with (
        running("worker", settings.to_env()) as worker,
        psycopg.connect(database.dsn, autocommit=True) as other,
    ):
        other.execute(
            "select pg_advisory_lock(hashtext('shopx.refresh'), hashtext('mv_customer_purchases'))"
        )
        enqueue(make_app(settings), FitPredictions())
        postponed = worker.wait_for("job_postponed", job="shopx.fit_predictions")
        assert "refreshing mv_customer_purchases" in postponed["reason"]
        other.execute("select pg_advisory_unlock_all()")
        done = worker.wait_for("job_done", job="shopx.fit_predictions")
        assert done["job_id"] == postponed["job_id"]


def test_an_unknown_payload_fails_alone(settings: Settings) -> None:
    """A message that no version of this code wrote does not stop the worker."""
    app = make_app(settings)
    app.send_task("shopx.refresh_view", kwargs={"nonsense": 1}, queue=QUEUE_DEFAULT)
    enqueue(app, UpkeepPartitions())
    with running("worker", settings.to_env()) as worker:
        refused = worker.wait_for("job_refused", job="shopx.refresh_view")
        worker.wait_for("job_done", job="shopx.upkeep_partitions")
    assert refused["problems"] == [
        "name: Field required",
        "nonsense: Extra inputs are not permitted",
    ]


def test_a_worker_serves_metrics(settings: Settings) -> None:
    """The queue, the views' freshness and the partitions, by the names that alerts use."""
    port = free_port()
    app = make_app(settings)
    enqueue(app, RefreshView(name="mv_product_pairs"))
    before = dt.datetime.now(dt.UTC).timestamp()
    with running("worker", settings.to_env() | {"SHOPX_METRICS_PORT": str(port)}) as worker:
        worker.wait_for("job_done", view="mv_product_pairs")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["shopx_jobs_queued", "shopx"] == 0
    assert samples["shopx_jobs_oldest_age_seconds", "shopx-heavy"] == 0
    assert samples["shopx_matview_refresh_seconds", "mv_product_pairs"] > 0
    assert samples["shopx_matview_last_success_timestamp_seconds", "mv_product_orders"] >= before
    assert samples["shopx_partitions_ahead",] == 3
    assert samples["shopx_orders_last_day",] == 0
    assert ("shopx_newest_sales_timestamp_seconds",) not in samples, "there are no sales"
    assert ("process_cpu_seconds_total",) in samples


def test_the_exporter_serves_the_queue_alone(valkey_url: str) -> None:
    """It needs neither a worker nor a database; SIGTERM ends it."""
    port = free_port()
    environment = {"SHOPX_REDIS_URL": valkey_url, "SHOPX_METRICS_PORT": str(port)} | PREFIX
    with running("queue_exporter", environment) as exporter:
        exporter.wait_for("metrics_served")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        exporter.process.send_signal(signal.SIGTERM)
        assert exporter.process.wait(30) == 0
    assert 'shopx_jobs_queued{queue="shopx-heavy"} 0.0' in text
    assert "shopx_jobs_oldest_age_seconds" in text
    assert "shopx_matview" not in text


@pytest.mark.parametrize("missing", ["SHOPX_REDIS_URL", "SHOPX_METRICS_PORT", "SHOPX_REDIS_PREFIX"])
def test_the_exporter_says_what_is_missing(missing: str) -> None:
    environment = {"SHOPX_REDIS_URL": "redis://localhost", "SHOPX_METRICS_PORT": "1"} | PREFIX
    del environment[missing]
    with running("queue_exporter", environment) as exporter:
        assert exporter.process.wait(60) == 2


def test_predictions_are_enqueued_by_command(valkey_url: str) -> None:
    """As the CronJob does, without a database; the job expires when the next one is due."""
    done = _enqueue(valkey_url)
    assert done.returncode == 0, done.stderr
    with redis.Redis.from_url(valkey_url) as client:
        (message,) = client.lrange(PREFIX["SHOPX_REDIS_PREFIX"] + QUEUE_HEAVY, 0, -1)
    headers = json.loads(message)["headers"]
    assert headers["task"] == "shopx.fit_predictions"
    assert headers["id"] in done.stdout
    expires = dt.datetime.fromisoformat(headers["expires"])
    assert expires - dt.datetime.now(dt.UTC) <= dt.timedelta(hours=1)


def test_a_queue_that_is_away_fails_the_command() -> None:
    """So the CronJob's Job tries again; the message names the variable to check."""
    done = _enqueue(f"redis://127.0.0.1:{free_port()}/0")
    assert done.returncode == 1
    assert "The job queue cannot be reached" in done.stderr
    assert "SHOPX_REDIS_URL" in done.stderr


def _enqueue(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopx_core.cli", "enqueue", "fit-predictions"],
        env={k: v for k, v in os.environ.items() if not k.startswith("SHOPX_")}
        | {"SHOPX_REDIS_URL": url}
        | PREFIX,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_waiting_jobs_are_counted_and_timed(settings: Settings, valkey_url: str) -> None:
    """The age is the oldest's; a message that says nothing of its age is counted all the same."""
    app = make_app(settings)
    key = key_prefix(settings) + QUEUE_DEFAULT
    with redis.Redis.from_url(valkey_url) as client:
        assert waiting(client, key) == (0, None)
        before = dt.datetime.now(dt.UTC).timestamp()
        enqueue(app, UpkeepPartitions())
        between = dt.datetime.now(dt.UTC).timestamp()
        enqueue(app, UpkeepPartitions())
        length, sent_at = waiting(client, key)
        assert length == 2
        assert sent_at is not None
        assert before <= sent_at <= between
        found = registry(settings)
        assert found.get_sample_value("shopx_jobs_queued", {"queue": QUEUE_DEFAULT}) == 2
        age = found.get_sample_value("shopx_jobs_oldest_age_seconds", {"queue": QUEUE_DEFAULT})
        assert age is not None
        assert age >= 0
        client.delete(key)
        client.lpush(key, json.dumps({"headers": {}}), "no message at all")
        assert waiting(client, key) == (2, None)
        assert SENT_AT not in "no message at all"


def test_metrics_without_servers(tmp_path: Path) -> None:
    """What cannot be asked is left out; the rest is shown, and nothing fails."""
    nowhere = Settings(
        database=DatabaseSettings(
            dsn=SecretStr(f"postgresql://127.0.0.1:{free_port()}/x"), connect_timeout=1
        ),
        redis=RedisSettings(url=SecretStr(f"unix://{tmp_path}/none")),
    )
    found = registry(nowhere)
    assert found.get_sample_value("shopx_jobs_queued", {"queue": QUEUE_DEFAULT}) is None
    assert found.get_sample_value("shopx_partitions_ahead") is None
    assert found.get_sample_value("process_cpu_seconds_total") is not None
