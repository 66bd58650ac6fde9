"""The Pareto analysis of a query's rows: what `shopx_core.domain.pareto` says, over columns.

Equals share one stretch of the cumulative share, an item belongs to the class in which its stretch
begins, and losses count for nothing.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.metric_values import adds_up
from shopx_api.panels.ranked_table import RankedTable
from shopx_api.panels.table import Numbers, amount, total
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import Metric
from shopx_core.domain.money import share
from shopx_core.domain.pareto import A_LIMIT, B_LIMIT, Abc
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

_CLASSES: Final = (Abc.A, Abc.B, Abc.C)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The sums of one Pareto class."""

    abc: Abc
    products: int
    value: Decimal
    positive_total: Decimal
    """The sum of the positive values of every class."""


@dataclass(frozen=True, slots=True)
class ClassifiedRow:
    """A product's place in the Pareto analysis."""

    product_id: int
    value: Decimal
    rank: int
    abc: Abc
    cumulative: Decimal
    """The sum of the positive values of the product, its equals and all better products."""
    positive_total: Decimal

    @property
    def sort_key(self) -> Key:
        """The row's key in the analysis' keyset."""
        return self.value, self.product_id


def check_pareto(metric: Metric, by: DimensionName) -> None:
    """Refuse a metric that has no Pareto classes.

    Raises:
        InvalidInput: The metric does not add up over the members of the dimension.
    """
    if not adds_up(metric, by):
        raise InvalidInput(
            say(
                "panel.does-add-up-over",
                "{title} does not add up over the members of {name}, so it has no Pareto classes.",
                title=metric.text,
                name=by.name,
            ),
            hint=say(
                "panel.choose-additive-metric-such",
                "Choose an additive metric, such as REVENUE, PROFIT, GROSS or UNITS.",
            ),
        )


def pareto_keyset(metric: Metric) -> Keyset:
    """The order of a Pareto analysis: the best products first."""
    columns = (Column("value", "numeric", descending=True), Column("product_id", "bigint"))
    return Keyset(f"abc:{metric.id}", columns)


class Pareto:
    """Classes of the products of a ranking, the best first, by a metric that is a plain sum.

    Products without a known value are in no class.
    """

    def __init__(self, ranking: RankedTable) -> None:
        self._ranking = ranking
        self._digits = ranking.values.digits
        values = ranking.values.numbers[ranking.placed]
        self._values: Numbers = np.sort(values)[::-1]
        """The best first."""
        positive = np.where(self._values > 0, self._values, 0)
        self._whole = total(positive)
        # One more at the front: the sum before the first.
        self._sums: Numbers = np.concatenate([[0], np.cumsum(positive)])
        self._limits = [
            _beginning_before(self._values, self._sums, limit, self._whole)
            for limit in (A_LIMIT, B_LIMIT)
        ]

    @property
    def classes(self) -> list[ClassRow]:
        """The classes that are not empty."""
        bounds = [0, *self._limits, len(self._values)]
        return [
            ClassRow(abc, after - first, self._amount(total(self._values[first:after])), self._all)
            for abc, first, after in zip(_CLASSES, bounds, bounds[1:], strict=False)
            if first < after
        ]

    @property
    def members(self) -> int:
        """How many members are in a class."""
        return len(self._values)

    @property
    def positive(self) -> int:
        """How many of them are above 0."""
        return int(np.count_nonzero(self._values > 0))

    @property
    def sizes(self) -> tuple[int, int]:
        """How many are in class A and in class B."""
        first, second = self._limits
        return first, second - first

    def along(self, points: int) -> list[int]:
        """Numbers of best members, from none to all: evenly, but for the ends of the classes."""
        found = {self.members * n // points for n in range(points + 1)}
        kept = {0, self.members, *self._limits}
        for limit in self._limits:
            # In the place of the nearest: the points stay about as far from one another.
            if limit not in found:
                found.remove(min(found - kept, key=lambda count: abs(count - limit)))
                found.add(limit)
        return sorted(found)

    def share(self, count: int) -> Decimal | None:
        """What the best so many make, of all above 0; `None` where none is above 0."""
        return share(self._amount(self._sums[count]), self._all)

    def row(self, row: int) -> ClassifiedRow:
        """A row of the ranking."""
        number = self._ranking.values.numbers[row]
        first, after = _stretch(self._values, number)
        abc = sum(first >= limit for limit in self._limits)
        return ClassifiedRow(
            product_id=int(self._ranking.table.keys[row]),
            value=self._amount(number),
            rank=first + 1,
            abc=_CLASSES[abc],
            cumulative=self._amount(self._sums[after]),
            positive_total=self._all,
        )

    @property
    def _all(self) -> Decimal:
        return self._amount(self._whole)

    def _amount(self, number: int) -> Decimal:
        return amount(number, self._digits)


def _stretch(values: Numbers, number: int) -> tuple[int, int]:
    """Where the equals of a number begin and end among descending values."""
    ascending = values[::-1]
    first = len(values) - int(np.searchsorted(ascending, number, side="right"))
    return first, len(values) - int(np.searchsorted(ascending, number, side="left"))


def _beginning_before(values: Numbers, sums: Numbers, limit: Decimal, whole: int) -> int:
    """How many values have a stretch that begins before a share of the whole."""
    part, parts = limit.as_integer_ratio()
    # The first sum that reaches the limit: what follows it begins beyond, except its equals.
    reached = int(np.searchsorted(sums, -(-part * whole // parts), side="left"))
    positive = int(np.count_nonzero(values > 0))
    if reached >= positive:
        return positive
    first, after = _stretch(values, values[reached])
    return after if first < reached else reached
