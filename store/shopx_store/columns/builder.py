"""Builds a base: reads one snapshot of the primary, checks what it wrote, and says so.

A build that follows another one reads from PostgreSQL only what was booked since, and checks the
whole against PostgreSQL all the same.
"""

import contextlib
import datetime as dt
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg
from psycopg import IsolationLevel

from shopx_core import logging
from shopx_core.errors import Conflict, ShopxError, Unavailable
from shopx_core.settings import DatabaseSettings
from shopx_store.columns import helper_tables, ledger_rows
from shopx_store.columns.amounts import UNIT
from shopx_store.columns.base import (
    FORMAT,
    LINE_COLUMNS,
    NEVER,
    SUFFIX,
    Generation,
    UnusableBase,
    connect,
    literal,
    open_base,
    path_of,
)
from shopx_store.columns.snapshots import Snapshot
from shopx_store.connection import connect as connect_database

KEPT_FOR: Final = dt.timedelta(minutes=10)
"""How long a base stays after the next one: an as-of's lifetime and the longest query."""

_PART: Final = ".part"
_CSV_TYPES: Final = {
    **dict.fromkeys(ledger_rows.COLUMNS, "BIGINT"),
    "code": "VARCHAR",
    "is_return": "BOOLEAN",
}
_NAMES: Final = ", ".join(name for name, _ in LINE_COLUMNS)
_AMOUNTS: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units")
_IDS: Final = ("order_id", "product_id", "customer_id", "rep_id", "region_id", "channel_id")

# The measures once more, written apart from those of the copy and in decimals.
_EXPECTED: Final = """
select count(*),
    coalesce(sum(gross) filter (where not is_return), 0),
    coalesce(sum(discount) filter (where not is_return), 0),
    coalesce(sum(discount - gross) filter (where is_return), 0),
    coalesce(sum(cost), 0),
    coalesce(sum(quantity) filter (where not is_return), 0),
    coalesce(-sum(quantity) filter (where is_return), 0),
    count(*) filter (where kind = 'sale') - count(*) filter (
        where kind in ('correction', 'void') and reverses is not null and not is_return),
    coalesce(sum(order_id), 0), coalesce(sum(product_id), 0), coalesce(sum(customer_id), 0),
    coalesce(sum(rep_id), 0), coalesce(sum(region_id), 0), coalesce(sum(channel_id), 0)
from order_items
"""
_WRITTEN: Final = f"""
select count(*), {", ".join(f"coalesce(sum({name}), 0)" for name in _AMOUNTS)},
    coalesce(sum(lines), 0), {", ".join(f"coalesce(sum({name}), 0)" for name in _IDS)}
from base.lines
"""
_CHECKED: Final = ("lines", *_AMOUNTS, "sale lines", *_IDS)

_HEADER: Final = ("instant", "currency", "customer_id", "rep_id", "region_id", "channel_id")
_ORDERS: Final = f"""
create table base.orders as
with states as (
    select order_id, {", ".join(f"min({name}) as {name}" for name in _HEADER)},
        sum(lines)::bigint as sale_lines
    from base.sales where lines <> 0 group by order_id having sum(lines) <> 0
), counted as (
    select order_id,
        lag(instant) over (partition by customer_id order by instant, order_id) as previous_at
    from states where sale_lines > 0 and customer_id <> 0
)
select s.*, coalesce(c.previous_at, {NEVER}) as previous_at
from states s left join counted c using (order_id) order by instant
"""
_CUSTOMERS: Final = """
create table base.customers as
select customer_id, min(instant) as first_at from base.orders
where sale_lines > 0 and customer_id <> 0 group by customer_id order by customer_id
"""
_ODD_ORDERS: Final = f"""
select count(*) from (
    select order_id from base.lines where lines <> 0 group by order_id
    having {" or ".join(f"min({name}) <> max({name})" for name in _HEADER)}
)
"""

_log = logging.get(__name__)


class BuildRunning(Conflict):
    """Another process builds into the same folder."""

    code = "COLUMNS_BUILD_RUNNING"


