"""What one snapshot sees of a tail, and what that changes of the base: worked out once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_store.columns import line_measures
from shopx_store.columns.array_tables import Table, table_of
from shopx_store.columns.arrays import CHUNK, Arrays
from shopx_store.columns.base import NEVER
from shopx_store.columns.first_orders import FirstOrders
from shopx_store.columns.grouping import Integers, Unfit
from shopx_store.columns.sources import Source

_HEADER: Final = ("customer_id", "rep_id", "region_id", "channel_id", "currency")
_LINE: Final = ("order_id", "product_id", *_HEADER, "band")
_DAYS: Final = 8
"""Products of orders of more days than this are compared with the base by DuckDB."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Changed:
    """Orders, or products of orders, whose sale lines the tail makes more or fewer.

    Attributes:
        order_ids: The orders.
        at: When they are.
        keys: What their lines have in common.
        counts: Whether the order counts with the tail.
        table: With the measure `orders`: what the tail adds to their number.
    """

    order_ids: Numbers
    at: Numbers
    keys: Mapping[str, Numbers]
    counts: npt.NDArray[np.bool_]
    table: Table


@dataclass(frozen=True, slots=True)
class Touched:
    """All orders that count of the customers of whom the tail changes one.

    Attributes:
        customers: Their ids, ascending.
        table: The orders.
        previous_at: When the customer's order before each of them was.
        firsts: When each of `customers` ordered first; `NEVER` without an order that counts.
    """

    customers: Numbers
    table: Table
    previous_at: Numbers
    firsts: Numbers

    def among(self, ids: Integers) -> npt.NDArray[np.bool_]:
        """Which ids are of these customers."""
        return np.isin(ids, self.customers)


