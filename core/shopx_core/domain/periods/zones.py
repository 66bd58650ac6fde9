"""Where a local day begins in UTC, in every zone of the tz database and on every odd day of it.

A day is the instants from its start to the next day's start, so days follow each other without
gap or overlap even where a clock change moves midnight: where midnight is skipped (Cairo, or
Beirut in March) the day starts at the change; where it happens twice, at its first time if only
that keeps the day in one piece (Havana in November), else at its second (St. John's until 2011).
A day that a zone never had (Apia's 2011-12-30) starts when the next one does: it is empty.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, available_timezones

from shopx_core.errors import InvalidInput
from shopx_core.texts import say

_TICK: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)

# Names that the database's folder offers and that mean different things to different readers: the
# first two depend on the machine; the others are zones with summer time here and abbreviations of
# a fixed offset to PostgreSQL, which would put half a year's sales into the wrong days.
_AMBIGUOUS: Final = frozenset({"localtime", "Factory", "CET", "EET", "MET", "WET"})


class UnknownTimeZone(InvalidInput):
    """A name is not in the IANA time zone database."""

    code: ClassVar[str] = "UNKNOWN_TIME_ZONE"


@cache
def zone_names() -> frozenset[str]:
    """Return the IANA names that `zone` accepts: all but those that are ambiguous."""
    return frozenset(available_timezones() - _AMBIGUOUS)


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        UnknownTimeZone: There is no such name; names are case-sensitive.
    """
    if name not in zone_names():
        raise UnknownTimeZone(
            say("period.time-zone", "{name} is not a time zone.", name=repr(name[:60])),
            hint=say(
                "period.use-iana-name-such",
                "Use an IANA name such as Europe/Berlin, America/New_York or UTC.",
            ),
        )
    return ZoneInfo(name)


@lru_cache(maxsize=8192)
def day_start(day: date, where: ZoneInfo) -> datetime:
    """Return the instant in UTC at which a local day begins."""
    midnight = datetime.combine(day, time.min, tzinfo=where)
    first = midnight.astimezone(UTC)
    again = midnight.replace(fold=1)
    if again.utcoffset() == midnight.utcoffset():
        return first
    second = again.astimezone(UTC)
    if second < first:
        return transition(second, first, where)
    if second > first and (second - _TICK).astimezone(where).date() < day:
        return second
    return first


def local_day(instant: datetime, where: ZoneInfo) -> date:
    """Return the local day, as `day_start` delimits days, that an aware instant belongs to."""
    day = instant.astimezone(where).date()
    while day_start(day, where) > instant:
        day -= _DAY
    return day


def same_clock(instant: datetime, day: date, where: ZoneInfo) -> datetime:
    """Return the instant of another local day at which the clock shows what it shows at `instant`.

    A clock time that `day` does not have becomes the one after the gap, and the result never
    leaves `day`.
    """
    start, end = day_start(day, where), day_start(day + _DAY, where)
    if instant == day_start(local_day(instant, where), where):
        return start
    local = instant.astimezone(where)
    moved = datetime.combine(day, local.timetz()).astimezone(UTC)
    return min(max(moved, start), end)


def transition(before: datetime, after: datetime, where: ZoneInfo) -> datetime:
    """Return the first instant in (`before`, `after`] with another offset than at `before`.

    The offsets at both ends must differ. Offsets change on whole seconds.
    """
    offset = before.astimezone(where).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, where).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
