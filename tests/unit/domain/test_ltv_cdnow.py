"""The models against the figures published for the CDNOW sample, read from the real file."""

from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from shopx_core.domain.ltv import (
    Histories,
    Horizon,
    discounted_purchases,
    fit_purchases,
    fit_spend,
    lifetime_value,
)
from shopx_core.domain.ltv.fitting import Floats

SAMPLE = Path(__file__).parents[4] / "shared" / "datasets" / "cdnow" / "CDNOW_sample.txt"
CALIBRATION_END = date(1997, 9, 30)

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason=f"no real data at {SAMPLE}")


class Customers(NamedTuple):
    """The 2,357 customers of the sample in the calibration period; times in weeks."""

    repeats: Floats
    last: Floats
    observed: Floats
    mean_spend: Floats


@cache
def customers() -> Customers:
    spent: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in SAMPLE.read_text().splitlines():
        _, customer, day, _, dollars = line.split()
        when = date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")
        if when <= CALIBRATION_END:
            spent[customer][when] += float(dollars)
    rows = []
    for purchases in spent.values():
        first, *later = sorted(purchases)
        rows.append(
            (
                len(later),
                (max(purchases) - first).days / 7,
                (CALIBRATION_END - first).days / 7,
                np.mean([purchases[day] for day in later]) if later else 0.0,
            )
        )
    return Customers(*np.array(rows).T)


def test_bg_nbd_has_the_published_parameters_to_three_digits() -> None:
    """Fader, Hardie and Lee (2005), table 2."""
    data = customers()
    model = fit_purchases(Histories.of(data.repeats, data.last, data.observed))
    assert model.customers == 2357
    assert (round(model.r, 3), round(model.alpha, 3)) == (0.243, 4.414)
    assert (round(model.a, 3), round(model.b, 3)) == (0.793, 2.426)
    assert round(model.log_likelihood, 2) == -9582.43
    assert not model.degenerate


def test_gamma_gamma_has_the_published_parameters_to_three_digits() -> None:
    """Fader and Hardie (2013), over the 946 customers who came back."""
    data = customers()
    came_back = data.repeats > 0
    model = fit_spend(data.repeats[came_back], data.mean_spend[came_back])
    assert model.customers == 946
    assert (round(model.p, 2), round(model.q, 2), round(model.v, 2)) == (6.25, 3.74, 15.44)
    assert model.population_mean == pytest.approx(35.2, abs=0.05)


def test_the_first_customer_is_expected_to_buy_as_published() -> None:
    """Customer 0001 (x = 2, t_x = 30.43, T = 38.86): 1.226 purchases in the next 39 weeks."""
    data = customers()
    model = fit_purchases(Histories.of(data.repeats, data.last, data.observed))
    assert (data.repeats[0], round(data.last[0], 2), round(data.observed[0], 2)) == (
        2,
        30.43,
        38.86,
    )
    (expected,) = model.expected_purchases(39, data.repeats[0], data.last[0], data.observed[0])
    assert round(expected, 3) == 1.226


def test_the_unit_of_time_changes_nothing_but_alpha() -> None:
    data = customers()
    weeks = fit_purchases(Histories.of(data.repeats, data.last, data.observed))
    days = fit_purchases(Histories.of(data.repeats, data.last * 7, data.observed * 7))
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-5)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-5)
    in_weeks = weeks.expected_purchases(39, data.repeats, data.last, data.observed)
    in_days = days.expected_purchases(273, data.repeats, data.last * 7, data.observed * 7)
    assert in_days == pytest.approx(in_weeks, rel=1e-4)


def test_the_next_39_weeks_are_predicted_within_an_eighth() -> None:
    """The holdout period had 1,882 repeat purchases by these customers; the model expects 1,653."""
    data = customers()
    model = fit_purchases(Histories.of(data.repeats, data.last, data.observed))
    expected = model.expected_purchases(39, data.repeats, data.last, data.observed).sum()
    days = {tuple(line.split()[1:3]) for line in SAMPLE.read_text().splitlines()}
    actual = sum(day > "19970930" for _, day in days)
    assert actual == 1882
    assert expected > actual * 7 / 8
    assert expected == pytest.approx(1653.4, abs=0.1)


def test_lifetime_values_are_discounted_and_rank_customers() -> None:
    data = customers()
    history = (data.repeats, data.last, data.observed)
    came_back = data.repeats > 0
    model = fit_purchases(Histories.of(*history))
    spend = fit_spend(data.repeats[came_back], data.mean_spend[came_back])
    in_full = discounted_purchases(model, Horizon(years=1, year=52.18), *history)
    assert in_full == pytest.approx(model.expected_purchases(52.18, *history))
    less = discounted_purchases(model, Horizon(years=1, year=52.18, discount_rate=0.1), *history)
    assert np.all(less < in_full)
    assert less.sum() / in_full.sum() == pytest.approx(1.1**-0.45, rel=0.01)
    values = lifetime_value(less, spend.expected_spend(data.repeats, data.mean_spend))
    assert values.shape == (2357,)
    assert np.all(values > 0)
    best = int(np.argmax(values))
    assert data.repeats[best] > 10
