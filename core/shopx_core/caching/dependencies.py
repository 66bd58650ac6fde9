"""What an answer depends on: tagged parts of the data by period.

The query engine and the repositories add what they read to the `Dependencies` of the current
request. An answer that recorded nothing depends on everything, which costs hits and never
correctness.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from shopx_core.domain.periods import day_start, local_day, zone

FIRST = -10_000_000
LAST = 100_000_000
"""Hours before and after every instant of the calendar: an open start, an open end."""

MAX_SPANS = 64
"""Spans that the changes of one epoch may have; the hours of a large import are merged."""

_QUARTER_HOUR = 900
_HOUR_SECONDS = 3600
_GAPS = (1, 24, 7 * 24, 31 * 24, LAST)
_HOUR = timedelta(hours=1)


class DependencyTag(StrEnum):
    """A part of the data whose changes are tracked separately."""

    LEDGER = "ledger"
    """Facts, by the UTC hour they are booked at. The other tags have no period."""
    CATALOGUE = "catalogue"
    """Products and categories."""
    CUSTOMERS = "customers"
    """Names, e-mail addresses and countries of customers."""
    TEAM = "team"
    """Sales reps, quotas, regions, channels."""
    TERMS = "terms"
    """The reporting row and exchange rates."""
    VIEWS = "views"
    """Materialized views and predictions, as last refreshed."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Some hours of one tag, counted from 1970 in UTC, both ends included."""

    tag: DependencyTag
    first: int = FIRST
    last: int = LAST

    def touches(self, other: "Span") -> bool:
        """Whether they have an hour in common."""
        return self.tag is other.tag and self.first <= other.last and other.first <= self.last


EVERYTHING = tuple(Span(part) for part in DependencyTag)


def hours(start: datetime, end: datetime) -> tuple[int, int]:
    """The hours that the half-open range of aware instants touches, the first and the last."""
    first = int(start.timestamp() // _HOUR_SECONDS)
    # The last instant of the range: instants have microseconds.
    last = int((end - timedelta(microseconds=1)).timestamp() // _HOUR_SECONDS)
    return first, max(first, last)


def ledger_spans(changed: Iterable[datetime]) -> frozenset[Span]:
    """Spans of the ledger that hold given instants.

    Args:
        changed: Aware instants.

    Returns:
        The fewest spans that hold exactly their hours. Beyond `MAX_SPANS`, spans less than a day,
        a week, then a month apart are merged.
    """
    found = sorted({hours(instant, instant)[0] for instant in changed})
    spans: list[Span] = []
    for gap in _GAPS:
        spans = []
        for hour in found:
            if spans and hour - spans[-1].last <= gap:
                spans[-1] = Span(DependencyTag.LEDGER, spans[-1].first, hour)
            else:
                spans.append(Span(DependencyTag.LEDGER, hour, hour))
        if len(spans) <= MAX_SPANS:
            break
    return frozenset(spans)


class Dependencies:
    """Records what one request reads."""

    __slots__ = ("_everything", "_spans", "_until", "live", "time_dependent")

    def __init__(self) -> None:
        self._spans: set[Span] = set()
        self._everything = False
        self._until: datetime | None = None
        self.live = False
        """The answer is never cached (live KPIs)."""
        self.time_dependent = False
        """The answer changes with the instant itself, such as a comparison of "today so far"."""

    def ledger(self, start: datetime, end: datetime) -> None:
        """Facts booked in the half-open range were read.

        All time zones differ by multiples of a quarter-hour. A bound between two quarter-hours is
        the instant of the read, or its counterpart in a compared period, so the answer changes
        with that instant.
        """
        self._spans.add(Span(DependencyTag.LEDGER, *hours(start, end)))
        if start.timestamp() % _QUARTER_HOUR or end.timestamp() % _QUARTER_HOUR:
            self.time_dependent = True

    def window(
        self, start: datetime, end: datetime, *, now: datetime, zone_name: str, hourly: bool
    ) -> None:
        """Facts of a selected range were read, cut by the local time of a zone.

        Args:
            start: The first instant.
            end: The end, exclusive.
            now: The instant that the answer is as of.
            zone_name: The IANA zone whose days count.
            hourly: Whether the answer has hours.
        """
        self.ledger(start, end)
        self.calendar(start, end, now=now, zone_name=zone_name, hourly=hourly)

    def calendar(
        self,
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        zone_name: str,
        hourly: bool = False,
    ) -> None:
        """A relative range was resolved: it means something else from the next day on.

        Args:
            start: The first instant.
            end: The end, exclusive.
            now: The instant that the answer is as of.
            zone_name: The IANA zone whose days count.
            hourly: Whether the answer has hours.
        """
        self.until(next_boundary(now, zone_name, hourly=hourly))
        for bound in (start, end):
            if bound > now:
                self.until(bound)

    def ledger_before(self, end: datetime) -> None:
        """Facts from the first to `end` were read: first orders, lifetimes, cohorts."""
        self._spans.add(Span(DependencyTag.LEDGER, FIRST, hours(end, end)[1]))

    def tags(self, *tags: DependencyTag) -> None:
        """All data with these tags was read, whatever its period."""
        self._spans.update(Span(part) for part in tags)

    def everything(self) -> None:
        """Something unknown was read: the answer depends on everything."""
        self._everything = True

    def until(self, instant: datetime) -> None:
        """From `instant` on the same request has another answer, for example after midnight."""
        if self._until is None or instant < self._until:
            self._until = instant

    @property
    def boundary(self) -> datetime | None:
        """The earliest instant given to `until`; `None` = none."""
        return self._until

    def spans(self) -> tuple[Span, ...]:
        """All spans that were read, without those contained in another one."""
        if self._everything or not self._spans:
            return EVERYTHING
        kept: list[Span] = []
        # By tag and first hour, the longest first: a span lies in an earlier one or in none.
        for span in sorted(self._spans, key=lambda s: (s.tag, s.first, -s.last)):
            if kept and kept[-1].tag is span.tag and span.last <= kept[-1].last:
                continue
            kept.append(span)
        return tuple(kept)


@lru_cache(maxsize=256)
def next_boundary(now: datetime, zone_name: str, *, hourly: bool = False) -> datetime:
    """When relative ranges such as "today" next change their meaning in a zone.

    Args:
        now: An aware instant.
        zone_name: IANA name.
        hourly: Whether a new hour changes them too.

    Returns:
        The start of the next local day, or of the next local hour; aware, in UTC.
    """
    where = zone(zone_name)
    boundary = day_start(local_day(now, where) + timedelta(days=1), where)
    if hourly:
        local = now.astimezone(where)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        boundary = min(boundary, now.astimezone(UTC) - past + _HOUR)
    return boundary


_current: ContextVar[Dependencies | None] = ContextVar("shopx_dependencies", default=None)


def current_dependencies() -> Dependencies:
    """The dependencies of the current request; outside of a request, a new unused object."""
    return _current.get() or Dependencies()


def bind_dependencies(dependencies: Dependencies) -> None:
    """Make `current_dependencies` return `dependencies` for the rest of the current task."""
    _current.set(dependencies)
