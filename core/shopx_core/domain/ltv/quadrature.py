"""Means over a beta distribution, for any shapes and without special cases.

The closed forms of these models need the Gaussian hypergeometric function, which loses all its
digits (or is infinite) for parameters that real fits reach, such as shapes of some hundreds. The
integral itself is harmless: over the logit of the probability its integrand is smooth on a scale
of 1 and falls off exponentially on both sides, where the trapezoidal rule converges exponentially
(Trefethen and Weideman, "The Exponentially Convergent Trapezoidal Rule", SIAM Review 56(3), 2014).
"""

from typing import Final

import numpy as np

from shopx_core.domain.ltv.fitting import Floats

#: Points per mean; with these the relative error stays below 1e-8.
NODES: Final = 128

# What lies further out than exp(-_DEPTH) of the whole is replaced by its exponential tail.
_DEPTH: Final = 20.0
_SPREADS: Final = 6.5


def beta_nodes(a: Floats, b: Floats, steepness: Floats) -> tuple[Floats, Floats]:
    """Return probabilities and weights, so that a row's weighted sum is a mean over Beta(a, b).

    Args:
        a: First shape of each distribution, above 0.
        b: Second shape.
        steepness: How fast the function changes near 0: it is constant for probabilities well below
            1 / `steepness`, and falls no faster than 1 / probability above.

    Returns:
        Two arrays with a row for each distribution and `NODES` columns; weights sum to 1.
    """
    spread = _SPREADS * np.sqrt(1 / a + 1 / b)
    mode = np.log(a) - np.log(b)
    low = np.maximum(
        mode - spread - _DEPTH / np.maximum(a - 1, a / 2), -_DEPTH - np.log1p(steepness + b)
    )
    high = np.minimum(mode + spread + _DEPTH / b, _DEPTH + np.log1p(a))
    logits = np.linspace(low, high, NODES, axis=1)
    step = (high - low) / (NODES - 1)
    log_weights = -a[:, None] * np.logaddexp(0, -logits) - b[:, None] * np.logaddexp(0, logits)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    # Both ends continue as geometric series: the rule's sum over all that lies further out.
    with np.errstate(over="ignore"):
        weights[:, 0] *= 1 + 1 / np.expm1(a * step)
        weights[:, -1] *= 1 + 1 / np.expm1(b * step)
    return 1 / (1 + np.exp(-logits)), weights / weights.sum(axis=1, keepdims=True)
