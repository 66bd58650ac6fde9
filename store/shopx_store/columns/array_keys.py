"""The keys and filters of a query over rows of a table in memory: pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from shopx_store.columns import clock_sql
from shopx_store.columns.array_tables import Table
from shopx_store.columns.clock_sql import DAY, HOUR
from shopx_store.columns.first_orders import LARGEST_ID, FirstOrders
from shopx_store.columns.grouping import Integers, Unfit
from shopx_store.columns.sources import Names, Source, start_numbers
from shopx_store.columns.statements import CURRENCY_NUMBER, HOME, RATE_DAY
from shopx_store.query.sales_query import NONE, CustomerType, Dimension, SalesQuery

Numbers = npt.NDArray[np.int64]

PIECE: Final = 2**17
"""Rows that are worked on at once: what is made of them stays in a processor's cache."""
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

    @property
    def span(self) -> range:
        """From 0 to the largest number."""
        return range(int(self._numbers.max()) + 1)

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
        first_orders: By customer, where it is asked for: the number of the bucket of the first
            order, -1 outside the range; by hour of the week, when that was.
    """

    query: SalesQuery
    names: Names
    source: Source
    starts: Numbers
    categories: Lookup | None
    segments: Lookup | None
    first_orders: Integers | None = None

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
        return cls(query, names, source, start_numbers(query), categories, segments)

    @property
    def range(self) -> tuple[int, int]:
        """The query's range in microseconds since 1970."""
        return clock_sql.micros(self.query.start), clock_sql.micros(self.query.end)

    def with_first_orders(self, found: FirstOrders) -> "Question":
        """The same, knowing who is new."""
        if self.query.hour_of_week:
            return replace(self, first_orders=found.instants)
        start, end = self.range
        begins = self.starts.clip(min=start) if len(self.starts) else np.array([start])
        return replace(self, first_orders=found.buckets(begins, end))


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

    def key(self, name: str) -> Integers:
        """A key of the table, at these rows."""
        found = self.table.key(name, self.first, self.last)
        return found if self.chosen is None else found[self.chosen]

    @property
    def numbers(self) -> npt.NDArray[np.intp]:
        """Their numbers in the table."""
        if self.chosen is None:
            return np.arange(self.first, self.last)
        return self.chosen + self.first

    def at(self) -> Numbers:
        """When the rows are."""
        found = self.table.at(self.first, self.last)
        return found if self.chosen is None else found[self.chosen]

    def only(self, which: npt.NDArray[np.bool_]) -> "Rows":
        """Those of these rows for which a condition holds."""
        found = np.flatnonzero(which)
        chosen = found if self.chosen is None else self.chosen[found]
        return Rows(self.table, self.first, self.last, chosen)


def pieces_of(question: Question, rows: Rows) -> Iterator[Rows]:
    """Those of a range of rows that pass the query's filters, some at a time."""
    for first, last in rows.table.ends(rows.first, rows.last, PIECE):
        piece = _filtered(question, Rows(rows.table, first, last))
        if len(piece):
            yield piece


def rows_of(question: Question, table: Table, start: int, end: int) -> Rows:
    """The rows of [start, end) that pass the query's filters."""
    return _filtered(question, Rows(table, table.place(start), table.place(end)))


def _filtered(question: Question, rows: Rows) -> Rows:
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
    wanted = [(dimension, numbers) for dimension, given, numbers in requested if given]
    common = [one for one in wanted if _column(one[0]) in rows.table.common]
    if common:
        groups = _only(
            question, Rows(rows.table.groups, *rows.table.groups_of(rows.first, rows.last)), common
        )
        rows = Rows(
            rows.table, rows.first, rows.last, rows.table.rows_of(groups.numbers) - rows.first
        )
    return _only(question, rows, [one for one in wanted if one not in common])


def _only(
    question: Question, rows: Rows, wanted: Sequence[tuple[Dimension, Sequence[int]]]
) -> Rows:
    for dimension, numbers in wanted:
        if len(rows):
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


