"""Customer lifetime value: how often and for how much customers will buy again.

The only part of the domain that needs scipy. Fit both models to a customer base, then ask
them about its customers:

    model = fit_purchases(Histories.of(repeats, last, observed))
    spend = fit_spend(repeats[repeats > 0], means[repeats > 0])
    ahead = discounted_purchases(model, Horizon(years=1, year=52.18), repeats, last, observed)
    value = lifetime_value(ahead, spend.expected_spend(repeats, means))
"""

from shopx_core.domain.ltv.fitting import CannotFit
from shopx_core.domain.ltv.purchases import Histories, PurchaseModel, fit_purchases
from shopx_core.domain.ltv.spend import SpendModel, fit_spend
from shopx_core.domain.ltv.value import Horizon, discounted_purchases, lifetime_value

__all__ = [
    "CannotFit",
    "Histories",
    "Horizon",
    "PurchaseModel",
    "SpendModel",
    "discounted_purchases",
    "fit_purchases",
    "fit_spend",
    "lifetime_value",
]
