"""A worker's metrics: its jobs, the queue, the materialized views, the partitions, the feeds.

Each scrape reads them at their source, so a refresh by a CronJob counts as well and a restart loses
nothing. When a source cannot be reached its series are absent, and alerts fire on their absence.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

import psycopg
from celery.worker import state
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.partitions import existing, months_left
from shopx_workers.queue import key_prefix
from shopx_workers.queue_metrics import TIMEOUT_SECONDS, QueueCollector

# Both ends of the rollup's key. No amounts: whoever scrapes needs no token.
_SALES: Final = """
select (
    select coalesce(sum(orders), 0)::float from rollup_sales_quarter
    where bucket > now() - interval '1 day'
), (select extract(epoch from max(bucket))::float from rollup_sales_quarter)
"""
# Also of slots whose feed is gone: they grow until they are dropped.
_SLOTS: Final = """
select coalesce(f.name, s.name), s.kept_bytes
from feed_slots s left join feeds f on f.id = s.feed_id
where s.kept_bytes is not null order by 1
"""
_FEEDS: Final = """
select name, extract(epoch from succeeded_at)::float from feeds
where succeeded_at is not null and schedule is not null and not paused order by 1
"""
_log = logging.get(__name__)


class JobsCollector(Collector):
    """This worker's jobs; read in the process that hands them to the pool."""

    def collect(self) -> Iterable[Metric]:
        """Read Celery's own state."""
        reserved, active = len(state.reserved_requests), len(state.active_requests)
        yield GaugeMetricFamily(
            "shopx_jobs_reserved",
            "Jobs that this worker took from the queue and has not finished.",
            value=reserved,
        )
        yield GaugeMetricFamily(
            "shopx_jobs_active", "Jobs that this worker is running.", value=min(active, reserved)
        )


class DatabaseCollector(Collector):
    """Materialized views, the months with partitions, the newest sales, and the feeds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Read the database; without it the series are absent."""
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
            "Months after the current one that have partitions; -1 = the current one has none.",
        )
        orders = GaugeMetricFamily(
            "shopx_orders_last_day", "Orders of the last 24 hours, as far as they are folded."
        )
        newest = GaugeMetricFamily(
            "shopx_newest_sales_timestamp_seconds",
            "When the newest quarter-hour with sales began; absent without sales.",
        )
        kept = GaugeMetricFamily(
            "shopx_feed_slot_bytes",
            "Bytes of its log that a shop's database keeps for a feed which follows its changes.",
            labels=["feed"],
        )
        read = GaugeMetricFamily(
            "shopx_feed_last_success_timestamp_seconds",
            "When the last attempt of a feed that succeeded began.",
            labels=["feed"],
        )
        try:
            with connect(self._settings.database, "shopx metrics") as connection:
                connection.execute(f"set statement_timeout = '{TIMEOUT_SECONDS}s'")
                for view, finished_at, took in connection.execute(
                    "select view, finished_at, seconds from matview_refreshes order by view"
                ):
                    seconds.add_metric([view], took)
                    success.add_metric([view], finished_at.timestamp())
                today = dt.datetime.now(dt.UTC).date()
                ahead.add_metric([], months_left(existing(connection), today))
                for last_day, began in connection.execute(_SALES):
                    orders.add_metric([], last_day)
                    if began is not None:
                        newest.add_metric([], began)
                for family, query in ((kept, _SLOTS), (read, _FEEDS)):
                    for name, value in connection.execute(query):
                        family.add_metric([name], value)
        except (Unavailable, psycopg.Error) as error:
            _log.warning("metrics_incomplete", source="database", reason=str(error))
        yield from (seconds, success, ahead, orders, newest, kept, read)


def registry(settings: Settings) -> CollectorRegistry:
    """Everything that a worker serves."""
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    made.register(DatabaseCollector(settings))
    made.register(JobsCollector())
    if settings.redis.broker_url:
        made.register(QueueCollector(settings.redis.broker_url, key_prefix(settings)))
    return made


def serve(settings: Settings) -> None:
    """Serve `/metrics` from a thread, where the settings name a port."""
    port = settings.metrics.port
    if port is None:
        return
    server, _ = start_http_server(port, addr=settings.metrics.host, registry=registry(settings))
    _log.info("metrics_served", host=settings.metrics.host, port=server.server_port)
