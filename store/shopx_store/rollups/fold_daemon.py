"""The fold as a process: it folds once an interval, and needs nothing but PostgreSQL."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

import psycopg
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server

from shopx_core import logging
from shopx_core.errors import ShopxError
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.rollups.fold import Folded, fold
from shopx_store.rollups.session_stats import SessionStats

LAG = Gauge("shopx_fold_lag_seconds", "Age of the oldest transaction that may not be folded yet.")
OBSERVED = Gauge(
    "shopx_fold_observed_timestamp_seconds", "When the database last answered the fold."
)
ROWS = Counter("shopx_fold_rows", "Ledger lines folded into the rollups.")
SECONDS = Histogram("shopx_fold_seconds", "Duration of one fold.")
FAILURES = Counter("shopx_fold_failures", "Folds that failed and will be tried again.")

MAX_BACKOFF = 30.0
"""Seconds. After an outage, connections must not come in a storm."""


@dataclass(slots=True)
class FoldLag:
    """How far the rollups are behind, from what each fold saw. Pure: the clock is an argument."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def after(self, folded: Folded, now: float) -> float:
        """Seconds since the earliest time at which a transaction not folded yet may have begun."""
        self._seen.append((now, folded.horizon))
        while self._seen and self._seen[0][1] <= folded.settled:
            self._seen.popleft()
        return now - self._seen[0][0] if self._seen else 0.0


def backoff(failures: int, interval: float) -> float:
    """Seconds to wait after so many failures in a row; the plain interval after none."""
    return min(MAX_BACKOFF, interval * 2**failures) if failures else interval


def run(settings: Settings, stop: threading.Event) -> None:
    """Fold until `stop` is set; failures are logged, counted and tried again."""
    log = logging.get("fold")
    backends = SessionStats(settings)
    if settings.metrics.port is not None:
        REGISTRY.register(backends)
        start_http_server(settings.metrics.port, settings.metrics.host)
    lag = FoldLag()
    failures = 0
    connection: psycopg.Connection | None = None
    while not stop.is_set():
        started = time.monotonic()
        try:
            if connection is None or connection.closed:
                connection = connect(settings.database, "shopx fold")
                log.info("fold_started", interval=settings.fold.interval)
            folded = fold(connection)
        except (psycopg.Error, ShopxError) as error:
            failures += 1
            FAILURES.inc()
            wait = backoff(failures, settings.fold.interval)
            log.warning("fold_failed", error=str(error).strip(), retry_in_seconds=wait)
            if connection is not None:
                connection.close()
        else:
            failures = 0
            ROWS.inc(folded.lines)
            SECONDS.observe(time.monotonic() - started)
            OBSERVED.set_to_current_time()
            LAG.set(lag.after(folded, time.monotonic()))
            if folded.rebuilt:
                log.info("rollups_rebuilt", lines=folded.lines)
            wait = settings.fold.interval - (time.monotonic() - started)
        stop.wait(max(wait, 0))
    backends.close()
    if connection is not None:
        connection.close()
