from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.periods import (
    InvalidRange,
    Preset,
    Range,
    UnknownTimeZone,
    days_between,
    resolve,
    zone_names,
)
from shopx_core.domain.periods.ranges import add_months

# Wednesday; in Auckland it is Thursday the 12th already.
NOW = datetime(2026, 11, 11, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, "2026-11-11", "2026-11-11"),
        (Preset.YESTERDAY, "2026-11-10", "2026-11-10"),
        (Preset.LAST_7_DAYS, "2026-11-04", "2026-11-10"),
        (Preset.LAST_28_DAYS, "2026-10-14", "2026-11-10"),
        (Preset.LAST_91_DAYS, "2026-08-12", "2026-11-10"),
        (Preset.WEEK_TO_DATE, "2026-11-09", "2026-11-11"),
        (Preset.LAST_WEEK, "2026-11-02", "2026-11-08"),
        (Preset.MONTH_TO_DATE, "2026-11-01", "2026-11-11"),
        (Preset.LAST_MONTH, "2026-10-01", "2026-10-31"),
        (Preset.QUARTER_TO_DATE, "2026-10-01", "2026-11-11"),
        (Preset.LAST_QUARTER, "2026-07-01", "2026-09-30"),
        (Preset.YEAR_TO_DATE, "2026-01-01", "2026-11-11"),
        (Preset.LAST_YEAR, "2025-01-01", "2025-12-31"),
        (Preset.LAST_12_MONTHS, "2025-11-01", "2026-10-31"),
        (Preset.ALL_TIME, "2026-11-11", "2026-11-11"),
    ],
    ids=str,
)
def test_presets_are_whole_local_days(preset: Preset, first: str, last: str) -> None:
    period = resolve(preset, now=NOW, where="Europe/Berlin")
    assert period.first_day == date.fromisoformat(first)
    assert period.last_day == date.fromisoformat(last)
    assert period.preset is preset


def test_the_table_above_covers_every_preset() -> None:
    marks = test_presets_are_whole_local_days.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(Preset)


def test_today_is_the_day_of_the_asked_zone() -> None:
    today = resolve(Preset.TODAY, now=NOW, where="Pacific/Auckland")
    assert today.first_day == date(2026, 11, 12)
    assert today.start == datetime(2026, 11, 11, 11, tzinfo=UTC)
    assert today.end - today.start == timedelta(days=1)


@pytest.mark.parametrize(
    ("where", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Kathmandu", date(2026, 3, 8), 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(where: str, day: date, hours: float) -> None:
    period = days_between(day, day, where)
    assert period.end - period.start == timedelta(hours=hours)
    assert period.days == 1


def test_the_week_starts_where_the_shop_says() -> None:
    sunday_first = resolve(Preset.WEEK_TO_DATE, now=NOW, where="UTC", week_start=7)
    assert sunday_first.first_day == date(2026, 11, 8)


def test_all_time_is_from_the_first_sale_to_the_last() -> None:
    extent = (datetime(1996, 7, 4, 0, 30, tzinfo=UTC), datetime(1998, 5, 6, tzinfo=UTC))
    period = resolve(Preset.ALL_TIME, now=NOW, where="America/Lima", extent=extent)
    assert (period.first_day, period.last_day) == (date(1996, 7, 3), date(1998, 5, 5))


@given(
    preset=st.sampled_from(Preset),
    where=st.sampled_from(sorted(zone_names())),
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 -- Hypothesis bounds are naive
)
def test_to_date_presets_hold_now_and_whole_ones_end_before_today(
    preset: Preset, where: str, now: datetime
) -> None:
    instant = now.replace(tzinfo=UTC)
    period = resolve(preset, now=instant, where=where)
    holds_now = preset in {Preset.TODAY, Preset.ALL_TIME} or preset.endswith("_to_date")
    assert (period.start <= instant < period.end) == holds_now
    if not holds_now:
        assert period.end <= instant


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2026-02-02", "2026-02-01", "before the first"),
        ("0202-01-01", "2026-01-01", "0202-01-01 lies outside"),
        ("2026-01-01", "9999-12-31", "9999-12-31 lies outside"),
    ],
)
def test_absurd_days_are_refused_by_name(first: str, last: str, message: str) -> None:
    with pytest.raises(InvalidRange, match=message):
        days_between(date.fromisoformat(first), date.fromisoformat(last), "UTC")


def test_instants_need_an_offset_and_an_order_and_a_zone() -> None:
    with pytest.raises(InvalidRange, match="offset"):
        Range(NOW.replace(tzinfo=None), NOW, "UTC")
    with pytest.raises(InvalidRange, match="before its start"):
        Range(NOW, NOW - timedelta(seconds=1), "UTC")
    with pytest.raises(UnknownTimeZone):
        Range(NOW, NOW, "Nowhere/City")


@pytest.mark.parametrize(
    ("day", "months", "moved"),
    [
        ("2024-02-29", -12, "2023-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 12, "2027-12-31"),
    ],
)
def test_months_are_added_on_the_calendar(day: str, months: int, moved: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(moved)
