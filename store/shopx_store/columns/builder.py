"""Builds a base: reads one snapshot of the primary, checks what it wrote, and says so.

A build that follows another one reads from PostgreSQL only what was booked since and alters a copy
of the file (`shopx_store.columns.continuation`); the whole is checked all the same.
"""

import contextlib
import datetime as dt
import errno
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg
from psycopg import IsolationLevel

from shopx_core import logging
from shopx_core.errors import Conflict, Unavailable
from shopx_core.settings import DatabaseSettings
from shopx_store.columns import build_check, continuation, helper_tables, ledger_rows
from shopx_store.columns.base import (
    FORMAT,
    LINE_COLUMNS,
    SUFFIX,
    Base,
    Generation,
    UnusableBase,
    connect,
    literal,
    open_base,
    path_of,
)
from shopx_store.connection import connect as connect_database
from shopx_store.query.snapshots import Snapshot

KEPT_FOR: Final = dt.timedelta(minutes=10)
"""How long a base stays after the next one: an as-of's lifetime and the longest query."""

_PART: Final = ".part"
_CSV_TYPES: Final = {
    **dict.fromkeys(ledger_rows.COLUMNS, "BIGINT"),
    "code": "VARCHAR",
    "is_return": "BOOLEAN",
}
_FRESH: Final = f"""
select {", ".join(name for name, _ in LINE_COLUMNS)} from (
    select instant, order_id, product_id, customer_id, rep_id, region_id, channel_id,
        c.id as currency, {ledger_rows.MEASURES}
    from incoming join base.currencies c using (code)
) order by instant, order_id
"""
_NEW_CODES: Final = """
insert into base.currencies
select (row_number() over (order by code) + (select count(*) from base.currencies) - 1)::smallint,
    code
from (select distinct code from incoming where code not in (select code from base.currencies))
"""
_FULL: Final = ("no space left", "could not write", "file too large", "disk quota")

_log = logging.get(__name__)


class BuildRunning(Conflict):
    """Another process builds into the same folder."""

    code = "COLUMNS_BUILD_RUNNING"


class NoRoom(Unavailable):
    """The disk has no room for a build; the bases before stay."""

    code = "COLUMNS_NO_ROOM"


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """What a build may use.

    Attributes:
        threads: Cores.
        memory: DuckDB's limit, such as `1GB`; what exceeds it is written beside the file.
    """

    threads: int = 2
    memory: str = "1GB"


@dataclass(frozen=True, slots=True)
class Built:
    """A published build.

    Attributes:
        generation: What was built.
        bytes: The file's size.
        seconds: The build's duration.
        read: Lines that came from PostgreSQL, the others from the base before.
        no_amounts: Why it cannot answer for amounts, or `None`.
        no_orders: Why it cannot count orders, or `None`.
    """

    generation: Generation
    bytes: int
    seconds: float
    read: int
    no_amounts: str | None
    no_orders: str | None


def build(database: DatabaseSettings, folder: Path, limits: BuildLimits) -> Built:
    """Build the next generation into a folder, and remove those that no reader can want.

    Args:
        database: The primary.
        folder: Where bases are; made where it is missing.
        limits: What the build may use.

    Raises:
        BuildRunning: See there.
        BuildMismatch: See `shopx_store.columns.build_check`.
        NoRoom: See there.
        Unavailable: The database or the disk cannot be used; the bases before stay.
        Conflict: The database's transaction ids mean nothing yet, as after a restore.
    """
    began = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder), connect_database(database, "shopx columns") as connection:
            for left in folder.glob(f"*{_PART}*"):
                _discard(left)
            _expect_room(folder)
            try:
                built = _build(connection, folder, limits, began)
            except duckdb.Error as error:
                if _says_full(error) or not any(folder.glob(f"*{SUFFIX}")):
                    raise
                # A base that opens may still be damaged where it is read; PostgreSQL has all.
                _log.warning("base_not_continued", error=str(error))
                built = _build(connection, folder, limits, began, anew=True)
            _remove_old(connection, folder)
    except (duckdb.Error, OSError, psycopg.OperationalError) as error:
        kind = NoRoom if _says_full(error) else Unavailable
        raise kind(
            f"The columnar replica was not built: {str(error).strip()}.",
            hint=f"Look at the space in {folder} and at the database; the builds before stay.",
        ) from error
    _log.info(
        "columns_built",
        generation=str(built.generation.id),
        rows=built.generation.rows,
        read=built.read,
        bytes=built.bytes,
        seconds=round(built.seconds, 3),
        no_amounts=built.no_amounts,
        no_orders=built.no_orders,
    )
    return built


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunning(
                f"Another process builds into {folder}.", hint="Wait for it, or stop it."
            ) from None
        yield


