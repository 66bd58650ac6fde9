"""Cutting a range into hours, days, weeks, months, quarters or years of a zone.

Buckets partition a range exactly. Each belongs to one bucket of the calendar, named by its `key`;
the first and the last are cut where the range begins and ends.

An hour is an hour of the wall clock, and a clock change always begins a new one: a New York day
has 23 to 25 of them, and Lord Howe Island, which moves by 30 minutes, has one of half an hour
twice a year. In Kathmandu (UTC+05:45) hours start at a quarter past in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from shopx_core.domain.periods.ranges import Range, add_months, quarter_of, week_of
from shopx_core.domain.periods.zones import day_start, local_day, transition, zone
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)

#: The most buckets that one range is cut into: more points than a chart has pixels for.
MAX_BUCKETS: Final = 1000


class Granularity(StrEnum):
    """The calendar unit of a bucket."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


GRANULARITY_TEXTS: Final = MappingProxyType(
    {
        Granularity.HOUR: say("granularity.hour", "hour"),
        Granularity.DAY: say("granularity.day", "day"),
        Granularity.WEEK: say("granularity.week", "week"),
        Granularity.MONTH: say("granularity.month", "month"),
        Granularity.QUARTER: say("granularity.quarter", "quarter"),
        Granularity.YEAR: say("granularity.year", "year"),
    }
)


# For each unit the shortest and the longest range, in days, that it suits: at least two buckets
# (a single day may stand alone), at most some hundreds.
_SUITS: Final = MappingProxyType(
    {
        Granularity.HOUR: (0, 14),
        Granularity.DAY: (0, 2 * 366),
        Granularity.WEEK: (8, 10 * 366),
        Granularity.MONTH: (32, 40 * 366),
        Granularity.QUARTER: (93, 100 * 366),
        Granularity.YEAR: (367, 400 * 366),
    }
)
# The longest range, in days, for which each unit is the default.
_DEFAULTS: Final = (
    (2, Granularity.HOUR),
    (92, Granularity.DAY),
    (184, Granularity.WEEK),
    (5 * 366, Granularity.MONTH),
    (12 * 366, Granularity.QUARTER),
)
# Days in the shortest of each unit, to bound a count before counting.
_SHORTEST: Final = MappingProxyType(
    {
        Granularity.HOUR: 1 / 24,
        Granularity.DAY: 1,
        Granularity.WEEK: 7,
        Granularity.MONTH: 28,
        Granularity.QUARTER: 90,
        Granularity.YEAR: 365,
    }
)


class GranularityNotAllowed(InvalidInput):
    """A unit is too fine or too coarse for a range."""

    code: ClassVar[str] = "GRANULARITY_NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A piece of a range, half-open, in UTC."""

    start: datetime
    end: datetime
    key: datetime
    """Start of the calendar's bucket: before `start` where the range cuts the first one."""
    is_cut: bool
    """The range leaves out a part of the calendar's bucket."""
    is_running: bool
    """The current instant lies in it: its figures may still change."""
    is_future: bool
    """It has not begun: it has no value, which differs from 0."""

    @property
    def is_partial(self) -> bool:
        """Whether its figures stand for less than the calendar's whole bucket."""
        return self.is_cut or self.is_running or self.is_future


def allowed_granularities(period: Range) -> tuple[Granularity, ...]:
    """Return the units that suit a range, finest first; never empty."""
    return tuple(unit for unit, (low, high) in _SUITS.items() if low <= period.days <= high)


def default_granularity(period: Range) -> Granularity:
    """Return the default unit of a range."""
    for longest, unit in _DEFAULTS:
        if period.days <= longest:
            return unit
    return Granularity.YEAR


def choose_granularity(period: Range, asked: Granularity | None) -> Granularity:
    """Return the asked unit, or the default where none was asked.

    Raises:
        GranularityNotAllowed: The asked unit does not suit the range.
    """
    if asked is None:
        return default_granularity(period)
    allowed = allowed_granularities(period)
    if asked not in allowed:
        raise GranularityNotAllowed(
            say(
                "period.range-days-cannot-shown",
                "A range of {days} days cannot be shown by {asked}.",
                days=period.days,
                asked=GRANULARITY_TEXTS[asked],
            ),
            hint=say(
                "period.choose-granularity",
                "Choose one of: {allowed}.",
                allowed=[GRANULARITY_TEXTS[one] for one in allowed],
            ),
            allowed=list(allowed),
        )
    return asked


