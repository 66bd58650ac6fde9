"""A base's tables in memory: columns of small integers, added up by NumPy.

DuckDB plans a statement for some three milliseconds of CPU, whatever it reads; a slice of an array
is added up in microseconds. A column is kept divided by what all its numbers have in common, in the
smallest integer type. A table whose sums could leave 64 bits is not loaded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt

from shopx_core import logging
from shopx_store.columns import line_measures
from shopx_store.columns.base import NEVER
from shopx_store.columns.clock_sql import DAY
from shopx_store.columns.grouping import Grouping, Integers, Unfit
from shopx_store.columns.helper_tables import QUARTER_OF_INSTANT
from shopx_store.columns.statements import Source

SAFE: Final = 2.0**62
"""Where the absolute values of a column add up to less, no sum of some of them leaves 64 bits."""

CHUNK: Final = DAY
"""Rows of single instants are read by days of UTC where a table does not fit."""
CHUNK_ROWS: Final = 100_000
"""A day of more is left to DuckDB."""
KEPT_CHUNKS: Final = 48

BLOCK: Final = 32
"""Days."""

LARGEST_ID: Final = 50_000_000
"""Where ids are larger, there is no place for each number up to the largest."""

_PLACE: Final = ("rep_id", "region_id", "channel_id", "currency")
_ORDER: Final = ("order_id", "customer_id", *_PLACE)


_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table is read."""

    rows: str
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    merged: bool = True
    """Whether many rows share an instant, so that instants are kept once."""


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
_LINES: Final = _Plan(
    "(select *, lines as orders from base.lines union all"
    " select instant, 0 as order_id, product_id, customer_id, rep_id, region_id, channel_id,"
    f" currency, null as band, {line_measures.ZEROS}, orders from base.repeats)",
    ("product_id", *_ORDER, "band"),
    (*line_measures.NAMES, "orders"),
    merged=False,
)
"""Lines; what is to be added to their number so that it counts orders is a row of its own."""


