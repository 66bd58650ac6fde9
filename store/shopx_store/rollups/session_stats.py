"""How busy the database is, and how far its archive is behind: read at each scrape of the metrics.

The fold exports it, because it always runs and needs nothing but PostgreSQL. It uses a connection
of its own, so that a lock that blocks the fold does not block the metric.
"""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shopx_core import logging
from shopx_core.errors import ShopxError
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.rollups.archive_lag import archive_lag

_PATIENCE_SECONDS = 2
"""A scrape waits for all metrics, and must not wait for long."""
_STATES = {"active": "active", "idle": "idle", None: "unknown"}
"""Any other state is a transaction that waits for its client."""

# Sessions of other roles show no state to a role without pg_read_all_stats.
_BACKENDS = """
select state, count(*)
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid()
group by state
"""

_log = logging.get(__name__)


class SessionStats(Collector):
    """Sessions of this database by state, without the collector's own, and the archive's lag.

    Args:
        settings: Where the database is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    def describe(self) -> Iterator[Metric]:
        """Describe without a query: the database may be down when this is registered."""
        yield _family()
        yield _archive()

    def collect(self) -> Iterator[Metric]:
        """Count the sessions; while the database does not answer, there is no series."""
        family = _family()
        try:
            with self._lock:
                counted, lag = self._read()
        except (psycopg.Error, ShopxError) as error:
            _log.warning("metrics_incomplete", source="backends", reason=str(error).strip())
            return
        for state in ("active", "idle", "in_transaction", "unknown"):
            family.add_metric([state], counted.get(state, 0))
        yield family
        if lag is not None:
            archive = _archive()
            archive.add_metric([], lag)
            yield archive

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def _read(self) -> tuple[dict[str, int], float | None]:
        if self._connection is None or self._connection.closed:
            database = self._settings.database.model_copy(
                update={"connect_timeout": _PATIENCE_SECONDS}
            )
            self._connection = connect(database, "shopx metrics")
            self._connection.execute(f"set statement_timeout = '{_PATIENCE_SECONDS}s'")
        counted: dict[str, int] = {}
        try:
            for state, count in self._connection.execute(_BACKENDS):
                name = _STATES.get(state, "in_transaction")
                counted[name] = counted.get(name, 0) + count
            lag = archive_lag(self._connection)
        except psycopg.Error:
            self._connection.close()
            raise
        return counted, lag


def _family() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "shopx_db_backends", "Sessions of the database by what they do.", labels=["state"]
    )


def _archive() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "shopx_wal_archive_lag_seconds",
        "Since when no segment reached the archive while finished ones wait; absent = no archive.",
    )
