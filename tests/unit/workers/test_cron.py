"""Schedules mean on one machine what they mean on a cluster."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.errors import InvalidConfiguration
from shopx_workers.cron import Cron

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = UTC) -> dt.datetime:
    """An instant from its wall time."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        pytest.param("7 * * * *", "2026-03-01T10:07", "2026-03-01T11:07", id="hourly"),
        pytest.param("52 */6 * * *", "2026-03-01T13:00", "2026-03-01T18:52", id="step"),
        pytest.param("5/20 * * * *", "2026-03-01T10:26", "2026-03-01T10:45", id="from-on"),
        pytest.param("0-30/15 3 * * *", "2026-03-01T03:16", "2026-03-01T03:30", id="range-step"),
        pytest.param("0 4 * * MON,WED-THU", "2026-03-02T04:00", "2026-03-04T04:00", id="names"),
        pytest.param("0 0 1 JAN *", "2026-01-01T00:00", "2027-01-01T00:00", id="yearly"),
        pytest.param("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00", id="leap-day"),
        pytest.param("0 0 13 * FRI", "2026-03-01T00:00", "2026-03-06T00:00", id="either-day"),
        pytest.param("0 0 */2 * FRI", "2026-03-01T00:00", "2026-03-03T00:00", id="step-restricts"),
        pytest.param("0 0 * * 0", "2026-03-02T00:00", "2026-03-08T00:00", id="sunday"),
    ],
)
def test_next_due(schedule: str, after: str, expected: str) -> None:
    """The first instant after a given one."""
    assert Cron.parse(schedule).next_due(at(after), UTC) == at(expected)


def test_a_day_that_never_comes() -> None:
    """30 February is accepted, as Kubernetes accepts it, and is never due."""
    assert Cron.parse("0 0 30 2 *").next_due(at("2026-01-01"), UTC) is None


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        pytest.param("2026-03-28T03:00", "2026-03-30T12:00", "2026-03-30T02:30", id="newest-only"),
        pytest.param("2026-03-30T02:30", "2026-03-31T02:29", None, id="not-again"),
        pytest.param("2026-03-30T02:29", "2026-03-30T02:30", "2026-03-30T02:30", id="half-open"),
        pytest.param("2026-03-28T12:00", "2026-03-29T12:00", None, id="skipped-by-the-clock"),
        pytest.param("2026-03-31T00:00", "2026-03-30T00:00", None, id="clock-set-back"),
    ],
)
def test_last_due(after: str, until: str, expected: str | None) -> None:
    """What a scheduler that was away has missed, once; daily at 02:30 in Berlin."""
    due = Cron.parse("30 2 * * *").last_due(at(after, BERLIN), at(until, BERLIN), BERLIN)
    assert due == (None if expected is None else at(expected, BERLIN))


def test_the_repeated_hour_runs_twice() -> None:
    """When clocks go back, 02:30 comes twice, an hour apart."""
    cron = Cron.parse("30 2 * * *")
    first = cron.next_due(at("2026-10-24T12:00", BERLIN), BERLIN)
    assert first == at("2026-10-25T00:30")
    assert cron.next_due(first, BERLIN) == at("2026-10-25T01:30")


fields = st.tuples(
    st.sampled_from(["*", "0", "*/20", "15-45/10", "59", "3,33"]),
    st.sampled_from(["*", "2", "*/5", "1-3", "23"]),
    st.sampled_from(["*", "1", "*/9", "29", "25-31"]),
    st.sampled_from(["*", "3", "OCT", "*/2"]),
    st.sampled_from(["*", "SUN", "1-5", "*/3"]),
)


@given(
    fields,
    st.sampled_from([UTC, BERLIN, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/St_Johns")]),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001 -- the zone is given beside it
    st.timedeltas(dt.timedelta(0), dt.timedelta(hours=30)),
)
def test_every_minute_agrees(
    texts: tuple[str, ...], zone: ZoneInfo, after: dt.datetime, span: dt.timedelta
) -> None:
    """Looking at each minute's local clock finds the same instants, whatever the clocks do."""
    cron = Cron.parse(" ".join(texts))
    until = after + span
    due = []
    minute = after.replace(second=0, microsecond=0)
    while minute <= until:
        local = minute.astimezone(zone)
        by_month = local.day in cron.month_days
        by_week = local.isoweekday() % 7 in cron.weekdays
        day = (by_month or by_week) if cron.either_day else (by_month and by_week)
        matches = local.minute in cron.minutes and local.hour in cron.hours
        if minute > after and matches and day and local.month in cron.months:
            due.append(minute)
        minute += dt.timedelta(minutes=1)
    assert cron.last_due(after, until, zone) == (due[-1] if due else None)
    following = cron.next_due(after, zone)
    if due:
        assert following == due[0]
    else:
        assert following is None or following > until


@pytest.mark.parametrize(
    "text", ["", "* * * *", "@hourly", "60 * * * *", "* * * * * *", "a b c d e"]
)
def test_anything_else_is_refused(text: str) -> None:
    """The same texts that the manifest's models refuse."""
    with pytest.raises(InvalidConfiguration, match="is not a schedule"):
        Cron.parse(text)
