"""Shapes of load over a run."""

import math
from collections.abc import Callable, Sequence

Rate = Callable[[float], float]
"""Requests per second at a second of the run."""


def steady(level: float) -> Rate:
    """The same all the time."""
    return lambda _t: level


def ramp(low: float, high: float, start: float, end: float) -> Rate:
    """A straight rise from `start` to `end`."""

    def rate(t: float) -> float:
        share = min(1.0, max(0.0, (t - start) / (end - start)))
        return low + (high - low) * share

    return rate


def pulse(low: float, high: float, start: float, end: float, edge: float = 2.0) -> Rate:
    """`high` from `start` to `end`, with edges of some seconds."""

    def rate(t: float) -> float:
        up = min(1.0, max(0.0, (t - start) / edge))
        down = min(1.0, max(0.0, (t - end) / edge))
        return low + (high - low) * (up - down)

    return rate


def wave(low: float, high: float, period: float) -> Rate:
    """A sine that begins at its lowest."""
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    return lambda t: middle - half * math.cos(2.0 * math.pi * t / period)


def steps(levels: Sequence[float], length: float) -> Rate:
    """One level after another, straight lines between their middles."""

    def rate(t: float) -> float:
        at = min(max(t / length - 0.5, 0.0), len(levels) - 1.0)
        left = int(at)
        right = min(left + 1, len(levels) - 1)
        return levels[left] + (levels[right] - levels[left]) * (at - left)

    return rate


def total(*rates: Rate) -> Rate:
    """All of them together."""
    return lambda t: sum(rate(t) for rate in rates)
