"""Buckets and clocks in DuckDB are those of Python's calendar, in the oddest zones."""

import datetime as dt

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_core.domain.periods import Granularity, bucket_start, zone
from shopx_store.columns import clock_sql
from shopx_store.query import bucket_starts

ZONES = [
    "UTC", "America/New_York", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Cairo", "America/St_Johns", "Europe/Dublin",
]  # fmt: skip
CONNECTION = duckdb.connect()
FIRST = dt.datetime(1965, 3, 1, tzinfo=dt.UTC)


def instants(start: dt.datetime, length: dt.timedelta) -> st.SearchStrategy[dt.datetime]:
    step = dt.timedelta(microseconds=1)
    return st.integers(0, length // step - 1).map(lambda n: start + n * step)


@pytest.mark.parametrize("where", ZONES)
@given(data=st.data())
@settings(max_examples=25)
def test_buckets_and_clocks(where: str, data: st.DataObject) -> None:
    start = FIRST + dt.timedelta(minutes=data.draw(st.integers(0, 60 * 365 * 24 * 60)))
    granularity = data.draw(st.sampled_from(list(Granularity)))
    days = 12 if granularity is Granularity.HOUR else 500
    length = dt.timedelta(minutes=data.draw(st.integers(1, days * 24 * 60)))
    week_start = data.draw(st.integers(1, 7))
    chosen = data.draw(st.lists(instants(start, length), min_size=1, max_size=20))
    starts = bucket_starts.starts(start, start + length, granularity, where, week_start)
    end = clock_sql.micros(start + length)
    bucket = clock_sql.bucket("at_", [clock_sql.micros(one) for one in starts], end)
    shown = clock_sql.local("at_", start, start + length, where)
    rows = CONNECTION.execute(
        f"select {bucket}, {clock_sql.local_day(shown)}, {clock_sql.weekday(shown)},"
        f" {clock_sql.hour(shown)} from (select unnest(?::bigint[]) as at_)",
        [[clock_sql.micros(one) for one in chosen]],
    ).fetchall()
    for instant, (number, day, weekday, hour) in zip(chosen, rows, strict=True):
        local = instant.astimezone(zone(where))
        assert starts[number] == bucket_start(instant, granularity, where, week_start)
        assert dt.date(1970, 1, 1) + dt.timedelta(days=day) == local.date()
        assert (weekday, hour) == (local.isoweekday(), local.hour)


def test_three_years_of_days_are_few_pieces() -> None:
    """As many as clock changes: a comparison a day would cost a thousand times as much."""
    start = dt.datetime(2023, 1, 1, 5, tzinfo=dt.UTC)
    end = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC)
    starts = bucket_starts.starts(start, end, Granularity.DAY, "America/New_York", 1)
    text = clock_sql.bucket("at_", [clock_sql.micros(one) for one in starts], 2**60)
    assert text.count("case") <= 2 * 6 + 1
