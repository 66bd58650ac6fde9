"""Groups of rows with equal keys, and exact sums of each: pure."""

import math
from collections.abc import Sequence
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[Any]
"""One-dimensional, of any size of integer."""
Numbers: TypeAlias = npt.NDArray[np.int64]

_CODES: Final = 2**62
_DENSE: Final = 4
"""A place for each combination of keys is quicker than sorting, up to so many places a row."""
_SMALL: Final = 65_536
_LARGE: Final = 2**22
"""More places would take too much memory, as would sorting more rows."""


def is_dense(places: int, rows: int) -> bool:
    """Whether so many rows are best added up with a place for each combination of keys."""
    return places <= min(_LARGE, max(_SMALL, _DENSE * rows))


class Unfit(Exception):  # noqa: N818 -- control flow: DuckDB answers instead
    """Arrays do not answer: DuckDB shall."""


class Space:
    """All combinations of some keys, numbered in the keys' order.

    Args:
        spans: The least and the largest number of each key.

    Raises:
        Unfit: There are more combinations than numbers.
    """

    def __init__(self, spans: Sequence[range]) -> None:
        self._spans = spans
        self.size = math.prod(map(len, spans))
        if self.size > _CODES:
            raise Unfit("too many combinations of keys")

    @classmethod
    def around(cls, columns: Sequence[Numbers]) -> Self:
        """Those that columns, which are not empty, are made of.

        Raises:
            Unfit: There are more combinations than numbers.
        """
        return cls([range(int(column.min()), int(column.max()) + 1) for column in columns])

    def codes(self, columns: Sequence[Integers], rows: int) -> Numbers:
        """The number of each row's combination.

        Args:
            columns: The keys.
            rows: How long they are.
        """
        if not columns:
            return np.zeros(rows, dtype=np.int64)
        code = columns[0].astype(np.int64)
        low = self._spans[0].start
        for column, span in zip(columns[1:], self._spans[1:], strict=True):
            code *= len(span)
            code += column
            low = low * len(span) + span.start
        if low:
            code -= low
        return code

    def columns(self, codes: Numbers) -> list[Numbers]:
        """The keys of combinations."""
        found = []
        for span in reversed(self._spans):
            codes, rest = np.divmod(codes, len(span))
            found.append(rest + span.start)
        return found[::-1]


class Sums:
    """The sums of each combination of keys, added up piece by piece.

    Args:
        space: The combinations.
        columns: How many sums each has.
        rows: How many rows come at most.
    """

    def __init__(self, space: Space, columns: int, rows: int) -> None:
        self._columns = columns
        self._dense: list[Numbers] | None = None
        if is_dense(space.size, rows):
            self._dense = [np.zeros(space.size, dtype=np.int64) for _ in range(columns)]
        self._pieces: list[tuple[Numbers, Sequence[Integers]]] = []
        self._rows = 0

    def add(self, codes: Numbers, columns: Sequence[Integers]) -> None:
        """Add rows.

        Args:
            codes: Their combinations.
            columns: What is summed.

        Raises:
            Unfit: They are too many.
        """
        if self._dense is not None:
            for sums, numbers in zip(self._dense, columns, strict=True):
                # It is slow where types differ.
                np.add.at(sums, codes, numbers.astype(np.int64, copy=False))
            return
        self._rows += len(codes)
        if self._rows > _LARGE:
            raise Unfit("too many rows to sort")
        self._pieces.append((codes, columns))

    def of_groups(self) -> tuple[Numbers, list[Numbers]]:
        """The combinations with a sum that is not 0, ascending, and their sums.

        Where there is only one combination, as without keys, it is there in any case.
        """
        if self._dense is not None:
            places = len(self._dense[0])
            some = np.full(places, places == 1)
            for sums in self._dense:
                some |= sums != 0
            codes = np.flatnonzero(some)
            return codes, [sums[codes] for sums in self._dense]
        if not self._pieces:
            return np.empty(0, dtype=np.int64), [np.empty(0, dtype=np.int64)] * self._columns
        codes = np.concatenate([piece for piece, _ in self._pieces])
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        columns = zip(*(columns for _, columns in self._pieces), strict=True)
        return codes[first], [
            np.add.reduceat(np.concatenate(pieces)[order], first, dtype=np.int64)
            for pieces in columns
        ]
