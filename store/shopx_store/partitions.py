"""Making the partitions of orders and order lines ahead of time.

A line booked in a month without a partition is refused, so the coming months are made early; that
blocks neither readers nor writers. Fewer than two months left means that the upkeep does not run,
and is logged while there is time to act.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import psycopg

from shopx_core.domain.ledger_partitions import PARENTS, LockCapacity, month_name
from shopx_core.logging import get
from shopx_store import partition_merge

FEW: Final = 2
"""With fewer whole months than this after the current one, a warning is logged."""

_NAMES: Final = (
    "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
    " where i.inhparent in ('orders'::regclass, 'order_items'::regclass)"
)
_CAPACITY: Final = """
select (select count(*) from pg_inherits where inhparent = 'order_items'::regclass),
    current_setting('max_connections')::integer,
    current_setting('max_locks_per_transaction')::bigint
        * (current_setting('max_connections')::integer
            + current_setting('max_prepared_transactions')::integer)
"""

_log = get(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done, and how far the partitions reach."""

    made: int
    """Partitions made now; two a month."""
    left_before: int
    """Whole months after the current one that had been prepared."""
    left: int
    """Whole months after the current one that are prepared now."""
    merged: tuple[int, ...]
    """Years whose months became one partition."""


def months_left(partitions: Collection[str], today: dt.date) -> int:
    """Count the months after the current one (in UTC) that have all partitions, without a gap.

    -1 when the current month lacks one.
    """
    count = -1
    month = today.replace(day=1)
    while all(month_name(parent, month) in partitions for parent in PARENTS):
        count += 1
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return count


def existing(connection: psycopg.Connection) -> set[str]:
    """The names of all partitions of orders and order lines."""
    return {row[0] for row in connection.execute(_NAMES)}


def lock_capacity(connection: psycopg.Connection) -> LockCapacity:
    """The server's room for locks, beside what the ledger may need."""
    row = connection.execute(_CAPACITY).fetchone()
    return LockCapacity(*(row or (0, 0, 0)))


def keep_up(connection: psycopg.Connection, ahead: int) -> Upkeep:
    """Make the current month's partitions and those of the next `ahead` months; merge old months.

    Raises:
        psycopg.Error: The database refused or the connection was lost; nothing has changed.
    """
    with connection.transaction():
        connection.execute("set local lock_timeout = '10s'")
        row = connection.execute("select (now() at time zone 'UTC')::date").fetchone()
        today: dt.date = row[0] if row else dt.datetime.now(dt.UTC).date()
        before = months_left(existing(connection), today)
        row = connection.execute(
            "select make_partitions(%(today)s, (%(today)s + make_interval(months => %(ahead)s))"
            "::date)",
            {"today": today, "ahead": ahead},
        ).fetchone()
        names = existing(connection)
    merged = partition_merge.merge_old(connection, names, today)
    done = Upkeep(
        made=row[0] if row else 0,
        left_before=before,
        left=months_left(names, today),
        merged=merged,
    )
    if before < FEW:
        _log.warning(
            "partitions_ran_low",
            months_left=before,
            hint="The upkeep of partitions has not run for long; check its schedule.",
        )
    capacity = lock_capacity(connection)
    if not capacity.suffices:
        _log.warning("locks_scarce", advice=capacity.advice)
    _log.info("partitions_made", made=done.made, months_left=done.left, merged=list(merged))
    return done
