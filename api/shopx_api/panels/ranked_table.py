"""Ranking, written once for every engine: places, pages and totals of a query's rows by a metric.

Places are those of sports: equals share one, and the places that they take up are skipped. A row
without a value (a margin of no revenue) has no place and comes last in either direction.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.table import Mask, Numbers, Table, Values
from shopx_core.domain.metrics import Measure, Metric


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row of a ranking."""

    key: Any
    value: Decimal | None
    """What the row was ranked by."""
    rank: int | None
    measures: Mapping[Measure, Decimal | int]

    @property
    def sort_key(self) -> Key:
        """The row's key in the ranking's `keyset`."""
        return self.value, self.key


def ranked_by(list_name: str, key: str, *, ascending: bool, key_type: str = "bigint") -> Keyset:
    """The order of a ranking.

    Args:
        list_name: The name of the list in cursors.
        key: The key of the dimension.
        ascending: Whether the lowest value comes first.
        key_type: The PostgreSQL type of `key`.
    """
    value = Column("value", "numeric", descending=not ascending, nullable=True)
    return Keyset(list_name, (value, Column(key, key_type)))


class RankedTable:
    """A table ordered by a metric.

    Args:
        table: The rows.
        metric: What ranks.
        ascending: Whether the lowest value comes first.
        without: A key that does not take part, such as "none".
        losses_only: Only rows with a value below 0 take part.
    """

    def __init__(
        self,
        table: Table,
        metric: Metric,
        *,
        ascending: bool,
        without: Any = None,
        losses_only: bool = False,
    ) -> None:
        self.table = table
        self.values: Values = table.values(metric)
        self.members: Mask = np.ones(len(table), dtype=bool)
        if without is not None:
            self.members = np.asarray(table.keys != without, dtype=bool)
        if losses_only:
            below = np.asarray(self.values.numbers < 0, dtype=bool)
            self.members = self.members & self.values.known & below
        self._sign = 1 if ascending else -1
        self.placed: Mask = self.members & self.values.known
        """The rows with a value."""
        self._order: Numbers = self.values.numbers * self._sign
        """Ascending: the lower comes first."""

    @property
    def count(self) -> int:
        """The rows of the whole ranking."""
        return int(self.members.sum())

    def rank(self, row: int) -> int | None:
        """The place of a row."""
        if not self.placed[row]:
            return None
        return int(self._ordered.searchsorted(self._order[row])) + 1

    @cached_property
    def _ordered(self) -> Numbers:
        return np.sort(self._order[self.placed])

    def page(self, first: int, after: Key | None, *, placed_only: bool = False) -> list[int]:
        """The rows after a sort key, one more than `first` where the ranking goes on."""
        found: list[int] = []
        unplaced = self.members & ~self.values.known
        for rows in (self.placed,) if placed_only else (self.placed, unplaced):
            left = first + 1 - len(found)
            if left > 0:
                found += self._first(rows & self._follow(rows, after), left)
        return found

    def rows(self, keys: Iterable[Any]) -> list[int]:
        """The rows of some keys, as far as they take part."""
        chosen = np.isin(self.table.keys, list(keys)) & self.members
        return [int(row) for row in np.flatnonzero(chosen)]

    def ranked(self, row: int) -> Ranked:
        """A row with its place."""
        key = self.table.keys[row]
        return Ranked(
            key if isinstance(key, str) else int(key),
            self.values.value(row),
            self.rank(row),
            self.table.at(row),
        )

    def _follow(self, rows: Mask, after: Key | None) -> Mask:
        """Which rows come after a sort key."""
        if after is None:
            return rows
        value, key = after
        later = np.asarray(self.table.keys > key, dtype=bool)
        if value is None:
            return later & ~self.values.known
        # A cursor may hold any number: no context's digits are enough.
        bound = Fraction(value) * self._sign * 10**self.values.digits
        floor = math.floor(bound)
        behind = np.asarray(self._order > floor, dtype=bool)
        if floor == bound:
            behind |= np.asarray(self._order == floor, dtype=bool) & later
        return behind | ~self.values.known

    def _first(self, rows: Mask, limit: int) -> list[int]:
        """The first of some rows in the ranking's order: all have a value, or none has."""
        places = np.flatnonzero(rows)
        keys = self.table.keys
        if not len(places):
            return []
        if not self.values.known[places[0]]:
            return sorted(map(int, places), key=lambda row: keys[row])[:limit]
        order = self._order[places]
        if len(places) > limit:
            last = np.partition(order, limit - 1)[limit - 1]
            places = places[np.asarray(order <= last, dtype=bool)]
        return sorted(map(int, places), key=lambda row: (self._order[row], keys[row]))[:limit]
