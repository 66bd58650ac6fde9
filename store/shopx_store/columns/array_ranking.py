"""Adds up tables in memory by one key for a list: what orders it at once, the rest for a page."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_core.domain.metrics import Measure
from shopx_store.columns.array_keys import Question, Rows, keys_of, pieces_of, spans_of
from shopx_store.columns.array_tables import SAFE, Table
from shopx_store.columns.grouping import Integers, Space, is_dense
from shopx_store.query.deferred_sums import DeferredSums, Places
from shopx_store.query.result_columns import ResultColumns
from shopx_store.query.sales_query import Dimension

MANY: Final = 2**15
"""Fewer rows are added up at once."""

_NARROW: Final = 2**31

_MEANT: Final = {Dimension.SEGMENT, Dimension.CURRENCY, Dimension.CUSTOMER_TYPE}
"""Rows by these are few, and their numbers stand for something else."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some rows of a table, and the place of each row's key."""

    rows: Rows
    codes: npt.NDArray[np.int64]

    def unit(self, measure: Measure) -> int:
        """The unit of a measure; 0 = the table has none of it."""
        column = self.rows.table.measures.get(measure)
        return 0 if column is None else column.unit

    def numbers(self, measure: Measure) -> tuple[Integers, int] | None:
        """A measure and its unit; `None` = the table has none of it."""
        column = self.rows.table.measures.get(measure)
        return None if column is None else (self.rows.of(column.numbers), column.unit)


def ranked(
    question: Question, ranges: Sequence[tuple[Table, int, int]], summed: Sequence[Measure]
) -> ResultColumns | None:
    """The answer to a query that says what orders its rows; `None` = add all up at once.

    Args:
        question: The query.
        ranges: The tables and ranges of them that together are its rows.
        summed: Its measures.
    """
    query = question.query
    terms = dict(query.ranks)
    if (
        not terms
        or len(query.by) != 1
        or query.by[0] in _MEANT
        or query.granularity is not None
        or query.hour_of_week
        or question.names.home is not None
        or len(summed) != len(query.measures)
    ):
        return None
    rows = [
        Rows(table, first, last)
        for table, start, end in ranges
        if (first := table.place(start)) < (last := table.place(end))
    ]
    count = sum(map(len, rows))
    if count < MANY or not _fits(rows, terms, count):
        return None
    spans = [spans_of(question, one.table, converted=False)[query.by[0].key] for one in rows]
    span = range(min(one.start for one in spans), max(one.stop for one in spans))
    if not is_dense(len(span), count):
        return None
    space = Space([span])
    pieces = [
        _Piece(piece, space.codes(list(keys_of(question, piece).values()), len(piece)))
        for one in rows
        for piece in pieces_of(question, one)
    ]
    sums = _Sums(pieces, terms, frozenset(summed), len(span))
    return ResultColumns({query.by[0].key: sums.codes + span.start}, DeferredSums(sums))


def _fits(rows: Sequence[Rows], terms: Mapping[Measure, int], count: int) -> bool:
    """Whether no sum of the combination leaves 64 bits."""
    largest = max(
        sum(
            one.table.peak(measure) * one.table.measures[measure].unit * abs(factor)
            for measure, factor in terms.items()
            if measure in one.table.measures
        )
        for one in rows
    )
    return largest * count < SAFE


class _Sums:
    """The sums of each key that has one; see `SumsByKey`.

    Args:
        pieces: The rows.
        terms: The combination.
        measures: What the query asks for.
        places: How many keys there may be.
    """

    def __init__(
        self,
        pieces: Sequence[_Piece],
        terms: Mapping[Measure, int],
        measures: frozenset[Measure],
        places: int,
    ) -> None:
        self._pieces = pieces
        self._places = places
        self.terms = terms
        self.measures = measures
        leading = self._added(terms)
        some = leading != 0
        # Of the others, those without a row are none, and those with rows nearly always are.
        codes, columns = self._few(~some)
        for column in columns.values():
            some[codes[column != 0]] = True
        self.codes: npt.NDArray[np.int64] = np.flatnonzero(some)
        """The places of the keys in which something is left, ascending."""
        self.leading = leading[self.codes]

    def of(self, measure: Measure) -> Integers:
        """A measure for each key."""
        return self._added({measure: 1})[self.codes]

    def at(self, places: Places) -> Mapping[Measure, Integers]:
        """All measures of some keys."""
        wanted = self.codes[places]
        chosen = np.zeros(self._places, dtype=bool)
        chosen[wanted] = True
        codes, columns = self._few(chosen)
        order = codes.searchsorted(wanted)
        return {measure: column[order] for measure, column in columns.items()}

    def total(self, measure: Measure) -> int:
        """The sum of a measure over all keys."""
        found = 0
        for piece in self._pieces:
            column = piece.numbers(measure)
            if column is not None:
                found += int(column[0].sum(dtype=np.int64)) * column[1]
        return found

    def _added(self, terms: Mapping[Measure, int]) -> npt.NDArray[np.int64]:
        """A combination for each place."""
        sums = np.zeros(self._places, dtype=np.int64)
        unit = math.gcd(*(piece.unit(measure) for piece in self._pieces for measure in terms))
        for piece in self._pieces:
            combined = _combined(piece, terms, max(1, unit))
            if combined is not None:
                np.add.at(sums, piece.codes, combined)
        sums *= max(1, unit)
        return sums

    def _few(
        self, chosen: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], dict[Measure, Integers]]:
        """All measures of some places, of which few have rows; places without rows are left out."""
        found = [(piece, np.flatnonzero(chosen.take(piece.codes))) for piece in self._pieces]
        codes, index = np.unique(
            np.concatenate([np.empty(0, np.int64), *(p.codes[rows] for p, rows in found)]),
            return_inverse=True,
        )
        columns = {}
        for measure in (measure for measure in Measure if measure in self.measures):
            columns[measure] = np.zeros(len(codes), dtype=np.int64)
            for (piece, rows), own in zip(found, _cut(index, found), strict=True):
                column = piece.numbers(measure) if len(rows) else None
                if column is not None:
                    numbers = column[0][rows].astype(np.int64) * column[1]
                    np.add.at(columns[measure], own, numbers)
        return codes, columns


def _cut(index: Places, found: Sequence[tuple[_Piece, Places]]) -> Iterator[Places]:
    """The parts of an index that belong to the rows of each piece."""
    first = 0
    for _, rows in found:
        yield index[first : first + len(rows)]
        first += len(rows)


def _combined(
    piece: _Piece, terms: Mapping[Measure, int], unit: int
) -> npt.NDArray[np.int64] | None:
    """A combination in each row, in units of `unit`; `None` = the table has no measure of it."""
    table = piece.rows.table
    factors = {m: n * piece.unit(m) // unit for m, n in terms.items() if m in table.measures}
    if not factors:
        return None
    # Narrow numbers are added up faster.
    peak = sum(table.peak(measure) * abs(factor) for measure, factor in factors.items())
    kind = np.dtype(np.int32 if peak < _NARROW else np.int64)
    found: Integers = np.zeros(len(piece.codes), dtype=kind)
    for measure, factor in factors.items():
        numbers = piece.rows.of(table.measures[measure].numbers)
        if factor == 1:
            np.add(found, numbers, out=found)
        elif factor == -1:
            np.subtract(found, numbers, out=found)
        else:
            np.add(found, numbers.astype(kind) * factor, out=found)
    return found.astype(np.int64)
