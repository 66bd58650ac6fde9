"""The part of an HPA that comes after its metrics: stabilisation, rates, bounds.

kubernetes/kubernetes `pkg/controller/podautoscaler/horizontal.go`, with the defaults of
`spec.behavior`: scale-down takes the highest wish of 300 s, scale-up the newest; per 15 s at most
double or 4 pods more, and all pods less.
"""

import math
from dataclasses import dataclass

from shopx_core.scaling.inputs import ReplicaBounds

TOLERANCE = 0.1
"""Relative difference to the target within which an HPA changes nothing."""


@dataclass(frozen=True, slots=True)
class Behavior:
    """The defaults of `spec.behavior`; seconds, shares and pods."""

    up_window: float = 0.0
    down_window: float = 300.0
    up_share: float = 1.0
    up_pods: int = 4
    down_share: float = 1.0
    period: float = 15.0


class ReplicaController:
    """From wishes to a number of pods: stabilisation, rates, bounds."""

    def __init__(self, bounds: ReplicaBounds, behavior: Behavior | None = None) -> None:
        self._bounds = bounds
        self._behavior = behavior or Behavior()
        self._wishes: list[tuple[float, int]] = []
        self._events: list[tuple[float, int]] = []

    def step(self, now: float, current: int, wish: int) -> int:
        """The number of pods to ask for, after a wish from metrics."""
        behavior = self._behavior
        count = self._stabilised(now, current, wish)
        if count > current:
            before = current - self._moved(now, up=True)
            by_share = math.ceil(before * (1.0 + behavior.up_share))
            count = min(count, max(by_share, before + behavior.up_pods, current))
        elif count < current:
            before = current + self._moved(now, up=False)
            count = max(count, min(math.floor(before * (1.0 - behavior.down_share)), current))
        count = self._bounds.clamp(count)
        if count != current:
            self._events.append((now, count - current))
        return count

    def _stabilised(self, now: float, current: int, wish: int) -> int:
        behavior = self._behavior
        ups = [wish, *(w for at, w in self._wishes if at > now - behavior.up_window)]
        downs = [wish, *(w for at, w in self._wishes if at > now - behavior.down_window)]
        oldest = now - max(behavior.up_window, behavior.down_window)
        self._wishes = [*((at, w) for at, w in self._wishes if at > oldest), (now, wish)]
        count = max(current, min(ups))
        return min(count, max(downs))

    def _moved(self, now: float, *, up: bool) -> int:
        period = self._behavior.period
        self._events = [(at, step) for at, step in self._events if at > now - period]
        return sum(abs(step) for _, step in self._events if (step > 0) is up)
