"""Merging the monthly partitions of a year that is long past into one, while others read and write.

The lines are copied without a lock, as of one snapshot. Then the tables are exchanged, in one short
transaction that waits at most half a second for readers and writers at a time, and gives up where a
line was booked in that year meanwhile: then the next upkeep tries again.

A reader whose snapshot is older than the exchange looks into the new table. Its rows are frozen,
which every snapshot sees, so nothing is missing; and the exchange waits until every snapshot sees
the year's lines, so nothing is seen too early.
"""

import datetime as dt
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.conninfo import make_conninfo

from shopx_core.domain.ledger_partitions import PARENTS, is_yearly, month_name, year_name
from shopx_core.logging import get

ATTEMPTS: Final = 60
"""How often the exchange asks for its lock, about once a second."""

_TIME_COLUMNS: Final = {"orders": "ordered_at", "order_items": "booked_at"}
_COLUMNS: Final = """
select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""
# The oldest transaction that a snapshot of another session does not see; `age` counts from the
# session's own transaction.
_OLDEST: Final = """
select least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    pg_current_xact_id()::text::bigint - coalesce((
        select max(age(xmin)) from (
            select backend_xmin as xmin from pg_stat_activity
            where (datid is null or datname = current_database()) and pid <> pg_backend_pid()
            union all select xmin from pg_replication_slots
        ) held), 0))
"""
_UNSETTLED: Final = """
select exists (select from {table} i
    where i.xid >= {low}::xid8 and i.id > (select restored_through from watermark)
        and (i.xid >= {oldest}::xid8
            or not pg_visible_in_snapshot(i.xid, {snapshot}::pg_snapshot)))
"""

_log = get(__name__)


class _Unsettled(Exception):  # noqa: N818 -- a state of the year, which the caller handles
    """A line was booked in the year so recently that not every session sees it."""


def years_to_merge(partitions: Collection[str], today: dt.date) -> list[int]:
    """The years that have monthly partitions and are to have one, ascending.

    Args:
        partitions: The names of all partitions.
        today: The day in UTC.
    """
    suffixes = (name.rpartition("_y")[2] for name in partitions)
    years = {int(suffix[:4]) for suffix in suffixes if "m" in suffix}
    return sorted(year for year in years if is_yearly(year, today))


def merge_old(
    connection: psycopg.Connection, partitions: Collection[str], today: dt.date
) -> tuple[int, ...]:
    """Merge what is old enough, year by year; what cannot be merged now is logged and stays.

    Args:
        connection: In autocommit mode.
        partitions: The names of all partitions.
        today: The day in UTC.

    Returns:
        The years that were merged.
    """
    merged = []
    for year in years_to_merge(partitions, today):
        try:
            merge(connection, year, partitions)
        except _Unsettled:
            _log.info("partitions_not_merged", year=year, reason="lines were booked in it just now")
        except psycopg.Error as error:
            _log.warning("partitions_not_merged", year=year, reason=str(error).strip())
        else:
            merged.append(year)
    return tuple(merged)


def merge(connection: psycopg.Connection, year: int, partitions: Collection[str]) -> None:
    """Merge one year.

    Raises:
        _Unsettled: See there; nothing has changed.
        psycopg.Error: The database refused, or the lock was not to be had; nothing has changed.
    """
    months = {
        parent: [
            name
            for month in range(1, 13)
            if (name := month_name(parent, dt.date(year, month, 1))) in partitions
        ]
        for parent in PARENTS
    }
    began = time.monotonic()
    with connection.transaction():
        connection.execute("set local statement_timeout = 0")
        connection.execute("select pg_advisory_xact_lock(hashtext('shopx.partitions'))")
        snapshot = _copy(connection, year, months)
        for attempt in range(ATTEMPTS):
            try:
                with connection.transaction():
                    connection.execute("set local lock_timeout = '500ms'")
                    _exchange(connection, year, months, snapshot)
                break
            except psycopg.errors.LockNotAvailable:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.5)
    for parent in PARENTS:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(year_name(parent, year))))
    _log.info("partitions_merged", year=year, seconds=round(time.monotonic() - began, 3))


def _copy(connection: psycopg.Connection, year: int, months: dict[str, list[str]]) -> str:
    """Fill the year's tables with frozen rows; returns the snapshot that the rows are of."""
    with _reader(connection) as reader:
        row = reader.execute("select pg_current_snapshot()::text").fetchone()
        for parent in PARENTS:
            table = year_name(parent, year)
            connection.execute(
                sql.SQL(
                    "create table {table} (like {parent} including defaults including constraints"
                    " including indexes,"
                    " constraint of_year check ({at} >= {low} and {at} < {high}))"
                ).format(
                    table=sql.Identifier(table),
                    parent=sql.Identifier(parent),
                    at=sql.Identifier(_TIME_COLUMNS[parent]),
                    low=sql.Literal(_start(year)),
                    high=sql.Literal(_start(year + 1)),
                )
            )
            (columns,) = connection.execute(_COLUMNS, (parent,)).fetchone() or ("",)
            for month in months[parent]:
                _copy_table(reader, connection, month, table, columns)
        return str(row[0]) if row else ""


