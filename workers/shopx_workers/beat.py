"""The scheduler: any number of them act as one.

Each entry has a row in `schedule_runs`. A scheduler that finds an entry due locks its row, checks
again, enqueues the job and notes the time, in one transaction. So a second scheduler finds nothing
left to do, without elections, leases and agreeing clocks. One that dies between the queue and the
commit may enqueue a job twice; jobs allow for that. One that was away catches up: a missed entry
runs once, however many runs it missed.

Celery's own beat is not used: its schedulers keep their state in a file or in one process, and two
of them run everything twice.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_core.jobs import Job
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_workers.queue import enqueue
from shopx_workers.schedule import Entry, entries

RETRY_SECONDS: Final = 5.0
"""The delay after the database or the broker was away."""

_NAP_SECONDS: Final = 0.5

Send = Callable[[Job, float | None], object]
"""Enqueues a job; the number is the seconds after which it expires."""

_log = logging.get(__name__)


def run_due(
    connection: psycopg.Connection,
    scheduled: Iterable[Entry],
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    send: Send,
) -> list[str]:
    """Enqueue what is due, exactly once however many callers there are.

    An entry that never ran is due at once. A job expires when its entry is due again.

    Args:
        connection: In autocommit mode.
        scheduled: The schedule.
        now: The present, aware.
        zone: The reporting time zone.
        send: Enqueues a job; when it raises, the entry stays due.

    Returns:
        The names of the entries that this call enqueued.
    """
    sent: list[str] = []
    for entry in scheduled:
        connection.execute(
            "insert into schedule_runs (entry) values (%s) on conflict do nothing", (entry.name,)
        )
        if not _is_due(_ran_at(connection, entry, lock=False), entry, now, zone):
            continue
        with connection.transaction():
            # The session that held the lock before may have just enqueued it.
            if not _is_due(_ran_at(connection, entry, lock=True), entry, now, zone):
                continue
            send(entry.job, entry.expires_in(now, zone))
            connection.execute(
                "update schedule_runs set ran_at = %s where entry = %s", (now, entry.name)
            )
        sent.append(entry.name)
    return sent


def _ran_at(connection: psycopg.Connection, entry: Entry, *, lock: bool) -> dt.datetime | None:
    row = connection.execute(
        f"select ran_at from schedule_runs where entry = %s{' for update' if lock else ''}",
        (entry.name,),
    ).fetchone()
    return row[0] if row else None


def _is_due(ran_at: dt.datetime | None, entry: Entry, now: dt.datetime, zone: ZoneInfo) -> bool:
    return ran_at is None or entry.cron.last_due(ran_at, now, zone) is not None


def until_next_minute(now: dt.datetime) -> float:
    """Seconds until schedules, which have whole minutes, can be due again."""
    return 60 - now.second - now.microsecond / 1e6


def tick(app: Celery, settings: Settings, scheduled: Iterable[Entry]) -> float:
    """Check the schedule once; returns the seconds until the next check."""
    try:
        with connect(settings.database, "shopx beat") as connection:
            sent = run_due(
                connection,
                scheduled,
                now=dt.datetime.now(dt.UTC),
                zone=ZoneInfo(settings.reporting.timezone),
                send=lambda job, expires_in: enqueue(app, job, expires_in=expires_in),
            )
    except (Unavailable, psycopg.OperationalError, OperationalError) as error:
        _log.warning("schedule_postponed", seconds=RETRY_SECONDS, reason=str(error))
        return RETRY_SECONDS
    if sent:
        _log.info("enqueued", entries=sent)
    _log.debug("schedule_checked")
    return until_next_minute(dt.datetime.now(dt.UTC))


def run(app: Celery, settings: Settings, stopping: Callable[[], bool]) -> None:
    """Keep the schedule until `stopping` is true.

    Raises:
        InvalidConfiguration: A view's schedule is not valid.
    """
    scheduled = entries(settings)
    wake = 0.0
    while not stopping():
        if time.monotonic() >= wake:
            wake = time.monotonic() + tick(app, settings, scheduled)
        # Short naps, because a signal does not end a sleep.
        time.sleep(_NAP_SECONDS)
