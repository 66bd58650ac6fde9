"""Properties of the lifetime models that hold for any data, on simulated customers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1

from shopx_core.domain.ltv import (
    CannotFit,
    Histories,
    Horizon,
    PurchaseModel,
    SpendModel,
    discounted_purchases,
    fit_purchases,
    fit_spend,
    purchases,
    spend,
)
from shopx_core.domain.ltv.fitting import Floats

CDNOW = PurchaseModel(0.2426, 4.4136, 0.7929, 2.4259, log_likelihood=0, customers=0)


def simulate(
    rates: Floats, leaving: Floats, observed: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return repeat purchases and last times of customers who live as the model says."""
    repeats, last = np.zeros(len(rates)), np.zeros(len(rates))
    alive = np.ones(len(rates), dtype=bool)
    clock = np.zeros(len(rates))
    while alive.any():
        clock = clock + rng.exponential(1 / rates)
        bought = alive & (clock <= observed)
        repeats[bought] += 1
        last[bought] = clock[bought]
        alive = bought & (rng.random(len(rates)) >= leaving)
    return repeats, last


def customers_of(
    r: float, alpha: float, a: float, b: float, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    observed = rng.uniform(20, 80, count)
    rates = rng.gamma(r, 1 / alpha, count) + 1e-12
    repeats, last = simulate(rates, rng.beta(a, b, count), observed, rng)
    return repeats, last, observed


def test_parameters_that_made_the_customers_are_found_again() -> None:
    rng = np.random.default_rng(2005)
    model = fit_purchases(Histories.of(*customers_of(0.8, 6.0, 1.2, 3.0, 6_000, rng)))
    assert (model.r, model.alpha) == pytest.approx((0.8, 6.0), rel=0.1)
    assert model.a / (model.a + model.b) == pytest.approx(1.2 / 4.2, rel=0.1)


def test_expectation_and_probability_alive_are_what_happens() -> None:
    """Simulated customers with one history, x = 2 and the last purchase early or late."""
    rng = np.random.default_rng(7)
    r, alpha, a, b = 2.0, 10.0, 1.0, 2.0
    model = PurchaseModel(r, alpha, a, b, log_likelihood=0, customers=0)
    count = 200_000
    observed, horizon = np.full(count, 20.0), 15.0
    rates, leaving = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count)
    seed = int(rng.integers(2**31))
    # The same stream of chance, watched for longer.
    repeats, last = simulate(rates, leaving, observed, np.random.default_rng(seed))
    later, _ = simulate(rates, leaving, observed + horizon, np.random.default_rng(seed))
    for early, late in ((4.0, 6.0), (14.0, 16.0)):
        chosen = (repeats == 2) & (last > early) & (last < late)
        history = (repeats[chosen], last[chosen], observed[chosen])
        came = (later - repeats)[chosen]
        error = came.std() / np.sqrt(chosen.sum())
        expected = model.expected_purchases(horizon, *history).mean()
        assert expected == pytest.approx(came.mean(), abs=4 * error)
        # Customers who buy again are alive; nearly all who are alive do so in the long run.
        assert model.probability_alive(*history).mean() >= (came > 0).mean() - 0.02


def test_grouping_equal_histories_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    x, t_x, t = customers_of(0.5, 5.0, 1.0, 2.0, 300, rng)
    x, t_x, t = (np.tile(part, 4) for part in (x, np.round(t_x), np.round(t) + 1))
    grouped = Histories.of(x, t_x, t)
    assert len(grouped.repeats) <= 300
    assert (grouped.customers, grouped.repeaters) == (1200, (x > 0).sum())
    logs = np.log((0.5, 5.0, 1.0, 2.0))
    one_by_one, _ = purchases.log_likelihood(logs, x, t_x, t, np.ones(1200))
    together, _ = purchases.log_likelihood(
        logs, grouped.repeats, grouped.last, grouped.observed, grouped.weights
    )
    assert together == pytest.approx(one_by_one, rel=1e-12)


log_parameters = st.floats(-4, 4)


@given(st.lists(log_parameters, min_size=4, max_size=4))
@settings(max_examples=50)
def test_the_gradient_of_purchases_is_the_slope_of_their_likelihood(logs: list[float]) -> None:
    x, t_x, t = np.array([0.0, 1, 2, 30]), np.array([0.0, 3, 9, 39]), np.array([5.0, 40, 10, 40])

    def value(point: Floats) -> float:
        return purchases.log_likelihood(point, x, t_x, t, np.array([5.0, 1, 2, 1]))[0]

    point = np.array(logs)
    _, gradient = purchases.log_likelihood(point, x, t_x, t, np.array([5.0, 1, 2, 1]))
    assert_slope(value, point, gradient)


