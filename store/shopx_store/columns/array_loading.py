"""Brings a base's tables into memory, the most useful ones first, as far as they fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt

from shopx_core import logging
from shopx_store.columns import line_measures
from shopx_store.columns.array_lines import newest_lines
from shopx_store.columns.array_tables import (
    Column,
    Table,
    blocks_of,
    bytes_of,
    column_of,
    narrowed,
    table_of,
)
from shopx_store.columns.arrays import CHUNK, Arrays, NotLoaded
from shopx_store.columns.first_orders import LARGEST_ID, FirstOrders
from shopx_store.columns.grouping import Integers, Unfit
from shopx_store.columns.helper_tables import QUARTER_OF_INSTANT
from shopx_store.columns.sources import Source

CHUNK_ROWS: Final = 100_000
"""A day of more is left to DuckDB."""
ROOM_FOR_DAYS: Final = 8
"""One part in so many of the memory is left for days of rows that come later."""

_PLACE: Final = ("rep_id", "region_id", "channel_id", "currency")
_ORDER: Final = ("order_id", "customer_id", *_PLACE)
_REPEAT: Final = ("product_id", "customer_id", *_PLACE)

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table is read.

    Attributes:
        rows: What is read.
        keys: Its keys.
        measures: Its measures.
        merged: Whether many rows share an instant, so that instants are kept once.
    """

    rows: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    merged: bool = True


_PLANS: Final[Mapping[Source, _Plan]] = {
    # In the order of what a byte of them is worth.
    Source.SALES_DAYS: _Plan("base.sales_days", _PLACE, (*line_measures.NAMES, "orders")),
    Source.QUARTERS: _Plan(
        "(select q.*, coalesce(o.orders, 0) as orders from base.quarters q left join ("
        f"select {QUARTER_OF_INSTANT} as instant, currency,"
        " count(*) as orders from base.sales where lines > 0 group by all"
        ") o on o.instant = q.instant and o.currency = q.currency) order by instant, currency",
        ("currency",),
        (*line_measures.NAMES, "orders"),
        merged=False,
    ),
    Source.BAND_DAYS: _Plan("base.band_days", ("band", "currency"), line_measures.NAMES),
    Source.SALES: _Plan(
        "(select *, (lines > 0)::bigint as orders from base.sales)",
        _ORDER,
        (*line_measures.NAMES, "orders"),
        merged=False,
    ),
    Source.PRODUCT_DAYS: _Plan(
        "base.product_days", ("product_id", "currency"), (*line_measures.NAMES, "orders")
    ),
}
_REPEATS: Final = _Plan(
    f"base.repeats order by instant, {', '.join(_REPEAT)}, orders",
    _REPEAT,
    ("orders",),
    merged=False,
)
"""What is to be added to the number of lines so that it counts orders by product."""
_LINES_OF_DAY: Final = _Plan(
    "(select *, lines as orders from base.lines union all"
    " select instant, 0 as order_id, product_id, customer_id, rep_id, region_id, channel_id,"
    f" currency, null as band, {line_measures.ZEROS}, orders from base.repeats)",
    ("product_id", *_ORDER, "band"),
    (*line_measures.NAMES, "orders"),
    merged=False,
)


