"""Which earlier range a range is compared with, and how far into it.

Days move by whole days on the wall clock, so a comparison survives clock changes. Ranges that
stand for calendar months (this month, last quarter, 1 to 31 March) move by months; all others
move by days, by default in whole weeks, because a Saturday sells unlike a Monday:

| comparison      | calendar months     | days, weekdays matched | days, not matched           |
| previous period | as many months back | own length, full weeks | own length                  |
| year over year  | 12 months back      | 364 days back          | same dates (29 Feb: 28 Feb) |

A range that is still running is compared like for like: up to the instant of the earlier range
that corresponds to now.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shopx_core.domain.periods.buckets import Bucket, Granularity
from shopx_core.domain.periods.ranges import InvalidRange, Preset, Range, add_months
from shopx_core.domain.periods.zones import day_start, local_day, same_clock, zone
from shopx_core.texts import say

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_YEAR_OF_WEEKS: Final = 364
_YEAR_OF_MONTHS: Final = 12


class Comparison(StrEnum):
    """What a range is compared with."""

    NONE = "none"
    PREVIOUS_PERIOD = "previous_period"
    YEAR_OVER_YEAR = "year_over_year"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Compared:
    """The earlier range."""

    whole: Range
    """All of it: what a chart draws under the current series."""
    like_for_like: Range
    """The part that corresponds to what has elapsed of the current range: what a delta is
    measured against. Equal to `whole` once the current range is over; empty at its first
    instant."""


class _Shift(NamedTuple):
    """A move back by days, or by calendar months."""

    days: int = 0
    months: int = 0
    whole_months: bool = False
    """The range stands for months: its end of month stays an end of month."""

    def day(self, day: date) -> date:
        return add_months(day, -self.months) if self.months else day - self.days * _DAY

    def loses(self, day: date) -> bool:
        """Whether `day` has no counterpart, as 30 March has none in February."""
        return self.months > 0 and self.day(day).day != day.day


def compare(
    current: Range,
    comparison: Comparison,
    *,
    now: datetime,
    match_weekday: bool = True,
    custom: Range | None = None,
) -> Compared | None:
    """Return the range that `current` is compared with.

    Args:
        current: The range that is asked for.
        comparison: What to compare it with.
        now: The present, aware, which cuts a running range.
        match_weekday: Move ranges of days by whole weeks.
        custom: The earlier range, for `Comparison.CUSTOM`.

    Returns:
        `None` when there is nothing to compare with: `NONE`, and all time has nothing before it.

    Raises:
        InvalidRange: `CUSTOM` without `custom`, or the earlier range lies in absurd years.
    """
    if comparison is Comparison.NONE:
        return None
    if comparison is Comparison.CUSTOM:
        if custom is None:
            raise InvalidRange(
                say("period.custom-comparison-range", "A custom comparison has no range."),
                hint=say("period.say-first-last-day", "Say the first and last day of it."),
            )
        apart = (current.first_day - custom.first_day).days
        return _cut(current, custom, _Shift(days=apart), now)
    if current.preset is Preset.ALL_TIME:
        return None
    shift = _shift(current, comparison, match_weekday=match_weekday)
    return _cut(current, _move(current, shift), shift, now)


def _shift(current: Range, comparison: Comparison, *, match_weekday: bool) -> _Shift:
    if current.step.months:
        yearly = comparison is Comparison.YEAR_OVER_YEAR
        return _Shift(months=_YEAR_OF_MONTHS if yearly else current.step.months, whole_months=True)
    if comparison is Comparison.YEAR_OVER_YEAR:
        return _Shift(days=_YEAR_OF_WEEKS) if match_weekday else _Shift(months=_YEAR_OF_MONTHS)
    days = current.step.days or current.days
    return _Shift(days=-(-days // _WEEK) * _WEEK if match_weekday else days)


def _move(current: Range, shift: _Shift) -> Range:
    clocks = zone(current.zone)
    start = same_clock(current.start, shift.day(current.first_day), clocks)
    after = local_day(current.end, clocks)
    ends_with_day = day_start(after, clocks) == current.end
    if shift.whole_months and after.day == 1:
        end = day_start(shift.day(after), clocks)
    elif ends_with_day:
        end = day_start(shift.day(after - _DAY) + _DAY, clocks)
    else:
        end = same_clock(current.end, shift.day(after), clocks)
    return Range(start, max(start, end), current.zone, step=current.step)


def _cut(current: Range, whole: Range, shift: _Shift, now: datetime) -> Compared:
    if not current.start <= now < current.end:
        return Compared(whole, whole)
    clocks = zone(whole.zone)
    today = local_day(now, clocks)
    if shift.whole_months and shift.loses(today):
        # On 30 March all of February has its counterpart.
        until = day_start(shift.day(today) + _DAY, clocks)
    else:
        until = same_clock(now, shift.day(today), clocks)
    return Compared(whole, replace(whole, end=min(max(until, whole.start), whole.end)))


def pair(
    current: Sequence[Bucket], previous: Sequence[Bucket], granularity: Granularity, where: str
) -> list[tuple[Bucket, Bucket | None]]:
    """Match the buckets of a range with those of the range that it is compared with.

    Days and longer units match by their place. Hours match by day and wall clock, so that a clock
    change on one side does not set all later hours against the wrong ones; an hour that the other
    side does not have (skipped, or struck twice here only) has no counterpart.
    """
    if granularity is not Granularity.HOUR:
        padded = [*previous[: len(current)], *[None] * (len(current) - len(previous))]
        return list(zip(current, padded, strict=True))
    clocks = zone(where)
    by_clock = dict(zip(_clocks(previous, clocks), previous, strict=True))
    return [
        (bucket, by_clock.get(place))
        for bucket, place in zip(current, _clocks(current, clocks), strict=True)
    ]


def _clocks(hours: Sequence[Bucket], clocks: ZoneInfo) -> list[tuple[int, int, int]]:
    """Return each hour's day (0 is the first), clock hour, and how often that struck before."""
    seen: Counter[tuple[int, int]] = Counter()
    result = []
    for bucket in hours:
        local = bucket.start.astimezone(clocks)
        days = (local.date() - hours[0].start.astimezone(clocks).date()).days
        result.append((days, local.hour, seen[days, local.hour]))
        seen[days, local.hour] += 1
    return result
