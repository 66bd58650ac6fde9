"""Forecasts of daily series, against series whose future is known and simple reimplementations."""

import random
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_core.domain.forecast import (
    COVERAGE,
    HISTORY,
    LONG,
    MIN_DAYS,
    SHORT,
    WEEK,
    forecast,
)

HABIT = (0.0, 50.0, 100.0, 20.0, -50.0, 300.0, -200.0)


def series(days: int, *, growth: float = 0.0, noise: float = 0.0, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [
        1000 + growth * day + HABIT[day % WEEK] + dice.gauss(0, noise) if noise else
        1000 + growth * day + HABIT[day % WEEK]
        for day in range(days)
    ]  # fmt: skip


def test_a_weekly_habit_with_growth_goes_on() -> None:
    whole = series(300 + LONG, growth=4.0)
    made = forecast(whole[:300])
    assert made is not None
    assert len(made.days) == LONG
    for expected, actual in zip(made.days, whole[300:], strict=True):
        # Theta drifts by half of the trend, and the level catches up with the rest.
        assert expected.expected == pytest.approx(actual, rel=0.05)


def test_it_is_better_than_the_week_before_where_days_are_noisy() -> None:
    made = forecast(series(300, noise=80.0))
    assert made is not None
    assert made.back_test.is_better
    assert made.back_test.mase is not None
    assert made.back_test.mase < 1


def test_a_series_that_repeats_itself_is_not_beaten() -> None:
    """The values of the week before are exact, so no error is smaller."""
    made = forecast(series(120))
    assert made is not None
    assert made.back_test.mase is None
    assert not made.back_test.is_better


@pytest.mark.parametrize(
    ("days", "ahead"),
    [(MIN_DAYS - 1, None), (MIN_DAYS, SHORT), (2 * MIN_DAYS - 1, SHORT), (2 * MIN_DAYS, LONG)],
)
def test_what_is_short_is_not_forecast_far(days: int, ahead: int | None) -> None:
    made = forecast(series(days, noise=50.0))
    assert (None if made is None else len(made.days)) == ahead


def test_few_forecasts_do_not_tell_the_bounds_of_a_sum() -> None:
    made = forecast(series(MIN_DAYS, noise=50.0))
    assert made is not None
    assert made.back_test.forecasts < 4
    assert made.total is None


def test_older_days_change_nothing() -> None:
    whole = series(HISTORY + 100, noise=50.0)
    long, short = forecast(whole), forecast(whole[-HISTORY:])
    assert long is not None
    assert short is not None
    assert (long.days, long.back_test) == (short.days, short.back_test)
    assert [one.day - 100 for one in long.unusual] == [one.day for one in short.unusual]


def test_the_error_is_the_mean_absolute_scaled_error() -> None:
    """Of the values of a week before, computed by hand."""
    whole = series(200, noise=60.0)
    made = forecast(whole)
    assert made is not None
    unit = mean(abs(now - before) for now, before in zip(whole[WEEK:], whole, strict=False))
    errors = []
    for n in range(made.back_test.forecasts):
        origin = len(whole) - made.back_test.steps - n * WEEK
        week = whole[origin - WEEK : origin]
        errors += [
            abs(whole[origin + step] - week[step % WEEK]) for step in range(made.back_test.steps)
        ]
    assert made.back_test.naive_mase == pytest.approx(mean(errors) / unit)


def test_the_interval_holds_as_many_days_as_it_says() -> None:
    """Of many series that go on as they began."""
    inside = []
    for seed in range(60):
        whole = series(300 + WEEK, noise=100.0, seed=seed)
        made = forecast(whole[:300])
        assert made is not None
        inside += [
            one.low <= actual <= one.high
            for one, actual in zip(made.days[:WEEK], whole[300:], strict=True)
        ]
    assert COVERAGE - 0.08 < mean(inside) < COVERAGE + 0.1


@pytest.mark.parametrize("size", [900.0, -800.0])
def test_an_exceptional_day_is_found_alone(size: float) -> None:
    whole = series(300, noise=30.0)
    whole[280] += size
    made = forecast(whole)
    assert made is not None
    found = {one.day: one for one in made.unusual}
    assert 280 in found
    assert len(found) <= 3
    one = found[280]
    assert one.value == whole[280]
    assert (one.beyond > 0) == (size > 0)
    assert 0 < abs(one.beyond) < abs(size)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.floats(min_value=-1e9, max_value=1e9, allow_nan=False), min_size=MIN_DAYS, max_size=320
    )
)
def test_every_history_has_a_finite_forecast(history: list[float]) -> None:
    made = forecast(history)
    assert made is not None
    for one in [*made.days, *([made.total] if made.total else [])]:
        assert float("-inf") < one.low <= one.expected <= one.high < float("inf")
    if min(history[-HISTORY:]) >= 0:
        assert all(one.low >= 0 for one in made.days)
    for unusual in made.unusual:
        assert not unusual.estimate.low <= unusual.value <= unusual.estimate.high
        assert unusual.value == history[unusual.day]


def test_a_sale_of_some_days_is_no_new_level() -> None:
    """The days after it are expected as those before; a level that stays is followed."""
    rng = np.random.default_rng(7)
    usual = 100 + rng.normal(0, 5, 180)
    sale, shift = usual.copy(), usual.copy()
    sale[-4:] *= 2
    shift[-9:] *= 2
    after_sale, after_shift = forecast(sale.tolist()), forecast(shift.tolist())
    assert after_sale is not None
    assert after_shift is not None
    assert after_sale.days[0].expected == pytest.approx(100, rel=0.1)
    assert after_shift.days[0].expected > 150
    # The sale itself is out of the ordinary all the same.
    assert {one.day for one in after_sale.unusual} >= {176, 177, 178, 179}
