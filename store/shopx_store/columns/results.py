"""What statements and arrays deliver as a `QueryResult`, equal to PostgreSQL's: pure."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np

from shopx_core.domain.metrics import Measure
from shopx_core.domain.money import ZERO, product, total
from shopx_store.columns.amounts import amount
from shopx_store.columns.grouping import Space, Unfit
from shopx_store.columns.sources import starts
from shopx_store.columns.statements import CURRENCY_NUMBER, HOME, MONEY
from shopx_store.query.result_columns import COUNTED, Integers, ResultColumns
from shopx_store.query.sales_query import NONE, Dimension, QueryResult, SalesQuery, Tier

NO_SEGMENT: Final = "none"

_EPOCH_DAY: Final = dt.date(1970, 1, 1)
_SAFE: Final = 2.0**62
"""Sums of numbers whose absolute values add up to less than this do not leave 64 bits."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the sums that make an answer: columns of equal length, keys in any order.

    Attributes:
        keys: By name; the query's keys first, in its order.
        measures: Some of the query's.
    """

    keys: Mapping[str, Integers]
    measures: Mapping[Measure, Integers]

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.measures.values())))

    @property
    def foreign(self) -> set[int]:
        """The numbers of the currencies that are to be converted."""
        if CURRENCY_NUMBER not in self.keys:
            return set()
        return {int(number) for number in np.unique(self.keys[CURRENCY_NUMBER]) if number != HOME}


class Rates:
    """The rates of a transaction, by currency.

    Args:
        rows: (currency, day, rate), ascending by currency and day.
    """

    def __init__(self, rows: Iterable[tuple[str, dt.date, Decimal]]) -> None:
        self._days: dict[str, list[dt.date]] = {}
        self._rates: dict[str, list[Decimal]] = {}
        for currency, day, rate in rows:
            self._days.setdefault(currency, []).append(day)
            self._rates.setdefault(currency, []).append(rate)

    def of(self, currency: str, day: dt.date) -> Decimal | None:
        """The newest rate at or before a day; `None` = there is none."""
        number = bisect_right(self._days.get(currency, ()), day)
        return self._rates[currency][number - 1] if number else None


@dataclass(frozen=True, slots=True)
class Meanings:
    """What numbers in rows stand for.

    Attributes:
        currencies: Codes by number.
        segments: Names by number; 0 is none.
        rates: What foreign money is converted by.
    """

    currencies: Sequence[str]
    segments: Mapping[int, str]
    rates: Rates


def assemble(query: SalesQuery, parts: Sequence[Part], by: Meanings) -> QueryResult:
    """Add all parts up by key.

    Amounts without a rate for their day are left out: `shopx_store.query.left_out` says so.
    """
    if any(part.foreign for part in parts):
        return QueryResult(_converted(query, parts, by), Tier.COLUMNS)
    measures = [measure for measure in Measure if measure in query.measures]
    keys, values = _added(query.keys, measures, parts)
    if query.by:
        # As PostgreSQL: a group of a dimension in which nothing is left is no row.
        left = np.zeros(len(keys[0]), dtype=bool)
        for column in values:
            left |= column != 0
        if not left.all():
            keys, values = [key[left] for key in keys], [column[left] for column in values]
    columns = ResultColumns(
        dict(zip(query.keys, keys, strict=True)),
        dict(zip(measures, values, strict=True)),
        _meanings(query, by),
    )
    return QueryResult(_by_meaning(columns), Tier.COLUMNS)


def _meanings(query: SalesQuery, by: Meanings) -> dict[str, Mapping[int, Any] | Sequence[Any]]:
    found: dict[str, Mapping[int, Any] | Sequence[Any]] = {}
    if query.granularity is not None:
        found["bucket"] = starts(query)
    if Dimension.SEGMENT in query.by:
        found[Dimension.SEGMENT.key] = {NONE: NO_SEGMENT, **by.segments}
    if Dimension.CURRENCY in query.by:
        found[Dimension.CURRENCY.key] = by.currencies
    return found


def _by_meaning(columns: ResultColumns) -> ResultColumns:
    """Order by names and codes, whose numbers are in another order."""
    if not {Dimension.SEGMENT.key, Dimension.CURRENCY.key} & set(columns.keys):
        return columns
    ordered = []
    for name, numbers in columns.keys.items():
        meaning = columns.meanings.get(name)
        if meaning is None or name == "bucket":
            ordered.append(numbers)
        else:
            ordered.append(np.array([meaning[number] for number in numbers.tolist()], dtype=str))
    return columns.take(np.lexsort(ordered[::-1]))


def _added(
    names: Sequence[str], measures: Sequence[Measure], parts: Sequence[Part]
) -> tuple[list[Integers], list[Integers]]:
    """The distinct keys in ascending order, and the sums of each."""
    if not names:
        return [], [
            _one([part.measures[measure] for part in parts if measure in part.measures])
            for measure in measures
        ]
    if len(parts) == 1 and _is_ordered([parts[0].keys[name] for name in names]):
        # Nearly all answers: one table in memory, whose groups are in order.
        (part,) = parts
        none = np.zeros(len(part), dtype=np.int64)
        return [part.keys[name] for name in names], [part.measures.get(m, none) for m in measures]
    lengths = [len(part.keys[names[0]]) for part in parts]
    stacked = [
        np.concatenate([part.keys[name] for part in parts]) if parts else _none() for name in names
    ]
    order = _order(stacked)
    keys = [column[order] for column in stacked]
    new = np.ones(len(keys[0]), dtype=bool)
    if len(new):
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in keys])
    first = np.flatnonzero(new)
    values = []
    for measure in measures:
        column = np.concatenate(
            [
                part.measures.get(measure, np.zeros(length, dtype=np.int64))
                for part, length in zip(parts, lengths, strict=True)
            ]
            or [_none()]
        )[order]
        if len(first) < len(column):
            column = np.add.reduceat(_wide(column), first) if len(first) else column
        values.append(column)
    return [column[first] for column in keys], values


def _is_ordered(keys: Sequence[Integers]) -> bool:
    """Whether rows are in the order of their keys, each of which is there once."""
    if len(keys) > 1:
        return False
    return bool(np.all(keys[0][1:] > keys[0][:-1]))


def _order(keys: Sequence[Integers]) -> Integers | slice:
    """What orders rows by their keys."""
    if not len(keys[0]):
        return slice(None)
    try:
        codes = Space.around(keys).codes(keys, len(keys[0]))
    except Unfit:
        return np.lexsort(keys[::-1])
    # Parts are ordered, and nearly all answers are of one large part.
    return slice(None) if np.all(codes[1:] >= codes[:-1]) else np.argsort(codes, kind="stable")


def _one(columns: Sequence[Integers]) -> Integers:
    """One number: the sum of everything."""
    added = 0
    for column in columns:
        added += int(column[0]) if len(column) == 1 else int(_wide(column).sum())
    return np.array([added], dtype=np.int64 if abs(added) < _SAFE else object)


def _none() -> Integers:
    return np.empty(0, dtype=np.int64)


def _wide(column: Integers) -> Integers:
    """The same, as Python's integers where a sum could leave 64 bits."""
    if column.dtype == object or not len(column):
        return column
    column = column.astype(np.int64, copy=False)
    return column if np.abs(column.astype(float)).sum() < _SAFE else column.astype(object)