def _build(
    connection: psycopg.Connection,
    folder: Path,
    limits: BuildLimits,
    began: float,
    *,
    anew: bool = False,
) -> Built:
    final = path_of(folder, uuid.uuid4())
    part, rows, spill = (final.with_suffix(end) for end in (_PART, f"{_PART}.csv", f"{_PART}.tmp"))
    writer = connect(threads=limits.threads, memory=limits.memory, spill=spill)
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            connection.execute(
                "set local timezone = 'UTC'; set local statement_timeout = 0;"
                " set transaction read only"
            )
            before = None if anew else folder
            made, read, reasons = _write(connection, writer, part, rows, before)
        connection.isolation_level = None
        writer.close()
        _sync(part)
        part.rename(final)
        _sync(folder)
        size, seconds = final.stat().st_size, time.monotonic() - began
        _publish(connection, made, size, seconds)
    except BaseException:
        writer.close()
        final.unlink(missing_ok=True)
        raise
    finally:
        for left in (part, rows, spill, part.with_name(part.name + ".wal")):
            _discard(left)
    return Built(made, size, seconds, read, *reasons)


def _write(
    connection: psycopg.Connection,
    writer: duckdb.DuckDBPyConnection,
    part: Path,
    rows: Path,
    before: Path | None,
) -> tuple[Generation, int, tuple[str | None, str | None]]:
    snapshot, restored, database, at, standby, known, _ = _one(connection, ledger_rows.IDENTITY)
    if standby:
        raise Conflict(
            "The columnar replica is built from the primary, and this database is a standby.",
            hint="SHOPX_DATABASE_DSN must name the primary.",
        )
    if not known:
        raise Conflict(
            "This database was restored, and its rollups are not rebuilt yet.",
            hint="Run `shopx fold`, or wait for it.",
        )
    zone = _one(connection, "select timezone from reporting")[0]
    made = Generation(uuid.UUID(part.stem), snapshot, restored, database, at, 0)
    previous = _previous(connection, before, made, zone) if before else None
    read = _copy(connection, rows, restored, previous.generation if previous else None)
    with ThreadPoolExecutor(1) as beside:
        # PostgreSQL adds up while DuckDB writes.
        expected = beside.submit(_one, connection, build_check.EXPECTED)
        if previous is not None:
            shutil.copyfile(previous.path, part)
        writer.execute(f"attach {literal(str(part))} as base")
        _read(writer, rows)
        if previous is None:
            new, orders = "base.lines", "base.lines"
            writer.execute(f"create table base.lines as {_FRESH}")
            helper_tables.make(writer, zone)
        else:
            new, orders = "fresh", "after"
            writer.execute(f"create temp table fresh as {_FRESH}")
            continuation.add(writer, zone)
        misfits = build_check.misfits(writer, new) + helper_tables.overflows(writer)
        total = build_check.check(writer, expected.result(), misfits)
    made = replace(made, rows=total)
    reasons = _reasons(misfits, helper_tables.odd_orders(writer, orders))
    _describe(writer, made, reasons, zone, previous.appended + read if previous else 0)
    writer.execute("detach base")
    return made, read, reasons


def _describe(
    writer: duckdb.DuckDBPyConnection,
    made: Generation,
    reasons: tuple[str | None, str | None],
    zone: str,
    appended: int,
) -> None:
    writer.execute(
        "create or replace table base.generation as select ? as format, ? as id, ? as snapshot,"
        " ?::bigint as restored_through, ? as database, ?::bigint as built_at,"
        " ?::bigint as rows, ?::varchar as no_amounts, ?::varchar as no_orders,"
        " ?::varchar as zone, ?::bigint as appended",
        [
            FORMAT,
            str(made.id),
            made.snapshot,
            made.restored_through,
            made.database,
            (made.built_at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1),
            made.rows,
            *reasons,
            zone,
            appended,
        ],
    )