class Seen:
    """Lines of a tail.

    Args:
        at: When each of them is, in microseconds since 1970.
        columns: The columns of `base.lines`.
    """

    def __init__(self, at: Numbers, columns: Mapping[str, Integers]) -> None:
        self._at = at
        self._columns = columns
        self._ordered = np.sort(at)
        self._sales = np.sort(at[columns["lines"] != 0])
        self._lines: Table | None = None
        self._changed: dict[bool, Changed] = {}
        self._touched: Touched | None = None
        self._first_orders: FirstOrders | None = None

    def any_in(self, start: int, end: int) -> bool:
        """Whether there are lines in a range."""
        first, last = self._ordered.searchsorted((start, end))
        return bool(first < last)

    def sales_before(self, end: int) -> tuple[int, int] | None:
        """The first and the last instant of sale lines, and of what takes one back."""
        number = int(self._sales.searchsorted(end))
        return (int(self._sales[0]), int(self._sales[number - 1])) if number else None

    @property
    def lines(self) -> Table:
        """The lines.

        Raises:
            Unfit: A sum could leave 64 bits.
        """
        if self._lines is None:
            self._lines = table_of(
                self._at,
                {name: self._columns[name] for name in _LINE},
                {name: self._columns[name] for name in line_measures.NAMES},
            )
        return self._lines

    def changed(self, arrays: Arrays, *, by_product: bool) -> Changed:
        """Compare with the base.

        Raises:
            Unfit: The order's lines disagree, or the base's are not at hand.
            NotLoaded: See `Arrays.exact`.
        """
        found = self._changed.get(by_product)
        if found is None:
            found = self._changed[by_product] = self._compared(arrays, by_product=by_product)
        return found

    def _compared(self, arrays: Arrays, *, by_product: bool) -> Changed:
        if by_product:
            self.changed(arrays, by_product=False)  # compares with all orders
        names = ("order_id", *(("product_id",) if by_product else ()), *_HEADER)
        sales = np.flatnonzero(self.lines.measures["lines"].numbers)
        given = [(self.lines, sales)]
        if len(sales):
            orders = np.unique(self.lines.keys["order_id"][sales])
            start, end = int(self._sales[0]), int(self._sales[-1]) + 1
            if by_product:
                # An order's sale lines, and what takes them back, share its instant.
                days = np.unique(self._sales // CHUNK).tolist()
                tables = arrays.days(Source.LINES, days, at_most=_DAYS)
            else:
                tables = arrays.exact(Source.SALES, start, end)
            for table in tables:
                first, last = table.place(start), table.place(end)
                held = np.isin(table.keys["order_id"][first:last], orders)
                held &= table.measures["lines"].numbers[first:last] != 0
                given.append((table, np.flatnonzero(held) + first))
        at = np.concatenate([table.at(0, len(table))[rows] for table, rows in given])
        keys = {
            name: np.concatenate([table.keys[name][rows] for table, rows in given]).astype(np.int64)
            for name in names
        }
        lines = np.concatenate([_lines(table, rows) for table, rows in given])
        new = np.arange(len(at)) < len(sales)
        order = np.lexsort(
            (keys["product_id"], keys["order_id"]) if by_product else (keys["order_id"],)
        )
        at, lines, new = at[order], lines[order], new[order]
        keys = {name: column[order] for name, column in keys.items()}
        _check_headers(at, keys)
        first_of = _first_of([keys[name] for name in names[: 2 if by_product else 1]])
        if len(first_of):
            after = np.add.reduceat(lines, first_of)
            before = np.add.reduceat(np.where(new, 0, lines), first_of)
        else:
            after = before = lines
        at = at[first_of]
        keys = {name: column[first_of] for name, column in keys.items()}
        added = (after > 0).astype(np.int64) - (before > 0)
        orders = keys.pop("order_id")
        return Changed(orders, at, keys, after > 0, table_of(at, keys, {"orders": added}))

    def touched(self, arrays: Arrays) -> Touched:
        """The customers of whom the tail changes an order.

        Raises:
            Unfit: The base's orders are not in memory.
            NotLoaded: See `Arrays.exact`.
        """
        if self._touched is None:
            self._touched = self._gathered(arrays)
        return self._touched

    def _gathered(self, arrays: Arrays) -> Touched:
        changed = self.changed(arrays, by_product=False)
        table = arrays.table(Source.SALES)
        customers = np.unique(changed.keys["customer_id"])
        customers = customers[customers != 0]
        counts = table.keys["previous"] < len(table)
        rows = np.flatnonzero(counts & np.isin(table.keys["customer_id"], customers))
        rows = rows[~np.isin(table.keys["order_id"][rows], changed.order_ids)]
        more = np.flatnonzero(changed.counts & (changed.keys["customer_id"] != 0))
        at = np.concatenate([table.instants[rows], changed.at[more]])
        keys = {
            name: np.concatenate(
                [table.keys[name][rows].astype(np.int64), changed.keys[name][more]]
            )
            for name in _HEADER
        }
        order = np.argsort(at, kind="stable")
        at, keys = at[order], {name: column[order] for name, column in keys.items()}
        by_customer = np.lexsort((at, keys["customer_id"]))
        customer, ordered = keys["customer_id"][by_customer], at[by_customer]
        previous, firsts = np.full(len(at), NEVER), np.full(len(customers), NEVER)
        begins = _first_of([customer])
        if len(begins):
            earlier = np.append(NEVER, ordered[:-1])
            earlier[begins] = NEVER
            previous[by_customer] = earlier
            firsts[customers.searchsorted(customer[begins])] = ordered[begins]
        return Touched(customers, table_of(at, keys, {}), previous, firsts)

    def first_orders(self, arrays: Arrays) -> FirstOrders:
        """When customers ordered first, in the base and in what is seen.

        Raises:
            Unfit: The base's orders are not in memory, or an id is too large.
            NotLoaded: See `Arrays.exact`.
        """
        if self._first_orders is None:
            touched = self.touched(arrays)
            # There are also customers who only returned something.
            size = int(self._columns["customer_id"].max(initial=0)) + 1
            known = arrays.first_orders
            self._first_orders = known.with_others(touched.customers, touched.firsts, size)
        return self._first_orders


def _lines(table: Table, rows: npt.NDArray[np.intp]) -> Numbers:
    column = table.measures["lines"]
    return column.numbers[rows].astype(np.int64) * column.unit


def _first_of(columns: Sequence[Numbers]) -> npt.NDArray[np.intp]:
    """Where each combination begins among ordered rows."""
    if not len(columns[0]):
        return np.empty(0, dtype=np.intp)
    new = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(np.append(True, new))


def _check_headers(at: Numbers, keys: Mapping[str, Numbers]) -> None:
    """Refuse orders whose lines disagree; the rows are ordered by order."""
    same = keys["order_id"][1:] == keys["order_id"][:-1]
    for column in (at, *(keys[name] for name in _HEADER)):
        if np.any(same & (column[1:] != column[:-1])):
            raise Unfit("the lines of an order disagree")
