from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shopx_core.domain.periods import (
    MAX_BUCKETS,
    Bucket,
    Granularity,
    GranularityNotAllowed,
    Preset,
    Range,
    allowed_granularities,
    bucket_end,
    bucket_start,
    buckets,
    choose_granularity,
    days_between,
    default_granularity,
    resolve,
    zone,
    zone_names,
)

HOUR, DAY, WEEK, MONTH, QUARTER, YEAR = Granularity
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def local_starts(pieces: list[Bucket], where: str) -> list[str]:
    return [f"{piece.start.astimezone(zone(where)):%d %H:%M}" for piece in pieces]


@st.composite
def periods(draw: st.DrawFn) -> Range:
    """Ranges between any two instants, half of them near a clock change that is hard."""
    where = draw(st.sampled_from(sorted(zone_names())))
    start = draw(st.datetimes(datetime(1970, 1, 1), datetime(2060, 1, 1))).replace(tzinfo=UTC)  # noqa: DTZ001 -- Hypothesis bounds are naive
    length = draw(st.timedeltas(timedelta(0), timedelta(days=800)))
    return Range(start, start + length, where)


@given(
    period=periods(),
    granularity=st.sampled_from(Granularity),
    week_start=st.integers(1, 7),
    past=st.timedeltas(timedelta(days=-900), timedelta(days=900)),
)
@example(
    period=days_between(date(2010, 11, 6), date(2010, 11, 8), "America/St_Johns"),
    granularity=HOUR,
    week_start=1,
    past=timedelta(0),
)
@example(
    period=days_between(date(2011, 12, 29), date(2012, 1, 1), "Pacific/Apia"),
    granularity=DAY,
    week_start=1,
    past=timedelta(0),
)
@example(
    period=days_between(date(2024, 4, 6), date(2024, 4, 8), "Australia/Lord_Howe"),
    granularity=HOUR,
    week_start=7,
    past=timedelta(hours=29),
)
def test_buckets_partition_a_range_exactly(
    period: Range, granularity: Granularity, week_start: int, past: timedelta
) -> None:
    """No gap, no overlap, none empty, in any zone; each knows its calendar bucket and its time."""
    assume(granularity is not HOUR or period.days < 40)
    now = period.start + past
    pieces = buckets(period, granularity, now=now, week_start=week_start)
    assert bool(pieces) == (period.start < period.end)
    for piece in pieces:
        assert piece.start < piece.end
        end = bucket_end(piece.start, granularity, period.zone, week_start)
        assert bucket_start(piece.start, granularity, period.zone, week_start) == piece.key
        assert piece.is_cut == ((piece.key, end) != (piece.start, piece.end))
        assert piece.is_running == (piece.start <= now < piece.end)
        assert piece.is_future == (now < piece.start)
    assert all(before.end == after.start for before, after in pairwise(pieces))
    if pieces:
        assert (pieces[0].start, pieces[-1].end) == (period.start, period.end)
        assert not any(piece.is_cut for piece in pieces[1:-1])


@pytest.mark.parametrize(
    ("where", "day", "count", "around"),
    [
        pytest.param(
            "America/New_York", date(2026, 3, 8), 23, ["01:00", "03:00"], id="hour skipped"
        ),
        pytest.param(
            "America/New_York", date(2026, 11, 1), 25, ["01:00", "01:00", "02:00"], id="hour twice"
        ),
        pytest.param(
            "Australia/Lord_Howe", date(2026, 4, 5), 25, ["01:00", "01:30", "02:00"], id="half back"
        ),
        pytest.param(
            "Australia/Lord_Howe", date(2026, 10, 4), 24, ["01:00", "02:30", "03:00"], id="half on"
        ),
        pytest.param(
            "Asia/Kathmandu", date(2026, 4, 5), 24, ["01:00", "02:00", "03:00"], id="no change"
        ),
    ],
)
def test_hours_are_those_of_the_wall_clock(
    where: str, day: date, count: int, around: list[str]
) -> None:
    pieces = buckets(days_between(day, day, where), HOUR, now=LATER)
    assert len(pieces) == count
    shown = [start.split()[1] for start in local_starts(pieces, where)]
    assert shown[1 : 1 + len(around)] == around


def test_kathmandu_hours_start_at_a_quarter_past_in_utc() -> None:
    pieces = buckets(
        days_between(date(2026, 4, 5), date(2026, 4, 5), "Asia/Kathmandu"), HOUR, now=LATER
    )
    assert {piece.start.minute for piece in pieces} == {15}


