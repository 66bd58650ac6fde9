"""What both models share: checked arrays, and a maximiser on a logarithmic scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from shopx_core.errors import InvalidInput

Floats = npt.NDArray[np.float64]

#: A log-likelihood of the logarithms of the parameters, and its gradient, both divided by the
#: number of customers so that tolerances mean the same for 100 customers and for a million.
Objective = Callable[[Floats], tuple[float, Floats]]

#: Every parameter is positive, so it is searched as its logarithm, between these. Data without
#: evidence for a parameter (no customer ever leaves, all buy alike) push it towards one of them.
LOG_BOUNDS: Final = (-12.0, 12.0)

# Beyond this (a factor of 8,000) the likelihood is flat: the data say no more than small or large.
_LOG_EXTREME: Final = 9.0

_FLAT: Final = 1e-5


class CannotFit(InvalidInput):
    """A model cannot be fitted to these customers, or cannot answer for them."""

    code: ClassVar[str] = "CANNOT_FIT"


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a likelihood is largest."""

    parameters: Floats
    degenerate: bool
    """The data say nothing about a parameter but that it is small, or that it is large."""


def maximise(objective: Objective, starts: Sequence[Floats]) -> Maximum:
    """Return the best maximum found from several starting points (logarithms).

    Raises:
        CannotFit: The search ended nowhere flat, from any start.
    """
    best: tuple[float, Floats] | None = None
    for start in starts:
        logs = _climb(objective, start)
        value, gradient = objective(logs)
        if np.isfinite(value) and _is_flat(logs, gradient) and (not best or value > best[0]):
            best = value, logs
    if best is None:
        raise CannotFit(
            "The likelihood of the customers' history has no maximum that could be found.",
            hint="Check for customers with absurd dates or amounts.",
        )
    _, logs = best
    return Maximum(np.exp(logs), degenerate=bool(np.any(np.abs(logs) > _LOG_EXTREME)))


def column(name: str, values: npt.ArrayLike) -> Floats:
    """Return `values` as a one-dimensional array of finite, non-negative numbers.

    Raises:
        CannotFit: They are not.
    """
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1:
        raise CannotFit(f"{name} is not a list of numbers.")
    bad = ~np.isfinite(array) | (array < 0)
    if bad.any():
        where = int(np.argmax(bad))
        raise CannotFit(
            f"{name} number {where + 1} is {array[where]}.",
            hint="It must be a finite number, 0 or more.",
        )
    return array


def _climb(objective: Objective, start: Floats) -> Floats:
    """Return where a bounded quasi-Newton search from `start` ends."""

    def negated(logs: Floats) -> tuple[float, Floats]:
        value, gradient = objective(logs)
        return -value, -gradient

    found = minimize(
        negated,
        start,
        (),
        "L-BFGS-B",
        jac=True,
        bounds=[LOG_BOUNDS] * len(start),
        options={"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9},
    )
    return np.asarray(found.x, dtype=np.float64)


def _is_flat(logs: Floats, gradient: Floats) -> bool:
    """Whether no step within the bounds climbs."""
    climbable = np.where(np.isclose(logs, LOG_BOUNDS[0]), np.maximum(gradient, 0.0), gradient)
    climbable = np.where(np.isclose(logs, LOG_BOUNDS[1]), np.minimum(climbable, 0.0), climbable)
    return bool(np.all(np.abs(climbable) < _FLAT))
