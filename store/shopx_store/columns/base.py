"""A base: one read-only DuckDB file that holds the ledger as of one snapshot.

Tables, all sorted by `instant` (microseconds since 1970, UTC) but for `customers`:

- `lines`: a row a ledger line, with the measures of `shopx_core.domain.metrics` in millionths. What
  a later build appended (`appended`) stands at the end, and some of it is of earlier instants.
- `sales`: the lines of one order and instant, added up; with no product, and 3.6 times fewer.
- `sales_days`, `product_days`, `band_days`: lines added up by region, channel and rep, by product,
  or by discount band, and day of the zone that reports were in; `instant` is the day's beginning.
- `quarters`: all lines added up by quarter-hour.
- `repeats`: orders in which several sale lines are of one product: what must be added to the sum of
  `lines` so that it counts orders. Later builds append to it, too.
- `orders`: a row an order whose sale lines do not add up to 0, with the customer's previous order
  and whether the order counts.
- `customers`: each customer's first order.
- `currencies`: codes by number.
- `generation`: one row, the `Generation` and the rest of `Base`.

Ids only, with 0 for none. Nothing in the file is personal data.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from shopx_store.query.snapshots import Snapshot

FORMAT: Final = 3
"""Of the file's tables and columns; a file of another number is not opened."""

SUFFIX: Final = ".duckdb"

LINE_COLUMNS: Final = (
    ("instant", "BIGINT"),
    ("order_id", "BIGINT"),
    ("product_id", "BIGINT"),
    ("customer_id", "BIGINT"),
    ("rep_id", "BIGINT"),
    ("region_id", "BIGINT"),
    ("channel_id", "BIGINT"),
    ("currency", "SMALLINT"),
    ("band", "TINYINT"),
    ("gross", "BIGINT"),
    ("discounts", "BIGINT"),
    ("returns", "BIGINT"),
    ("cost", "BIGINT"),
    ("units", "BIGINT"),
    ("returned_units", "BIGINT"),
    ("lines", "BIGINT"),
)
"""`band` is the discount band (`shopx_core.domain.discounts`), NULL where an amount does not fit.
`lines` is +1 for a sale line, -1 for what takes one back wholly, and 0 for the rest."""

NEVER: Final = -(2**62)
"""`orders.previous_at` of a customer's first order: before every instant."""


class UnusableBase(Exception):  # noqa: N818 -- it is a state of the file, which the engine handles
    """A file is no base of this build: missing, cut short, foreign or of another format."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What a base says of itself, and `columns_generations` of it.

    Attributes:
        id: Names the file, too.
        snapshot: A `pg_snapshot`: the base holds every line that it sees.
        restored_through: Lines up to this id came with a dump and are held whatever their xid.
        database: The cluster's system identifier and the database's oid.
        built_at: When the snapshot was taken, aware.
        rows: Lines.
    """

    id: uuid.UUID
    snapshot: str
    restored_through: int
    database: str
    built_at: dt.datetime
    rows: int


@dataclass(frozen=True, slots=True)
class Base:
    """An opened base.

    Attributes:
        generation: What it is.
        seen: The generation's snapshot.
        no_amounts: Why it cannot answer for amounts, or `None`.
        no_orders: Why it cannot count orders and customers, or `None`.
        currencies: Codes by number.
        zone: The zone of the days that lines are added up by.
        appended: Lines that later builds put behind the sorted ones.
        path: The file.
        connection: An in-memory database with the file attached as `base`; readers take cursors.
    """

    generation: Generation
    seen: Snapshot
    no_amounts: str | None
    no_orders: str | None
    currencies: tuple[str, ...]
    zone: str
    appended: int
    path: Path
    connection: duckdb.DuckDBPyConnection


def path_of(folder: Path, generation: uuid.UUID) -> Path:
    """Where a generation's file is."""
    return folder / f"{generation}{SUFFIX}"


def literal(text: str) -> str:
    """A text as DuckDB reads it where no value can be bound."""
    return "'" + text.replace("'", "''") + "'"


def connect(*, threads: int, memory: str, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that loads nothing from outside.

    Args:
        threads: How many cores a statement may use.
        memory: DuckDB's limit, such as `512MB`.
        spill: Where it may write what does not fit; `None` = nowhere, such a statement fails.
    """
    return duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(spill) if spill else "",
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )


def open_base(path: Path, *, threads: int, memory: str) -> Base:
    """Open a file for reading.

    Args:
        path: The file; it stays readable when it is removed meanwhile.
        threads: See `connect`.
        memory: See `connect`.

    Raises:
        UnusableBase: See there.
    """
    connection = connect(threads=threads, memory=memory)
    try:
        connection.execute(f"attach {literal(str(path))} as base (read_only)")
        connection.execute("set enable_external_access = false")
        row = connection.execute(
            "select format, id, snapshot, restored_through, database, built_at, rows, no_amounts,"
            " no_orders, zone, appended from base.generation"
        ).fetchone()
        codes = connection.execute("select code from base.currencies order by id").fetchall()
        lines = connection.execute("select count(*) from base.lines").fetchone()
        generation = _generation(row, lines)
        seen = Snapshot.parse(generation.snapshot)
        no_amounts, no_orders, zone, appended = (row or ())[7:]
    except (duckdb.Error, OSError, ValueError, TypeError) as error:
        connection.close()
        raise UnusableBase(f"{path} cannot be read: {error}") from error
    return Base(
        generation=generation,
        seen=seen,
        no_amounts=no_amounts,
        no_orders=no_orders,
        currencies=tuple(code for (code,) in codes),
        zone=zone,
        appended=appended,
        path=path,
        connection=connection,
    )


def _generation(row: tuple[Any, ...] | None, lines: tuple[Any, ...] | None) -> Generation:
    """Read it, if the file is of this format and whole."""
    if row is None or row[0] != FORMAT or lines is None or lines[0] != row[6]:
        raise ValueError(f"it is not of format {FORMAT}, or not whole")
    return Generation(
        id=uuid.UUID(row[1]),
        snapshot=row[2],
        restored_through=row[3],
        database=row[4],
        built_at=dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=row[5]),
        rows=row[6],
    )
