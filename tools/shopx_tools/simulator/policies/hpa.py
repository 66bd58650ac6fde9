"""Kubernetes' HorizontalPodAutoscaler (autoscaling/v2), after its documentation and controller.

https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/ and
kubernetes/kubernetes `pkg/controller/podautoscaler` (`replica_calculator.go`, `horizontal.go`):
desired = ceil(current * value / target), nothing within ±10 %; pods that are not ready are left
out, and count as idle when more is wanted, pods without metrics as idle when more and as at target
when less is wanted. Without a usable metric nothing changes.
"""

import math
from collections.abc import Callable, Sequence

from shopx_core.scaling.inputs import ReplicaBounds
from shopx_tools.simulator.measure import Lens, quantile
from shopx_tools.simulator.policies.base import Wish
from shopx_tools.simulator.policies.controller import TOLERANCE, ReplicaController
from shopx_tools.simulator.policies.queue import ListLength
from shopx_tools.simulator.scenario import Trouble

SYNC = 15
RESOLUTION = 15
"""Seconds between two scrapes of metrics-server, and of the Prometheus behind an adapter."""
RATE_WINDOW = 60
"""Seconds of the usual `rate(…[1m])`."""


def pods_metric(
    values: Sequence[float], *, ready: int, starting: int, missing: int, current: int, target: float
) -> int:
    """Pods wanted by a metric of each pod, such as CPU use.

    Args:
        values: Of pods that are ready and have metrics.
        ready: Those pods' number.
        starting: Pods that are not ready.
        missing: Ready pods without metrics.
        current: Pods asked for.
        target: What the mean should be.
    """
    ratio = sum(values) / len(values) / target
    idle = starting > 0 and ratio > 1.0
    if not idle and not missing:
        if abs(1.0 - ratio) <= TOLERANCE:
            return current
        return math.ceil(ratio * ready - 1e-9)
    filled = list(values)
    if missing:
        filled += [target if ratio < 1.0 else 0.0] * missing
    if idle:
        filled += [0.0] * starting
    new = sum(filled) / len(filled) / target
    turned = (ratio < 1.0 < new) or (new < 1.0 < ratio)
    if abs(1.0 - new) <= TOLERANCE or turned:
        return current
    wish = math.ceil(new * len(filled) - 1e-9)
    against = (new < 1.0 and wish > current) or (new > 1.0 and wish < current)
    return current if against else wish


def external_value(value: float, *, ready: int, current: int, target: float) -> int:
    """Pods wanted by an external metric with a target of type Value: it multiplies the pods."""
    ratio = value / target
    if current and abs(1.0 - ratio) <= TOLERANCE:
        return current
    return math.ceil(ratio * (ready if current else 1) - 1e-9)


def external_average(value: float, *, current: int, target: float) -> int:
    """Pods wanted by an external metric with a target of type AverageValue: it is divided."""
    if abs(1.0 - value / (target * max(1, current))) <= TOLERANCE:
        return current
    return math.ceil(value / target - 1e-9)


class HpaCpu:
    """CPU use of the request, through metrics-server."""

    def __init__(self, bounds: ReplicaBounds, workers: ReplicaBounds, target: float = 0.7) -> None:
        self.name = "HPA cpu"
        self.tick = SYNC
        self._target = target
        self._api = ReplicaController(bounds)
        self._queue = ListLength(workers)

    def look(self, lens: Lens) -> Wish:
        """One sync."""
        values, missing = _each(lens, RESOLUTION, lambda f: f.cpu / f.seconds)
        return _wish(self._api, self._queue, lens, values, missing, self._target)


class HpaP95:
    """The mean of the pods' p95, through a Prometheus adapter."""

    def __init__(self, bounds: ReplicaBounds, workers: ReplicaBounds, target: float) -> None:
        self.name = "HPA p95"
        self.tick = SYNC
        self._target = target
        self._api = ReplicaController(bounds)
        self._queue = ListLength(workers)

    def look(self, lens: Lens) -> Wish:
        """One sync."""
        values, missing = _each(lens, RATE_WINDOW, lambda f: quantile(0.95, f.hits, f.misses))
        values = [value for value in values if math.isfinite(value)]
        return _wish(self._api, self._queue, lens, values, missing, self._target)


def _each(lens: Lens, window: int, value: Callable[..., float]) -> tuple[list[float], int]:
    """A figure of each ready pod, and how many have none."""
    if lens.trouble() in {Trouble.METRICS_MISSING, Trouble.METRICS_NAN}:
        return [], len(lens.ready())
    delay = lens.delay(RESOLUTION)
    found = [lens.over(pod, window, delay) for pod in lens.ready()]
    values = [value(metrics) for metrics in found if metrics is not None]
    return values, len(found) - len(values)


def _wish(
    controller: ReplicaController,
    queue: ListLength,
    lens: Lens,
    values: list[float],
    missing: int,
    target: float,
) -> Wish:
    workers = queue.look(lens)
    if not values:
        return Wish(workers=workers)
    pods = lens.world.pods
    wish = pods_metric(
        values,
        ready=len(values),
        starting=len(pods) - len(lens.ready()),
        missing=missing,
        current=len(pods),
        target=target,
    )
    return Wish(api=controller.step(lens.world.now, len(pods), wish), workers=workers)