def is_new(question: Question, rows: Rows) -> npt.NDArray[np.bool_]:
    """Whether the first order of each row's customer lies in the row's bucket.

    Args:
        question: The query, with first orders.
        rows: The rows.
    """
    if question.first_orders is None:
        raise Unfit("first orders are not known")
    first = question.first_orders.take(rows.key("customer_id"))
    if question.query.hour_of_week:
        return np.equal(first, rows.at())
    own = 0 if question.query.granularity is None else buckets(question, rows)
    return np.equal(first, own)


def spans_of(question: Question, table: Table, *, converted: bool) -> dict[str, range]:
    """The least and the largest number of each key that `keys_of` makes of a table's rows."""
    query = question.query
    spans: dict[str, range] = {}
    if query.granularity is not None:
        spans["bucket"] = range(len(question.starts))
    if query.hour_of_week:
        spans |= {"weekday": range(1, 8), "hour": range(24)}
    for dimension in query.by:
        if dimension is Dimension.CATEGORY and question.categories is not None:
            spans[dimension.key] = question.categories.span
        elif dimension is Dimension.SEGMENT and question.segments is not None:
            spans[dimension.key] = question.segments.span
        elif dimension is Dimension.CUSTOMER_TYPE:
            spans[dimension.key] = range(min(CustomerType), max(CustomerType) + 1)
        else:
            spans[dimension.key] = table.span(_column(dimension))
    if converted:
        spans[CURRENCY_NUMBER] = range(HOME, table.span(Dimension.CURRENCY.key).stop)
        spans[RATE_DAY] = _rate_days(question)
    return spans


def keys_of(question: Question, rows: Rows, *, converted: bool = False) -> dict[str, Integers]:
    """The query's keys of each row.

    Args:
        question: The query.
        rows: The rows.
        converted: Whether money is to be converted: adds its currency and the day of its rate.
    """
    query = question.query
    keys: dict[str, Integers] = {}
    if query.granularity is not None:
        keys["bucket"] = buckets(question, rows)
    if query.hour_of_week:
        shown = _shown(question, rows, query.zone)
        keys["weekday"] = (shown // DAY + _THURSDAY) % 7 + 1
        keys["hour"] = shown // HOUR % 24
    for dimension in query.by:
        keys[dimension.key] = _dimension(question, rows, dimension)
    if converted:
        currency = rows.key(Dimension.CURRENCY.key).astype(np.int64)
        home = currency == question.names.home
        day = _shown(question, rows, question.names.zone) // DAY
        keys[CURRENCY_NUMBER] = np.where(home, HOME, currency)
        # Any day: home money has no rate.
        keys[RATE_DAY] = np.where(home, _rate_days(question).start, day)
    return keys


def _rate_days(question: Question) -> range:
    """The days, counted from 1970, that the query's range touches."""
    start, end = question.range
    where = question.names.zone
    shifts = [
        shift for _, shift in clock_sql.offsets(question.query.start, question.query.end, where)
    ]
    return range((start + min(shifts)) // DAY, (end + max(shifts)) // DAY + 1)


def _column(dimension: Dimension) -> str:
    """The key of a table that a dimension is made of."""
    match dimension:
        case Dimension.DISCOUNT:
            return "band"
        case Dimension.CATEGORY:
            return Dimension.PRODUCT.key
        case Dimension.SEGMENT | Dimension.CUSTOMER_TYPE:
            return Dimension.CUSTOMER.key
        case _:
            return dimension.key


def _dimension(question: Question, rows: Rows, dimension: Dimension) -> Integers:
    ids = rows.key(_column(dimension))
    if dimension is Dimension.CATEGORY and question.categories is not None:
        return question.categories(ids)
    if dimension is Dimension.SEGMENT and question.segments is not None:
        return question.segments(ids)
    if dimension is Dimension.CUSTOMER_TYPE:
        new = is_new(question, rows)
        found = np.where(new, np.int8(CustomerType.NEW), np.int8(CustomerType.RETURNING))
        found[ids == NONE] = CustomerType.NONE
        return found
    return ids


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
