"""A pace is of the month or quarter in which the period ends, as of the present."""

import datetime as dt
from decimal import Decimal

import pytest

from shopx_api.features.reps.pace import Outlook, PaceState, PaceUnit, Span, outlook
from shopx_api.panels.selection import Selection
from shopx_core.domain.periods import Preset, Range, days_between, resolve
from shopx_store.query import Filters

BERLIN = "Europe/Berlin"
NOW = dt.datetime(2026, 11, 30, 10, 0, tzinfo=dt.UTC)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def span(period: Range, *, now: dt.datetime = NOW, unit: PaceUnit = PaceUnit.MONTH) -> Span:
    chosen = Selection(period=period, compared=None, now=now, week_start=1, filters=Filters())
    return Span.of(chosen, unit)


def between(first: str, last: str, where: str = BERLIN) -> Range:
    return days_between(day(first), day(last), where)


@pytest.mark.parametrize(
    "period",
    [
        resolve(Preset.LAST_28_DAYS, now=NOW, where=BERLIN),
        resolve(Preset.MONTH_TO_DATE, now=NOW, where=BERLIN),
        between("2026-11-01", "2026-11-30"),
        between("2026-11-03", "2026-11-15"),
        between("2026-01-01", "2026-12-31"),
    ],
    ids=["ends yesterday", "ends today", "whole month", "amid the month", "ends later"],
)
def test_a_running_month_is_as_of_today(period: Range) -> None:
    found = span(period)
    assert (found.first, found.last, found.today) == (
        day("2026-11-01"), day("2026-11-30"), day("2026-11-30"),
    )  # fmt: skip
    assert not found.is_over
    assert found.left == [day("2026-11-30")]
    assert (found.booked.first_day, found.booked.last_day) == (found.first, day("2026-11-30"))
    assert found.complete is not None
    assert found.complete.last_day == day("2026-11-29")


@pytest.mark.parametrize("last", ["2026-10-03", "2026-10-30", "2026-10-31"])
def test_a_month_that_is_over_is_whole(last: str) -> None:
    found = span(between("2026-09-20", last))
    assert (found.first, found.today, found.is_over) == (day("2026-10-01"), found.last, True)
    assert found.left == []
    assert found.booked == found.whole
    days = {found.today - dt.timedelta(days=n): Decimal(100) for n in range(1, 57)}
    ahead = outlook(found, days)
    assert ahead.state is PaceState.OVER
    assert ahead.end(Decimal(1), Decimal(3), Decimal(5)) == Decimal(3)


def test_the_day_is_that_of_the_zone() -> None:
    """Two hours before midnight in London, December has begun in Tokyo."""
    now = dt.datetime(2026, 11, 30, 22, 0, tzinfo=dt.UTC)
    assert span(between("2026-11-01", "2026-11-30", "Europe/London"), now=now).left
    assert span(between("2026-11-01", "2026-11-30", "Asia/Tokyo"), now=now).is_over


def test_a_quarter_runs_on_after_the_month_of_the_period() -> None:
    found = span(between("2026-10-01", "2026-10-31"), unit=PaceUnit.QUARTER)
    assert (found.first, found.last, found.today) == (
        day("2026-10-01"), day("2026-12-31"), day("2026-11-30"),
    )  # fmt: skip
    assert len(found.left) == 32


def test_the_end_is_what_is_complete_and_an_average_of_each_day_left() -> None:
    """On the last day, a Monday: the average Monday, however much of today is booked."""
    found = span(resolve(Preset.LAST_28_DAYS, now=NOW, where=BERLIN))
    days = {
        found.today - dt.timedelta(days=n): Decimal(70 if n % 7 == 0 else 5) for n in range(1, 57)
    }
    ahead = outlook(found, days)
    assert ahead == Outlook(PaceState.EXPECTED, 8, ahead.factor)
    recent = sum(days.values(), Decimal(0))
    assert ahead.end(Decimal(1000), Decimal(1020), recent) == Decimal(1070)
    assert ahead.end(Decimal(1000), Decimal(1100), recent) == Decimal(1100)