def test_a_day_that_never_was_has_no_bucket() -> None:
    period = days_between(date(2011, 12, 29), date(2011, 12, 31), "Pacific/Apia")
    pieces = buckets(period, DAY, now=LATER)
    assert local_starts(pieces, "Pacific/Apia") == ["29 00:00", "31 00:00"]


@pytest.mark.parametrize(
    ("week_start", "starts"),
    [(1, ["01", "05", "12"]), (7, ["01", "04", "11"]), (6, ["01", "03", "10"])],
)
def test_weeks_start_on_the_chosen_day_and_are_cut_by_the_range(
    week_start: int, starts: list[str]
) -> None:
    """1 January 2026 is a Thursday."""
    period = days_between(date(2026, 1, 1), date(2026, 1, 14), "Europe/Paris")
    pieces = buckets(period, WEEK, now=LATER, week_start=week_start)
    assert [start[:2] for start in local_starts(pieces, "Europe/Paris")] == starts
    assert pieces[0].is_cut
    assert pieces[0].key < period.start


@pytest.mark.parametrize(
    ("granularity", "firsts"),
    [
        (MONTH, ["2025-11-15", "2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]),
        (QUARTER, ["2025-11-15", "2026-01-01"]),
        (YEAR, ["2025-11-15", "2026-01-01"]),
    ],
)
def test_longer_units_follow_the_calendar(granularity: Granularity, firsts: list[str]) -> None:
    period = days_between(date(2025, 11, 15), date(2026, 3, 31), "Asia/Tokyo")
    pieces = buckets(period, granularity, now=LATER)
    assert [f"{p.start.astimezone(zone('Asia/Tokyo')):%Y-%m-%d}" for p in pieces] == firsts


def test_today_at_half_past_nine_has_a_running_hour_and_hours_to_come() -> None:
    now = datetime(2026, 11, 11, 9, 30, tzinfo=UTC)
    pieces = buckets(resolve(Preset.TODAY, now=now, where="UTC"), HOUR, now=now)
    assert [piece.is_running for piece in pieces].index(True) == 9
    assert sum(piece.is_running for piece in pieces) == 1
    assert sum(piece.is_future for piece in pieces) == 14
    assert [piece.is_partial for piece in pieces] == [False] * 9 + [True] * 15


def test_this_month_by_week_ends_in_a_cut_and_running_week() -> None:
    now = datetime(2026, 11, 11, 9, 30, tzinfo=UTC)
    pieces = buckets(resolve(Preset.MONTH_TO_DATE, now=now, where="UTC"), WEEK, now=now)
    assert [(piece.is_cut, piece.is_running) for piece in pieces] == [
        (True, False),
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("preset", "allowed", "default"),
    [
        (Preset.TODAY, [HOUR, DAY], HOUR),
        (Preset.LAST_7_DAYS, [HOUR, DAY], DAY),
        (Preset.LAST_28_DAYS, [DAY, WEEK], DAY),
        (Preset.LAST_91_DAYS, [DAY, WEEK, MONTH], DAY),
        (Preset.YEAR_TO_DATE, [DAY, WEEK, MONTH, QUARTER], MONTH),
        (Preset.LAST_12_MONTHS, [DAY, WEEK, MONTH, QUARTER], MONTH),
    ],
    ids=str,
)
def test_units_suit_their_range(
    preset: Preset, allowed: list[Granularity], default: Granularity
) -> None:
    period = resolve(preset, now=datetime(2026, 11, 11, 9, 30, tzinfo=UTC), where="UTC")
    assert list(allowed_granularities(period)) == allowed
    assert default_granularity(period) is default


@given(days=st.integers(1, 299 * 365))
def test_every_range_has_a_default_that_is_allowed_and_bounded(days: int) -> None:
    first = date(1900, 1, 1)
    period = days_between(first, first + timedelta(days=days - 1), "UTC")
    allowed = allowed_granularities(period)
    assert default_granularity(period) in allowed
    assert choose_granularity(period, None) is default_granularity(period)
    for granularity in allowed:
        assert len(buckets(period, granularity, now=LATER)) <= MAX_BUCKETS


def test_an_unsuitable_unit_is_refused_with_those_that_suit() -> None:
    period = days_between(date(2025, 1, 1), date(2025, 12, 31), "UTC")
    with pytest.raises(GranularityNotAllowed, match="day, week, month, quarter") as refused:
        choose_granularity(period, HOUR)
    assert refused.value.details["allowed"] == ["day", "week", "month", "quarter"]


def test_a_century_of_hours_is_refused_before_it_is_counted() -> None:
    with pytest.raises(GranularityNotAllowed, match="more than 1000"):
        buckets(days_between(date(1950, 1, 1), date(2049, 12, 31), "UTC"), HOUR, now=LATER)
