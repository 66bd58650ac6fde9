"""When a cron schedule is due, as Kubernetes defines it.

The same five fields drive CronJobs on a cluster and the scheduler on one machine. So this follows
the parser of CronJob (robfig/cron v3) and not Celery's `crontab`, which has no names of months and
combines day of month and day of week differently: where both are restricted, a day that matches
either is due. A due instant is a whole minute that matches in local time. So an instant in the hour
that a clock change skips is not due that day, and one in the repeated hour is due twice.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from zoneinfo import ZoneInfo

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.cron import PATTERN
from shopx_core.texts import say

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NUMBERS = {name: n for n, name in enumerate(_MONTHS, 1)} | {
    name: n for n, name in enumerate(_DAYS)
}

_DAY = dt.timedelta(days=1)
# The rarest schedule is due on 29 February, around a year like 2100.
_LOOK_AHEAD_DAYS = 366 * 8 + 1


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed schedule."""

    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either_day: bool
    """Both kinds of day are restricted, and one match is enough."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read five fields.

        Raises:
            InvalidConfiguration: The manifest's models would refuse them.
        """
        if not re.fullmatch(PATTERN, text):
            raise InvalidConfiguration(
                say("feed.schedule", "{text} is not a schedule.", text=repr(text)),
                hint=say(
                    "feed.write-minute-hour-day",
                    "Write minute, hour, day of month, month, day of week, as in `5 */2 * * *`.",
                ),
            )
        minute, hour, month_day, month, weekday = text.split(" ")
        return cls(
            minutes=_values(minute, 0, 59),
            hours=_values(hour, 0, 23),
            month_days=_values(month_day, 1, 31),
            months=_values(month, 1, 12),
            weekdays=_values(weekday, 0, 6),
            either_day=not _any(month_day) and not _any(weekday),
        )

    def last_due(
        self, after: dt.datetime, until: dt.datetime, zone: ZoneInfo
    ) -> dt.datetime | None:
        """The newest due instant in (after, until]; `None` if there is none.

        Only the newest: one refresh replaces all missed ones.
        """
        day = until.astimezone(zone).date()
        first = after.astimezone(zone).date()
        while day >= first:
            due = [at for at in self._instants(day, zone) if after < at <= until]
            if due:
                return max(due)
            day -= _DAY
        return None

    def next_due(self, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        """The first due instant after `after`; `None` for a day that does not exist (30 FEB)."""
        day = after.astimezone(zone).date()
        for _ in range(_LOOK_AHEAD_DAYS):
            due = [at for at in self._instants(day, zone) if at > after]
            if due:
                return min(due)
            day += _DAY
        return None

    def _instants(self, day: dt.date, zone: ZoneInfo) -> Iterator[dt.datetime]:
        if not self._matches(day):
            return
        for hour in self.hours:
            for minute in self.minutes:
                wall = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                for local in (wall, wall.replace(fold=1)):
                    at = local.astimezone(dt.UTC)
                    seen = at.astimezone(zone)
                    # A skipped wall time comes back as another one; one that is not repeated comes
                    # back without its fold.
                    if seen.fold == local.fold and seen.replace(tzinfo=None) == local.replace(
                        tzinfo=None
                    ):
                        yield at

    def _matches(self, day: dt.date) -> bool:
        if day.month not in self.months:
            return False
        by_month = day.day in self.month_days
        by_week = day.isoweekday() % 7 in self.weekdays
        return (by_month or by_week) if self.either_day else (by_month and by_week)


def _values(field: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            start, end = low, high
        else:
            start = _number(first)
            # "5/15" means "from 5 on, every 15"; "5" is 5 alone.
            end = _number(last) if last else high if step else start
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str) -> int:
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def _any(field: str) -> bool:
    """Whether a field restricts nothing; `*/2` does restrict."""
    return any(item in {"*", "*/1"} for item in field.split(","))
