"""Columns of a batch: dictionary-encoded where values repeat, so a conversion runs once a value.

Sales data repeat themselves: a million lines have a few thousand products, prices and minutes. A
vector keeps each different value once (`pool`) and a code per row; a function of one column then
costs its number of values, not of rows, and stays exact because it works on Python objects.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

REPEATED = 2
"""Combinations of values that occur so often on average are kept once each."""


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """Why a row has no value; expressions pass it on until the row is rejected."""

    reason: str
    value: object = None
    """What was found."""
    column: str | None = None
    """The source's column, where the fault has one."""

    def of(self, column: str | None) -> "Fault":
        """This fault, attributed to a column unless it already is."""
        if self.column is not None or column is None:
            return self
        return Fault(self.reason, self.value, column)


class Vector:
    """One value a row.

    Args:
        pool: The values; without `codes`, row by row.
        codes: For each row, where in `pool` its value is.
        size: Rows of a constant: a pool of one value, which every row has.
    """

    __slots__ = ("_rows", "codes", "is_constant", "pool", "size")

    def __init__(
        self, pool: list[Any], codes: list[int] | None = None, *, size: int | None = None
    ) -> None:
        self.pool = pool
        self.codes = codes
        self.is_constant = size is not None
        if size is not None:
            self.size = size
        else:
            self.size = len(pool if codes is None else codes)
        self._rows = pool if codes is None and size is None else None

    @classmethod
    def constant(cls, value: Any, size: int) -> "Vector":
        """The same value in every row."""
        return cls([value], size=size)

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Vector":
        """Encode texts (or `None`) where they repeat enough to pay for it."""
        if not values:
            return cls([])
        return cls.of_arrow(pa.array(values, type=pa.string()), None)

    @classmethod
    def of_arrow(cls, array: Any, convert: Callable[[Any], Any] | None) -> "Vector":
        """Encode an Arrow array.

        Args:
            array: Any `pyarrow.Array`.
            convert: Applied to each different value; `None` = leave Arrow's Python values.
        """
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode(null_encoding="encode")
        pool = array.dictionary.to_pylist()
        if convert is not None:
            pool = [None if value is None else convert(value) for value in pool]
        if array.indices.null_count:
            pool.append(None)
            return cls(pool, array.indices.fill_null(len(pool) - 1).to_pylist())
        return cls(pool, array.indices.to_pylist())

    def rows(self) -> list[Any]:
        """The values, one a row."""
        if self._rows is None:
            if self.codes is None:
                self._rows = self.pool * self.size
            else:
                self._rows = list(map(self.pool.__getitem__, self.codes))
        return self._rows

    def iterate(self) -> Iterable[Any]:
        """The values, one a row, without materialising a constant."""
        return repeat(self.pool[0], self.size) if self.is_constant else self.rows()

    def map(self, function: Callable[[Any], Any]) -> "Vector":
        """Apply a function of one value; it runs once for each value of the pool."""
        pool = [function(value) for value in self.pool]
        if self.codes is not None:
            return Vector(pool, self.codes)
        return Vector(pool, size=self.size) if self.is_constant else Vector(pool)

    def take(self, keep: Sequence[int]) -> "Vector":
        """The rows with these indices."""
        if self.is_constant:
            return Vector(self.pool, size=len(keep))
        if self.codes is not None:
            return Vector(self.pool, list(map(self.codes.__getitem__, keep)))
        return Vector(list(map(self.pool.__getitem__, keep)))


def combine(function: Callable[..., Any], vectors: Sequence[Vector]) -> Vector:
    """Apply a function of several values row by row, or once a value where the rows allow it."""
    size = vectors[0].size
    if all(vector.is_constant for vector in vectors):
        return Vector.constant(function(*(vector.pool[0] for vector in vectors)), size)
    codes = next(vector.codes for vector in vectors if not vector.is_constant)
    if codes is not None and all(v.is_constant or v.codes is codes for v in vectors):
        # Every argument derives from the same column: as many results as that has values.
        length = max(len(vector.pool) for vector in vectors if not vector.is_constant)
        pools = [repeat(v.pool[0], length) if v.is_constant else v.pool for v in vectors]
        return Vector(list(map(function, *pools)), codes)
    found = _combinations(vectors)
    if found is not None:
        codes, first = found
        pools = [
            repeat(v.pool[0], len(first))
            if v.codes is None
            else [v.pool[v.codes[row]] for row in first]
            for v in vectors
        ]
        return Vector(list(map(function, *pools)), codes)
    return Vector(list(map(function, *(vector.iterate() for vector in vectors))))


def _combinations(vectors: Sequence[Vector]) -> tuple[list[int], list[int]] | None:
    """The code of each row's combination of values, and for each code the first row that has it.

    `None` where combinations repeat too little to be kept once each.
    """
    size = vectors[0].size
    codes: NDArray[np.int64] | None = None
    for vector in vectors:
        if vector.is_constant:
            continue
        if vector.codes is None:
            return None
        own = np.array(vector.codes, dtype=np.int64)
        if codes is not None:
            # Renumbered each time, so that codes stay below the number of rows and products fit.
            own = _numbered(codes * len(vector.pool) + own)
        codes = own
    if codes is None or (different := int(codes.max(initial=-1)) + 1) * REPEATED > size:
        return None
    first = np.empty(different, dtype=np.int64)
    first[codes[::-1]] = np.arange(size - 1, -1, -1)
    return codes.tolist(), first.tolist()


def _numbered(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each value's number, by its first occurrence."""
    indices = pa.array(values).dictionary_encode().indices
    return np.asarray(indices.to_numpy(), dtype=np.int64)
