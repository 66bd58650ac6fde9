"""Folding many lines at once: in slices of time, through temporary tables, with rows added plainly.

A fold of a few lines is one statement. Of a million, that statement would hold all of its sets in
memory, and be planned without knowing how large they are. Any partition of the lines into slices
folds to the same rollups, if each slice sees what the one before it added: so slices of some days
each, one after another, in the caller's transaction. Their sets are the ones of
`shopx_core.db.contributions`, kept as temporary tables that PostgreSQL can count.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import psycopg

from shopx_core.db.contributions import ROLLUPS, fold_statement, large_sets

FEW: Final = 5_000
"""Lines that one statement folds faster."""
SLICE: Final = 100_000
"""Lines of a slice, unless one day has more: their sets take some 50 MB."""

Slice = tuple[dt.datetime, dt.datetime]
"""The first instant of a slice, and the first after it."""

_DAYS: Final = """
select date_trunc('day', i.booked_at, 'UTC') as day, count(*) from order_items i where {where}
group by day order by day
"""
_BETWEEN: Final = "i.booked_at >= %(slice_start)s and i.booked_at < %(slice_end)s"

# Only for the rest of the transaction. The sets are small samples of what they say; pages of the
# rollups that are looked up have just been written, and so cost no more than the next one.
_TERMS: Final = (
    "set local work_mem = '64MB'; set local jit = off; set local default_statistics_target = 10;"
    " set local random_page_cost = 1.1; set local max_parallel_workers_per_gather = 0"
)


def fold_lines(connection: psycopg.Connection, where: str, parameters: Mapping[str, object]) -> int:
    """Fold the lines that `where` selects (alias `i`) into every rollup; returns their number.

    Args:
        connection: In a transaction that holds the fold's lock.
        where: A condition with named placeholders.
        parameters: Their values.
    """
    days = connection.execute(_DAYS.format(where=where), parameters).fetchall()
    lines: int = sum(count for _, count in days)
    if lines <= FEW:
        if lines:
            connection.execute(fold_statement(where), parameters)
        return lines
    connection.execute(_TERMS)
    sets = large_sets(f"{_BETWEEN} and ({where})")
    for number, (start, end) in enumerate(slices(days)):
        bounds = {**parameters, "slice_start": start, "slice_end": end}
        for name, query in sets.items():
            if number:
                connection.execute(f"truncate {name}")
                connection.execute(f"insert into {name} {query}", bounds)
            else:
                connection.execute(f"create temp table {name} on commit drop as {query}", bounds)
            connection.execute(f"analyze {name}")
        for rollup in ROLLUPS:
            connection.execute(rollup.add())
    connection.execute(f"drop table {', '.join(sets)}")
    return lines


def slices(days: Sequence[tuple[dt.datetime, int]]) -> Iterator[Slice]:
    """Group days, ascending and each with its lines, into slices of about `SLICE` lines.

    They are of about the same size, and a day is never divided.
    """
    total = sum(count for _, count in days)
    size = total / max(1, round(total / SLICE))
    start: dt.datetime | None = None
    done = ended = 0
    for day, count in days:
        start = start or day
        done += count
        # The next boundary that a slice should reach, half a line short for rounding.
        if done >= ended + size - 0.5:
            yield start, day + dt.timedelta(days=1)
            start, ended = None, done
    if start is not None:
        yield start, days[-1][0] + dt.timedelta(days=1)
