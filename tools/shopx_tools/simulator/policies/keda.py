"""KEDA's Prometheus trigger on p95.

https://keda.sh/docs/latest/scalers/prometheus/ and kedacore/keda
`pkg/scalers/prometheus_scaler.go`: KEDA hands the query's value to an HPA as an external metric. A
lost target (an empty result) and a value that is no number read as 0 by default
(`ignoreNullValues: "true"`). With `metricType: Value` the ratio to the threshold multiplies the
pods; with `AverageValue`, the default, the value is divided by the threshold, which for a latency
says nothing about pods (kedacore/keda#5755).
"""

import math
from typing import Literal

from shopx_core.scaling.inputs import ReplicaBounds
from shopx_tools.simulator.measure import Lens, quantile
from shopx_tools.simulator.policies.base import Wish
from shopx_tools.simulator.policies.controller import ReplicaController
from shopx_tools.simulator.policies.hpa import (
    RATE_WINDOW,
    RESOLUTION,
    SYNC,
    external_average,
    external_value,
)
from shopx_tools.simulator.policies.queue import ListLength
from shopx_tools.simulator.scenario import Trouble


class Keda:
    """One ScaledObject on the p95 of all requests."""

    def __init__(
        self,
        bounds: ReplicaBounds,
        workers: ReplicaBounds,
        threshold: float,
        metric_type: Literal["Value", "AverageValue"],
    ) -> None:
        self.name = f"KEDA {metric_type}"
        self.tick = SYNC
        self._threshold = threshold
        self._type = metric_type
        self._controller = ReplicaController(bounds)
        self._queue = ListLength(workers)

    def look(self, lens: Lens) -> Wish:
        """One sync of the HPA that KEDA keeps."""
        value = p95_or_zero(lens)
        current = len(lens.world.pods)
        if self._type == "Value":
            wish = external_value(
                value, ready=len(lens.ready()), current=current, target=self._threshold
            )
        else:
            wish = external_average(value, current=current, target=self._threshold)
        return Wish(
            api=self._controller.step(lens.world.now, current, wish), workers=self._queue.look(lens)
        )


def p95_or_zero(lens: Lens) -> float:
    """What the query gives KEDA, seconds."""
    if lens.trouble() in {Trouble.METRICS_MISSING, Trouble.METRICS_NAN}:
        return 0.0
    delay = lens.delay(RESOLUTION)
    found = [f for pod in lens.ready() if (f := lens.over(pod, RATE_WINDOW, delay)) is not None]
    if not found:
        return 0.0
    value = quantile(0.95, *(f.hits for f in found), *(f.misses for f in found))
    return value if math.isfinite(value) else 0.0
