"""Time ranges: presets, and explicit first and last days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from shopx_core.domain.periods.zones import day_start, local_day, zone
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(microseconds=1)

#: Years that a range may touch; anything else is a typing error, and sums over it would be slow.
MIN_YEAR: Final = 1900
MAX_YEAR: Final = 2199


class InvalidRange(InvalidInput):
    """A range ends before it starts, has no time zone, or lies outside the years of business."""

    code: ClassVar[str] = "INVALID_RANGE"


class Preset(StrEnum):
    """A range relative to today, in local days of the asked zone."""

    TODAY = "today"
    """All of today, including the remaining hours."""
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    """The 7 whole days before today."""
    LAST_28_DAYS = "last_28_days"
    """The 28 whole days before today: four of each weekday."""
    LAST_91_DAYS = "last_91_days"
    """The 91 whole days before today: thirteen of each weekday."""
    WEEK_TO_DATE = "week_to_date"
    """From the week's first day to the end of today."""
    LAST_WEEK = "last_week"
    MONTH_TO_DATE = "month_to_date"
    LAST_MONTH = "last_month"
    QUARTER_TO_DATE = "quarter_to_date"
    LAST_QUARTER = "last_quarter"
    YEAR_TO_DATE = "year_to_date"
    LAST_YEAR = "last_year"
    LAST_12_MONTHS = "last_12_months"
    """The 12 whole months before this one."""
    ALL_TIME = "all_time"
    """From the day of the first sale to the day of the last."""


class Step(NamedTuple):
    """How far back the previous period of a range lies; (0, 0) is the range's own length."""

    days: int = 0
    months: int = 0


_OWN_LENGTH: Final = Step()


@dataclass(frozen=True, slots=True)
class Range:
    """The instants from `start` up to and without `end`, read on the clocks of `zone`.

    It may be empty (`start` = `end`).

    Raises:
        InvalidRange: `end` is before `start`, an instant has no offset, or a year is absurd.
        UnknownTimeZone: `zone` is no IANA name.
    """

    start: datetime
    """Aware; kept in UTC."""
    end: datetime
    """Aware; kept in UTC; not part of the range."""
    zone: str
    """IANA name."""
    step: Step = field(default=_OWN_LENGTH, kw_only=True)
    preset: Preset | None = field(default=None, kw_only=True)
    """The preset that it was resolved from; `None` = explicit dates."""
    first_day: date = field(init=False, repr=False, compare=False)
    """The local day of the first instant."""
    last_day: date = field(init=False, repr=False, compare=False)
    """The local day of the last instant, inclusive; `first_day` of an empty range."""

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise InvalidRange(
                say(
                    "period.instant-range-offset-utc",
                    "An instant of a range has no offset from UTC.",
                ),
                hint=say(
                    "period.write-such-2026-01", "Write it with one, such as 2026-01-31T00:00:00Z."
                ),
            )
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end < self.start:
            raise InvalidRange(
                say(
                    "period.range-ends-before-start",
                    "The range ends at {end}, before its start at {start}.",
                    end=self.end.isoformat(),
                    start=self.start.isoformat(),
                ),
                hint=say("period.swap-them", "Swap them."),
            )
        clocks = zone(self.zone)
        object.__setattr__(self, "first_day", local_day(self.start, clocks))
        last = max(self.start, self.end - _TICK)
        object.__setattr__(self, "last_day", local_day(last, clocks))
        _check_year(self.first_day)
        _check_year(self.last_day)

    @property
    def days(self) -> int:
        """How many local days it touches; 0 when empty."""
        return (self.last_day - self.first_day).days + 1 if self.start < self.end else 0


def days_between(first: date, last: date, where: str) -> Range:
    """Return the range from the first to the last day, both included, in a zone.

    Whole calendar months are recognised, so that the period before March is February.

    Raises:
        InvalidRange: `last` is before `first`, or a year is absurd.
        UnknownTimeZone: `where` is no IANA name.
    """
    if last < first:
        raise InvalidRange(
            say(
                "period.last-day-before-first",
                "The last day, {last}, is before the first, {first}.",
                last=last,
                first=first,
            ),
            hint=say("period.swap-two-days", "Swap the two days."),
        )
    _check_year(first)
    _check_year(last)
    after = last + _DAY
    whole_months = first.day == 1 and after.day == 1
    months = (after.year - first.year) * 12 + after.month - first.month if whole_months else 0
    return _days(first, last, where, step=Step(months=months))


