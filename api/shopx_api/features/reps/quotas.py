"""Quotas of a period: what of each month's quota falls into it. Pure.

A quota is for a calendar month of the asked zone. A period that cuts a month takes the part of its
days: 10 of 30 days make a third, and of a day that is cut, the part of its hours. A period that is
still running has its whole quota, so attainment grows towards it; "to date" presets end today and
so ask for the quota up to the end of today.

A quota in another currency counts at the rate of its month's first day, so that it does not move
within the month while revenue is converted by the rates of the day.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from shopx_core.domain.money import EXACT, ZERO, quotient, share
from shopx_core.domain.periods import Range, day_start, local_day, zone
from shopx_core.domain.periods.ranges import add_months

_DAY = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Quota:
    """What a rep is to sell in a month."""

    rep_id: int
    month: dt.date
    """Its first day."""
    amount: Decimal
    """In the reporting currency."""


@dataclass(frozen=True, slots=True)
class Attained:
    """What was to be sold, and how much of it was."""

    quota: Decimal | None
    """`None` where no quota falls into the period."""
    revenue: Decimal

    @property
    def ratio(self) -> Decimal | None:
        """Revenue divided by quota: 1 is just attained; `None` without quota, or with one of 0."""
        return None if self.quota is None else share(self.revenue, self.quota)


def months(period: Range) -> tuple[dt.date, dt.date]:
    """The first days of the first and the last month that a period touches."""
    return period.first_day.replace(day=1), period.last_day.replace(day=1)


def prorated(quotas: Iterable[Quota], period: Range) -> dict[int, Decimal]:
    """Return the quota of the period by rep; a rep without one in it is absent.

    Args:
        quotas: Of any months; at most one a rep and month.
        period: On the clocks of its zone.
    """
    where = zone(period.zone)
    parts: dict[dt.date, Fraction] = {}
    result: dict[int, Decimal] = {}
    for quota in quotas:
        if quota.month not in parts:
            parts[quota.month] = _part(quota.month, period, where)
        part = parts[quota.month]
        if part:
            amount = _times(quota.amount, part)
            result[quota.rep_id] = EXACT.add(result.get(quota.rep_id, ZERO), amount)
    return result


def _part(month: dt.date, period: Range, where: ZoneInfo) -> Fraction:
    """The part of a month's days that lies in the period."""
    after = add_months(month, 1)
    start = max(period.start, day_start(month, where))
    end = min(period.end, day_start(after, where))
    if start >= end:
        return Fraction(0)
    days = _place(end, where) - _place(start, where)
    return days / (after - month).days


def _place(instant: dt.datetime, where: ZoneInfo) -> Fraction:
    """An instant counted in local days."""
    day = local_day(instant, where)
    start = day_start(day, where)
    if instant == start:
        return Fraction(day.toordinal())
    length = day_start(day + _DAY, where) - start
    return day.toordinal() + Fraction((instant - start) // _TICK, length // _TICK)


def _times(amount: Decimal, part: Fraction) -> Decimal:
    # A whole month's quota stays exact to its last digit.
    if part == 1:
        return amount
    return quotient(EXACT.multiply(amount, part.numerator), part.denominator)
