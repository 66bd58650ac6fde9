"""Which table of the base the sums of a query are read from, and which part of its range."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_core.domain.periods import Granularity, zone
from shopx_store.columns import clock_sql
from shopx_store.columns.helper_tables import QUARTER
from shopx_store.query import bucket_starts
from shopx_store.query.plan import (
    LINE_DIMENSIONS,
    ORDER_DIMENSIONS,
    ceil_day,
    ceil_quarter_hour,
    floor_day,
    floor_quarter_hour,
)
from shopx_store.query.sales_query import Dimension, SalesQuery


class Source(StrEnum):
    """A table of the base that lines are summed from."""

    LINES = "lines"
    SALES = "sales"
    SALES_DAYS = "sales_days"
    QUARTERS = "quarters"
    PRODUCT_DAYS = "product_days"
    BAND_DAYS = "band_days"


SALES_DIMENSIONS: Final = frozenset(Dimension) - LINE_DIMENSIONS
_IN_DAYS: Final = frozenset({Source.SALES_DAYS, Source.PRODUCT_DAYS, Source.BAND_DAYS})
EXACT: Final = frozenset({Source.LINES, Source.SALES})
"""The sources whose rows are of one instant."""


@dataclass(frozen=True, slots=True)
class Names:
    """Numbers that stand for what the query names otherwise.

    Attributes:
        home: The reporting currency where the others are to be converted, else `None`.
        zone: The zone whose days rates are of.
        categories: The requested ones, with their descendants.
        segments: The requested ones.
    """

    home: int | None
    zone: str
    categories: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()


def starts(query: SalesQuery) -> tuple[dt.datetime, ...]:
    """When the query's buckets begin; the key `bucket` is a number of this list, from 0."""
    if query.granularity is None or query.start == query.end:
        return ()
    return bucket_starts.starts(
        query.start, query.end, query.granularity, query.zone, query.week_start
    )


def start_numbers(query: SalesQuery) -> npt.NDArray[np.int64]:
    """The same in microseconds since 1970."""
    return _numbers(starts(query))


@lru_cache(maxsize=64)
def _numbers(instants: tuple[dt.datetime, ...]) -> npt.NDArray[np.int64]:
    found = np.array([clock_sql.micros(instant) for instant in instants], dtype=np.int64)
    found.setflags(write=False)
    return found


def source_of(query: SalesQuery, zone: str, names: Names) -> Source:
    """The smallest table that has what sums of a query need.

    Args:
        query: The query.
        zone: The zone of the base's days.
        names: The query's.
    """
    in_days = (
        query.zone == zone
        and (names.home is None or names.zone == zone)
        and query.granularity is not Granularity.HOUR
        and not query.hour_of_week
    )
    if in_days and query.dimensions <= ORDER_DIMENSIONS:
        return Source.SALES_DAYS
    if query.dimensions <= {Dimension.CURRENCY} and _is_in_quarters(query, names):
        return Source.QUARTERS
    # An order of any number of lines, and what is returned of it at once, is one row of `sales`.
    if query.dimensions <= SALES_DIMENSIONS:
        return Source.SALES
    if in_days and query.dimensions <= {Dimension.PRODUCT, Dimension.CATEGORY, Dimension.CURRENCY}:
        return Source.PRODUCT_DAYS
    if in_days and query.dimensions <= {Dimension.DISCOUNT, Dimension.CURRENCY}:
        return Source.BAND_DAYS
    return Source.LINES


def _is_in_quarters(query: SalesQuery, names: Names) -> bool:
    """Whether buckets, hours and the days of rates begin with quarter-hours."""
    if np.any(start_numbers(query)[1:] % QUARTER):
        return False
    edges: list[int] = []
    zones = {query.zone} if query.hour_of_week else set()
    if names.home is not None:
        zones.add(names.zone)
    for where in zones:
        first, *others = clock_sql.offsets(query.start, query.end, where)
        edges += [first[1], *(edge for other in others for edge in other)]
    return not any(edge % QUARTER for edge in edges)


def whole_range(query: SalesQuery, source: Source) -> tuple[dt.datetime, dt.datetime]:
    """The part of a query's range that is whole rows of a source; empty where there is none."""
    start, end = query.start, query.end
    if source in EXACT:
        return start, end
    if source in _IN_DAYS:
        clocks = zone(query.zone)
        first, last = ceil_day(start, clocks), floor_day(end, clocks)
    else:
        first, last = ceil_quarter_hour(start), floor_quarter_hour(end)
    return (first, last) if first < last else (end, end)


def fine_ranges(query: SalesQuery, source: Source) -> Sequence[tuple[dt.datetime, dt.datetime]]:
    """The rest of the range, less than a day at each end."""
    first, last = whole_range(query, source)
    parts = ((query.start, first), (last, query.end))
    return [(start, end) for start, end in parts if start < end]
