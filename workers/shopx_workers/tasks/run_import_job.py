"""Look at an uploaded file, check it, import it, take an import back, read a feed, make a demo.

The row of the job says what to do, and gets its progress and result. Each part is harmless when it
is done twice: an inspection and a check change nothing, an import is published once for a job, and
an undo again changes nothing.
"""

import datetime as dt
from typing import Any, Final

import psycopg

from shopx_core import logging
from shopx_core.errors import Conflict, ShopxError, Unavailable
from shopx_core.jobs import FitPredictions, RunImportJob
from shopx_core.settings import Settings
from shopx_core.texts import say
from shopx_store.commands.import_progress import refresh_views
from shopx_store.feeds import events, queue
from shopx_store.importing import job_run, jobs, uploads
from shopx_store.importing.feed_run import TakenBack, pull
from shopx_store.importing.import_session import SourceBusy
from shopx_store.importing.job_run import RejectsListed
from shopx_store.importing.jobs import ATTEMPTS, ImportJob
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.publish import seed
from shopx_workers.tasks import fit_predictions

_CHANGING: Final = frozenset({"import", "undo", "demo"})
_SALES: Final = """
select exists (select from order_keys k join sources s on s.id = k.source_id where s.name <> %s)
"""
_log = logging.get(__name__)


def run(connection: psycopg.Connection, job: RunImportJob, settings: Settings) -> dict[str, Any]:
    """Do it, unless another worker does or did.

    Raises:
        psycopg.OperationalError: The database does not answer; try again.
    """
    taken = jobs.claim(connection, job.id)
    if taken is None:
        return {"id": job.id, "skipped": True}
    if "feed" in taken.request:
        return _pull(connection, taken, settings)
    try:
        result, rejects = _do(connection, taken, settings)
    except (SourceBusy, Unavailable, psycopg.OperationalError) as error:
        # Where the job's own session broke too, the queue delivers it again.
        jobs.postpone(connection, job.id)
        return {"id": job.id, "kind": taken.kind, "postponed": str(error)}
    except ShopxError as error:
        listed = error.rejects if isinstance(error, RejectsListed) else None
        jobs.fail(connection, job.id, error, listed)
        return {"id": job.id, "kind": taken.kind, "failed": error.code}
    except Exception:
        # Another attempt would fail as well, and the page would wait for ever.
        defect = ShopxError(
            say(
                "import.failed-reason-workers-log",
                "This failed for a reason that is in the workers' log.",
            )
        )
        jobs.fail(connection, job.id, defect)
        raise
    if taken.kind in _CHANGING:
        jobs.progress(connection, job.id, "views")
        for problem in refresh_views(settings.database):
            _log.warning("view_not_refreshed", reason=problem)
    jobs.finish(connection, job.id, result, rejects)
    if taken.kind == "import" and taken.upload_id is not None:
        uploads.remove(connection, taken.upload_id)
    if taken.kind in _CHANGING:
        _fit(connection, settings)
    return {"id": job.id, "kind": taken.kind}


def _pull(connection: psycopg.Connection, job: ImportJob, settings: Settings) -> dict[str, Any]:
    """Read a feed; how it ended is noted with the job and with the feed, or with neither."""
    feed = int(job.request["feed"])
    facts: dict[str, Any] = {"id": job.id, "feed": feed}
    try:
        _expect_attempts(job)
        pulled = pull(connection, settings.database, job, settings.imports)
    except (SourceBusy, psycopg.OperationalError) as error:
        # Where the job's own session broke too, the queue delivers it again.
        jobs.postpone(connection, job.id)
        return facts | {"postponed": str(error)}
    except ShopxError as error:
        listed = error.rejects if isinstance(error, RejectsListed) else None
        with connection.transaction():
            jobs.fail(connection, job.id, error, listed)
            queue.fail(connection, feed, error, pausing=isinstance(error, TakenBack))
        _log.warning("feed_not_read", feed=feed, reason=error.message)
        return facts | {"failed": error.code}
    except Exception:
        defect = ShopxError(
            say(
                "import.failed-reason-workers-log",
                "This failed for a reason that is in the workers' log.",
            )
        )
        with connection.transaction():
            jobs.fail(connection, job.id, defect)
            queue.fail(connection, feed, defect)
        raise
    if pulled.run is not None:
        jobs.progress(connection, job.id, "views")
        for problem in refresh_views(settings.database):
            _log.warning("view_not_refreshed", reason=problem)
    with connection.transaction():
        jobs.finish(connection, job.id, pulled.report or {})
        events.booked(connection, pulled.events)
        queue.succeed(connection, feed, pulled.run, pulled.position)
        if pulled.is_more:
            queue.ask(connection, feed)
    return facts | {"run": pulled.run}


def _expect_attempts(job: ImportJob) -> None:
    if job.attempts > ATTEMPTS:
        raise ShopxError(
            say(
                "import.worker-ended-times-while",
                "The worker ended {attempts} times while it did this, probably for want of memory.",
                attempts=ATTEMPTS,
            ),
            hint=say(
                "import.split-file-give-workers",
                "Split the file, or give the workers more memory (workers.resources).",
            ),
        )


def _do(
    connection: psycopg.Connection, job: ImportJob, settings: Settings
) -> tuple[dict[str, Any], str | None]:
    _expect_attempts(job)
    if job.kind == "inspect":
        return job_run.inspect(connection, job, settings.reporting.timezone), None
    if job.kind == "undo":
        return job_run.undo(connection, settings.database, job), None
    if job.kind == "demo":
        return _generate(connection, job, settings), None
    return job_run.run(connection, settings.database, job)


def _generate(connection: psycopg.Connection, job: ImportJob, settings: Settings) -> dict[str, Any]:
    """Generate sales of the year before, in a ledger without any; again makes what is missing."""
    row = connection.execute("select timezone, currency from reporting").fetchone() or (
        "UTC",
        "USD",
    )
    until = dt.datetime.fromisoformat(job.request["until"])
    options = SeedOptions(
        orders=job.request["orders"],
        start=until - dt.timedelta(days=365),
        end=until,
        currencies=(row[1],),
        zone=row[0],
    )
    if connection.execute(_SALES, (options.source,)).fetchone() != (False,):
        raise Conflict(
            say(
                "import.sales-already-generated-ones",
                "There are sales already: generated ones would be added to them.",
            ),
            hint=say("import.shopx-seed-adds-them", "`shopx seed` adds them all the same."),
        )
    jobs.progress(connection, job.id, "demo")
    done = seed(settings.database, options)
    return {"orders": done.orders, "lines": done.lines}


def _fit(connection: psycopg.Connection, settings: Settings) -> None:
    """Predict from the sales as they are now; where that fails, their schedule does."""
    try:
        fit_predictions.run(connection, FitPredictions(), settings)
    except (ShopxError, psycopg.Error) as error:
        _log.warning("predictions_not_fitted", reason=str(error))
