"""What customers are still worth: expected purchases times expected spend, discounted."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_core.domain.ltv.fitting import CannotFit, Floats
from shopx_core.domain.ltv.purchases import PurchaseModel

#: The horizon is cut into steps of at most this part of a year; purchases of a step are discounted
#: as if made at its middle. At 10 % a year this differs by less than 0.01 % from a daily sum.
_STEP_YEARS: Final = 1 / 12
_MOST_YEARS: Final = 100


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead value counts, and how much less later money is worth."""

    years: float
    """Above 0, at most 100."""
    year: float
    """Length of a year in the purchase model's unit of time, such as 52.18 weeks."""
    discount_rate: float = 0.0
    """By year, such as 0.1; 0 counts later money in full."""

    def __post_init__(self) -> None:
        finite = np.isfinite([self.years, self.year, self.discount_rate]).all()
        if (
            not finite
            or not 0 < self.years <= _MOST_YEARS
            or self.year <= 0
            or self.discount_rate < 0
        ):
            raise CannotFit(
                f"A horizon of {self.years} years of {self.year} at a discount rate of "
                f"{self.discount_rate} cannot be used.",
                hint=f"Use a time of up to {_MOST_YEARS} years and a rate such as 0.1.",
            )


def discounted_purchases(
    model: PurchaseModel,
    horizon: Horizon,
    repeats: npt.ArrayLike,
    last: npt.ArrayLike,
    observed: npt.ArrayLike,
) -> Floats:
    """Return the purchases to expect of each customer, each weighed by what its money is worth now.

    Without a discount rate this is `PurchaseModel.expected_purchases` over the whole horizon.
    """
    steps = int(np.ceil(horizon.years / _STEP_YEARS)) if horizon.discount_rate else 1
    step = horizon.years / steps
    numbers = np.arange(1, steps + 1)
    until = model.expected_purchases(numbers * step * horizon.year, repeats, last, observed)
    bought: Floats = np.diff(until, axis=0, prepend=0.0)
    present_value = np.power(1 + horizon.discount_rate, -(numbers - 0.5) * step)
    return np.asarray(present_value @ bought, dtype=np.float64)


def lifetime_value(discounted: npt.ArrayLike, spend: npt.ArrayLike) -> Floats:
    """Return each customer's value over the horizon, in the currency of `spend`.

    It is revenue still to come: neither what was spent already nor the cost of serving it.

    Args:
        discounted: What `discounted_purchases` returned.
        spend: What `SpendModel.expected_spend` returned, in the same order.
    """
    return np.asarray(discounted, dtype=np.float64) * np.asarray(spend, dtype=np.float64)
