"""Where buckets begin: computed here and passed to PostgreSQL, so that one calendar decides.

PostgreSQL and Python disagree about days whose clocks go back at midnight, about hours that a clock
change cuts, and wherever their versions of the time zone database differ. Binary search in an array
of starts is also cheaper than truncating in a zone.
"""

import datetime as dt
from functools import lru_cache

from shopx_core.domain.periods import Granularity, bucket_end, bucket_start, local_day, zone


@lru_cache(maxsize=512)
def starts(
    first: dt.datetime,
    last: dt.datetime,
    granularity: Granularity,
    where: str,
    week_start: int,
) -> tuple[dt.datetime, ...]:
    """The calendar starts of the buckets that the range [first, last) touches, ascending."""
    found = [bucket_start(first, granularity, where, week_start)]
    while (following := bucket_end(found[-1], granularity, where, week_start)) < last:
        found.append(following)
    return tuple(found)


@lru_cache(maxsize=512)
def start_days(instants: tuple[dt.datetime, ...], where: str) -> tuple[dt.date, ...]:
    """The days that buckets of whole days begin on."""
    clocks = zone(where)
    return tuple(local_day(instant, clocks) for instant in instants)
