"""Making the monthly partitions of orders and order lines ahead of time.

A line booked in a month without a partition is refused, so the coming months are made early; that
blocks neither readers nor writers. Fewer than two months left means that the upkeep does not run,
and is logged while there is time to act.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import psycopg

from shopx_core.logging import get

PARENTS: Final = ("orders", "order_items")
FEW: Final = 2
"""With fewer whole months than this after the current one, a warning is logged."""

_NAMES: Final = (
    "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
    " where i.inhparent in ('orders'::regclass, 'order_items'::regclass)"
)

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


def months_left(partitions: Collection[str], today: dt.date) -> int:
    """Count the months after the current one (in UTC) that have all partitions, without a gap.

    -1 when the current month lacks one.
    """
    count = -1
    year, month = today.year, today.month
    while all(f"{parent}_y{year:04}m{month:02}" in partitions for parent in PARENTS):
        count += 1
        year, month = year + month // 12, month % 12 + 1
    return count


def existing(connection: psycopg.Connection) -> set[str]:
    """The names of all partitions of orders and order lines."""
    return {row[0] for row in connection.execute(_NAMES)}


def make_ahead(connection: psycopg.Connection, ahead: int) -> Upkeep:
    """Make the current month's partitions and those of the next `ahead` months.

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
        after = months_left(existing(connection), today)
    done = Upkeep(made=row[0] if row else 0, left_before=before, left=after)
    if before < FEW:
        _log.warning(
            "partitions_ran_low",
            months_left=before,
            hint="The upkeep of partitions has not run for long; check its schedule.",
        )
    _log.info("partitions_made", made=done.made, months_left=done.left)
    return done
