"""Tables in memory: columns of small integers in the order of their rows' instants.

A column is kept divided by what all its numbers have in common, in the smallest integer type, and
only where no sum of its numbers could leave 64 bits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_store.columns.grouping import Integers, Space, Sums, Unfit

SAFE: Final = 2.0**62
"""Where the absolute values of a column add up to less, no sum of some of them leaves 64 bits."""

BLOCK: Final = 32
"""Days."""


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers in units of `unit`."""

    numbers: Integers
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in the order of their instants.

    Attributes:
        instants: Ascending, in microseconds since 1970: one a row, or one a group of rows.
        offsets: The first row of each group and the number of rows; `None` = one a row.
        keys: Ids, and `previous`: the row of the customer's order before, -1 for none, and the
            number of rows for what is no order of a customer.
        measures: By name.
        common: Keys that a group's rows have in common: one a group.
    """

    instants: npt.NDArray[np.int64]
    offsets: Integers | None
    keys: Mapping[str, Integers]
    measures: Mapping[str, Column]
    common: Mapping[str, Integers] = field(default_factory=dict)
    _spans: dict[str, range] = field(default_factory=dict)
    _peaks: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.instants) if self.offsets is None else int(self.offsets[-1])

    def place(self, at: int) -> int:
        """The first row at or after an instant."""
        found = int(self.instants.searchsorted(at))
        return found if self.offsets is None else int(self.offsets[found])

    def places(self, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The first row at or after each instant."""
        found: npt.NDArray[np.int64] = self.instants.searchsorted(at)
        return found if self.offsets is None else self.offsets[found]

    def at(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """The instants of rows."""
        return self._of_groups(self.instants, first, last)

    def key(self, name: str, first: int, last: int) -> Integers:
        """A key of rows."""
        if name in self.keys:
            return self.keys[name][first:last]
        return self._of_groups(self.common[name], first, last)

    def span(self, name: str) -> range:
        """The least and the largest number of a key."""
        found = self._spans.get(name)
        if found is None:
            column = self.keys[name] if name in self.keys else self.common[name]
            found = range(int(column.min()), int(column.max()) + 1) if len(column) else range(0)
            self._spans[name] = found
        return found

    def peak(self, measure: str) -> int:
        """The largest absolute value of a measure, in the column's units."""
        found = self._peaks.get(measure)
        if found is None:
            numbers = self.measures[measure].numbers
            found = max(-int(numbers.min()), int(numbers.max())) if len(numbers) else 0
            self._peaks[measure] = found
        return found

    def _of_groups(self, column: Integers, first: int, last: int) -> Integers:
        if self.offsets is None:
            return column[first:last]
        begin, end = self.groups_of(first, last)
        bounds = self.offsets[begin : end + 1].clip(first, last)
        return np.repeat(column[begin:end], np.diff(bounds))

    @property
    def groups(self) -> "Table":
        """What groups have in common: a row a group."""
        return Table(self.instants, None, self.common, {}, _spans=self._spans)

    def groups_of(self, first: int, last: int) -> tuple[int, int]:
        """The first group of some rows, and the group after the last one."""
        if self.offsets is None:
            return first, last
        # NumPy would convert the whole array for a number of another type.
        kind = self.offsets.dtype.type
        begin = int(self.offsets.searchsorted(kind(first), side="right")) - 1
        return begin, int(self.offsets.searchsorted(kind(last)))

    def rows_of(self, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The rows of some groups, in ascending order."""
        if self.offsets is None:
            return groups
        first = self.offsets[groups].astype(np.intp)
        lengths = self.offsets[groups + 1] - first
        before = np.cumsum(lengths) - lengths
        return np.repeat(first - before, lengths) + np.arange(int(lengths.sum()))

    def ends(self, first: int, last: int, size: int) -> Iterable[tuple[int, int]]:
        """Cut a range of rows, which begins and ends with groups, into pieces of whole groups."""
        while first < last:
            end = min(last, first + size)
            if self.offsets is not None:
                end = int(self.offsets[self.groups_of(first, end)[1]])
            yield first, end
            first = end

    @property
    def arrays(self) -> Iterable[Integers]:
        """What it is made of."""
        yield self.instants
        if self.offsets is not None:
            yield self.offsets
        yield from self.keys.values()
        yield from self.common.values()
        for column in self.measures.values():
            yield column.numbers

    @property
    def bytes(self) -> int:
        """What it takes."""
        return bytes_of(self.arrays)


def bytes_of(arrays: Iterable[Integers]) -> int:
    """What arrays take; what several of them share, once."""
    owners = [array.base if isinstance(array.base, np.ndarray) else array for array in arrays]
    return sum({id(owner): owner.nbytes for owner in owners}.values())


def table_of(
    at: npt.NDArray[np.int64], keys: Mapping[str, Integers], measures: Mapping[str, Integers]
) -> Table:
    """A small table of rows in any order.

    Raises:
        Unfit: A sum could leave 64 bits.
    """
    order = np.argsort(at, kind="stable")
    return Table(
        at[order],
        None,
        {name: column[order] for name, column in keys.items()},
        {name: Column(bounded(column[order])) for name, column in measures.items()},
    )


def blocks_of(table: Table) -> Table:
    """The rows of each `BLOCK` instants added up by all keys.

    Raises:
        Unfit: They are too many.
    """
    if table.offsets is None or not len(table):
        return table
    begins = table.instants[::BLOCK]
    block = np.repeat(np.arange(len(begins)), np.diff(np.append(table.places(begins), len(table))))
    keys = [block, *table.keys.values()]
    space = Space.around(keys)
    sums = Sums(space, len(table.measures), len(table))
    sums.add(space.codes(keys, len(table)), [column.numbers for column in table.measures.values()])
    codes, added = sums.of_groups()
    number, *found = space.columns(codes)
    first = number.searchsorted(np.arange(len(begins)))
    return Table(
        begins.copy(),
        np.append(first, len(number)),
        {name: narrowed(column) for name, column in zip(table.keys, found, strict=True)},
        {
            name: Column(narrowed(numbers), column.unit)
            for (name, column), numbers in zip(table.measures.items(), added, strict=True)
        },
    )


def bounded(numbers: Integers) -> Integers:
    """The same numbers.

    Raises:
        Unfit: A sum of some of them could leave 64 bits.
    """
    if absolute_sum(numbers) >= SAFE:
        raise Unfit("a sum could leave 64 bits")
    return numbers


def absolute_sum(numbers: Integers) -> float:
    """About what the absolute values of numbers add up to."""
    return float(np.abs(numbers.astype(np.float64)).sum())


def narrowed(numbers: Integers) -> Integers:
    """The same numbers in the smallest type."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    return numbers.astype(smallest_type(low, high), copy=False)


def smallest_type(low: int, high: int) -> np.dtype[np.signedinteger]:
    """The smallest type of integers that holds two numbers."""
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.int64)


def column_of(numbers: Integers) -> Column:
    """A measure, in units of what all numbers have in common.

    Raises:
        Unfit: A sum could leave 64 bits.
    """
    unit = max(1, int(np.gcd.reduce(bounded(numbers)))) if len(numbers) else 1
    return Column(narrowed(numbers // unit), unit)
