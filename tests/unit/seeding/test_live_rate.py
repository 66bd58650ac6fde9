"""Live orders arrive as often as the generated history has them at that hour."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shopx_store.seeding.live_rate import as_before, constant, seconds_to_next
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.timeline import HOURS, WEEK, demand, timeline

BERLIN = ZoneInfo("Europe/Berlin")
END = dt.datetime(2026, 7, 6, tzinfo=BERLIN)


def test_the_rate_continues_the_generated_history() -> None:
    """In each hour of the day, within what chance makes of four weeks."""
    options = SeedOptions(
        orders=400_000, start=END - dt.timedelta(days=365), end=END, zone="Europe/Berlin"
    )
    made = timeline(options)
    orders = np.arange(options.orders, dtype=np.int64)
    _, instants = made.instants(orders, np.full(options.orders, 0.5))
    recent = instants[instants >= (END - dt.timedelta(days=28)).timestamp() * 1_000_000]
    hours = [dt.datetime.fromtimestamp(at / 1_000_000, BERLIN).hour for at in recent]
    rate = as_before(len(recent), END, BERLIN)
    week = [END + dt.timedelta(days=day) for day in range(7)]
    for hour in range(24):
        before = hours.count(hour) / 28
        live = sum(rate(day.replace(hour=hour)) for day in week) / 7 * 3600
        assert live == pytest.approx(before, rel=0.1), hour


def test_demand_has_the_hours_and_weekdays_of_the_generator() -> None:
    """On two days of the same season."""
    monday = dt.datetime(2026, 7, 6, 12, tzinfo=BERLIN)
    assert demand(monday.replace(hour=3)) / demand(monday) == pytest.approx(HOURS[3] / HOURS[12])
    sunday = monday + dt.timedelta(days=6)
    assert demand(sunday) / demand(monday) == pytest.approx(WEEK[6] / WEEK[0], rel=0.02)


def test_a_steady_rate_waits_for_its_share() -> None:
    now = dt.datetime(2026, 7, 6, 12, 59, tzinfo=dt.UTC)
    assert seconds_to_next(constant(0.5), now, 1.0) == pytest.approx(2)
    assert seconds_to_next(constant(0.001), now, 10.0) == pytest.approx(10_000)


def test_a_wait_goes_on_at_the_rate_of_the_next_hour() -> None:
    """Half of it passes in the quiet hour's last minutes, the other half ten times as fast."""
    now = dt.datetime(2026, 7, 6, 12, 30, tzinfo=dt.UTC)
    rate = {12: 0.001, 13: 0.01}
    share = 0.001 * 1800 + 0.01 * 180
    assert seconds_to_next(lambda at: rate[at.hour], now, share) == pytest.approx(1800 + 180)
