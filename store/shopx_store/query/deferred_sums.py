"""Measures by one key that are added up when they are wanted.

A list of hundreds of thousands of members is ordered by one combination of measures, and shows the
others of fifty rows. So an engine may add up that combination alone, and the rest for those rows.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shopx_core.domain.metrics import Measure
from shopx_store.query.result_columns import Integers

Places = npt.NDArray[np.intp]


class SumsByKey(Protocol):
    """What an engine can add up: amounts in 10⁻⁶ and counts, exact, in the order of the keys."""

    @property
    def terms(self) -> Mapping[Measure, int]:
        """The factors of the combination."""
        ...

    @property
    def leading(self) -> Integers:
        """The combination for each key."""
        ...

    @property
    def measures(self) -> frozenset[Measure]:
        """What can be added up."""
        ...

    def of(self, measure: Measure) -> Integers:
        """A measure for each key."""
        ...

    def at(self, places: Places) -> Mapping[Measure, Integers]:
        """All measures of some keys, in the order of `places`."""
        ...

    def total(self, measure: Measure) -> int:
        """The sum of a measure over all keys."""
        ...


class DeferredSums(Mapping[Measure, Integers]):
    """Columns of measures, each added up when it is read.

    Args:
        sums: What adds up.
        rows: How many rows the columns have; `None` = one for each key of `sums`.
        places: The row of each key; the other rows are 0.
    """

    def __init__(
        self, sums: SumsByKey, rows: int | None = None, places: Places | None = None
    ) -> None:
        self._sums = sums
        self._rows = rows
        self._places = places
        self._columns: dict[Measure, Integers] = {}
        self.leading = self._spread(sums.leading)
        """The combination in each row."""

    @property
    def terms(self) -> Mapping[Measure, int]:
        """The factors of `leading`."""
        return self._sums.terms

    def __getitem__(self, measure: Measure) -> Integers:
        """The column of a measure."""
        if measure not in self._sums.measures:
            raise KeyError(measure)
        found = self._columns.get(measure)
        if found is None:
            found = self._columns[measure] = self._spread(self._sums.of(measure))
        return found

    def __iter__(self) -> Iterator[Measure]:
        """The measures, in their order."""
        return (measure for measure in Measure if measure in self._sums.measures)

    def __len__(self) -> int:
        """The number of measures."""
        return len(self._sums.measures)

    def at(self, rows: Places) -> dict[Measure, Integers]:
        """The columns at some rows, in that order."""
        if self._rows is None or self._places is None:
            return dict(self._sums.at(rows))
        keys = np.full(self._rows, -1, dtype=np.intp)
        keys[self._places] = np.arange(len(self._places))
        wanted = keys[rows]
        there = wanted >= 0
        columns = {}
        for measure, column in self._sums.at(wanted[there]).items():
            columns[measure] = np.zeros(len(rows), dtype=column.dtype)
            columns[measure][there] = column
        return columns

    def total(self, measure: Measure) -> int:
        """The sum of a column."""
        return self._sums.total(measure)

    def over(self, rows: int, places: Places) -> "DeferredSums":
        """The same over more rows, the others 0.

        Args:
            rows: How many.
            places: The row of each of the present ones.
        """
        before = places if self._places is None else places[self._places]
        return DeferredSums(self._sums, rows, before)

    def _spread(self, column: Integers) -> Integers:
        if self._rows is None or self._places is None:
            return column
        found = np.zeros(self._rows, dtype=column.dtype)
        found[self._places] = column
        return found
