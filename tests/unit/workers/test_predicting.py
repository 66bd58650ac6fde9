"""From purchase days to predictions: what is said, and what is not."""

import datetime as dt
import random

import numpy as np
import pytest

from shopx_core.domain.ltv import CannotFit
from shopx_workers.predictions import HORIZON_DAYS, SHORT_DAYS, Buyer, predict

END = dt.date(2026, 6, 30)


def buyers(count: int, *, spend: float | None = None, seed: int = 1) -> list[Buyer]:
    """A year of customers, half of whom come back; `spend` fixes everybody's."""
    choose = random.Random(seed)
    made = []
    for customer in range(1, count + 1):
        first = END - dt.timedelta(days=choose.randrange(10, 365))
        repeats = choose.choice([0, 0, 1, 2, 5])
        last = (
            first + dt.timedelta(days=choose.randrange(1, (END - first).days)) if repeats else first
        )
        mean = None if not repeats else spend if spend is not None else choose.uniform(5, 200)
        made.append(Buyer(customer, first, last, repeats, mean))
    return [*made, Buyer(count + 1, END - dt.timedelta(days=200), END, 9, spend or 60.0)]


def test_every_buyer_is_predicted() -> None:
    """Probabilities are probabilities, longer horizons bring more, and value is their product."""
    everybody = buyers(300)
    found = predict(everybody)
    assert found.observed_until == END
    assert ((found.probability_alive >= 0) & (found.probability_alive <= 1)).all()
    assert (found.expected_short < found.expected).all()
    came_back = np.array([buyer.repeats > 0 for buyer in everybody])
    assert np.isnan(found.expected_spend[~came_back]).all()
    assert found.spend is not None
    np.testing.assert_allclose(
        found.value[came_back], (found.expected * found.expected_spend)[came_back]
    )
    np.testing.assert_allclose(
        found.value[~came_back], found.expected[~came_back] * found.spend.population_mean
    )


def test_horizons_are_in_days() -> None:
    """The model's unit is the day, from the newest purchase on."""
    everybody = buyers(300)
    found = predict(everybody)
    first = everybody[0]
    history = (
        first.repeats,
        (first.last_day - first.first_day).days,
        (END - first.first_day).days,
    )
    ahead = found.purchases.expected_purchases((SHORT_DAYS, HORIZON_DAYS), *history)
    assert (found.expected_short[0], found.expected[0]) == pytest.approx(tuple(ahead[:, 0]))


@pytest.mark.parametrize("count", [0, 5], ids=["none", "few"])
def test_too_few_customers_cannot_be_predicted(count: int) -> None:
    """The reason is the error's text, which people read."""
    with pytest.raises(CannotFit, match=r"No customer|too few"):
        predict(buyers(count) if count else [])


def test_purchases_are_predicted_without_spend() -> None:
    """Where everybody spends the same there is nothing to fit, but purchases are still known."""
    found = predict(buyers(300, spend=10.0))
    assert found.spend is None
    assert found.spend_reason is not None
    assert "spend the same" in found.spend_reason
    assert (found.expected > 0).all()
    assert np.isnan(found.value).all()


def test_free_purchases_do_not_break_the_fit() -> None:
    """A customer with purchases of no value gets a low prediction, not an error."""
    everybody = buyers(300)
    free = Buyer(999, END - dt.timedelta(days=90), END, 8, 0.0)
    found = predict([*everybody, free])
    assert found.spend is not None
    assert 0 < found.expected_spend[-1] < found.spend.population_mean