def _previous(
    connection: psycopg.Connection, folder: Path, made: Generation, zone: str
) -> Base | None:
    """The newest base, closed, if this build can continue it."""
    found = connection.execute(
        "select id, snapshot, restored_through, database, built_at, rows from columns_generations"
        " where restored_through = %s and database = %s order by built_at desc",
        (made.restored_through, made.database),
    ).fetchall()
    for row in found:
        generation = Generation(*row)
        path = path_of(folder, generation.id)
        if not path.exists() or not Snapshot.parse(made.snapshot).contains(
            Snapshot.parse(generation.snapshot)
        ):
            continue
        try:
            opened = open_base(path, threads=1, memory="64MB")
        except UnusableBase as error:
            _log.warning("base_unusable", path=str(path), error=str(error))
            continue
        opened.connection.close()
        if opened.generation == generation:
            return opened if continuation.continues(opened, zone) else None
    return None


def _copy(
    connection: psycopg.Connection, rows: Path, restored: int, previous: Generation | None
) -> int:
    """Write what the base before does not hold into a file; returns the number of lines."""
    statement = f"select {ledger_rows.SELECT} from order_items i"
    if previous is not None:
        low = Snapshot.parse(previous.snapshot).xmin
        since = ledger_rows.since(
            f"'{low}'::xid8", f"'{previous.snapshot}'::pg_snapshot", str(restored)
        )
        statement += f" where {since}"
    with connection.cursor() as cursor, rows.open("wb") as file:
        with cursor.copy(f"copy ({statement}) to stdout (format csv)") as copy:
            for block in copy:
                file.write(block)
        return cursor.rowcount


def _read(writer: duckdb.DuckDBPyConnection, rows: Path) -> None:
    """Make the file a view, `incoming`, and number its currencies."""
    types = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in _CSV_TYPES.items())
    writer.execute(
        f"create temp view incoming as select * from read_csv({literal(str(rows))},"
        f" columns = {{{types}}}, header = false, auto_detect = false)"
    )
    writer.execute("create table if not exists base.currencies (id smallint, code varchar)")
    writer.execute(_NEW_CODES)


def _reasons(misfits: int, odd_orders: int) -> tuple[str | None, str | None]:
    """Why amounts, and orders, are left to PostgreSQL."""
    return (
        f"{misfits} lines or sums have an amount that is no whole number of millionths below 10^11"
        if misfits
        else None,
        f"{odd_orders} orders have lines that disagree on the order's time, customer or place"
        if odd_orders
        else None,
    )


def _expect_room(folder: Path) -> None:
    """Read nothing for a build that the disk has no room for.

    Raises:
        NoRoom: There is less than the newest base takes.
    """
    sizes = [(file.stat().st_mtime, file.stat().st_size) for file in folder.glob(f"*{SUFFIX}")]
    needed = max(sizes)[1] if sizes else 0
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"{folder} has {free:,} bytes left, and the next build takes about {needed:,}.",
            hint="Make room there, or enlarge columns.storage; the builds before stay.",
        )


def _says_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return isinstance(error, duckdb.Error) and any(word in str(error).lower() for word in _FULL)


def _publish(connection: psycopg.Connection, made: Generation, size: int, seconds: float) -> None:
    with connection.transaction():
        connection.execute("set local synchronous_commit = on")
        connection.execute(
            "insert into columns_generations (id, snapshot, restored_through, database, built_at,"
            " rows, bytes, seconds) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                made.id, made.snapshot, made.restored_through, made.database, made.built_at,
                made.rows, size, seconds,
            ),
        )  # fmt: skip


def _remove_old(connection: psycopg.Connection, folder: Path) -> None:
    """Remove what was followed by another build long enough ago, and files without a row."""
    connection.execute(
        "delete from columns_generations g where exists (select from columns_generations n"
        " where n.built_at > g.built_at"
        " and n.built_at + n.seconds * interval '1 second' < clock_timestamp() - %s)",
        (KEPT_FOR,),
    )
    known = {row[0] for row in connection.execute("select id from columns_generations")}
    for file in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(ValueError):
            if uuid.UUID(file.stem) not in known:
                file.unlink()


def _one(connection: psycopg.Connection, statement: str) -> Sequence[Any]:
    row = connection.execute(statement).fetchone()
    if row is None:
        raise Unavailable("The database's watermark row is missing.", hint="Run the migrations.")
    return row


def _discard(path: Path) -> None:
    """Remove a file, or DuckDB's folder of them; a build that was killed leaves either."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