class NotLoaded(Exception):  # noqa: N818 -- control flow: the caller loads it and asks again
    """Rows of a day are needed that are not in memory."""

    def __init__(self, source: Source, number: int) -> None:
        super().__init__(f"{source} of day {number}")
        self.source = source
        self.number = number


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers in units of `unit`."""

    numbers: Integers
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order of their instants.

    Attributes:
        instants: Ascending, in microseconds since 1970: one a row, or each once.
        offsets: The first row of each instant and the number of rows; `None` = one a row.
        keys: Ids, and `previous`: the row of the customer's order before, -1 for none, and the
            number of rows for what is no order of a customer.
        measures: By name.
    """

    instants: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64] | None
    keys: Mapping[str, Integers]
    measures: Mapping[str, Column]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.instants) if self.offsets is None else int(self.offsets[-1])

    def place(self, at: int) -> int:
        """The first row at or after an instant."""
        found = int(self.instants.searchsorted(at))
        return found if self.offsets is None else int(self.offsets[found])

    def places(self, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The first row at or after each instant."""
        found: npt.NDArray[np.int64] = self.instants.searchsorted(at)
        return found if self.offsets is None else self.offsets[found]

    def at(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """The instants of rows."""
        if self.offsets is None:
            return self.instants[first:last]
        begin = int(self.offsets.searchsorted(first, side="right")) - 1
        end = int(self.offsets.searchsorted(last))
        bounds = self.offsets[begin : end + 1].clip(first, last)
        return np.repeat(self.instants[begin:end], np.diff(bounds))

    @property
    def bytes(self) -> int:
        """What it takes."""
        arrays = [self.instants, *self.keys.values(), *(c.numbers for c in self.measures.values())]
        if self.offsets is not None:
            arrays.append(self.offsets)
        return sum(array.nbytes for array in arrays)


def table_of(
    at: npt.NDArray[np.int64], keys: Mapping[str, Integers], measures: Mapping[str, Integers]
) -> Table:
    """A small table of rows in any order.

    Raises:
        Unfit: A sum could leave 64 bits.
    """
    order = np.argsort(at, kind="stable")
    return Table(
        at[order],
        None,
        {name: column[order] for name, column in keys.items()},
        {name: Column(_bounded(column[order])) for name, column in measures.items()},
    )


def blocks_of(table: Table) -> Table:
    """The rows of each `BLOCK` instants added up by all keys."""
    if table.offsets is None or not len(table):
        return table
    begins = table.instants[::BLOCK]
    block = np.repeat(np.arange(len(begins)), np.diff(np.append(table.places(begins), len(table))))
    grouping = Grouping([block, *(column.astype(np.int64) for column in table.keys.values())])
    number, *keys = grouping.keys
    first = number.searchsorted(np.arange(len(begins)))
    return Table(
        begins.copy(),
        np.append(first, len(number)),
        {name: narrowed(column) for name, column in zip(table.keys, keys, strict=True)},
        {
            name: Column(narrowed(grouping.sums(column.numbers)), column.unit)
            for name, column in table.measures.items()
        },
    )


class Arrays:
    """The tables of one base that are in memory.

    Args:
        tables: Whole ones.
        blocks: The rows of each `BLOCK` days added up, of tables that have many a day.
    """

    def __init__(self, tables: Mapping[Source, Table], blocks: Mapping[Source, Table]) -> None:
        self._tables = tables
        self._chunks: dict[tuple[Source, int], Table] = {}
        self._blocks = blocks
        self._first_orders: npt.NDArray[np.int64] | None = None

    @property
    def sources(self) -> Collection[Source]:
        """The tables that are whole in memory."""
        return self._tables.keys()

    @property
    def bytes(self) -> int:
        """What they take."""
        found = (*self._tables.values(), *self._blocks.values(), *self._chunks.values())
        return sum(table.bytes for table in found)

    def stretches(
        self, source: Source, start: int, end: int, *, long: bool
    ) -> Sequence[tuple[Table, int, int]]:
        """Tables, and the ranges of them that together are [start, end).

        Args:
            source: A table.
            start: In microseconds since 1970.
            end: Likewise.
            long: Whether several days may be one row.

        Raises:
            Unfit: It is not in memory.
        """
        table, blocks = self.table(source), self._blocks.get(source)
        if not long or blocks is None:
            return [(table, start, end)]
        first, last = blocks.instants.searchsorted((start, end))
        # The last block ends where the next one begins.
        if last - first < 2:  # noqa: PLR2004 -- one of them may be cut
            return [(table, start, end)]
        begin, finish = int(blocks.instants[first]), int(blocks.instants[last - 1])
        return [(table, start, begin), (blocks, begin, finish), (table, finish, end)]

    @property
    def first_orders(self) -> npt.NDArray[np.int64]:
        """When each customer's first order in the base was, by id; `NEVER` without one.

        Raises:
            Unfit: The orders are not in memory.
        """
        if self._first_orders is None:
            table = self.table(Source.SALES)
            known = table.keys["customer_id"]
            if len(known) and int(known.max()) > LARGEST_ID:
                raise Unfit("ids are too large")
            rows = np.flatnonzero(table.keys["previous"] == -1)
            self._first_orders = np.full(int(known.max()) + 1 if len(known) else 1, NEVER)
            self._first_orders[known[rows]] = table.instants[rows]
        return self._first_orders

    def table(self, source: Source) -> Table:
        """A whole table.

        Raises:
            Unfit: It is not in memory.
        """
        found = self._tables.get(source)
        if found is None:
            raise Unfit(source)
        return found

    def exact(self, source: Source, start: int, end: int) -> Sequence[Table]:
        """Tables that together have every row of `source` in [start, end), perhaps more.

        Args:
            source: `SALES` or `LINES`.
            start: In microseconds since 1970.
            end: Likewise.

        Raises:
            NotLoaded: See there.
            Unfit: It is not in memory, and the range is too long to be read by days.
        """
        if source in self._tables:
            return [self._tables[source]]
        return self.days(source, range(start // CHUNK, -(-end // CHUNK)), at_most=2)

    def days(self, source: Source, numbers: Collection[int], at_most: int) -> Sequence[Table]:
        """The rows of days of UTC, counted from 1970.

        Raises:
            NotLoaded: See there.
            Unfit: They are too many.
        """
        if len(numbers) > at_most:
            raise Unfit(source)
        found = []
        for number in numbers:
            chunk = self._chunks.get((source, number))
            if chunk is None:
                raise NotLoaded(source, number)
            found.append(chunk)
        return found

    def load(self, connection: duckdb.DuckDBPyConnection, missing: NotLoaded) -> None:
        """Read the rows that were missing.

        Args:
            connection: A cursor of the base.
            missing: What is asked for.

        Raises:
            Unfit: They are too many, or a sum could leave 64 bits.
            duckdb.Error: The file cannot be read.
        """
        plan = _LINES if missing.source is Source.LINES else _PLANS[missing.source]
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
        while len(self._chunks) >= KEPT_CHUNKS:
            self._chunks.pop(next(iter(self._chunks)), None)
        self._chunks[missing.source, missing.number] = chunk


def load(connection: duckdb.DuckDBPyConnection, limit: int) -> Arrays:
    """Load what fits, the most useful tables first.

    Args:
        connection: A cursor of the base.
        limit: Bytes.

    Raises:
        duckdb.Error: The file cannot be read.
    """
    connection.execute("set preserve_insertion_order = true")
    tables: dict[Source, Table] = {}
    left = limit
    for source, plan in _PLANS.items():
        try:
            tables[source] = _loaded(connection, plan, left)
        except Unfit as error:
            _log.info("table_not_in_memory", table=source.value, reason=str(error))
            continue
        left -= tables[source].bytes
    blocks: dict[Source, Table] = {}
    if (many := tables.get(Source.PRODUCT_DAYS)) is not None:
        found = blocks_of(many)
        if found.bytes <= left:
            blocks[Source.PRODUCT_DAYS] = found
    return Arrays(tables, blocks)


def _loaded(connection: duckdb.DuckDBPyConnection, plan: _Plan, limit: int) -> Table:
    """One column after the other: all at once would take many times the memory."""
    at = _fetched(connection, plan, "instant")["instant"]
    if np.any(at[1:] < at[:-1]):
        raise Unfit("the rows are not in order")
    keys: dict[str, Integers] = {}
    measures: dict[str, Column] = {}
    instants, offsets = _instants(at) if plan.merged else (at, None)
    left = limit - instants.nbytes - (0 if offsets is None else offsets.nbytes)
    for name in (*plan.keys, *plan.measures):
        found = _fetched(connection, plan, name)
        if not np.array_equal(found["instant"], at):
            raise Unfit("the rows came in another order")
        if name in plan.keys:
            keys[name] = narrowed(found[name])
            left -= keys[name].nbytes
        else:
            measures[name] = _column(found[name])
            left -= measures[name].numbers.nbytes
        if left < 0:
            raise Unfit("it is too large")
    if "order_id" in keys:
        keys["previous"] = _previous(keys["customer_id"], measures["orders"].numbers)
        left -= keys["previous"].nbytes
    if left < 0:
        raise Unfit("it is too large")
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


def _bounded(numbers: Integers) -> Integers:
    if float(np.abs(numbers.astype(np.float64)).sum()) >= SAFE:
        raise Unfit("a sum could leave 64 bits")
    return numbers


def narrowed(numbers: Integers) -> Integers:
    """The same numbers in the smallest type."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return numbers.astype(kind)
    return numbers.astype(np.int64, copy=False)


def _column(numbers: Integers) -> Column:
    """A measure, in units of what all numbers have in common."""
    unit = max(1, int(np.gcd.reduce(_bounded(numbers)))) if len(numbers) else 1
    return Column(narrowed(numbers // unit), unit)
