"""Rows of DuckDB as a `QueryResult`, equal to PostgreSQL's: pure."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from shopx_core.domain.metrics import Measure
from shopx_core.domain.money import ZERO, product, total
from shopx_store.columns.amounts import amount
from shopx_store.columns.statements import COUNTS, HOME, MONEY, Statement, starts
from shopx_store.query.sales_query import NONE, Dimension, QueryResult, SalesQuery, Tier

NO_SEGMENT: Final = "none"

_EPOCH_DAY: Final = dt.date(1970, 1, 1)
_CONVERSION: Final = ("currency_number", "rate_day")
_INTEGERS: Final = frozenset({Measure.LINES, *COUNTS})


class NoRate(LookupError):  # noqa: N818 -- reads as what is missing
    """A currency has no rate for a day."""


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

    def of(self, currency: str, day: dt.date) -> Decimal:
        """The newest rate at or before a day.

        Raises:
            NoRate: There is none.
        """
        number = bisect_right(self._days.get(currency, ()), day)
        if not number:
            raise NoRate(f"no rate of {currency} for {day}")
        return self._rates[currency][number - 1]


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


def assemble(
    query: SalesQuery, answers: Iterable[tuple[Statement, Sequence[tuple[Any, ...]]]], by: Meanings
) -> QueryResult:
    """Add the rows of all statements up by key.

    Raises:
        NoRate: An amount is in a currency without a rate for its day.
    """
    sums: dict[tuple[Any, ...], dict[Measure, Any]] = {}
    zeros = {m: 0 if m in _INTEGERS else ZERO for m in Measure if m in query.measures}
    if not query.keys:
        sums[()] = dict(zeros)
    for statement, rows in answers:
        converted = statement.keys[-2:] == _CONVERSION
        kept = len(statement.keys) - (2 if converted else 0)
        values = len(statement.keys)
        for row in rows:
            held = sums.get(row[:kept])
            if held is None:
                held = sums[row[:kept]] = dict(zeros)
            rate = _rate(row[kept], row[kept + 1], by) if converted else None
            for measure, value in zip(statement.measures, row[values:], strict=True):
                if not value:
                    continue
                if measure in _INTEGERS:
                    held[measure] += int(value)
                    continue
                found = amount(value)
                if rate is not None and measure in MONEY:
                    found = product(found, rate)
                held[measure] = total((held[measure], found))
    return QueryResult(_rows(query, sums, by), Tier.COLUMNS)


def _rate(currency: int, day: int, by: Meanings) -> Decimal | None:
    if currency == HOME:
        return None
    return by.rates.of(by.currencies[currency], _EPOCH_DAY + dt.timedelta(days=day))


def _rows(
    query: SalesQuery, sums: Mapping[tuple[Any, ...], dict[Measure, Any]], by: Meanings
) -> list[Mapping[str, Any]]:
    buckets = starts(query)
    segments = {NONE: NO_SEGMENT, **by.segments}
    readings: list[Callable[[int], Any]] = []
    for name in query.keys:
        if name == "bucket":
            readings.append(lambda number: buckets[number])
        elif name == Dimension.SEGMENT.key:
            readings.append(lambda number: segments[number])
        elif name == Dimension.CURRENCY.key:
            readings.append(lambda number: by.currencies[number])
        else:
            readings.append(int)
    found = []
    for key, values in sums.items():
        # As PostgreSQL: a group of a dimension in which nothing is left is no row.
        if query.by and not any(values.values()):
            continue
        read = [reading(part) for reading, part in zip(readings, key, strict=True)]
        found.append((read, values))
    found.sort(key=lambda row: row[0])
    return [
        dict(zip(query.keys, read, strict=True)) | {m.value: v for m, v in values.items()}
        for read, values in found
    ]
