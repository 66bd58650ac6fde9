"""The keys and filters of a query over rows of a table in memory: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from shopx_store.columns import clock_sql
from shopx_store.columns.arrays import LARGEST_ID, Table
from shopx_store.columns.clock_sql import DAY, HOUR
from shopx_store.columns.grouping import Integers, Unfit
from shopx_store.columns.statements import (
    CURRENCY_NUMBER,
    HOME,
    RATE_DAY,
    Names,
    Source,
    starts,
)
from shopx_store.query.sales_query import NONE, CustomerType, Dimension, SalesQuery

Numbers = npt.NDArray[np.int64]

_FEW: Final = 8
"""So many comparisons are quicker than a search."""
_THURSDAY: Final = 3
"""Days from Monday to 1970-01-01."""


class Lookup:
    """A number for each id, 0 where there is none."""

    def __init__(self, ids: Integers, numbers: Integers) -> None:
        largest = int(ids.max()) if len(ids) else 0
        if largest > LARGEST_ID:
            raise Unfit("ids are too large")
        # One more at the end, for all larger ids.
        self._numbers = np.zeros(largest + 2, dtype=np.int64)
        self._numbers[ids] = numbers

    def __call__(self, ids: Integers) -> Numbers:
        """The numbers of ids."""
        # As wide as an index: a small type does not hold the largest id that is known.
        return self._numbers[np.minimum(ids.astype(np.intp), len(self._numbers) - 1)]


@dataclass(frozen=True, slots=True)
class Question:
    """A query, with what its keys are made of.

    Attributes:
        query: The query.
        names: What its names are numbered by.
        source: What its sums are read from.
        starts: When its buckets begin, in microseconds since 1970.
        categories: The category of a product.
        segments: The segment of a customer.
        first_orders: When each customer ordered first, by id, where a key needs it.
    """

    query: SalesQuery
    names: Names
    source: Source
    starts: Numbers
    categories: Lookup | None
    segments: Lookup | None
    first_orders: Numbers | None = None

    @classmethod
    def of(
        cls,
        query: SalesQuery,
        names: Names,
        source: Source,
        categories: Lookup | None,
        segments: Lookup | None,
    ) -> Self:
        """A query with the beginnings of its buckets."""
        found = [clock_sql.micros(start) for start in starts(query)]
        return cls(query, names, source, np.array(found, dtype=np.int64), categories, segments)

    @property
    def range(self) -> tuple[int, int]:
        """The query's range in microseconds since 1970."""
        return clock_sql.micros(self.query.start), clock_sql.micros(self.query.end)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table.

    Attributes:
        table: The table.
        first: The first row.
        last: The row after the last one.
        chosen: Which of them, counted from `first`; `None` = all.
    """

    table: Table
    first: int
    last: int
    chosen: npt.NDArray[np.intp] | None = None

    def __len__(self) -> int:
        """How many."""
        return self.last - self.first if self.chosen is None else len(self.chosen)

    def of(self, column: Integers) -> Integers:
        """A column of the table, at these rows."""
        found = column[self.first : self.last]
        return found if self.chosen is None else found[self.chosen]

    def at(self) -> Numbers:
        """When the rows are."""
        found = self.table.at(self.first, self.last)
        return found if self.chosen is None else found[self.chosen]

    def only(self, which: npt.NDArray[np.bool_]) -> "Rows":
        """Those of these rows for which a condition holds."""
        found = np.flatnonzero(which)
        chosen = found if self.chosen is None else self.chosen[found]
        return Rows(self.table, self.first, self.last, chosen)


def rows_of(question: Question, table: Table, start: int, end: int) -> Rows:
    """The rows of [start, end) that pass the query's filters."""
    rows = Rows(table, table.place(start), table.place(end))
    filters, names = question.query.filters, question.names
    requested = (
        (Dimension.PRODUCT, filters.products, filters.products),
        (Dimension.CUSTOMER, filters.customers, filters.customers),
        (Dimension.REP, filters.reps, filters.reps),
        (Dimension.REGION, filters.regions, filters.regions),
        (Dimension.CHANNEL, filters.channels, filters.channels),
        (Dimension.CATEGORY, filters.categories, names.categories),
        (Dimension.SEGMENT, filters.segments, names.segments),
    )
    for dimension, given, numbers in requested:
        if given and len(rows):
            rows = rows.only(_among(_dimension(question, rows, dimension), numbers))
    return rows


