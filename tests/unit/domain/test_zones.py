from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopx_core.domain.periods import UnknownTimeZone, day_start, local_day, zone, zone_names
from shopx_core.domain.periods.zones import same_clock

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)

zones = st.sampled_from(sorted(zone_names()))
days = st.dates(date(1970, 1, 1), date(2099, 12, 31))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "day", "start"),
    [
        pytest.param("UTC", "2026-03-01", "2026-03-01T00:00", id="UTC"),
        pytest.param("Asia/Kathmandu", "2026-03-01", "2026-02-28T18:15", id="UTC+05:45"),
        pytest.param("Africa/Cairo", "2024-04-26", "2024-04-25T22:00", id="midnight skipped"),
        pytest.param("America/Toronto", "1919-03-31", "1919-03-31T04:30", id="inside a gap"),
        pytest.param("America/Havana", "2023-11-05", "2023-11-05T04:00", id="midnight twice"),
        pytest.param("America/St_Johns", "2010-11-07", "2010-11-07T03:30", id="back over midnight"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", id="a day that never was"),
        pytest.param("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", id="the day after it"),
    ],
)
def test_a_day_starts_at_its_first_local_instant(where: str, day: str, start: str) -> None:
    assert day_start(date.fromisoformat(day), zone(where)) == utc(start)


@given(where=zones, day=days)
@example(where="America/St_Johns", day=date(2010, 11, 7))
@example(where="Pacific/Apia", day=date(2011, 12, 30))
@example(where="Pacific/Kwajalein", day=date(1993, 8, 21))
def test_days_follow_each_other_and_hold_their_own_instants(where: str, day: date) -> None:
    clocks = zone(where)
    start, end = day_start(day, clocks), day_start(day + DAY, clocks)
    assert timedelta(0) <= end - start <= timedelta(hours=26)
    if start < end:
        assert local_day(start, clocks) == local_day(end - TICK, clocks) == day


@given(where=zones, instant=st.datetimes(datetime(2012, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 -- Hypothesis bounds are naive
def test_the_local_day_is_the_one_on_the_calendar(where: str, instant: datetime) -> None:
    """Since St. John's stopped changing clocks at 00:01, no day comes in two pieces any more."""
    aware = instant.replace(tzinfo=UTC)
    assert local_day(aware, zone(where)) == aware.astimezone(zone(where)).date()


@pytest.mark.parametrize(
    ("where", "instant", "day", "moved"),
    [
        pytest.param(
            "Europe/Berlin", "2026-03-29T10:00", "2026-03-28", "2026-03-28T11:00", id="noon"
        ),
        pytest.param(
            "Europe/Berlin", "2026-03-28T01:30", "2026-03-29", "2026-03-29T01:30", id="into a gap"
        ),
        pytest.param(
            "Europe/Berlin", "2026-10-25T01:30", "2026-10-24", "2026-10-24T00:30", id="struck twice"
        ),
        pytest.param(
            "Africa/Cairo", "2024-04-25T22:00", "2024-04-25", "2024-04-24T22:00", id="day start"
        ),
    ],
)
def test_the_same_time_on_another_day_is_what_the_clock_shows(
    where: str, instant: str, day: str, moved: str
) -> None:
    assert same_clock(utc(instant), date.fromisoformat(day), zone(where)) == utc(moved)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "CET",
        "localtime",
        "Mars/Olympus",
        "europe/berlin",
        "../etc/passwd",
        "/etc/localtime",
        "+02:00",
        "America",
    ],
)
def test_a_name_outside_the_database_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UnknownTimeZone, match="Europe/Berlin"):
        zone(name)
