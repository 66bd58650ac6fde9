"""The rows of a period beside those of the compared one: the same members in both, exactly.

A member that sold in either of the two has a row, so that what fell to nothing is in every list,
and the earlier values of a whole list add up to the earlier total.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shopx_api.panels.table import Mask, Numbers, Table, Values, rounded_quotient
from shopx_api.types.enums import SortValue
from shopx_core.domain.metrics import Metric


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """Rows by one dimension, of one period or of two.

    Attributes:
        current: The period; all zero in the rows of members that sold in the compared one only.
        sold: The rows of the period itself.
        previous: The compared period, over the same keys; `None` = nothing is compared.
        sold_before: The rows of the compared period itself.
    """

    current: Table
    sold: Mask
    previous: Table | None = None
    sold_before: Mask | None = None
    _values: dict[tuple[str, SortValue], Values] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, current: Table, previous: Table | None) -> "ComparedTable":
        """Put two tables side by side."""
        if previous is None:
            return cls(current, np.ones(len(current), dtype=bool))
        keys, places, places_before = _united(current.keys, previous.keys)
        return cls(
            current.over(keys, places),
            _among(keys, places),
            previous.over(keys, places_before),
            _among(keys, places_before),
        )

    @property
    def keys(self) -> Numbers:
        """Of the dimension: ids, or names."""
        return self.current.keys

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.keys)

    def values(self, metric: Metric, sort: SortValue) -> Values:
        """What rows are ordered by; without a compared period the metric's value in any case.

        Worked out once: a page may show both ends of one order.

        They are known where the change that is shown has the same part: a percentage needs a value
        before, of the same sign as the one after.
        """
        found = self._values.get((metric.id, sort))
        if found is None:
            found = self._values[metric.id, sort] = self._compared(metric, sort)
        return found

    def _compared(self, metric: Metric, sort: SortValue) -> Values:
        now = self.current.values(metric)
        if self.previous is None or sort is SortValue.VALUE:
            return now
        before = self.previous.values(metric)
        if sort is SortValue.PREVIOUS:
            return before
        digits = max(now.digits, before.digits)
        after_numbers, before_numbers = now.scaled(digits), before.scaled(digits)
        difference, known = after_numbers - before_numbers, now.known & before.known
        if sort is SortValue.DIFFERENCE:
            return Values(difference, known, digits)
        kept_sign = (after_numbers == 0) | ((after_numbers > 0) == (before_numbers > 0))
        known &= np.asarray((before_numbers != 0) & kept_sign, dtype=bool)
        return rounded_quotient(difference, np.abs(before_numbers), known)

    def take(self, rows: Sequence[int]) -> "ComparedTable":
        """Some rows, in the given order."""
        places = np.array(rows, dtype=np.intp)
        return ComparedTable(
            self.current.take(rows),
            self.sold[places],
            None if self.previous is None else self.previous.take(rows),
            None if self.sold_before is None else self.sold_before[places],
        )


_DENSE: Final = 4
"""A flag for each number is quicker than sorting, up to so many a key."""


def _united(one: Numbers, other: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The distinct keys of two columns, ascending, and where those of each are among them.

    As `np.union1d`, which takes ten times as long for columns that are ascending already.
    """
    if len(one) and len(other) and one.dtype == other.dtype == np.int64:
        low, high = min(one.min(), other.min()), max(one.max(), other.max())
        if high - low < _DENSE * (len(one) + len(other)):
            held = np.zeros(high - low + 1, dtype=bool)
            held[one - low] = True
            held[other - low] = True
            row = np.cumsum(held) - 1
            return np.flatnonzero(held) + low, row[one - low], row[other - low]
    # An empty column of names may be one of numbers.
    both = np.concatenate([column for column in (one, other) if len(column)] or [one])
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    places = np.empty(len(ordered), dtype=np.intp)
    places[order] = np.cumsum(new) - 1
    return ordered[new], places[: len(one)], places[len(one) :]


def _among(keys: Numbers, places: Numbers) -> Mask:
    """Which keys are at some places."""
    found: Mask = np.zeros(len(keys), dtype=bool)
    found[places] = True
    return found
