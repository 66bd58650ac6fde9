"""The newest lines of a base in memory, in the order of their orders, whose keys they share."""

import math
from collections.abc import Mapping
from typing import Final

import duckdb
import numpy as np

from shopx_store.columns import line_measures
from shopx_store.columns.array_tables import (
    SAFE,
    Column,
    Table,
    absolute_sum,
    narrowed,
    smallest_type,
)
from shopx_store.columns.base import NEVER
from shopx_store.columns.grouping import Integers, Unfit

ORDERS: Final = 2**16
"""Orders whose lines are read at once."""

_KEYS: Final = ("product_id", "band")
_OFFSET: Final = np.dtype(np.int32)


class _Growing:
    """A column that grows at its beginning.

    Args:
        summed: Whether it is a measure: kept divided by what its numbers have in common.
    """

    def __init__(self, *, summed: bool) -> None:
        self._summed = summed
        self._total = 0.0
        self._unit = 0 if summed else 1
        self._low = self._high = 0
        self._pieces: list[tuple[Integers, int]] = []

    def add(self, numbers: Integers) -> None:
        """Put numbers before all others.

        Raises:
            Unfit: A sum could leave 64 bits.
        """
        unit = int(np.gcd.reduce(numbers)) if self._summed else 1
        if self._summed:
            self._total += absolute_sum(numbers)
            if self._total >= SAFE:
                raise Unfit("a sum could leave 64 bits")
        self._unit = math.gcd(self._unit, unit)
        self._low = min(self._low, int(numbers.min()))
        self._high = max(self._high, int(numbers.max()))
        self._pieces.append((narrowed(numbers // max(1, unit)), unit))

    def drop(self) -> None:
        """Take the last ones back."""
        self._pieces.pop()

    @property
    def type(self) -> np.dtype[np.signedinteger]:
        """The type of the whole."""
        unit = max(1, self._unit)
        return smallest_type(self._low // unit, self._high // unit)

    def whole(self) -> Column:
        """All of it; what it was made of is forgotten."""
        unit = max(1, self._unit)
        found = np.empty(sum(len(piece) for piece, _ in self._pieces), dtype=self.type)
        first = 0
        while self._pieces:
            piece, of = self._pieces.pop()
            last = first + len(piece)
            found[first:last] = piece.astype(np.int64) * (of // unit)
            first = last
        return Column(found, unit)


def newest_lines(
    connection: duckdb.DuckDBPyConnection, sales: Table, limit: int
) -> tuple[int, Table]:
    """As many of the newest lines as fit.

    Args:
        connection: A cursor of the base.
        sales: The base's orders.
        limit: Bytes, besides what the orders take.

    Returns:
        Since when all are there, and the lines.

    Raises:
        Unfit: None fit, a sum could leave 64 bits, or the lines of an order disagree.
        duckdb.Error: The file cannot be read.
    """
    columns = {name: _Growing(summed=name not in _KEYS) for name in (*_KEYS, *line_measures.NAMES)}
    lengths: list[Integers] = []
    first, lines = len(sales), 0
    while first:
        # All orders of an instant, or none.
        begin = sales.place(int(sales.instants[max(0, first - ORDERS)]))
        length, found = _lines_of(connection, sales, begin, first)
        for name, column in columns.items():
            column.add(found[name])
        lines += len(found["lines"])
        width = sum(column.type.itemsize for column in columns.values())
        if lines * width + _OFFSET.itemsize * (len(sales) - begin + 1) > limit:
            for column in columns.values():
                column.drop()
            break
        lengths.append(length)
        first = begin
    if not lengths:
        raise Unfit("it is larger than the room that is left")
    keys = {name: columns[name].whole().numbers for name in _KEYS}
    measures = {name: columns[name].whole() for name in line_measures.NAMES}
    return int(sales.instants[first]) if first else NEVER, Table(
        sales.instants[first:],
        np.append(0, np.cumsum(np.concatenate(lengths[::-1]))).astype(_OFFSET),
        keys,
        measures | {"orders": measures["lines"]},
        {name: column[first:] for name, column in sales.keys.items() if name != "previous"},
    )


def _lines_of(
    connection: duckdb.DuckDBPyConnection, sales: Table, first: int, last: int
) -> tuple[Integers, Mapping[str, Integers]]:
    """How many lines some orders have, and their columns.

    Raises:
        Unfit: The lines of an order disagree, or an amount is missing.
    """
    within = f"instant >= {sales.instants[first]}"
    if last < len(sales):
        within += f" and instant < {sales.instants[last]}"
    names = ("instant", "order_id", *_KEYS, *line_measures.NAMES)
    columns = connection.execute(
        f"select {', '.join(names)} from base.lines where {within}"
    ).fetchnumpy()
    if any(np.ma.is_masked(column) for column in columns.values()):
        raise Unfit("an amount is missing")
    found = {name: np.ma.getdata(columns[name]) for name in names}
    # Lines that a later build appended stand behind the others.
    order = np.lexsort((found["order_id"], found["instant"]))
    at, orders = found.pop("instant")[order], found.pop("order_id")[order]
    begins = np.flatnonzero(np.append(True, (at[1:] != at[:-1]) | (orders[1:] != orders[:-1])))
    if not np.array_equal(at[begins], sales.instants[first:last]) or not np.array_equal(
        orders[begins], sales.keys["order_id"][first:last]
    ):
        raise Unfit("the lines of an order disagree")
    return np.diff(np.append(begins, len(at))), {
        name: column[order] for name, column in found.items()
    }