def _converted(query: SalesQuery, parts: Sequence[Part], by: Meanings) -> list[Mapping[str, Any]]:
    """Rows, with foreign money converted by the rate of each line's day."""
    zeros = {m: 0 if m in COUNTED else ZERO for m in Measure if m in query.measures}
    sums: dict[tuple[Any, ...], dict[Measure, Any]] = {}
    if not query.keys:
        sums[()] = dict(zeros)
    kept = len(query.keys)
    for part in parts:
        rows = zip(*(column.tolist() for column in part.measures.values()), strict=True)
        keys = (
            zip(*(column.tolist() for column in part.keys.values()), strict=True)
            if part.keys
            else iter([()])
        )
        for key, row in zip(keys, rows, strict=True):
            held = sums.get(key[:kept])
            if held is None:
                held = sums[key[:kept]] = dict(zeros)
            foreign = bool(key[kept:]) and key[kept] != HOME
            rate = _rate(key[kept], key[kept + 1], by) if foreign else None
            for measure, value in zip(part.measures, row, strict=True):
                if not value:
                    continue
                if measure in COUNTED:
                    held[measure] += int(value)
                    continue
                found = amount(value)
                if foreign and measure in MONEY:
                    if rate is None:
                        continue
                    found = product(found, rate)
                held[measure] = total((held[measure], found))
    return _rows(query, sums, _meanings(query, by))


def _rate(currency: int, day: int, by: Meanings) -> Decimal | None:
    return by.rates.of(by.currencies[currency], _EPOCH_DAY + dt.timedelta(days=day))


def _rows(
    query: SalesQuery,
    sums: Mapping[tuple[int, ...], dict[Measure, Any]],
    meanings: Mapping[str, Mapping[int, Any] | Sequence[Any]],
) -> list[Mapping[str, Any]]:
    found = []
    for key, values in sums.items():
        if query.by and not any(values.values()):
            continue
        read = [
            meanings[name][number] if name in meanings else number
            for name, number in zip(query.keys, key, strict=True)
        ]
        found.append((read, values))
    found.sort(key=lambda row: row[0])
    return [
        dict(zip(query.keys, read, strict=True)) | {m.value: v for m, v in values.items()}
        for read, values in found
    ]
