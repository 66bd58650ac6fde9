"""Folding many lines at once: in ranges of time, through temporary tables, with plain inserts.

A few lines are folded by one statement. With a million, that statement would hold all of its sets
in memory, and be planned without their sizes. Any partition of the lines into ranges folds to the
same rollups if each range sees what the one before it added. So ranges of some days each are
folded one after another in the caller's transaction. Their sets are those of
`shopx_store.rollups.sql`, as temporary tables that PostgreSQL can analyze.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import psycopg

from shopx_core.errors import Conflict
from shopx_store.rollups.sql import ROLLUPS, fold_statement, large_sets

FEW_LINES: Final = 5_000
"""Lines that one statement folds faster."""
LINES_PER_RANGE: Final = 300_000
"""Lines of a range, unless one day has more: their sets take some 150 MB. What a month of a large
shop books is one range, and `prepare` does half of the first range's work without the lock."""

AHEAD: Final = ("signed_lines", "order_sums", "product_sums")
"""Sets that need lines only, no rollup."""
LARGE_SETS: Final = tuple(large_sets("true"))

TimeRange = tuple[dt.datetime, dt.datetime]
"""The first instant of a range, and the first after it."""

_DAYS: Final = """
select (i.booked_at at time zone 'UTC')::date as day, count(*) from order_items i where {where}
group by day order by day
"""
_BETWEEN: Final = "i.booked_at >= %(range_start)s and i.booked_at < %(range_end)s"

# More is taken back than booked.
_EMPTYING: Final = "select from product_sums having sum(lines) < 0"

# For the rest of the transaction. Small samples describe the sets well enough; the pages of the
# rollups that are looked up have just been written, so random access is cheap.
_SESSION_SETTINGS: Final = (
    "set local work_mem = '64MB'; set local jit = off; set local default_statistics_target = 10;"
    " set local random_page_cost = 1.1; set local max_parallel_workers_per_gather = 0"
)


class LedgerChanged(Conflict):
    """The number of lines changed while they were folded: a defect."""


class FoldBatch:
    """The lines to fold, selected by a condition.

    Args:
        connection: In the transaction that will fold them.
        where: A condition on `i`, with named placeholders.
        parameters: Their values.
    """

    def __init__(
        self, connection: psycopg.Connection, where: str, parameters: Mapping[str, object]
    ) -> None:
        self._connection = connection
        self._where = where
        self._parameters = parameters
        days = connection.execute(_DAYS.format(where=where), parameters).fetchall()
        self.count: int = sum(count for _, count in days)
        """How many there are."""
        self._ranges = list(ranges(days)) if self.count > FEW_LINES else []
        self._created: set[str] = set()
        """The sets that exist as temporary tables."""
        self._prepared: tuple[str, ...] = ()
        """Those of them that hold the first range already."""
        self._folded = 0
        """How many lines the ranges so far have held."""

    def prepare(self) -> None:
        """Do the work on the first range that needs no rollup, and so no lock.

        The caller ensures that these lines and the reporting zone do not change.
        """
        if self._ranges:
            self._fill(self._ranges[0], AHEAD)
            self._prepared = AHEAD

    def fold(self) -> int:
        """Fold them; the transaction holds the fold's lock. Returns how many they were.

        Raises:
            LedgerChanged: Their number changed; the caller rolls back.
        """
        if self._ranges:
            for part in self._ranges:
                self._fill(part, [name for name in LARGE_SETS if name not in self._prepared])
                self._prepared = ()
                self._add()
            self._connection.execute(f"drop table {', '.join(LARGE_SETS)}")
            if self._folded != self.count:
                raise LedgerChanged(
                    f"{self.count:,} lines were to be folded, and their days held"
                    f" {self._folded:,}; nothing was folded.",
                    hint="The fold tries again by itself; repeat an import.",
                )
        elif self.count:
            self._connection.execute(fold_statement(self._where), self._parameters)
        return self.count

    def _add(self) -> None:
        """Add the range that the sets hold to the rollups."""
        execute = self._connection.execute
        emptying = execute(_EMPTYING).rowcount > 0
        for rollup in ROLLUPS:
            if execute(rollup.any_touched()).rowcount:
                execute(rollup.update_then_insert(emptying=emptying))
            else:
                execute(rollup.insert())

    def _fill(self, part: TimeRange, names: Collection[str]) -> None:
        execute = self._connection.execute
        if not self._created:
            execute(_SESSION_SETTINGS)
        sets = large_sets(f"{_BETWEEN} and ({self._where})")
        bounds = {**self._parameters, "range_start": part[0], "range_end": part[1]}
        for name in names:
            if name in self._created:
                execute(f"truncate {name}")
                filled = execute(f"insert into {name} {sets[name]}", bounds)
            else:
                filled = execute(f"create temp table {name} on commit drop as {sets[name]}", bounds)
                self._created.add(name)
            if name == "signed_lines":
                self._folded += filled.rowcount
            execute(f"analyze {name}")


def ranges(days: Sequence[tuple[dt.date, int]]) -> Iterator[TimeRange]:
    """Group days (of UTC), ascending and each with its lines, into ranges.

    Each has about `LINES_PER_RANGE` lines, and a day is never divided.
    """
    total = sum(count for _, count in days)
    size = total / max(1, round(total / LINES_PER_RANGE))
    start: dt.date | None = None
    done = ended = 0
    for day, count in days:
        start = start or day
        done += count
        # The boundary that a range should reach, half a line less because of rounding.
        if done >= ended + size - 0.5:
            yield _midnight(start), _midnight(day + dt.timedelta(days=1))
            start, ended = None, done
    if start is not None:
        yield _midnight(start), _midnight(days[-1][0] + dt.timedelta(days=1))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)
