"""Groups of rows with equal keys, and exact sums of each: pure."""

from collections.abc import Collection
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[Any]
"""One-dimensional, of any size of integer."""
Numbers: TypeAlias = npt.NDArray[np.int64]

_CODES: Final = 2**62
_DENSE: Final = 4
"""A place for each combination of keys is quicker than sorting, up to so many places a row."""
_SMALL: Final = 65_536


class Unfit(Exception):  # noqa: N818 -- control flow: DuckDB answers instead
    """Arrays do not answer: DuckDB shall."""


class Codes:
    """Several columns as one: rows are equal where their codes are.

    Args:
        columns: Of equal length, not empty.

    Raises:
        Unfit: There are more combinations than numbers.
    """

    def __init__(self, columns: Collection[Numbers]) -> None:
        self.size = 1
        self.code = np.zeros(len(next(iter(columns))), dtype=np.int64)
        self._places: list[tuple[int, int]] = []
        for column in columns:
            low = int(column.min())
            size = int(column.max()) - low + 1
            self._places.append((low, size))
            self.size *= size
            if self.size > _CODES:
                raise Unfit("too many combinations of keys")
            self.code = self.code * size + (column - low)

    def columns(self, codes: Numbers) -> list[Numbers]:
        """What codes stand for."""
        found = []
        for low, size in reversed(self._places):
            codes, rest = np.divmod(codes, size)
            found.append(rest + low)
        return found[::-1]


class Grouping:
    """Adds up rows with equal keys.

    Args:
        columns: The keys, of equal length, not empty.

    Raises:
        Unfit: There are more combinations than numbers.
    """

    def __init__(self, columns: Collection[Numbers]) -> None:
        codes = Codes(columns)
        code = codes.code
        self._order: npt.NDArray[np.intp] | None = None
        if codes.size <= max(_SMALL, _DENSE * len(code)):
            self._code, self._size = code, codes.size
            self._groups = np.flatnonzero(np.bincount(code, minlength=codes.size))
            self.keys = codes.columns(self._groups)
        else:
            self._order = np.argsort(code)
            ordered = code[self._order]
            self._groups = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
            self.keys = codes.columns(ordered[self._groups])

    def sums(self, numbers: Integers) -> Numbers:
        """The sum of each group, in the order of `keys`."""
        if self._order is not None:
            return np.add.reduceat(numbers[self._order], self._groups, dtype=np.int64)
        found = np.zeros(self._size, dtype=np.int64)
        np.add.at(found, self._code, numbers.astype(np.int64, copy=False))
        return found[self._groups]
