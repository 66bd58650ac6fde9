"""Which feeds are due, and what becomes of their attempts.

An attempt is a job about an import (`shopx_store.importing.jobs`): it is done once, taken up again
when its worker dies, and its import is published at most once. A feed has one at a time.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from shopx_core.domain.feeds import retry_after
from shopx_core.errors import ShopxError

_WATCHED: Final = """
select id, schedule, zone, scheduled_until, next_attempt_at from feeds f
where not paused and (schedule is not null or exists (select from feed_events e
        where e.feed_id = f.id and e.booked_at is null and e.problem is null))
    and (next_attempt_at is null or next_attempt_at <= now())
    and not exists (select from import_jobs j
        where j.feed_id = f.id and j.state in ('queued', 'running'))
order by id
"""
_ENQUEUE: Final = """
insert into import_jobs (kind, file_name, request, created_by, feed_id)
select 'import', name, jsonb_build_object('feed', id), 'feed ' || name, id from feeds
where id = %s and not paused
on conflict (feed_id) where state in ('queued', 'running') do nothing returning id
"""
_FIND: Final = """
select f.id, f.name, f.address, f.source, f.mapping, f.credential, f.position, f.strict, f.last_run,
    exists (select from import_runs u where u.undoes = f.last_run) as is_undone
from feeds f where f.id = %s
"""
_BEGUN: Final = "update feeds set attempted_at = now() where id = %s"
# What was taken back while an attempt was under way pauses the next one.
_SUCCEEDED: Final = """
update feeds set succeeded_at = attempted_at, scheduled_until = attempted_at, failures = 0,
    next_attempt_at = case when next_attempt_at > attempted_at then next_attempt_at end,
    problem = null, position = coalesce(%(position)s, position),
    strict = strict and %(position)s::jsonb is null,
    last_run = case when exists (select from import_runs u where u.undoes = feeds.last_run)
        then last_run else coalesce(%(run)s, last_run) end
where id = %(id)s
"""
_FAILED: Final = """
update feeds set failures = failures + 1, problem = %(problem)s,
    next_attempt_at = now() + make_interval(secs => %(wait)s), paused = paused or %(paused)s
where id = %(id)s
"""
_ASK: Final = "update feeds set next_attempt_at = now() where id = %s and not paused"
_FAILURES: Final = "select failures from feeds where id = %s"

Due = Callable[[str, str | None, dt.datetime], bool]
"""Whether a schedule in a zone is due, which was done until an instant."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What an attempt needs to know.

    Attributes:
        position: What was read: `files`, the version of each by its name; `after`, the newest
            value of each input's cursor.
        strict: Whether what was read last is not read again.
        last_run: Its newest import.
        is_undone: Whether that was taken back.
    """

    id: int
    name: str
    address: str
    source: str
    mapping: str
    credential: str | None
    position: dict[str, Any]
    strict: bool
    last_run: int | None
    is_undone: bool


def enqueue_due(connection: psycopg.Connection, is_due: Due) -> list[int]:
    """Make the jobs of the feeds that are due, each once however many callers there are.

    A feed that was due several times is read once.

    Args:
        connection: In autocommit mode.
        is_due: Reads a schedule.

    Returns:
        The jobs' ids.
    """
    made = []
    for feed, schedule, zone, until, asked in connection.execute(_WATCHED).fetchall():
        if asked is None and schedule is not None and not is_due(schedule, zone, until):
            continue
        row = connection.execute(_ENQUEUE, (feed,)).fetchone()
        if row is not None:
            made.append(int(row[0]))
    return made


def find(connection: psycopg.Connection, feed: int) -> Feed | None:
    """A feed; `None` = it was removed."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_FIND, (feed,)).fetchone()
    return Feed(**row) if row else None


def begin(connection: psycopg.Connection, feed: int) -> None:
    """Note that an attempt begins: what it reads is of then, or later."""
    connection.execute(_BEGUN, (feed,))


def succeed(
    connection: psycopg.Connection, feed: int, run: int | None, position: dict[str, Any] | None
) -> None:
    """Note an attempt's success.

    Args:
        connection: Also in a transaction with the job's end.
        feed: The feed's id.
        run: Its import; `None` = nothing was new.
        position: What was read; `None` = as before.
    """
    told = None if position is None else json.dumps(position)
    connection.execute(_SUCCEEDED, {"id": feed, "run": run, "position": told})


def ask(connection: psycopg.Connection, feed: int) -> None:
    """Ask for the next attempt at once."""
    connection.execute(_ASK, (feed,))


def fail(
    connection: psycopg.Connection, feed: int, error: ShopxError, *, pausing: bool = False
) -> None:
    """Note why an attempt failed, and when the next one is.

    Args:
        connection: Also in a transaction with the job's end.
        feed: The feed's id.
        error: What to say.
        pausing: Whether the next one waits until someone resumes the feed.
    """
    row = connection.execute(_FAILURES, (feed,)).fetchone()
    wait = retry_after(row[0] + 1 if row else 1)
    values = {"id": feed, "problem": json.dumps(error.as_json()), "wait": wait.total_seconds()}
    connection.execute(_FAILED, values | {"paused": pausing})