def _copy_table(
    reader: psycopg.Connection, writer: psycopg.Connection, source: str, target: str, columns: str
) -> None:
    listed = sql.SQL(columns)  # of PostgreSQL's own catalogue, quoted
    read = sql.SQL("copy {} ({}) to stdout (format binary)").format(sql.Identifier(source), listed)
    write = sql.SQL("copy {} ({}) from stdin (format binary, freeze)").format(
        sql.Identifier(target), listed
    )
    with reader.cursor().copy(read) as rows, writer.cursor().copy(write) as into:
        for block in rows:
            into.write(block)


def _exchange(
    connection: psycopg.Connection, year: int, months: dict[str, list[str]], snapshot: str
) -> None:
    connection.execute("lock table only orders, only order_items in access exclusive mode")
    _expect_settled(connection, months["order_items"], snapshot)
    for parent in PARENTS:
        table = sql.Identifier(year_name(parent, year))
        for month in months[parent]:
            connection.execute(
                sql.SQL("alter table {} detach partition {}").format(
                    sql.Identifier(parent), sql.Identifier(month)
                )
            )
        connection.execute(
            sql.SQL(
                "create trigger refuse_change before update or delete or truncate on {}"
                " for each statement execute function refuse_change()"
            ).format(table)
        )
        connection.execute(
            sql.SQL("alter table {} attach partition {} for values from ({}) to ({})").format(
                sql.Identifier(parent),
                table,
                sql.Literal(_start(year)),
                sql.Literal(_start(year + 1)),
            )
        )
        connection.execute(sql.SQL("alter table {} drop constraint of_year").format(table))
        for month in months[parent]:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(month)))


def _expect_settled(connection: psycopg.Connection, tables: Sequence[str], snapshot: str) -> None:
    """Check that every line of the year was copied, and is seen by every session.

    An order's header is booked with a line of the same time, so lines tell of headers too.
    """
    row = connection.execute(_OLDEST).fetchone()
    oldest = int(row[0]) if row else 0
    low = min(oldest, int(snapshot.partition(":")[0]))
    for table in tables:
        found = connection.execute(
            sql.SQL(_UNSETTLED).format(
                table=sql.Identifier(table),
                low=sql.Literal(str(low)),
                oldest=sql.Literal(str(oldest)),
                snapshot=sql.Literal(snapshot),
            )
        ).fetchone()
        if found is None or found[0]:
            raise _Unsettled(table)


def _start(year: int) -> str:
    return f"{year:04}-01-01 00:00:00+00"


@contextmanager
def _reader(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A second session, whose one transaction reads as of one snapshot."""
    address = make_conninfo(connection.info.dsn, password=connection.info.password or None)
    with psycopg.connect(address, autocommit=True, application_name="shopx partitions") as made:
        made.isolation_level = IsolationLevel.REPEATABLE_READ
        with made.transaction():
            made.execute("set transaction read only")
            made.execute("set local statement_timeout = 0")
            yield made
