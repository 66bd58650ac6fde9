"""What a worker shows at `/metrics`: jobs, the queue, the materialized views, the partitions.

Everything is asked when it is scraped, from where it is true: a refresh that a CronJob ran counts
like one of our own, and a restart forgets nothing. What cannot be reached is left out, and the
absence of a series is what an alert sees.
"""

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from typing import Final

import psycopg
from celery.worker import state
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_core.jobs import QUEUES
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.partitions import existing, months_left
from shopx_workers.queue import waiting

_PATIENCE_SECONDS: Final = 2
_log = logging.get(__name__)


class QueueCollector(Collector):
    """Jobs waiting for a worker."""

    def __init__(self, url: str) -> None:
        self._client: Redis = Redis.from_url(
            url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
        )

    def collect(self) -> Iterable[Metric]:
        """Ask the broker."""
        queued = GaugeMetricFamily(
            "shopx_jobs_queued", "Jobs that wait for a worker.", labels=["queue"]
        )
        age = GaugeMetricFamily(
            "shopx_jobs_oldest_age_seconds",
            "How long the oldest of them has waited; 0 when none waits.",
            labels=["queue"],
        )
        try:
            for queue in QUEUES:
                length, sent_at = waiting(self._client, queue)
                queued.add_metric([queue], length)
                if not length:
                    age.add_metric([queue], 0.0)
                elif sent_at is not None:
                    age.add_metric([queue], max(0.0, time.time() - sent_at))
        except RedisError as error:
            _log.warning("metrics_incomplete", source="queue", reason=str(error))
        return queued, age


class JobsCollector(Collector):
    """Jobs of this worker; asked in the process that hands them to the pool."""

    def collect(self) -> Iterable[Metric]:
        """Look at Celery's own books."""
        reserved, active = len(state.reserved_requests), len(state.active_requests)
        yield GaugeMetricFamily(
            "shopx_jobs_reserved",
            "Jobs that this worker took from the queue and has not ended.",
            value=reserved,
        )
        yield GaugeMetricFamily(
            "shopx_jobs_active", "Jobs that this worker is doing.", value=min(active, reserved)
        )


class DatabaseCollector(Collector):
    """How fresh the materialized views are, and how far the partitions reach."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Ask the database."""
        seconds = GaugeMetricFamily(
            "shopx_matview_refresh_seconds",
            "How long the last refresh of a materialized view took.",
            labels=["view"],
        )
        success = GaugeMetricFamily(
            "shopx_matview_last_success_timestamp_seconds",
            "When a materialized view was last refreshed.",
            labels=["view"],
        )
        ahead = GaugeMetricFamily(
            "shopx_partitions_ahead",
            "Months after the current one whose partitions are made; -1 when its own are missing.",
        )
        try:
            with connect(self._settings.database, "shopx metrics") as connection:
                connection.execute(f"set statement_timeout = '{_PATIENCE_SECONDS}s'")
                for view, finished_at, took in connection.execute(
                    "select view, finished_at, seconds from matview_refreshes order by view"
                ):
                    seconds.add_metric([view], took)
                    success.add_metric([view], finished_at.timestamp())
                today = dt.datetime.now(dt.UTC).date()
                ahead.add_metric([], months_left(existing(connection), today))
        except (Unavailable, psycopg.Error) as error:
            _log.warning("metrics_incomplete", source="database", reason=str(error))
        yield from (seconds, success, ahead)


def registry(settings: Settings, *, works: bool = True) -> CollectorRegistry:
    """Everything that a process shows.

    Args:
        settings: Its settings.
        works: Whether it is a worker. The schedule shows the queue alone, also while there is no
            worker to do so.
    """
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    if works:
        made.register(DatabaseCollector(settings))
        made.register(JobsCollector())
    if settings.redis.broker_url:
        made.register(QueueCollector(settings.redis.broker_url))
    return made


def serve(settings: Settings, *, works: bool = True) -> None:
    """Serve `/metrics` from a thread, where the settings name a port; see `registry`."""
    port = settings.metrics.port
    if port is None:
        return
    shown = registry(settings, works=works)
    server, _ = start_http_server(port, addr=settings.metrics.host, registry=shown)
    _log.info("metrics_served", host=settings.metrics.host, port=server.server_port)
