"""From customers' purchase days to their expected purchases: pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from shopx_core.domain.ltv import (
    CannotFit,
    Histories,
    PurchaseModel,
    SpendModel,
    fit_purchases,
    fit_spend,
)

SHORT_DAYS: Final = 90
HORIZON_DAYS: Final = 365
"""How far ahead a customer's predicted value looks."""

Floats = npt.NDArray[np.float64]


class Buyer(NamedTuple):
    """A row of mv_customer_purchases."""

    customer_id: int
    first_day: dt.date
    last_day: dt.date
    repeats: int
    """Purchase days after the first."""
    mean_spend: float | None
    """On these days, in the reporting currency, before returns; `None` without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """One entry for each customer, in the order of the buyers; NaN where there is no prediction."""

    observed_until: dt.date
    """The newest purchase day: time ahead is counted from it."""
    purchases: PurchaseModel
    spend: SpendModel | None
    spend_reason: str | None
    """Why `spend` is `None`, or why customers without repeats have no value."""
    probability_alive: Floats
    expected_short: Floats
    """Purchases within `SHORT_DAYS`."""
    expected: Floats
    """Purchases within `HORIZON_DAYS`."""
    expected_spend: Floats
    """The expected amount of one purchase; NaN for customers without repeat purchases."""
    value: Floats
    """`expected` times the expected amount; the population's mean for customers without repeats."""


def predict(buyers: Sequence[Buyer]) -> Predictions:
    """Fit both models to all customers, and predict for each.

    Raises:
        CannotFit: There are too few customers, or the likelihood has no maximum.
    """
    if not buyers:
        raise CannotFit("No customer has an order yet.")
    # Not today: no purchases can be observed between the last import and now.
    until = max(buyer.last_day for buyer in buyers)
    repeats = np.array([buyer.repeats for buyer in buyers], dtype=np.float64)
    last = np.array([(buyer.last_day - buyer.first_day).days for buyer in buyers], dtype=np.float64)
    observed = np.array([(until - buyer.first_day).days for buyer in buyers], dtype=np.float64)
    purchases = fit_purchases(Histories.of(repeats, last, observed))
    ahead = purchases.expected_purchases((SHORT_DAYS, HORIZON_DAYS), repeats, last, observed)
    nothing = np.full(len(buyers), np.nan)
    result = Predictions(
        observed_until=until,
        purchases=purchases,
        spend=None,
        spend_reason=None,
        probability_alive=purchases.probability_alive(repeats, last, observed),
        expected_short=ahead[0],
        expected=ahead[1],
        expected_spend=nothing,
        value=nothing,
    )
    means = np.array([buyer.mean_spend or 0.0 for buyer in buyers], dtype=np.float64)
    return _with_spend(result, repeats, means)


def _with_spend(result: Predictions, repeats: Floats, means: Floats) -> Predictions:
    came_back = repeats > 0
    # The model takes positive amounts only. A customer with free purchases alone is left out of the
    # fit, and is then predicted to spend little.
    fitted = came_back & (means > 0)
    try:
        spend = fit_spend(repeats[fitted], means[fitted])
    except CannotFit as error:
        return replace(result, spend_reason=str(error))
    own = np.full(len(repeats), np.nan)
    own[came_back] = spend.expected_spend(repeats[came_back], np.maximum(means[came_back], 0.0))
    reason = None
    try:
        everybodys = spend.population_mean
    except CannotFit as error:
        everybodys, reason = float("nan"), str(error)
    return replace(
        result,
        spend=spend,
        spend_reason=reason,
        expected_spend=own,
        value=result.expected * np.where(came_back, own, everybodys),
    )
