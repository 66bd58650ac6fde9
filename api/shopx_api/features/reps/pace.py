"""Where a month or a quarter will end, by what is booked so far: pure.

What is booked up to yesterday, and for today and each day left the average of its weekday over the
last complete weeks, eight at most. A rep's part of that average is the rep's part of the revenue of
these weeks. In the first days, and where sales began less than four weeks before, the end is
unknown.
"""

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from shopx_api.panels.selection import Selection
from shopx_core.domain.money import EXACT, ZERO, share, total
from shopx_core.domain.periods import Range, days_between, local_day, zone
from shopx_core.domain.periods.ranges import add_months, quarter_of

WEEKS: Final = 8
"""Weeks that weekdays are averaged over at most."""
LEAST_WEEKS: Final = 4
EARLY_DAYS: Final = 3
"""Complete days before which nothing is expected."""

_WEEK: Final = 7
_DAY: Final = dt.timedelta(days=1)
_CENT: Final = Decimal("0.01")


class PaceUnit(enum.StrEnum):
    """What a pace is of."""

    MONTH = "month"
    QUARTER = "quarter"


class PaceState(enum.StrEnum):
    """Whether an end is expected."""

    EXPECTED = "expected"
    OVER = "over"
    EARLY = "early"
    SHORT_HISTORY = "short_history"


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a pace, in a zone."""

    first: dt.date
    last: dt.date
    today: dt.date
    """The present, or the last day where all of them are over."""
    is_over: bool
    zone: str

    @classmethod
    def of(cls, selection: Selection, unit: PaceUnit) -> "Span":
        """The month or the quarter in which the selection's period ends, as of the present.

        A period that ends in a later one has the running one. Which day of it the period ends on
        is of no importance: it may end yesterday, or on the last day of a month that is running.
        """
        where = selection.period.zone
        now = local_day(selection.now, zone(where))
        end = min(selection.period.last_day, now)
        is_month = unit is PaceUnit.MONTH
        first = end.replace(day=1) if is_month else quarter_of(end)
        last = add_months(first, 1 if is_month else 3) - _DAY
        return cls(first, last, min(last, now), last < now, where)

    @property
    def whole(self) -> Range:
        """All of it."""
        return days_between(self.first, self.last, self.zone)

    @property
    def booked(self) -> Range:
        """Up to the present."""
        return days_between(self.first, self.today, self.zone)

    @property
    def complete(self) -> Range | None:
        """Up to the day before; `None` on the first day."""
        if self.today == self.first:
            return None
        return days_between(self.first, self.today - _DAY, self.zone)

    @property
    def recent(self) -> Range:
        """The weeks before the present."""
        return self.weeks(WEEKS)

    def weeks(self, count: int) -> Range:
        """The last complete weeks before the present."""
        return days_between(self.today - count * _WEEK * _DAY, self.today - _DAY, self.zone)

    @property
    def left(self) -> list[dt.date]:
        """The present and the days after it; none where all are over."""
        if self.is_over:
            return []
        return [self.today + n * _DAY for n in range((self.last - self.today).days + 1)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the days left bring, in parts of what the last weeks brought."""

    state: PaceState
    weeks: int
    """Complete weeks with sales before the present, `WEEKS` at most."""
    factor: Fraction | None
    """Expected revenue of the days left, divided by that of these weeks; `None` = unknown."""

    def end(self, complete: Decimal, booked: Decimal, recent: Decimal) -> Decimal | None:
        """Where it ends, rounded to hundredths; `None` where that is unknown.

        Args:
            complete: Revenue up to the day before.
            booked: Revenue up to the present.
            recent: Revenue of the last weeks.
        """
        if self.state is PaceState.OVER:
            return booked
        if self.factor is None:
            return None
        top = EXACT.multiply(recent, self.factor.numerator)
        more = share(top, self.factor.denominator) or ZERO
        # Never less than what is booked already.
        return max(booked, EXACT.add(complete, more)).quantize(_CENT)


def outlook(span: Span, days: Mapping[dt.date, Decimal]) -> Outlook:
    """What to expect of the days left.

    Args:
        span: The month or quarter.
        days: Revenue of the days of `span.recent`; days on which nothing is booked are absent.
    """
    weeks = 0
    if days:
        weeks = min(WEEKS, (span.today - min(days)).days // _WEEK)
    if span.is_over:
        return Outlook(PaceState.OVER, weeks, None)
    if (span.today - span.first).days < EARLY_DAYS:
        return Outlook(PaceState.EARLY, weeks, None)
    since = span.today - weeks * _WEEK * _DAY
    known = {day: value for day, value in days.items() if day >= since}
    whole = total(known.values())
    if weeks < LEAST_WEEKS or whole <= 0:
        return Outlook(PaceState.SHORT_HISTORY, weeks, None)
    left = total(
        value * sum(day.weekday() == other.weekday() for other in span.left)
        for day, value in known.items()
    )
    return Outlook(PaceState.EXPECTED, weeks, Fraction(left) / weeks / Fraction(whole))


@dataclass(frozen=True, slots=True)
class RepPace:
    """A rep's month or quarter."""

    rep_id: int
    quota: Decimal | None
    booked: Decimal
    expected: Decimal | None


def paces(
    reps: Sequence[int],
    quotas: Mapping[int, Decimal],
    revenue: Mapping[str, Mapping[int, Decimal]],
    ahead: Outlook,
) -> list[RepPace]:
    """The pace of each rep with a quota or with revenue, the best attained first.

    Args:
        reps: The reps that may take part.
        quotas: Of the whole month or quarter.
        revenue: By rep: `complete`, `booked` and `recent`, as for `Outlook.end`.
        ahead: What to expect.
    """
    found = [
        RepPace(
            rep,
            quotas.get(rep),
            revenue["booked"].get(rep, ZERO),
            ahead.end(*(revenue[name].get(rep, ZERO) for name in ("complete", "booked", "recent"))),
        )
        for rep in reps
        if rep in quotas or revenue["booked"].get(rep)
    ]
    return sorted(found, key=_place)


def together(rows: Sequence[RepPace], ahead: Outlook) -> tuple[Decimal, Decimal, Decimal | None]:
    """Quota, booked and expected revenue of the reps with a quota."""
    members = [row for row in rows if row.quota is not None]
    expected = None
    if ahead.state in (PaceState.EXPECTED, PaceState.OVER):
        expected = total(row.expected or ZERO for row in members)
    quota = total(row.quota or ZERO for row in members)
    return quota, total(row.booked for row in members), expected


def _place(row: RepPace) -> tuple[bool, Decimal, int]:
    ratio = None if row.quota is None else share(row.booked, row.quota)
    return ratio is None, -(ratio if ratio is not None else row.booked), row.rep_id