@given(st.lists(log_parameters, min_size=3, max_size=3))
@settings(max_examples=50)
def test_the_gradient_of_spend_is_the_slope_of_its_likelihood(logs: list[float]) -> None:
    x, m = np.array([1.0, 2, 30]), np.array([0.5, 40, 3])

    def value(point: Floats) -> float:
        return spend.log_likelihood(point, x, m, np.array([5.0, 1, 2]))[0]

    point = np.array(logs)
    _, gradient = spend.log_likelihood(point, x, m, np.array([5.0, 1, 2]))
    assert_slope(value, point, gradient)


def assert_slope(value: Callable[[Floats], float], point: Floats, gradient: Floats) -> None:
    slope = approx_fprime(point, value, 1e-6)
    scale = 1 + abs(value(point))
    assert gradient / scale == pytest.approx(slope / scale, abs=1e-4)


@given(
    x=st.integers(0, 40),
    t=st.floats(0.1, 100),
    part=st.floats(0.01, 1),
    horizon=st.floats(0, 500),
)
def test_the_expectation_equals_the_published_closed_form(
    x: int, t: float, part: float, horizon: float
) -> None:
    """Equation (10), where its hypergeometric function can be trusted."""
    last = part * t if x else 0.0
    m = CDNOW
    (expected,) = m.expected_purchases(horizon, x, last, t)
    reach = m.alpha + t
    hyper = hyp2f1(m.r + x, m.b + x, m.a + m.b + x - 1, horizon / (reach + horizon))
    shrink = (reach / (reach + horizon)) ** (m.r + x)
    odds = m.a / (m.b + x - 1) * (reach / (m.alpha + last)) ** (m.r + x) if x else 0.0
    closed = (m.a + m.b + x - 1) / (m.a - 1) * (1 - shrink * hyper) / (1 + odds)
    assert expected == pytest.approx(closed, rel=1e-7, abs=1e-9)


@given(
    logs=st.lists(st.floats(-10, 10), min_size=4, max_size=4),
    x=st.integers(0, 5000),
    t=st.floats(0, 1000),
    part=st.floats(0.01, 1),
)
def test_predictions_are_sane_for_any_parameters(
    logs: list[float], x: int, t: float, part: float
) -> None:
    """Finite, never negative, growing with the horizon, and no more than the rate allows."""
    r, alpha, a, b = (float(value) for value in np.exp(logs))
    model = PurchaseModel(r, alpha, a, b, log_likelihood=0, customers=0)
    history = (x, part * t if x else 0.0, t)
    (alive,) = model.probability_alive(*history)
    assert 0 <= alive <= 1
    expected = model.expected_purchases([0, 1, 10, 1000], *history)[:, 0]
    assert np.isfinite(expected).all()
    assert expected[0] == 0
    assert np.all(np.diff(expected) >= -1e-9 * expected[1:])
    most = alive * (r + x) / (alpha + t) * np.array([0, 1, 10, 1000])
    assert np.all(expected <= most * (1 + 1e-6))


def test_the_longer_ago_the_last_purchase_the_less_is_expected() -> None:
    last = np.array([5.0, 20, 35])
    alive = CDNOW.probability_alive(np.full(3, 6), last, np.full(3, 39))
    assert np.all(np.diff(alive) > 0)
    # One who never came back cannot have left yet, in this model.
    assert CDNOW.probability_alive(0, 0, 39)[0] == 1


def test_a_new_customer_is_one_without_history() -> None:
    assert CDNOW.expected_purchases_of_new(52) == pytest.approx(1.444, abs=5e-4)


@pytest.mark.parametrize(
    ("rate", "leaving"),
    [(0.2, 0.0), (0.2, 1.0), (0.5, 0.3)],
    ids=["none leave", "all leave", "all alike"],
)
def test_customers_without_differences_still_get_predictions(rate: float, leaving: float) -> None:
    rng = np.random.default_rng(3)
    observed = rng.uniform(20, 60, 400)
    repeats, last = simulate(np.full(400, rate), np.full(400, leaving), observed, rng)
    model = fit_purchases(Histories.of(repeats, last, observed))
    assert model.degenerate == (leaving in {0.0, 1.0})
    expected = model.expected_purchases(10, repeats, last, observed)
    assert np.isfinite(expected).all()
    if not leaving:
        assert expected.mean() == pytest.approx(rate * 10, rel=0.1)


