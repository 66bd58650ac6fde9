"""Refreshing the materialized views: one at a time, from one snapshot, recorded with the result.

CronJobs, workers and the command line all use this module. A lock keeps two of them from computing
the same view at once; the second one skips it.
"""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg
from psycopg import IsolationLevel, sql

from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import NotFound, Unavailable
from shopx_core.logging import get
from shopx_store.matviews.left_out import left_out

_LOCK: Final = "select pg_try_advisory_lock(hashtext('shopx.refresh'), hashtext(%s))"
_UNLOCK: Final = "select pg_advisory_unlock(hashtext('shopx.refresh'), hashtext(%s))"

# Readers have priority: behind a long wait for an exclusive lock they would queue, and parallel
# workers would take their cores. The planner cannot know how many lines a period has that is read
# from the data; it takes few, and joins 50,000 lines with themselves one by one.
SESSION_SETTINGS: Final[LiteralString] = (
    "set local lock_timeout = '10s'; set local statement_timeout = 0;"
    " set local max_parallel_workers_per_gather = 0; set local enable_nestloop = off"
)

# Autovacuum analyzes partitions and never their parent; without the parent's statistics a view that
# takes seconds takes many minutes.
_STALE: Final = """
select c.relname from pg_class c
where c.oid in ('orders'::regclass, 'order_items'::regclass) and (
    select coalesce(sum(pg_stat_get_live_tuples(i.inhrelid)), 0)
    from pg_inherits i where i.inhparent = c.oid
) not between c.reltuples * 0.8 and c.reltuples * 1.25
"""

_log = get(__name__)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """One view that was refreshed."""

    view: str
    as_of: dt.datetime
    """Everything committed before this instant is in the view."""
    seconds: float
    concurrently: bool
    """Readers were not blocked; impossible for a view that was never filled."""


def refresh(
    connection: psycopg.Connection, view: str, *, concurrently: bool = True
) -> tuple[Refreshed, ...] | None:
    """Refresh a view and its companions, all or nothing, and record it.

    Args:
        connection: In autocommit mode and idle; the lock is held by its session.
        view: A name in `MATVIEWS`.
        concurrently: Do not block readers, at about twice the cost.

    Returns:
        What was refreshed, or `None` when another session is refreshing it right now.

    Raises:
        NotFound: There is no such view.
        Unavailable: The connection or a lock was lost; nothing has changed.
    """
    registered = MATVIEWS.get(view)
    if registered is None:
        raise NotFound(
            f"There is no materialized view {view!r}.", hint=f"There are: {', '.join(MATVIEWS)}."
        )
    with _alone(connection, view) as alone:
        if not alone:
            _log.info("refresh_skipped", view=view, reason="another session is refreshing it")
            return None
        for (table,) in connection.execute(_STALE).fetchall():
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
        # One snapshot for all of them, taken after the lock: in an older one the result of the
        # previous holder would be a conflicting change.
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                connection.execute(SESSION_SETTINGS)
                done = tuple(
                    _one(connection, member, concurrently) for member in registered.members
                )
        except psycopg.OperationalError as error:
            raise Unavailable(
                f"{view} was not refreshed: {str(error).strip()}.",
                hint="It still has its previous contents; try again.",
            ) from error
        finally:
            if not connection.closed:
                connection.isolation_level = None
    for one in done:
        _log.info(
            "view_refreshed",
            view=one.view,
            as_of=one.as_of.isoformat(),
            seconds=round(one.seconds, 3),
        )
    return done


@contextlib.contextmanager
def _alone(connection: psycopg.Connection, view: str) -> Iterator[bool]:
    row = connection.execute(_LOCK, (view,)).fetchone()
    alone = bool(row and row[0])
    try:
        yield alone
    finally:
        # The server released the lock of a lost connection.
        if alone and not connection.closed:
            connection.execute(_UNLOCK, (view,))


def _one(connection: psycopg.Connection, view: str, concurrently: bool) -> Refreshed:
    row = connection.execute(
        "select now(), relispopulated from pg_class where oid = to_regclass(%s)", (view,)
    ).fetchone()
    if row is None:
        raise NotFound(f"The database has no view {view}.", hint="Run `shopx migrate`.")
    as_of, populated = row
    concurrently = concurrently and populated
    name = sql.Identifier(view)
    how = sql.SQL("concurrently ") if concurrently else sql.SQL("")
    start = time.perf_counter()
    connection.execute(sql.SQL("refresh materialized view {}{}").format(how, name))
    connection.execute(sql.SQL("analyze {}").format(name))
    seconds = time.perf_counter() - start
    connection.execute(
        "insert into matview_refreshes (view, as_of, finished_at, seconds, snapshot, left_out)"
        " values (%s, %s, clock_timestamp(), %s, pg_current_snapshot()::text, %s)"
        " on conflict (view) do update"
        " set as_of = excluded.as_of, finished_at = excluded.finished_at,"
        " seconds = excluded.seconds, snapshot = excluded.snapshot,"
        " left_out = excluded.left_out",
        (view, as_of, seconds, left_out(connection, view)),
    )
    return Refreshed(view, as_of, seconds, concurrently)
