from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.domain.periods import (
    Bucket,
    Compared,
    Comparison,
    Granularity,
    InvalidRange,
    Preset,
    Range,
    buckets,
    compare,
    days_between,
    pair,
    resolve,
    zone,
    zone_names,
)

PREVIOUS, YEARLY = Comparison.PREVIOUS_PERIOD, Comparison.YEAR_OVER_YEAR
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def span(text: str, where: str = "UTC") -> Range:
    first, last = text.split("..")
    return days_between(date.fromisoformat(first), date.fromisoformat(last), where)


def shown(period: Range) -> str:
    return f"{period.first_day}..{period.last_day}"


def earlier(current: Range, comparison: Comparison, **options: object) -> Compared:
    result = compare(current, comparison, **({"now": LATER} | options))  # type: ignore[arg-type]
    assert result is not None
    return result


def paired(
    current: Range, previous: Range, granularity: Granularity
) -> list[tuple[Bucket, Bucket | None]]:
    ours, theirs = (buckets(period, granularity, now=LATER) for period in (current, previous))
    return pair(ours, theirs, granularity, current.zone)


@pytest.mark.parametrize(
    ("current", "comparison", "matched", "unmatched"),
    [
        pytest.param(
            "2026-11-11..2026-11-11",
            PREVIOUS,
            "2026-11-04..2026-11-04",
            "2026-11-10..2026-11-10",
            id="a Wednesday",
        ),
        pytest.param(
            "2026-11-01..2026-11-10",
            PREVIOUS,
            "2026-10-18..2026-10-27",
            "2026-10-22..2026-10-31",
            id="ten days move by 14",
        ),
        pytest.param(
            "2026-11-04..2026-11-10",
            PREVIOUS,
            "2026-10-28..2026-11-03",
            "2026-10-28..2026-11-03",
            id="a week is a week",
        ),
        pytest.param(
            "2025-03-01..2025-03-31",
            PREVIOUS,
            "2025-02-01..2025-02-28",
            "2025-02-01..2025-02-28",
            id="March against February",
        ),
        pytest.param(
            "2025-01-01..2025-06-30",
            PREVIOUS,
            "2024-07-01..2024-12-31",
            "2024-07-01..2024-12-31",
            id="half-years",
        ),
        pytest.param(
            "2025-02-01..2025-02-28",
            YEARLY,
            "2024-02-01..2024-02-29",
            "2024-02-01..2024-02-29",
            id="February against a leap February",
        ),
        pytest.param(
            "2024-02-01..2024-02-29",
            YEARLY,
            "2023-02-01..2023-02-28",
            "2023-02-01..2023-02-28",
            id="leap February against February",
        ),
        pytest.param(
            "2024-02-29..2024-02-29",
            YEARLY,
            "2023-03-02..2023-03-02",
            "2023-02-28..2023-02-28",
            id="29 February",
        ),
        pytest.param(
            "2025-02-28..2025-02-28",
            YEARLY,
            "2024-03-01..2024-03-01",
            "2024-02-28..2024-02-28",
            id="28 February is one day in a leap year too",
        ),
        pytest.param(
            "2026-11-09..2026-11-15",
            YEARLY,
            "2025-11-10..2025-11-16",
            "2025-11-09..2025-11-15",
            id="a week keeps its weekdays",
        ),
    ],
)
def test_the_earlier_range_is_the_one_a_merchant_expects(
    current: str, comparison: Comparison, matched: str, unmatched: str
) -> None:
    period = span(current)
    assert shown(earlier(period, comparison).whole) == matched
    assert shown(earlier(period, comparison, match_weekday=False).whole) == unmatched


@pytest.mark.parametrize(
    ("preset", "now", "comparison", "whole", "until"),
    [
        pytest.param(
            Preset.TODAY,
            "2026-11-11T15:30",
            PREVIOUS,
            "2026-11-04..2026-11-04",
            "2026-11-04T15:30",
            id="today, the same hours of last Wednesday",
        ),
        pytest.param(
            Preset.WEEK_TO_DATE,
            "2026-11-11T15:30",
            PREVIOUS,
            "2026-11-02..2026-11-04",
            "2026-11-04T15:30",
            id="this week",
        ),
        pytest.param(
            Preset.MONTH_TO_DATE,
            "2026-11-11T15:30",
            PREVIOUS,
            "2026-10-01..2026-10-11",
            "2026-10-11T15:30",
            id="this month",
        ),
        pytest.param(
            Preset.MONTH_TO_DATE,
            "2025-03-28T15:30",
            PREVIOUS,
            "2025-02-01..2025-02-28",
            "2025-02-28T15:30",
            id="28 March",
        ),
        pytest.param(
            Preset.MONTH_TO_DATE,
            "2025-03-30T15:30",
            PREVIOUS,
            "2025-02-01..2025-02-28",
            "2025-03-01T00:00",
            id="30 March against all of February",
        ),
        pytest.param(
            Preset.MONTH_TO_DATE,
            "2025-02-28T15:30",
            PREVIOUS,
            "2025-01-01..2025-01-31",
            "2025-01-28T15:30",
            id="the last of February against January, which had more",
        ),
        pytest.param(
            Preset.YEAR_TO_DATE,
            "2024-02-29T15:30",
            YEARLY,
            "2023-01-01..2023-02-28",
            "2023-03-01T00:00",
            id="a leap day's year to date",
        ),
        pytest.param(
            Preset.QUARTER_TO_DATE,
            "2026-11-11T15:30",
            YEARLY,
            "2025-10-01..2025-11-11",
            "2025-11-11T15:30",
            id="this quarter a year ago",
        ),
        pytest.param(
            Preset.LAST_7_DAYS,
            "2026-11-11T15:30",
            PREVIOUS,
            "2026-10-28..2026-11-03",
            "2026-11-04T00:00",
            id="whole days are compared whole",
        ),
    ],
)
def test_a_running_range_is_compared_like_for_like(
    preset: Preset, now: str, comparison: Comparison, whole: str, until: str
) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    current = resolve(preset, now=instant, where="UTC")
    compared = earlier(current, comparison, now=instant)
    assert shown(compared.whole) == whole
    assert compared.like_for_like.start == compared.whole.start
    assert compared.like_for_like.end == datetime.fromisoformat(until).replace(tzinfo=UTC)


