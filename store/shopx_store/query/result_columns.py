"""A result as columns of numbers: Python objects for each row would take too long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from shopx_core.domain.metrics import Measure
from shopx_core.domain.money import EXACT

Integers: TypeAlias = npt.NDArray[Any]
"""One-dimensional: int64, or Python's integers as objects where one does not fit into 64 bits."""

SCALE: Final = 6
"""Amounts and quantities are numbers of 10⁻⁶: refunds are booked with six digits."""

COUNTED: Final = frozenset(
    {Measure.LINES, Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}
)
"""The measures that are plain numbers; the others are numbers of 10⁻⁶."""


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """Keys and measures as columns of equal length, ordered by their keys.

    Attributes:
        keys: By the key's name, in the query's order: ids, or numbers that `meanings` explains.
        measures: Exact: counts, and amounts and quantities in 10⁻⁶.
        meanings: What a key's numbers stand for where they are no ids: the starts of buckets, names
            of segments, codes of currencies.
    """

    keys: Mapping[str, Integers]
    measures: Mapping[Measure, Integers]
    meanings: Mapping[str, Mapping[int, Any] | Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter((self.keys or self.measures).values()), ()))

    def rows(self) -> list[Mapping[str, Any]]:
        """The same as rows, with amounts as Decimal and counts as int."""
        names = [*self.keys, *(measure.value for measure in self.measures)]
        columns: list[list[Any]] = []
        for name, numbers in self.keys.items():
            meaning = self.meanings.get(name)
            found = numbers.tolist()
            columns.append(found if meaning is None else [meaning[number] for number in found])
        for measure, values in self.measures.items():
            found = values.tolist()
            if measure not in COUNTED:
                found = [EXACT.scaleb(value, -SCALE) for value in found]
            columns.append(found)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def take(self, places: npt.NDArray[np.intp]) -> "ResultColumns":
        """The rows at some places, in that order."""
        return ResultColumns(
            {name: numbers[places] for name, numbers in self.keys.items()},
            {measure: values[places] for measure, values in self.measures.items()},
            self.meanings,
        )