def load(connection: duckdb.DuckDBPyConnection, limit: int) -> Arrays:
    """Load what fits.

    Args:
        connection: A cursor of the base.
        limit: Bytes.

    Raises:
        duckdb.Error: The file cannot be read.
    """
    connection.execute("set preserve_insertion_order = true")
    tables = _tables(connection, limit)
    left = limit - sum(table.bytes for table in tables.values())
    sales, products = tables.get(Source.SALES), tables.get(Source.PRODUCT_DAYS)
    first_orders = _first_orders(sales, left) if sales is not None else None
    left -= first_orders.bytes if first_orders is not None else 0
    blocks = _blocks(products, left) if products is not None else None
    left -= blocks.bytes if blocks is not None else 0
    newest: dict[Source, tuple[int, Sequence[Table]]] = {}
    if sales is not None:
        try:
            newest[Source.LINES] = _lines(connection, sales, left - limit // ROOM_FOR_DAYS)
        except Unfit as error:
            _log.info("table_not_in_memory", table=Source.LINES.value, reason=str(error))
    kept = {Source.PRODUCT_DAYS: blocks} if blocks is not None else {}
    return Arrays(limit, tables, kept, first_orders, newest)


def _tables(connection: duckdb.DuckDBPyConnection, left: int) -> dict[Source, Table]:
    tables: dict[Source, Table] = {}
    for source, plan in _PLANS.items():
        try:
            tables[source] = _loaded(connection, plan, left)
        except Unfit as error:
            _log.info("table_not_in_memory", table=source.value, reason=str(error))
            continue
        left -= tables[source].bytes
    return tables


def _blocks(products: Table, limit: int) -> Table | None:
    try:
        found = blocks_of(products)
    except Unfit as error:
        _log.info("blocks_not_in_memory", reason=str(error))
        return None
    return found if found.bytes <= limit else None


def load_day(connection: duckdb.DuckDBPyConnection, missing: NotLoaded, arrays: Arrays) -> None:
    """Bring the rows of a day into memory.

    Args:
        connection: A cursor of the base.
        missing: What is asked for.
        arrays: What keeps them.

    Raises:
        Unfit: They are too many, or a sum could leave 64 bits.
        duckdb.Error: The file cannot be read.
    """
    plan = _LINES_OF_DAY if missing.source is Source.LINES else _PLANS[missing.source]
    start = missing.number * CHUNK
    within = f"{plan.rows} where instant >= {start} and instant < {start + CHUNK}"
    names = ("instant", *plan.keys, *plan.measures)
    columns = connection.execute(
        f"select {', '.join(names)} from {within} limit {CHUNK_ROWS + 1}"
    ).fetchnumpy()
    if len(columns["instant"]) > CHUNK_ROWS:
        raise Unfit(missing.source)
    filled = {name: np.ma.filled(column, 0) for name, column in columns.items()}
    chunk = table_of(
        filled["instant"].astype(np.int64),
        {name: narrowed(filled[name]) for name in plan.keys},
        {name: filled[name] for name in plan.measures},
    )
    arrays.keep(missing, chunk)


def _lines(
    connection: duckdb.DuckDBPyConnection, sales: Table, limit: int
) -> tuple[int, Sequence[Table]]:
    """The newest lines that fit, and what makes their number count orders.

    Raises:
        Unfit: None fit.
    """
    repeats = _loaded(connection, _REPEATS, limit)
    since, lines = newest_lines(connection, sales, limit - repeats.bytes)
    return since, (lines, repeats)


def _loaded(connection: duckdb.DuckDBPyConnection, plan: _Plan, limit: int) -> Table:
    """One column after the other: all at once would take many times the memory.

    Raises:
        Unfit: It does not fit, or a sum could leave 64 bits.
    """
    at = _fetched(connection, plan, "instant")["instant"]
    if np.any(at[1:] < at[:-1]):
        raise Unfit("the rows are not in order")
    keys: dict[str, Integers] = {}
    measures: dict[str, Column] = {}
    instants, offsets = _instants(at) if plan.merged else (at, None)
    left = limit - bytes_of([instants] if offsets is None else [instants, offsets])
    for name in (*plan.keys, *plan.measures):
        found = _fetched(connection, plan, name)
        if not np.array_equal(found["instant"], at):
            raise Unfit("the rows came in another order")
        if name in plan.keys:
            keys[name] = narrowed(found[name])
            left -= keys[name].nbytes
        else:
            measures[name] = column_of(found[name])
            left -= measures[name].numbers.nbytes
        if left < 0:
            raise Unfit("it is larger than the room that is left")
    if "order_id" in keys:
        keys["previous"] = _previous(keys["customer_id"], measures["orders"].numbers)
        left -= keys["previous"].nbytes
    if left < 0:
        raise Unfit("it is larger than the room that is left")
    return Table(instants, offsets, keys, measures)


def _instants(
    at: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each instant once, and where it begins."""
    first = np.flatnonzero(np.append(True, at[1:] != at[:-1])) if len(at) else at
    return at[first], np.append(first, len(at)).astype(np.int64)


def _fetched(
    connection: duckdb.DuckDBPyConnection, plan: _Plan, name: str
) -> dict[str, npt.NDArray[np.int64]]:
    wanted = dict.fromkeys(("instant", name))
    listed = ", ".join(f"{column}::bigint as {column}" for column in wanted)
    columns = connection.execute(f"select {listed} from {plan.rows}").fetchnumpy()
    if any(np.ma.is_masked(column) for column in columns.values()):
        raise Unfit("an amount is missing")
    return {key: np.ma.getdata(column) for key, column in columns.items()}


def _previous(customers: Integers, counts: Integers) -> Integers:
    """For each order the row of the customer's order before."""
    found = np.full(len(customers), len(customers), dtype=np.int32)
    rows = np.flatnonzero((counts > 0) & (customers != 0))
    order = rows[np.argsort(customers[rows], kind="stable")]
    if len(order):
        same = customers[order[1:]] == customers[order[:-1]]
        found[order] = -1
        found[order[1:][same]] = order[:-1][same]
    return found


def _first_orders(sales: Table, limit: int) -> FirstOrders | None:
    """From the orders without an order before; `None` where ids are too large, or no room is."""
    customers = sales.keys["customer_id"]
    largest = int(customers.max(initial=0))
    if largest > LARGEST_ID:
        return None
    rows = np.flatnonzero(sales.keys["previous"] == -1)
    found = FirstOrders(customers[rows], sales.instants[rows], largest + 1)
    return found if found.bytes <= limit else None