class _Today(NamedTuple):
    """What presets count from."""

    day: date
    week: date
    month: date
    quarter: date
    year: date


_Resolver = Callable[[_Today], tuple[date, date]]


def _whole_days(count: int) -> _Resolver:
    return lambda today: (today.day - count * _DAY, today.day - _DAY)


# First and last day, both included, and the step to the period before.
_PRESETS: Final = MappingProxyType[Preset, tuple[_Resolver, Step]](
    {
        Preset.TODAY: (lambda today: (today.day, today.day), Step(days=1)),
        Preset.YESTERDAY: (_whole_days(1), Step(days=1)),
        Preset.LAST_7_DAYS: (_whole_days(7), Step(days=7)),
        Preset.LAST_28_DAYS: (_whole_days(28), Step(days=28)),
        Preset.LAST_91_DAYS: (_whole_days(91), Step(days=91)),
        Preset.WEEK_TO_DATE: (lambda today: (today.week, today.day), Step(days=7)),
        Preset.LAST_WEEK: (lambda t: (t.week - 7 * _DAY, t.week - _DAY), Step(days=7)),
        Preset.MONTH_TO_DATE: (lambda today: (today.month, today.day), Step(months=1)),
        Preset.LAST_MONTH: (
            lambda today: (add_months(today.month, -1), today.month - _DAY),
            Step(months=1),
        ),
        Preset.QUARTER_TO_DATE: (lambda today: (today.quarter, today.day), Step(months=3)),
        Preset.LAST_QUARTER: (
            lambda today: (add_months(today.quarter, -3), today.quarter - _DAY),
            Step(months=3),
        ),
        Preset.YEAR_TO_DATE: (lambda today: (today.year, today.day), Step(months=12)),
        Preset.LAST_YEAR: (
            lambda today: (add_months(today.year, -12), today.year - _DAY),
            Step(months=12),
        ),
        Preset.LAST_12_MONTHS: (
            lambda today: (add_months(today.month, -12), today.month - _DAY),
            Step(months=12),
        ),
    }
)


def resolve(
    preset: Preset,
    *,
    now: datetime,
    where: str,
    week_start: int = 1,
    extent: tuple[datetime, datetime] | None = None,
) -> Range:
    """Turn a preset into a range.

    Args:
        preset: What was asked for.
        now: The present, aware.
        where: IANA name of the zone whose days count.
        week_start: ISO number of the week's first day, 1 Monday to 7 Sunday.
        extent: The first and the last sale, for `ALL_TIME`; `None` while there is none, and all
            time is then today.

    Raises:
        UnknownTimeZone: `where` is no IANA name.
    """
    clocks = zone(where)
    day = local_day(now, clocks)
    if preset is Preset.ALL_TIME:
        first, last = extent or (now, now)
        return _days(local_day(first, clocks), local_day(last, clocks), where, preset=preset)
    today = _Today(
        day=day,
        week=week_of(day, week_start),
        month=day.replace(day=1),
        quarter=quarter_of(day),
        year=day.replace(month=1, day=1),
    )
    resolver, step = _PRESETS[preset]
    return _days(*resolver(today), where, step=step, preset=preset)


def week_of(day: date, week_start: int) -> date:
    """Return the first day of the week of `day`; `week_start` is ISO, 1 Monday to 7 Sunday."""
    return day - ((day.isoweekday() - week_start) % 7) * _DAY


def quarter_of(day: date) -> date:
    """Return the first day of the calendar quarter of `day`."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def add_months(day: date, months: int) -> date:
    """Move a day by calendar months; a day that the month lacks becomes the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + (day.day - 1) * _DAY, after - _DAY)


def _days(
    first: date, last: date, where: str, *, step: Step = _OWN_LENGTH, preset: Preset | None = None
) -> Range:
    clocks = zone(where)
    return Range(
        day_start(first, clocks),
        day_start(last + _DAY, clocks),
        where,
        step=step,
        preset=preset,
    )


def _check_year(day: date) -> None:
    if not MIN_YEAR <= day.year <= MAX_YEAR:
        raise InvalidRange(
            say(
                "period.lies-outside-years",
                "{day} lies outside the years {min_year} to {max_year}.",
                day=day,
                min_year=MIN_YEAR,
                max_year=MAX_YEAR,
            ),
            hint=say("period.check-year", "Check the year."),
        )
