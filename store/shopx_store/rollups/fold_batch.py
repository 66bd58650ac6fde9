"""Folding many lines at once: in slices of time, through temporary tables, with rows added plainly.

A fold of a few lines is one statement. Of a million, that statement would hold all of its sets in
memory, and be planned without knowing how large they are. Any partition of the lines into slices
folds to the same rollups, if each slice sees what the one before it added: so slices of some days
each, one after another, in the caller's transaction. Their sets are the ones of
`shopx_store.rollups.sql`, kept as temporary tables that PostgreSQL can count.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import psycopg

from shopx_core.errors import Conflict
from shopx_store.rollups.sql import ROLLUPS, fold_statement, large_sets

FEW: Final = 5_000
"""Lines that one statement folds faster."""
SLICE: Final = 100_000
"""Lines of a slice, unless one day has more: their sets take some 50 MB."""

AHEAD: Final = ("signed_lines", "order_sums", "product_sums")
"""Sets that are made of lines alone."""
LARGE_SETS: Final = tuple(large_sets("true"))

Slice = tuple[dt.datetime, dt.datetime]
"""The first instant of a slice, and the first after it."""

_DAYS: Final = """
select (i.booked_at at time zone 'UTC')::date as day, count(*) from order_items i where {where}
group by day order by day
"""
_BETWEEN: Final = "i.booked_at >= %(slice_start)s and i.booked_at < %(slice_end)s"

# Only for the rest of the transaction. The sets are small samples of what they say; pages of the
# rollups that are looked up have just been written, and so cost no more than the next one.
_TERMS: Final = (
    "set local work_mem = '64MB'; set local jit = off; set local default_statistics_target = 10;"
    " set local random_page_cost = 1.1; set local max_parallel_workers_per_gather = 0"
)


class LedgerChanged(Conflict):
    """Lines came or went while they were folded, which nothing but a mistake can bring about."""


class Lines:
    """The lines that a condition selects, on their way into the rollups.

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
        self._slices = list(slices(days)) if self.count > FEW else []
        self._made: set[str] = set()
        """Which sets are there, as temporary tables."""
        self._ready: tuple[str, ...] = ()
        """Which of them hold the first slice already."""
        self._taken = 0
        """How many lines the slices so far have held."""

    def prepare(self) -> None:
        """Do what needs no rollup, and so no lock, for the first slice.

        The caller sees to it that these lines and the reporting zone stay as they are.
        """
        if self._slices:
            self._fill(self._slices[0], AHEAD)
            self._ready = AHEAD

    def fold(self) -> int:
        """Fold them; the transaction holds the fold's lock. Returns how many they were.

        Raises:
            LedgerChanged: They are not the ones they were; the caller rolls back.
        """
        if self._slices:
            for part in self._slices:
                self._fill(part, [name for name in LARGE_SETS if name not in self._ready])
                self._ready = ()
                for rollup in ROLLUPS:
                    self._connection.execute(rollup.add())
            self._connection.execute(f"drop table {', '.join(LARGE_SETS)}")
            if self._taken != self.count:
                raise LedgerChanged(
                    f"{self.count:,} lines were to be folded, and their days held"
                    f" {self._taken:,}; nothing was folded.",
                    hint="It is tried again by itself; import again what was being imported.",
                )
        elif self.count:
            self._connection.execute(fold_statement(self._where), self._parameters)
        return self.count

    def _fill(self, part: Slice, names: Collection[str]) -> None:
        execute = self._connection.execute
        if not self._made:
            execute(_TERMS)
        sets = large_sets(f"{_BETWEEN} and ({self._where})")
        bounds = {**self._parameters, "slice_start": part[0], "slice_end": part[1]}
        for name in names:
            if name in self._made:
                execute(f"truncate {name}")
                filled = execute(f"insert into {name} {sets[name]}", bounds)
            else:
                filled = execute(f"create temp table {name} on commit drop as {sets[name]}", bounds)
                self._made.add(name)
            if name == "signed_lines":
                self._taken += filled.rowcount
            execute(f"analyze {name}")


def slices(days: Sequence[tuple[dt.date, int]]) -> Iterator[Slice]:
    """Group days (of UTC), ascending and each with its lines, into slices of about `SLICE` lines.

    They are of about the same size, and a day is never divided.
    """
    total = sum(count for _, count in days)
    size = total / max(1, round(total / SLICE))
    start: dt.date | None = None
    done = ended = 0
    for day, count in days:
        start = start or day
        done += count
        # The next boundary that a slice should reach, half a line short for rounding.
        if done >= ended + size - 0.5:
            yield _midnight(start), _midnight(day + dt.timedelta(days=1))
            start, ended = None, done
    if start is not None:
        yield _midnight(start), _midnight(days[-1][0] + dt.timedelta(days=1))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)