def test_spend_that_made_the_customers_is_found_again() -> None:
    rng = np.random.default_rng(2013)
    count = 5_000
    x = rng.integers(1, 12, count).astype(np.float64)
    scale = rng.gamma(4.0, 1 / 15.0, count)
    mean = rng.gamma(6.0 * x, 1 / scale) / x
    model = fit_spend(x, mean)
    # Means say much about p * v and q, and little about p and v apart.
    assert (model.p * model.v, model.q) == pytest.approx((90, 4), rel=0.1)
    assert model.population_mean == pytest.approx(30, rel=0.02)


def test_expected_spend_moves_from_the_population_to_the_customer() -> None:
    model = SpendModel(6.25, 3.74, 15.44, log_likelihood=0, customers=0)
    expected = model.expected_spend([0, 1, 10, 10_000], [0, 100, 100, 100])
    assert expected[0] == pytest.approx(model.population_mean)
    assert np.all(np.diff(expected) > 0)
    assert expected[-1] == pytest.approx(100, abs=0.05)


def test_spend_without_a_mean_says_so() -> None:
    model = SpendModel(6.25, 0.9, 15.44, log_likelihood=0, customers=0)
    with pytest.raises(CannotFit, match="no mean"):
        model.expected_spend([0], [0])
    assert model.expected_spend([3], [50])[0] > 0


FEW = (np.ones(15), np.ones(15), np.full(15, 2.0))


@pytest.mark.parametrize(
    ("history", "message"),
    [
        pytest.param(FEW, "15 customers, of whom 15 came back", id="too few"),
        pytest.param(([0] * 50, [0] * 50, [9] * 50), "of whom 0 came back", id="no repeats"),
        pytest.param(([1] * 50, [0] * 50, [0] * 50), "came only now", id="no time"),
        pytest.param(([1, 2], [1], [2, 2]), "one each", id="lengths"),
        pytest.param(([1.5], [1], [2]), "not whole", id="half a purchase"),
        pytest.param(([1], [3], [2]), "after the end", id="last in the future"),
        pytest.param(([0], [1], [2]), "no repeat", id="last without repeats"),
        pytest.param(([1, np.nan], [1, 1], [2, 2]), "purchases number 2 is nan", id="NaN"),
        pytest.param(([1], [1], [np.inf]), "Observation number 1 is inf", id="infinite"),
        pytest.param(([1], [-1], [2]), "Last purchase number 1 is -1", id="negative"),
    ],
)
def test_customers_that_cannot_be_fitted_are_named(
    history: tuple[list[float], list[float], list[float]], message: str
) -> None:
    with pytest.raises(CannotFit, match=message):
        fit_purchases(Histories.of(*history))


@pytest.mark.parametrize(
    ("repeats", "mean", "message"),
    [
        pytest.param([2] * 5, [10, 20, 30, 40, 50], "5 customers", id="too few"),
        pytest.param([2] * 20, [10] * 20, "the same", id="no variation"),
        pytest.param([0, *[2] * 20], [5, *range(1, 21)], "number 1 has no purchase", id="none"),
        pytest.param([2] * 20, [*range(1, 20), 0], "number 20 has a mean", id="nothing paid"),
        pytest.param([2] * 20, [*range(1, 20), -3], "number 20 is -3", id="got back more"),
        pytest.param([2] * 20, [*range(1, 20)], "20 numbers of purchases", id="lengths"),
    ],
)
def test_spend_that_cannot_be_fitted_is_named(
    repeats: list[float], mean: list[float], message: str
) -> None:
    with pytest.raises(CannotFit, match=message):
        fit_spend(repeats, mean)


def test_monthly_discounting_is_as_good_as_daily() -> None:
    rate, year = 0.1, 52.18
    history = ([3], [30], [39])
    monthly = discounted_purchases(CDNOW, Horizon(2, year, rate), *history)[0]
    days = np.arange(1, 2 * 365 + 1)
    until = CDNOW.expected_purchases(days / 365 * year, *history)[:, 0]
    daily = np.sum(np.diff(until, prepend=0.0) * (1 + rate) ** -((days - 0.5) / 365))
    assert monthly == pytest.approx(daily, rel=1e-4)


@pytest.mark.parametrize(
    "wrong", [(0, 52, 0), (101, 52, 0), (1, 0, 0), (1, 52, -0.1), (np.nan, 52, 0)]
)
def test_a_horizon_that_means_nothing_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(CannotFit, match="horizon"):
        Horizon(*wrong)