def bounds(question: Question, rows: Rows) -> npt.NDArray[np.int64]:
    """The first row of each bucket, and the row after the last one, before any is left out."""
    found = rows.table.places(question.starts).clip(rows.first, rows.last)
    return np.append(found, rows.last)


def buckets(question: Question, rows: Rows) -> Numbers:
    """The number of each row's bucket."""
    lengths = np.diff(bounds(question, rows))
    bucket = np.repeat(np.arange(len(lengths)), lengths)
    return bucket if rows.chosen is None else bucket[rows.chosen]


def is_new(question: Question, rows: Rows, first_orders: Numbers) -> npt.NDArray[np.bool_]:
    """Whether the first order of each row's customer lies in the row's bucket.

    Args:
        question: The query.
        rows: The rows.
        first_orders: When each customer ordered first, by id.
    """
    query = question.query
    first: Numbers = first_orders.take(rows.of(rows.table.keys["customer_id"]))
    if query.hour_of_week:
        return np.equal(first, rows.at())
    start, end = question.range
    if query.granularity is None:
        return np.greater_equal(first, start) & np.less(first, end)
    begins, ends = question.starts.clip(min=start), np.append(question.starts[1:], end)
    bucket = buckets(question, rows)
    return np.greater_equal(first, begins.take(bucket)) & np.less(first, ends.take(bucket))


def keys_of(question: Question, rows: Rows, *, converted: bool = False) -> dict[str, Numbers]:
    """The query's keys of each row.

    Args:
        question: The query.
        rows: The rows.
        converted: Whether money is to be converted: adds its currency and the day of its rate.
    """
    query = question.query
    keys: dict[str, Numbers] = {}
    if query.granularity is not None:
        keys["bucket"] = buckets(question, rows)
    if query.hour_of_week:
        shown = _shown(question, rows, query.zone)
        keys["weekday"] = (shown // DAY + _THURSDAY) % 7 + 1
        keys["hour"] = shown // HOUR % 24
    for dimension in query.by:
        keys[dimension.key] = _dimension(question, rows, dimension).astype(np.int64)
    if converted:
        currency = rows.of(rows.table.keys[Dimension.CURRENCY.value]).astype(np.int64)
        home = currency == question.names.home
        day = _shown(question, rows, question.names.zone) // DAY
        keys[CURRENCY_NUMBER] = np.where(home, HOME, currency)
        keys[RATE_DAY] = np.where(home, 0, day)
    return keys


def _dimension(question: Question, rows: Rows, dimension: Dimension) -> Integers:
    keys = rows.table.keys
    if dimension is Dimension.CATEGORY and question.categories is not None:
        return question.categories(rows.of(keys["product_id"]))
    if dimension is Dimension.SEGMENT and question.segments is not None:
        return question.segments(rows.of(keys["customer_id"]))
    if dimension is Dimension.CUSTOMER_TYPE and question.first_orders is not None:
        new = is_new(question, rows, question.first_orders)
        known = np.where(new, np.int8(CustomerType.NEW), np.int8(CustomerType.RETURNING))
        known[rows.of(keys["customer_id"]) == NONE] = CustomerType.NONE
        return known
    return rows.of(keys["band" if dimension is Dimension.DISCOUNT else dimension.key])


def _shown(question: Question, rows: Rows, where: str) -> Numbers:
    """What a zone's clocks show, in microseconds."""
    query, at = question.query, rows.at()
    since, offsets = np.array(clock_sql.offsets(query.start, query.end, where)).T
    found: Numbers = at + offsets[np.maximum(since.searchsorted(at, side="right") - 1, 0)]
    return found


def _among(column: Integers, numbers: Sequence[int]) -> npt.NDArray[np.bool_]:
    if len(numbers) > _FEW:
        return np.isin(column, np.array(numbers, dtype=np.int64))
    found: npt.NDArray[np.bool_] = np.zeros(len(column), dtype=bool)
    for number in numbers:
        found |= column == number
    return found
