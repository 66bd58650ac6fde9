r"""How often customers will buy again: the BG/NBD model.

While active, a customer buys at a constant rate; after each purchase the customer leaves for good
with a constant probability. Rates vary over customers as a gamma distribution (shape r, rate
alpha), leaving probabilities as a beta distribution (a, b).

Source: Fader, Hardie and Lee, "'Counting Your Customers' the Easy Way: An Alternative to the
Pareto/NBD Model", Marketing Science 24(2), 2005; P(alive) for x > 0 from the same authors'
"Computing P(alive) Using the BG/NBD Model", 2008. The notation is theirs: x repeat purchases, the
last at t_x, in an observation of length T, both counted from the first purchase.

A customer who never bought again is active for certain in this model, however long ago that was:
one can leave only after a repeat purchase. Read P(alive) of one-time buyers with that in mind.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaln, psi

from shopx_core.domain.ltv.fitting import CannotFit, Floats, column, maximise
from shopx_core.domain.ltv.quadrature import beta_nodes

#: Fewer customers, or fewer who came back, say too little about four parameters.
MIN_CUSTOMERS: Final = 20
MIN_REPEATERS: Final = 10

# Customers whose expectations are computed at once: arrays of some 8 MB each.
_CHUNK: Final = 8192

_STARTS: Final = tuple(
    np.log(start) for start in ((1, 1, 1, 1), (0.25, 0.25, 0.8, 2.5), (5, 5, 0.1, 5))
)


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Sufficient statistics of customers' purchases; equal ones are kept once, with a weight."""

    repeats: Floats
    """x: purchases after the first."""
    last: Floats
    """t_x: time from the first purchase to the last; 0 without repeats."""
    observed: Floats
    """T: time from the first purchase to the end of the observation, in the same unit."""
    weights: Floats
    """How many customers have this history."""

    @classmethod
    def of(
        cls, repeats: npt.ArrayLike, last: npt.ArrayLike, observed: npt.ArrayLike
    ) -> "Histories":
        """Check one row per customer, and group equal rows.

        Raises:
            CannotFit: Lengths differ, a value is not finite or negative, a number of repeats is not
                whole, a last purchase lies after the observation's end, or a customer without
                repeats has one.
        """
        x, t_x, t = _checked(repeats, last, observed)
        rows, counts = np.unique(np.column_stack((x, t_x, t)), axis=0, return_counts=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], counts.astype(np.float64))

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return int(self.weights.sum())

    @property
    def repeaters(self) -> int:
        """How many of them bought more than once."""
        return int(self.weights[self.repeats > 0].sum())


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """A fitted BG/NBD model; times are in the unit of the histories it was fitted to."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    """Of all customers together, at these parameters."""
    customers: int
    degenerate: bool = False
    """A parameter has no finite estimate: predictions hold, but that parameter means nothing."""

    def probability_alive(
        self, repeats: npt.ArrayLike, last: npt.ArrayLike, observed: npt.ArrayLike
    ) -> Floats:
        """Return the probability that each customer is still active at the end of `observed`."""
        return self._alive(*_checked(repeats, last, observed))

    def expected_purchases(
        self,
        horizon: npt.ArrayLike,
        repeats: npt.ArrayLike,
        last: npt.ArrayLike,
        observed: npt.ArrayLike,
    ) -> Floats:
        """Return the number of purchases to expect of each customer within `horizon` from now.

        Equation (10) of the paper, as the mean over the customer's probability p of leaving that
        its closed form is derived from: P(alive) * E[(1 - (1 + p u)^-(r + x)) / p], where u is
        horizon / (alpha + T) and p is Beta(a, b + x).

        Args:
            horizon: One time ahead, or several.
            repeats: x of each customer.
            last: t_x of each customer.
            observed: T of each customer.

        Returns:
            A number per customer; for several horizons a row of them per horizon.
        """
        x, t_x, t = _checked(repeats, last, observed)
        ahead = column("Horizon", horizon)
        alive = self._alive(x, t_x, t)
        result = np.empty((len(ahead), len(x)))
        for start in range(0, len(x), _CHUNK):
            rows = slice(start, start + _CHUNK)
            result[:, rows] = alive[rows] * self._purchases_if_alive(ahead, x[rows], t[rows])
        return result if np.ndim(horizon) else result[0]

    def expected_purchases_of_new(self, horizon: float) -> float:
        """Return the repeat purchases to expect of a new customer within `horizon`: E[X(t)]."""
        return float(self.expected_purchases(horizon, 0, 0, 0)[0])

    def _purchases_if_alive(self, ahead: Floats, x: Floats, t: Floats) -> Floats:
        rate = self.r + x
        reach = ahead.max() / (self.alpha + t)
        left, weights = beta_nodes(self.a + 0 * x, self.b + x, (rate + 1) * reach)
        result = np.empty((len(ahead), len(x)))
        for row, horizon in enumerate(ahead):
            growth = np.log1p(left * (horizon / (self.alpha + t))[:, None])
            bought = -np.expm1(-rate[:, None] * growth) / left
            result[row] = np.einsum("ij,ij->i", weights, bought)
        return result

    def _alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        repeats = np.maximum(x, 1.0)
        log_odds_left = (
            np.log(self.a)
            - np.log(self.b + repeats - 1)
            + (self.r + x) * (np.log(self.alpha + t) - np.log(self.alpha + t_x))
        )
        return np.where(x > 0, expit(-log_odds_left), 1.0)


def fit_purchases(histories: Histories) -> PurchaseModel:
    """Fit the BG/NBD model by maximum likelihood.

    Raises:
        CannotFit: There are too few customers, too few who came back, no time passed, or the
            likelihood has no maximum.
    """
    if histories.customers < MIN_CUSTOMERS or histories.repeaters < MIN_REPEATERS:
        raise CannotFit(
            f"{histories.customers} customers, of whom {histories.repeaters} came back, are too "
            "few to predict purchases.",
            hint=f"{MIN_CUSTOMERS} customers and {MIN_REPEATERS} who came back are needed.",
        )
    if not histories.observed.any():
        raise CannotFit(
            "All customers came only now, so nothing is known about when they return.",
            hint="Wait until some time has passed since their first orders.",
        )
    weights = histories.weights / histories.weights.sum()
    # The search takes the mean time between purchases as its unit: alpha, which alone depends on
    # the unit, is then about as large as r.
    unit = float((weights @ histories.observed) / (weights @ histories.repeats))
    x, t_x, t = histories.repeats, histories.last / unit, histories.observed / unit
    found = maximise(lambda logs: log_likelihood(logs, x, t_x, t, weights), _STARTS)
    r, alpha, a, b = (float(value) for value in found.parameters)
    alpha *= unit
    total, _ = log_likelihood(
        np.log((r, alpha, a, b)),
        histories.repeats,
        histories.last,
        histories.observed,
        histories.weights,
    )
    return PurchaseModel(r, alpha, a, b, total, histories.customers, found.degenerate)


def log_likelihood(
    logs: Floats, x: Floats, t_x: Floats, t: Floats, weights: Floats
) -> tuple[float, Floats]:
    """Return the weighted log-likelihood and its gradient by the logarithms of (r, alpha, a, b).

    Equation (6) of the paper; the sum of its two terms is taken between logarithms.
    """
    r, alpha, a, b = np.exp(logs)
    repeats = np.maximum(x, 1.0)
    came_back = x > 0
    log_stayed = -(r + x) * np.log(alpha + t)
    log_left = np.where(
        came_back,
        np.log(a) - np.log(b + repeats - 1) - (r + x) * np.log(alpha + t_x),
        -np.inf,
    )
    log_either = np.logaddexp(log_stayed, log_left)
    stayed, left = np.exp(log_stayed - log_either), np.exp(log_left - log_either)
    value = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        + gammaln(b + x)
        - gammaln(b)
        - gammaln(a + b + x)
        + log_either
    )
    both = psi(a + b) - psi(a + b + x)
    gradient = (
        r
        * (
            psi(r + x)
            - psi(r)
            + np.log(alpha)
            - stayed * np.log(alpha + t)
            - left * np.log(alpha + t_x)
        ),
        r - alpha * (r + x) * (stayed / (alpha + t) + left / (alpha + t_x)),
        a * both + left,
        b * (both + psi(b + x) - psi(b) - left / (b + repeats - 1)),
    )
    return float(weights @ value), np.array([weights @ part for part in gradient])


def _checked(
    repeats: npt.ArrayLike, last: npt.ArrayLike, observed: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    x = column("Repeat purchases", repeats)
    t_x = column("Last purchase", last)
    t = column("Observation", observed)
    if not len(x) == len(t_x) == len(t):
        raise CannotFit(f"There are {len(x)}, {len(t_x)} and {len(t)} values: one each is needed.")
    rules = (
        (x != np.floor(x), "has a number of repeat purchases that is not whole"),
        (t_x > t, "bought after the end of the observation"),
        ((x == 0) & (t_x > 0), "has a last purchase after the first, but no repeat"),
    )
    for broken, what in rules:
        if broken.any():
            raise CannotFit(f"Customer number {int(np.argmax(broken)) + 1} {what}.")
    return x, t_x, t
