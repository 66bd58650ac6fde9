"""How much customers spend per purchase: the Gamma-Gamma model.

A customer's purchases vary as a gamma distribution (shape p) around the customer's own mean, and
these means vary over customers such that the scale is gamma distributed too (shape q, rate v).
Spend is taken to be independent of how often one buys.

Source: Fader and Hardie, "The Gamma-Gamma Model of Monetary Value", 2013
(brucehardie.com/notes/025), equations (1a), (5) and (3); v is their gamma.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from shopx_core.domain.ltv.fitting import CannotFit, Floats, column, maximise

#: Fewer customers say too little about three parameters.
MIN_REPEATERS: Final = 10

_STARTS: Final = tuple(np.log(start) for start in ((1, 2, 1), (6, 4, 0.5), (2, 10, 5)))


@dataclass(frozen=True, slots=True)
class SpendModel:
    """A fitted Gamma-Gamma model; `v` and all means are in the currency of the data."""

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    degenerate: bool = False
    """A parameter has no finite estimate: predictions hold, but that parameter means nothing."""

    @property
    def population_mean(self) -> float:
        """The mean spend per purchase of a customer of whom nothing is known.

        Raises:
            CannotFit: Spend varies so much that it has no mean (q is at most 1).
        """
        if self.q <= 1:
            raise CannotFit(
                f"Spend differs so much between customers (q = {self.q:.3f}) that it has no mean.",
                hint="Check for single orders of absurd size.",
            )
        return self.p * self.v / (self.q - 1)

    def expected_spend(self, repeats: npt.ArrayLike, mean: npt.ArrayLike) -> Floats:
        """Return the spend to expect of each customer's next purchase.

        It lies between the customer's own mean and that of the population: nearer to the former the
        more purchases there are. A customer without any is expected to spend the latter.

        Args:
            repeats: How many purchases `mean` is of.
            mean: Mean spend of these purchases; ignored where `repeats` is 0.

        Raises:
            CannotFit: Values are negative or not finite, or a needed mean does not exist.
        """
        x, m = _checked(repeats, mean)
        if (x == 0).any():
            _ = self.population_mean
        return (self.v + m * x) * self.p / (self.p * x + self.q - 1)


def fit_spend(repeats: npt.ArrayLike, mean: npt.ArrayLike) -> SpendModel:
    """Fit the Gamma-Gamma model by maximum likelihood.

    Args:
        repeats: Purchases that `mean` is of, one number a customer, at least 1.
        mean: Mean spend of these purchases, above 0: leave out customers who got more back than
            they paid.

    Raises:
        CannotFit: There are too few customers, a value is out of range, all spend the same, or the
            likelihood has no maximum.
    """
    x, m = _checked(repeats, mean)
    for broken, what in ((x == 0, "has no purchase"), (m == 0, "has a mean spend of 0")):
        if broken.any():
            raise CannotFit(
                f"Customer number {int(np.argmax(broken)) + 1} {what}.",
                hint="Fit spend to customers with purchases that cost something.",
            )
    if len(x) < MIN_REPEATERS:
        raise CannotFit(
            f"{len(x)} customers who came back are too few to predict spend from.",
            hint=f"At least {MIN_REPEATERS} are needed.",
        )
    scale = float(np.exp(np.mean(np.log(m))))
    if np.ptp(m) <= scale * 1e-9:
        raise CannotFit(
            "All customers spend the same, so there is no distribution to fit.",
            hint="Use that amount as the expected spend.",
        )
    rows, counts = np.unique(np.column_stack((x, m)), axis=0, return_counts=True)
    weights = counts / counts.sum()
    found = maximise(
        lambda logs: log_likelihood(logs, rows[:, 0], rows[:, 1] / scale, weights), _STARTS
    )
    p, q, v = (float(value) for value in found.parameters)
    v *= scale
    total, _ = log_likelihood(np.log((p, q, v)), rows[:, 0], rows[:, 1], counts.astype(np.float64))
    return SpendModel(p, q, v, total, len(x), found.degenerate)


def log_likelihood(logs: Floats, x: Floats, m: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return the weighted log-likelihood and its gradient by the logarithms of (p, q, v)."""
    p, q, v = np.exp(logs)
    shape = p * x + q
    spent = m * x
    log_sum = np.log(v + spent)
    value = (
        gammaln(shape)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(m)
        + p * x * np.log(x)
        - shape * log_sum
    )
    gradient = (
        p * x * (psi(shape) - psi(p * x) + np.log(spent) - log_sum),
        q * (psi(shape) - psi(q) + np.log(v) - log_sum),
        q - shape * v / (v + spent),
    )
    return float(weights @ value), np.array([weights @ part for part in gradient])


def _checked(repeats: npt.ArrayLike, mean: npt.ArrayLike) -> tuple[Floats, Floats]:
    x = column("Purchases", repeats)
    m = column("Mean spend", mean)
    if len(x) != len(m):
        raise CannotFit(f"There are {len(x)} numbers of purchases and {len(m)} means.")
    return x, m