class BuildMismatch(ShopxError):  # noqa: N818 -- reads as the code it carries
    """What was written does not equal what PostgreSQL has; nothing was published."""

    code = "COLUMNS_BUILD_MISMATCH"


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
        BuildMismatch: See there.
        Unavailable: The database or the disk cannot be used; the bases before stay.
        Conflict: The database's transaction ids mean nothing yet, as after a restore.
    """
    began = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder), connect_database(database, "shopx columns") as connection:
            for left in folder.glob(f"*{_PART}*"):
                _discard(left)
            try:
                built = _build(connection, folder, limits, began)
            except duckdb.Error as error:
                if not any(folder.glob(f"*{SUFFIX}")):
                    raise
                # A base that opens may still be damaged where it is read; PostgreSQL has all.
                _log.warning("base_not_continued", error=str(error))
                built = _build(connection, folder, limits, began, anew=True)
            _remove_old(connection, folder)
    except (duckdb.Error, OSError, psycopg.OperationalError) as error:
        raise Unavailable(
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
            connection.execute("set local timezone = 'UTC'; set transaction read only")
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
    writer.execute(f"attach {literal(str(part))} as base")
    previous = (
        _previous(connection, writer, before, restored, database, snapshot) if before else None
    )
    read = _copy(connection, rows, restored, previous)
    _load(writer, rows, previous)
    rows.unlink()
    total = _check(connection, writer)
    zone = _one(connection, "select timezone from reporting")[0]
    helper_tables.make(writer, zone)
    writer.execute(_ORDERS)
    writer.execute(_CUSTOMERS)
    made = Generation(uuid.UUID(part.stem), snapshot, restored, database, at, total)
    reasons = _reasons(writer)
    writer.execute(
        "create table base.generation as select ? as format, ? as id, ? as snapshot,"
        " ?::bigint as restored_through, ? as database, ?::bigint as built_at,"
        " ?::bigint as rows, ?::varchar as no_amounts, ?::varchar as no_orders,"
        " ?::varchar as zone",
        [
            FORMAT,
            str(made.id),
            snapshot,
            restored,
            database,
            (at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1),
            total,
            *reasons,
            zone,
        ],
    )
    writer.execute("detach base")
    return made, read, reasons


def _previous(
    connection: psycopg.Connection,
    writer: duckdb.DuckDBPyConnection,
    folder: Path,
    restored: int,
    database: str,
    snapshot: str,
) -> Generation | None:
    """Attach the newest base that this snapshot continues, as `previous`."""
    found = connection.execute(
        "select id, snapshot, restored_through, database, built_at, rows from columns_generations"
        " where restored_through = %s and database = %s order by built_at desc",
        (restored, database),
    ).fetchall()
    for row in found:
        generation = Generation(*row)
        path = path_of(folder, generation.id)
        if not path.exists() or not Snapshot.parse(snapshot).contains(
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
            writer.execute(f"attach {literal(str(path))} as previous (read_only)")
            return generation
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


def _load(writer: duckdb.DuckDBPyConnection, rows: Path, previous: Generation | None) -> None:
    types = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in _CSV_TYPES.items())
    writer.execute(
        f"create temp view incoming as select * from read_csv({literal(str(rows))},"
        f" columns = {{{types}}}, header = false, auto_detect = false)"
    )
    before = "union select code from previous.currencies" if previous else ""
    writer.execute(
        "create table base.currencies as"
        " select (row_number() over (order by code) - 1)::smallint as id, code"
        f" from (select distinct code from incoming {before}) order by id"
    )
    held = ""
    if previous is not None:
        kept = ", ".join(
            "now.id as currency" if name == "currency" else f"l.{name}" for name, _ in LINE_COLUMNS
        )
        held = (
            f"union all select {kept} from previous.lines l"
            " join previous.currencies c on c.id = l.currency"
            " join base.currencies now using (code)"
        )
    writer.execute(
        f"create table base.lines as select {_NAMES} from (select instant, order_id, product_id,"
        " customer_id, rep_id, region_id, channel_id, c.id as currency,"
        f" {ledger_rows.MEASURES} from incoming join base.currencies c using (code) {held})"
        " order by instant, order_id"
    )


def _check(connection: psycopg.Connection, writer: duckdb.DuckDBPyConnection) -> int:
    expected = _one(connection, _EXPECTED)
    written = writer.execute(_WRITTEN).fetchone() or ()
    fits = not _misfits(writer)
    for name, ours, theirs in zip(_CHECKED, written, expected, strict=True):
        expected_sum = theirs * UNIT if name in _AMOUNTS else theirs
        if ours != expected_sum and (fits or name not in _AMOUNTS):
            raise BuildMismatch(
                f"The columnar replica has {ours} as the sum of {name}, and PostgreSQL {theirs}.",
                hint="Nothing was published. Report this: it is a defect.",
            )
    return int(written[0])


def _misfits(writer: duckdb.DuckDBPyConnection) -> int:
    missing = " or ".join(f"{name} is null" for name in _AMOUNTS)
    row = writer.execute(f"select count(*) from base.lines where {missing}").fetchone()
    return int(row[0]) if row else 0


def _reasons(writer: duckdb.DuckDBPyConnection) -> tuple[str | None, str | None]:
    """Why amounts, and orders, are left to PostgreSQL."""
    misfits = _misfits(writer) + helper_tables.overflows(writer)
    odd = writer.execute(_ODD_ORDERS).fetchone()
    odd_orders = int(odd[0]) if odd else 0
    return (
        f"{misfits} lines or sums have an amount that is no whole number of millionths below 10^11"
        if misfits
        else None,
        f"{odd_orders} orders have lines that disagree on the order's time, customer or place"
        if odd_orders
        else None,
    )


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
