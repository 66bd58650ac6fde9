"""Jobs about imports: their rows, who does them, and what becomes of them when a worker dies.

The row is the truth. A worker that takes a job holds an advisory lock of its id on the session that
it does the job with, which the server releases when the worker is gone. So a job that is `running`
without its lock is taken up again, at once and without clocks that agree.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from shopx_core.errors import ShopxError

ATTEMPTS: Final = 3
"""How often a job is taken up before it counts as what ends the workers."""
POSTPONED_SECONDS: Final = 5
RESEND_SECONDS: Final = 60
"""A queued job that no worker took is put into the queue again after so long."""

_LOCK: Final = "hashtext('shopx.import-job')"
_CLAIM: Final = """
update import_jobs set state = 'running', started_at = coalesce(started_at, now()),
    attempts = attempts + 1, step = null, done = null, total = null
where id = %s and state in ('queued', 'running')
returning id, kind, upload_id, file_name, request, attempts
"""
_ABANDONED: Final = f"""
update import_jobs set state = 'queued', sent_at = null
where state = 'running' and pg_try_advisory_xact_lock({_LOCK}, id::integer)
"""
_UNSENT: Final = """
update import_jobs set sent_at = now()
where id in (
    select id from import_jobs where state = 'queued'
        and (sent_at is null or sent_at < now() - make_interval(secs => %s))
    order by id for update skip locked
) returning id
"""
_POSTPONE: Final = """
update import_jobs set state = 'queued', attempts = attempts - 1, step = null,
    sent_at = now() - make_interval(secs => %s)
where id = %s
"""
_PROGRESS: Final = """
update import_jobs set step = %(step)s, done = %(done)s, total = %(total)s, rows_read = %(rows)s
where id = %(id)s
"""
_DONE: Final = """
update import_jobs set state = 'done', finished_at = now(), step = null, done = null, total = null,
    result = %(result)s, rejects = %(rejects)s
where id = %(id)s
"""
_FAILED: Final = """
update import_jobs set state = 'failed', finished_at = now(), step = null, error = %(error)s,
    rejects = %(rejects)s
where id = %(id)s
"""
_REMOVE_OLD: Final = """
delete from import_jobs where finished_at < now() - make_interval(days => %s)
"""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """A job that this session may do.

    Attributes:
        kind: inspect, check, import, undo or demo.
        request: What is asked for; see `shopx_store.importing.job_run`. Of a demo: `orders`, and
            the instant `until` which they lie.
        attempts: This one is the so-manieth.
    """

    id: int
    kind: str
    upload_id: uuid.UUID | None
    file_name: str | None
    request: dict[str, Any]
    attempts: int


def claim(connection: psycopg.Connection, job: int) -> ImportJob | None:
    """Take a job, for as long as the session lives.

    Returns:
        `None` = another session does it, or it is done.
    """
    row = connection.execute(f"select pg_try_advisory_lock({_LOCK}, %s)", (job,)).fetchone()
    if row != (True,):
        return None
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_CLAIM, (job,)).fetchone()
    return ImportJob(**found) if found else None


def unsent(connection: psycopg.Connection) -> list[int]:
    """The jobs to put into the queue, each for one caller: new ones, and those left by a worker."""
    connection.execute(_ABANDONED)
    return sorted(row[0] for row in connection.execute(_UNSENT, (RESEND_SECONDS,)))


def postpone(connection: psycopg.Connection, job: int) -> None:
    """Give a job back that cannot be done now: it is put into the queue again in some seconds."""
    connection.execute(_POSTPONE, (RESEND_SECONDS - POSTPONED_SECONDS, job))


def progress(
    connection: psycopg.Connection,
    job: int,
    step: str,
    *,
    done: int | None = None,
    total: int | None = None,
    rows: int = 0,
) -> None:
    """Note how far a job is; `done` of `total` in units of the step."""
    values = {"id": job, "step": step, "done": done, "total": total, "rows": rows}
    connection.execute(_PROGRESS, values)


def finish(
    connection: psycopg.Connection, job: int, result: dict[str, Any], rejects: str | None = None
) -> None:
    """Note a job's result, and the list of rejected rows as CSV."""
    values = {"id": job, "result": json.dumps(result), "rejects": rejects}
    connection.execute(_DONE, values)


def fail(
    connection: psycopg.Connection, job: int, error: ShopxError, rejects: str | None = None
) -> None:
    """Note why a job failed; a repetition would fail as well."""
    connection.execute(
        _FAILED, {"id": job, "error": json.dumps(error.as_json()), "rejects": rejects}
    )


def run_of(connection: psycopg.Connection, job: int) -> int | None:
    """The import that a job has published already."""
    row = connection.execute("select id from import_runs where job_id = %s", (job,)).fetchone()
    return row[0] if row else None


def remove_old(connection: psycopg.Connection, days: int) -> int:
    """Remove the jobs that ended so many days ago; returns how many. The imports stay."""
    return connection.execute(_REMOVE_OLD, (days,)).rowcount