def test_a_leap_day_alone_is_compared_with_the_same_hours_of_the_28th() -> None:
    now = datetime(2024, 2, 29, 15, 30, tzinfo=UTC)
    today = resolve(Preset.TODAY, now=now, where="UTC")
    compared = earlier(today, YEARLY, now=now, match_weekday=False)
    assert compared.like_for_like.end == datetime(2023, 2, 28, 15, 30, tzinfo=UTC)


def test_noon_is_compared_with_noon_when_the_clocks_changed_between() -> None:
    where = "America/New_York"
    now = datetime(2026, 3, 8, 16, tzinfo=UTC)  # 12:00, eleven hours after midnight
    compared = earlier(resolve(Preset.TODAY, now=now, where=where), PREVIOUS, now=now)
    assert compared.like_for_like.end.astimezone(zone(where)).hour == 12
    assert compared.like_for_like.end == datetime(2026, 3, 1, 17, tzinfo=UTC)


def test_at_the_first_instant_nothing_has_elapsed_on_either_side() -> None:
    midnight = datetime(2026, 11, 11, tzinfo=UTC)
    today = resolve(Preset.TODAY, now=midnight, where="UTC")
    compared = earlier(today, PREVIOUS, now=midnight)
    assert compared.like_for_like.start == compared.like_for_like.end


def test_a_custom_comparison_is_cut_at_the_same_day_and_hour() -> None:
    now = datetime(2026, 11, 11, 15, 30, tzinfo=UTC)
    current = resolve(Preset.MONTH_TO_DATE, now=now, where="UTC")
    compared = earlier(current, Comparison.CUSTOM, now=now, custom=span("2024-11-01..2024-11-30"))
    assert shown(compared.whole) == "2024-11-01..2024-11-30"
    assert compared.like_for_like.end == datetime(2024, 11, 11, 15, 30, tzinfo=UTC)
    with pytest.raises(InvalidRange, match="custom comparison"):
        compare(current, Comparison.CUSTOM, now=now)


def test_nothing_is_compared_with_nothing() -> None:
    assert compare(span("2026-01-01..2026-01-02"), Comparison.NONE, now=LATER) is None
    ever = resolve(Preset.ALL_TIME, now=LATER, where="UTC")
    assert compare(ever, PREVIOUS, now=LATER) is None
    assert compare(ever, YEARLY, now=LATER) is None


@given(
    preset=st.sampled_from([preset for preset in Preset if preset is not Preset.ALL_TIME]),
    comparison=st.sampled_from([PREVIOUS, YEARLY]),
    match_weekday=st.booleans(),
    where=st.sampled_from(sorted(zone_names())),
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 -- Hypothesis bounds are naive
)
def test_the_earlier_range_lies_before_and_keeps_its_weekdays_where_promised(
    preset: Preset, comparison: Comparison, match_weekday: bool, where: str, now: datetime
) -> None:
    instant = now.replace(tzinfo=UTC)
    current = resolve(preset, now=instant, where=where)
    compared = earlier(current, comparison, now=instant, match_weekday=match_weekday)
    assert compared.whole.start < current.start
    assert compared.whole.end <= current.start
    assert compared.whole.start <= compared.like_for_like.end <= compared.whole.end
    by_months = current.step.months > 0
    if match_weekday and not by_months and compared.whole.days == current.days:
        assert compared.whole.first_day.weekday() == current.first_day.weekday()


def test_hours_are_paired_by_the_clock_across_a_clock_change() -> None:
    where = "America/New_York"
    sunday, before = span("2026-03-08..2026-03-08", where), span("2026-03-01..2026-03-01", where)
    pairs = paired(sunday, before, Granularity.HOUR)
    clock = [
        (
            ours.start.astimezone(zone(where)).hour,
            theirs and theirs.start.astimezone(zone(where)).hour,
        )
        for ours, theirs in pairs
    ]
    assert clock == [(hour, hour) for hour in range(24) if hour != 2]


def test_an_hour_struck_twice_has_one_counterpart() -> None:
    where = "America/New_York"
    sunday, before = span("2026-11-01..2026-11-01", where), span("2026-10-25..2026-10-25", where)
    pairs = paired(sunday, before, Granularity.HOUR)
    assert [theirs is None for _, theirs in pairs] == [False, False, True] + [False] * 22


def test_days_are_paired_by_place_and_the_longer_side_stands_alone() -> None:
    march, february = span("2025-03-01..2025-03-31"), span("2025-02-01..2025-02-28")
    pairs = paired(march, february, Granularity.DAY)
    assert len(pairs) == 31
    assert [theirs for _, theirs in pairs[28:]] == [None, None, None]
    assert all(theirs for _, theirs in pairs[:28])
    back = paired(february, march, Granularity.DAY)
    assert [(ours.start.day, theirs and theirs.start.day) for ours, theirs in back] == [
        (day, day) for day in range(1, 29)
    ]
