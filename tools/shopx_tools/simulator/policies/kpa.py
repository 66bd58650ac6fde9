"""Knative's pod autoscaler, after its documentation and source.

https://knative.dev/docs/serving/autoscaling/kpa-specific/ and knative/serving
`pkg/autoscaler/scaling/autoscaler.go`: pods = ceil(concurrency ÷ target), averaged over a stable
window of 60 s; while a panic window of 6 s asks for twice the ready pods, and for a stable window
after that, the larger of the two rules and nothing is taken away; a step is at most a thousandfold
up and a half down; it starts in panic mode when there is more than one pod. The target is 70 % of
the concurrency that a pod is given.
"""

import math

from shopx_core.scaling.inputs import ReplicaBounds
from shopx_tools.simulator.measure import Lens
from shopx_tools.simulator.policies.base import Wish
from shopx_tools.simulator.policies.queue import ListLength
from shopx_tools.simulator.scenario import Trouble

STABLE, PANIC = 60, 6
THRESHOLD = 2.0
UP_RATE, DOWN_RATE = 1000.0, 2.0
UTILISATION = 0.7


class Decider:
    """The decision itself, apart from where its metrics come from."""

    def __init__(self, target: float, ready: int, now: float) -> None:
        self._target = target
        self._panic_since: float | None = now if ready > 1 else None
        self._panic_pods = ready

    def scale(self, now: float, ready: int, stable: float, panic: float) -> int:
        """Pods wanted.

        Args:
            now: Seconds.
            ready: Pods that serve.
            stable: Concurrency of all pods over the stable window.
            panic: The same over the panic window.
        """
        pods = max(1, ready)
        highest, lowest = math.ceil(UP_RATE * pods), math.floor(pods / DOWN_RATE)
        by_panic = math.ceil(panic / self._target)
        wish = min(max(math.ceil(stable / self._target), lowest), highest)
        urgent = min(max(by_panic, lowest), highest)
        if by_panic / pods >= THRESHOLD:
            self._panic_since = now
        elif self._panic_since is not None and now - self._panic_since > STABLE:
            self._panic_since, self._panic_pods = None, 0
        if self._panic_since is None:
            return wish
        self._panic_pods = max(self._panic_pods, wish, urgent)
        return self._panic_pods


class Kpa:
    """A Knative service's autoscaler."""

    def __init__(self, bounds: ReplicaBounds, workers: ReplicaBounds, concurrency: float) -> None:
        self.name = "Knative KPA"
        self.tick = 2
        self._bounds = bounds
        self._target = UTILISATION * concurrency
        self._queue = ListLength(workers)
        self._decider: Decider | None = None

    def look(self, lens: Lens) -> Wish:
        """One round; without metrics nothing changes."""
        world = lens.world
        workers = self._queue.look(lens)
        if lens.trouble() in {Trouble.METRICS_MISSING, Trouble.METRICS_NAN}:
            return Wish(workers=workers)
        ready, delay = lens.ready(), lens.delay()
        if self._decider is None:
            self._decider = Decider(self._target, len(ready), world.now)
        wish = self._decider.scale(
            world.now,
            len(ready),
            sum(lens.in_flight(pod, STABLE, delay) for pod in ready),
            sum(lens.in_flight(pod, PANIC, delay) for pod in ready),
        )
        return Wish(api=self._bounds.clamp(wish), workers=workers)
