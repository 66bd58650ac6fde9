"""Puts jobs about imports into the queue, which the API has no access to.

Every worker does, beside its jobs: it looks for feeds that are due, for rows that were not sent
yet, and for jobs whose worker died. Each row is sent by one of them.
"""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError

from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_core.jobs import RunImportJob
from shopx_core.settings import Settings
from shopx_store.connection import connect
from shopx_store.feeds import events, queue
from shopx_store.importing import jobs, uploads
from shopx_workers.background_thread import BackgroundThread
from shopx_workers.cron import Cron
from shopx_workers.queue import enqueue

PAUSE_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 5.0
"""After the database or the broker did not answer."""
CLEANING_LOOKS: Final = 7200
"""Old files and jobs are removed at the first look, and after so many: about hourly."""
FEED_LOOKS: Final = 4
"""Feeds are looked at less often: each two seconds."""

_log = logging.get(__name__)


class ImportQueue(BackgroundThread):
    """Watches the table of jobs in a thread of its own.

    Args:
        app: Names the broker.
        settings: The worker's.
    """

    def __init__(self, app: Celery, settings: Settings) -> None:
        super().__init__("import-queue")
        self._app = app
        self._settings = settings

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._settings.database, "shopx import queue") as connection:
                    self._watch(connection)
            except (Unavailable, psycopg.Error, OperationalError) as error:
                _log.warning("import_queue_waits", seconds=AWAY_SECONDS, reason=str(error))
                self._stopping.wait(AWAY_SECONDS)

    def _watch(self, connection: psycopg.Connection) -> None:
        looks = 0
        while not self._stopping.is_set():
            if looks % CLEANING_LOOKS == 0:
                self._clean(connection)
            looks += 1
            if looks % FEED_LOOKS == 0:
                self._enqueue_feeds(connection)
            for job in jobs.unsent(connection):
                enqueue(self._app, RunImportJob(id=job))
                _log.info("import_job_enqueued", id=job)
            self._stopping.wait(PAUSE_SECONDS)

    def _enqueue_feeds(self, connection: psycopg.Connection) -> None:
        own, now = self._settings.reporting.timezone, dt.datetime.now(dt.UTC)

        def is_due(schedule: str, zone: str | None, until: dt.datetime) -> bool:
            due = Cron.parse(schedule).last_due(until, now, ZoneInfo(zone or own))
            return due is not None

        if made := queue.enqueue_due(connection, is_due):
            _log.info("feeds_due", jobs=made)

    def _clean(self, connection: psycopg.Connection) -> None:
        days = self._settings.imports.keep_days
        events.forget(connection, days)
        files, ended = uploads.remove_old(connection, days), jobs.remove_old(connection, days)
        if files or ended:
            _log.info("old_imports_removed", uploads=files, jobs=ended)
