"""The imports that a database knows: which files, which mapping, what they booked."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from shopx_core.errors import NotFound

_RUNS: LiteralString = """
select r.id, s.name as source, r.published_at, r.mode, r.lines_new as new,
    r.lines_changed as changed, r.lines_missing as missing, r.lines_again as again,
    r.lines_same as same, r.summary, r.inputs, r.mapping, r.undoes, r.xid::text as xid,
    r.first_line, r.last_line, coalesce(r.builds_on, '{}') as builds_on,
    u.id as undone_by, u.published_at as undone_at,
    coalesce((
        select array_agg(b.id order by b.id) from import_runs b
        where r.id = any(b.builds_on) and not exists (
            select from import_runs v where v.undoes = b.id)
    ), '{}') as built_upon
from import_runs r join sources s on s.id = r.source_id
left join import_runs u on u.undoes = r.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A published import or seeding, or the undo of one.

    Attributes:
        mode: append, replace, snapshot, seed or undo.
        summary: Rows read, skipped and rejected, documents by kind, totals by currency.
        inputs: Each file's name, bytes and SHA-256; `None` before these were noted.
        mapping: Its text; `None` before it was noted.
        xid: The transaction that booked the lines, which have ids from `first_line` to `last_line`;
            `None` before these were noted.
        builds_on: Earlier imports with lines of the orders that this one compared with.
        built_upon: Later ones that build on this one, and were not taken back.
        undoes: Which import this one took back.
        undone_by: Which run took it back, `undone_at`.
    """

    id: int
    source: str
    published_at: dt.datetime
    mode: str
    new: int
    changed: int
    missing: int
    again: int
    same: int
    summary: dict[str, Any]
    inputs: list[dict[str, Any]] | None
    mapping: str | None
    xid: str | None
    first_line: int | None
    last_line: int | None
    undoes: int | None
    undone_by: int | None
    undone_at: dt.datetime | None
    builds_on: list[int] = field(default_factory=list)
    built_upon: list[int] = field(default_factory=list)


def find_run(connection: psycopg.Connection, run: int) -> Run:
    """One run.

    Raises:
        NotFound: There is none with this id.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_RUNS + "where r.id = %s", (run,)).fetchone()
    if row is None:
        raise NotFound(f"There is no import {run}.", hint="`shopx import list` has their numbers.")
    return Run(**row)


def list_runs(connection: psycopg.Connection, source: str | None, last: int) -> list[Run]:
    """The newest runs, of one source or of all, the newest first."""
    query: LiteralString = (
        _RUNS + "where %(source)s::text is null or s.name = %(source)s order by r.id desc"
        " limit %(last)s"
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Run(**row) for row in cursor.execute(query, {"source": source, "last": last})]