def buckets(
    period: Range, granularity: Granularity, *, now: datetime, week_start: int = 1
) -> list[Bucket]:
    """Cut a range into buckets: in order, without gap or overlap, none of them empty.

    Args:
        period: The range; an empty one has no buckets.
        granularity: The unit; `choose_granularity` says whether it suits.
        now: The current instant, aware; it decides what is running and what has not begun.
        week_start: ISO number of the week's first day, 1 Monday to 7 Sunday.

    Raises:
        GranularityNotAllowed: There would be more than `MAX_BUCKETS`.
    """
    if period.days / _SHORTEST[granularity] > MAX_BUCKETS:
        raise GranularityNotAllowed(
            say(
                "period.range-days-more-buckets",
                "A range of {days} days has more than {max_buckets} buckets by {granularity}.",
                days=period.days,
                max_buckets=MAX_BUCKETS,
                granularity=GRANULARITY_TEXTS[granularity],
            ),
            hint=say(
                "period.choose-coarser-granularity-shorter",
                "Choose a coarser granularity or a shorter range.",
            ),
        )
    result = []
    for key, end in _calendar(period, granularity, week_start):
        start, stop = max(key, period.start), min(end, period.end)
        if start < stop:
            result.append(
                Bucket(
                    start=start,
                    end=stop,
                    key=key,
                    is_cut=(key, end) != (start, stop),
                    is_running=start <= now < stop,
                    is_future=now < start,
                )
            )
    return result


def bucket_start(
    instant: datetime, granularity: Granularity, where: str, week_start: int = 1
) -> datetime:
    """Return the `key` of the calendar's bucket that an aware instant lies in."""
    clocks = zone(where)
    if granularity is Granularity.HOUR:
        return _hour_start(instant, clocks)
    return day_start(calendar_floor(local_day(instant, clocks), granularity, week_start), clocks)


@lru_cache(maxsize=16_384)
def bucket_end(
    instant: datetime, granularity: Granularity, where: str, week_start: int = 1
) -> datetime:
    """Return where the calendar's bucket that an aware instant lies in ends (exclusive)."""
    clocks = zone(where)
    if granularity is Granularity.HOUR:
        return _hour_end(instant, clocks)
    first = calendar_floor(local_day(instant, clocks), granularity, week_start)
    return day_start(calendar_next(first, granularity), clocks)


def _calendar(
    period: Range, granularity: Granularity, week_start: int
) -> Iterator[tuple[datetime, datetime]]:
    """Yield start and end of the calendar's buckets that a range touches."""
    clocks = zone(period.zone)
    if granularity is Granularity.HOUR:
        instant = _hour_start(period.start, clocks)
        while instant < period.end:
            end = _hour_end(instant, clocks)
            yield instant, end
            instant = end
        return
    day = calendar_floor(period.first_day, granularity, week_start)
    start = day_start(day, clocks)
    while start < period.end:
        day = calendar_next(day, granularity)
        end = day_start(day, clocks)
        yield start, end
        start = end


def calendar_floor(day: date, granularity: Granularity, week_start: int) -> date:
    """Return the first day of the calendar's bucket of `day`; for an hour, `day` itself."""
    match granularity:
        case Granularity.WEEK:
            return week_of(day, week_start)
        case Granularity.MONTH:
            return day.replace(day=1)
        case Granularity.QUARTER:
            return quarter_of(day)
        case Granularity.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def calendar_next(first: date, granularity: Granularity) -> date:
    """Return the first day of the bucket after the one that starts at `first`."""
    match granularity:
        case Granularity.WEEK:
            return first + 7 * _DAY
        case Granularity.MONTH:
            return add_months(first, 1)
        case Granularity.QUARTER:
            return add_months(first, 3)
        case Granularity.YEAR:
            return add_months(first, 12)
        case _:
            return first + _DAY


def _hour_start(instant: datetime, clocks: ZoneInfo) -> datetime:
    local = instant.astimezone(clocks)
    since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    start = instant.astimezone(UTC) - since
    if start.astimezone(clocks).utcoffset() == local.utcoffset():
        return start
    return transition(start, instant, clocks)


def _hour_end(instant: datetime, clocks: ZoneInfo) -> datetime:
    local = instant.astimezone(clocks)
    since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = instant.astimezone(UTC) - since + _HOUR
    if (end - _TICK).astimezone(clocks).utcoffset() == local.utcoffset():
        return end
    return transition(instant, end, clocks)
