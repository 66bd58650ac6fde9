"""Ranking, written once for every engine: order, places and pages of a query's rows by a metric.

Places are those of sports, counted from the highest value: equals share one, and the places that
they take up are skipped. A row without a value (a margin of no revenue) and one without sales have
no place. Rows without what orders them come last in either direction.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.table import Mask, Numbers, Table, Values
from shopx_api.types.enums import SortDirection, SortValue
from shopx_core.domain.metrics import Metric


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a ranking."""

    key: Any
    value: Decimal | None
    """What orders it."""
    rank: int | None = None
    previous_rank: int | None = None
    """Its place in the compared period; `None` = none then, or nothing is compared."""

    @property
    def sort_key(self) -> Key:
        """The row's key in the ranking's `keyset`."""
        return self.value, self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a list is ordered."""

    metric: Metric
    """What ranks."""
    ascending: bool = False
    """Whether the lowest comes first."""
    sort: SortValue = SortValue.VALUE

    @classmethod
    def of(cls, metric: Metric, sort: SortValue, direction: SortDirection) -> "Order":
        """The order that a list's arguments ask for."""
        return cls(metric=metric, ascending=direction is SortDirection.ASC, sort=sort)

    def keyset(self, list_name: str, key: str, *, key_type: str = "bigint") -> Keyset:
        """The total order of the rows.

        Args:
            list_name: The name of the list in cursors.
            key: The key of the dimension.
            key_type: The PostgreSQL type of `key`.
        """
        direction = "asc" if self.ascending else "desc"
        value = Column("value", "numeric", descending=not self.ascending, nullable=True)
        name = f"{list_name}:{self.metric.id}:{self.sort.value}:{direction}"
        return Keyset(name, (value, Column(key, key_type)))


class RankedTable:
    """A table in an order.

    Args:
        table: The rows.
        order: The order.
        without: A key that does not take part, such as "none".
        losses_of: Only rows in which this metric is below 0 take part; `None` = all.
        only: The keys that are listed; `None` = all. Places are among all even so.
    """

    def __init__(
        self,
        table: ComparedTable,
        order: Order,
        *,
        without: Any = None,
        losses_of: Metric | None = None,
        only: Collection[Any] | None = None,
    ) -> None:
        self.table: Table = table.current
        self.values: Values = table.current.values(order.metric)
        """Of the metric that ranks."""
        taking_part: Mask = np.ones(len(table), dtype=bool)
        if without is not None:
            taking_part = np.asarray(table.keys != without, dtype=bool)
        if losses_of is not None:
            amounts = table.current.values(losses_of)
            below = np.asarray(amounts.numbers < 0, dtype=bool)
            taking_part = taking_part & amounts.known & below
        self.placed: Mask = taking_part & self.values.known & table.sold
        """The rows with a place."""
        self.members = taking_part
        if only is not None:
            self.members = taking_part & np.isin(table.keys, list(only))
        self.compared = table
        self._metric = order.metric
        self.taking_part = taking_part
        """The rows that the search and the places are among."""
        self._sorting = table.values(order.metric, order.sort)
        self._sign = 1 if order.ascending else -1
        self._order: Numbers = self._sorting.numbers * self._sign
        """Ascending: the lower comes first."""
        self._places = _Places(self.values, self.placed)

    @property
    def count(self) -> int:
        """The rows of the whole list."""
        return int(self.members.sum())

    def page(self, first: int, after: Key | None, *, placed_only: bool = False) -> list[int]:
        """The rows after a sort key, one more than `first` where the list goes on."""
        found: list[int] = []
        known = self._sorting.known
        valued = self.placed if placed_only else self.members & known
        for rows in (valued,) if placed_only else (valued, self.members & ~known):
            left = first + 1 - len(found)
            if left > 0:
                found += self._first(rows & self._follow(rows, after), left)
        return found

    def ranked(self, row: int) -> Ranked:
        """A row with its places."""
        return replace(
            self.unplaced(row),
            rank=self._places.of(row),
            previous_rank=self._previous_rank(row),
        )

    def unplaced(self, row: int) -> Ranked:
        """A row without its places, for which all others must be looked at."""
        key = self.table.keys[row]
        return Ranked(
            key=key if isinstance(key, str) else int(key),
            value=self._sorting.value(row),
        )

    def _previous_rank(self, row: int) -> int | None:
        return None if self._earlier is None else self._earlier.of(row)

    @cached_property
    def _earlier(self) -> "_Places | None":
        """The places in the compared period; `None` = nothing is compared."""
        table = self.compared
        if table.previous is None or table.sold_before is None:
            return None
        values = table.previous.values(self._metric)
        return _Places(values, self.taking_part & values.known & table.sold_before)

    def _follow(self, rows: Mask, after: Key | None) -> Mask:
        """Which rows come after a sort key."""
        if after is None:
            return rows
        value, key = after
        later = np.asarray(self.table.keys > key, dtype=bool)
        if value is None:
            return later & ~self._sorting.known
        # A cursor may hold any number: no context's digits are enough.
        bound = Fraction(value) * self._sign * 10**self._sorting.digits
        floor = math.floor(bound)
        behind = np.asarray(self._order > floor, dtype=bool)
        if floor == bound:
            behind |= np.asarray(self._order == floor, dtype=bool) & later
        return behind | ~self._sorting.known

    def _first(self, rows: Mask, limit: int) -> list[int]:
        """The first of some rows in the list's order: all have what orders them, or none has."""
        places = np.flatnonzero(rows)
        keys = self.table.keys
        if not len(places):
            return []
        if not self._sorting.known[places[0]]:
            return sorted(map(int, _lowest(places, keys, limit)), key=lambda row: keys[row])
        order = self._order[places]
        if len(places) > limit:
            last = np.partition(order, limit - 1)[limit - 1]
            # Equals may be very many, such as all that sold nothing.
            before = places[np.asarray(order < last, dtype=bool)]
            equals = places[np.asarray(order == last, dtype=bool)]
            places = np.concatenate([before, _lowest(equals, keys, limit - len(before))])
        return sorted(map(int, places), key=lambda row: (self._order[row], keys[row]))


def _lowest(places: Numbers, keys: Numbers, limit: int) -> Numbers:
    """The places with the lowest keys, in no order."""
    if len(places) <= limit:
        return places
    chosen: Numbers = places[np.argpartition(keys[places], limit - 1)[:limit]]
    return chosen


class _Places:
    """The places of rows, from the highest value.

    Args:
        values: The rows' values.
        placed: Which rows have a place.
    """

    def __init__(self, values: Values, placed: Mask) -> None:
        self._values = values
        self._placed = placed

    @cached_property
    def _ordered(self) -> Numbers:
        return np.sort(self._values.numbers[self._placed])

    def of(self, row: int) -> int | None:
        """The place of a row; `None` = it has none."""
        if not self._placed[row]:
            return None
        higher = len(self._ordered) - self._ordered.searchsorted(
            self._values.numbers[row], side="right"
        )
        return int(higher) + 1
