"""The rows of a period beside those of the compared one: the same members in both, exactly.

A member that sold in either of the two has a row, so that what fell to nothing is in every list,
and the earlier values of a whole list add up to the earlier total.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from shopx_api.panels.table import Mask, Numbers, Table, Values, rounded_quotient
from shopx_api.types.enums import SortValue
from shopx_core.domain.metrics import Measure, Metric


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

    @classmethod
    def of(cls, current: Table, previous: Table | None) -> "ComparedTable":
        """Put two tables side by side."""
        if previous is None:
            return cls(current, np.ones(len(current), dtype=bool))
        if not len(current) or not len(previous):
            keys: Numbers = current.keys if len(current) else previous.keys
        else:
            keys = np.union1d(current.keys, previous.keys)
        return cls(
            current.over(keys),
            np.isin(keys, current.keys),
            previous.over(keys),
            np.isin(keys, previous.keys),
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

        They are known where the change that is shown has the same part: a percentage needs a value
        before, of the same sign as the one after.
        """
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

    def before(self, row: int) -> Mapping[Measure, Decimal | int] | None:
        """A row's measures in the compared period; `None` where nothing is compared."""
        return None if self.previous is None else self.previous.at(row)
