"""The builder as a process: a build an interval, sooner when many lines are new."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server

from shopx_core import logging
from shopx_core.errors import ShopxError
from shopx_core.settings import ColumnsSettings, DatabaseSettings, Settings
from shopx_store.columns.base import path_of
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.distribution.server import GenerationServer
from shopx_store.columns.tail import PULL_LIMIT
from shopx_store.connection import connect

EARLY: Final = PULL_LIMIT // 2
"""So many new lines are not left waiting: at `PULL_LIMIT` readers would stop using the base."""

LOOK: Final = 10.0
"""Seconds between two looks at how much is new."""

LONGEST_PAUSE: Final = 1800.0
"""Seconds between two attempts when build after build fails."""

LAG = Gauge("shopx_columns_lag_seconds", "Age of the newest build; 0 while no line is newer.")
PENDING = Gauge(
    "shopx_columns_pending_lines", f"Lines since the newest build, counted to {EARLY:,}."
)
OBSERVED = Gauge(
    "shopx_columns_observed_timestamp_seconds", "When lag and pending lines were last read."
)
BUILDING = Gauge("shopx_columns_building", "1 while a build runs.")
GENERATION = Gauge(
    "shopx_columns_generation_timestamp_seconds", "When the newest build's snapshot was taken."
)
ROWS = Gauge("shopx_columns_rows", "Ledger lines in the newest build.")
BYTES = Gauge("shopx_columns_bytes", "Size of the newest build's file.")
SECONDS = Histogram(
    "shopx_columns_build_seconds",
    "Duration of one build.",
    buckets=(0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600),
)
FAILURES = Counter("shopx_columns_build_failures", "Builds that failed and will be tried again.")

_NEWEST: Final = f"""
select g.id, extract(epoch from clock_timestamp() - g.built_at)::float,
    extract(epoch from g.built_at)::float, g.rows, g.bytes, (
    select count(*) from (
        select from order_items i where i.id > g.restored_through
            and i.xid >= pg_snapshot_xmin(g.snapshot::pg_snapshot)
            and not pg_visible_in_snapshot(i.xid, g.snapshot::pg_snapshot)
        limit {EARLY}
    ) new)
from columns_generations g order by g.built_at desc limit 1
"""

_log = logging.get(__name__)


def is_due(pending: int, age: float, interval: float) -> bool:
    """Whether to build.

    Args:
        pending: Lines since the newest build, counted to `EARLY`.
        age: Seconds since its snapshot.
        interval: The wanted pause, in seconds.
    """
    return pending >= EARLY or (pending > 0 and age >= interval)


def pause(failures: int) -> float:
    """Seconds until the next look: longer after each failure, for a build may read all there is.

    Args:
        failures: Builds that failed since the last one that did not.
    """
    return float(min(LOOK * 2.0 ** min(failures, 16), LONGEST_PAUSE))


def run(settings: Settings, folder: Path, stop: threading.Event) -> None:
    """Build until `stop` is set; what fails is logged, counted, and tried again ever later."""
    failures = 0
    if settings.metrics.port is not None:
        start_http_server(settings.metrics.port, settings.metrics.host, registry=REGISTRY)
    with _serving(settings.columns, folder):
        while not stop.is_set():
            try:
                if _is_due(settings.database, folder, settings.columns.interval):
                    run_once(settings, folder)
                failures = 0
            except (psycopg.Error, ShopxError) as error:
                FAILURES.inc()
                failures += 1
                _log.warning(
                    "columns_build_failed",
                    error=str(error).strip(),
                    failures=failures,
                    next_attempt_seconds=pause(failures),
                )
            stop.wait(pause(failures))


@contextlib.contextmanager
def _serving(columns: ColumnsSettings, folder: Path) -> Iterator[None]:
    """Serve the builds to readers that share no disk, where there are such."""
    if columns.port is None or columns.token is None:
        yield
        return
    server = GenerationServer(folder, columns.host, columns.port, columns.token.get_secret_value())
    server.start()
    try:
        yield
    finally:
        server.stop()


def run_once(settings: Settings, folder: Path) -> int:
    """Build now; returns the number of lines in the build.

    Raises:
        ShopxError: See `shopx_store.columns.builder.build`.
    """
    limits = BuildLimits(settings.columns.threads, f"{settings.columns.memory}MiB")
    began = time.monotonic()
    with BUILDING.track_inprogress():
        built = build(settings.database, folder, limits)
    SECONDS.observe(time.monotonic() - began)
    GENERATION.set(built.generation.built_at.timestamp())
    ROWS.set(built.generation.rows)
    BYTES.set(built.bytes)
    PENDING.set(0)
    LAG.set(0)
    OBSERVED.set_to_current_time()
    return built.generation.rows


def _is_due(database: DatabaseSettings, folder: Path, interval: float) -> bool:
    with connect(database, "shopx columns") as connection:
        row = connection.execute(_NEWEST).fetchone()
    if row is None or not path_of(folder, row[0]).is_file():
        return True
    _, age, built_at, rows, size, pending = row
    GENERATION.set(built_at)
    ROWS.set(rows)
    BYTES.set(size)
    PENDING.set(pending)
    LAG.set(age if pending else 0)
    OBSERVED.set_to_current_time()
    return is_due(pending, age, interval)
