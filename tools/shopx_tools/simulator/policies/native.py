"""The product's own autoscaler, with the operator's metrics."""

import math
from typing import Any

from shopx_core.scaling.decision import Decision
from shopx_core.scaling.evaluation import evaluate
from shopx_core.scaling.inputs import Misses, Observation, ScalingSpec, Thresholds
from shopx_core.scaling.measurement import Windows
from shopx_core.scaling.state import ScalingState
from shopx_tools.simulator.measure import Lens, quantile
from shopx_tools.simulator.policies.base import Wish
from shopx_tools.simulator.scenario import Trouble

PACE = Windows()
INTERVAL = int(Thresholds().interval)
LATENCY_WINDOW = int(PACE.latency) // INTERVAL * INTERVAL
LOAD_WINDOW = int(PACE.load) // INTERVAL * INTERVAL
"""Seconds. Increases need two scrapes, so these are the whole intervals in the operator's windows;
the rest of a window is for late scrapes."""


class Native:
    """Scrapes each pod at each tick, as the operator does."""

    def __init__(self, spec: ScalingSpec) -> None:
        self.name = "native"
        self.tick = max(1, int(spec.thresholds.interval))
        self._spec = spec
        self._state = ScalingState()
        self.last: Decision | None = None

    def look(self, lens: Lens) -> Wish:
        """Observe and decide."""
        decision, self._state = evaluate(observe(lens), self._spec, self._state, lens.world.now)
        self.last = decision
        return Wish(
            api=decision.api,
            workers=decision.workers,
            tuning=decision.tuning,
            bottleneck=decision.bottleneck,
        )


def observe(lens: Lens) -> Observation:
    """The operator's observation of a world."""
    world = lens.world
    ready = lens.ready()
    trouble = lens.trouble()
    delay = lens.delay()
    counts: dict[str, Any] = {
        "api_replicas": len(world.pods),
        "api_ready": len(ready),
        "worker_replicas": world.workers.replicas,
    }
    if trouble is Trouble.METRICS_MISSING:
        return Observation(**counts, api_reporting=0)
    wide = [f for pod in ready if (f := lens.over(pod, LATENCY_WINDOW, delay)) is not None]
    near = [f for pod in ready if (f := lens.over(pod, LOAD_WINDOW, delay)) is not None]
    if not wide:
        return Observation(**counts, api_reporting=0)
    hits = [sum(column) for column in zip(*(f.hits for f in wide), strict=True)]
    misses = [sum(column) for column in zip(*(f.misses for f in wide), strict=True)]
    failed = sum(f.failed for f in wide)
    recent = sum(sum(f.hits) + sum(f.misses) + f.failed for f in near)
    answered = sum(hits) + sum(misses)
    span = max(f.seconds for f in wide)
    nan = math.nan if trouble is Trouble.METRICS_NAN else 0.0
    queries, seconds, active, reasons = _database(lens, delay)
    waits = sorted(w for at, w in world.waits if world.now - delay - at <= LATENCY_WINDOW)
    return Observation(
        **counts,
        api_reporting=len(wide),
        at=world.now,
        samples=float(answered + failed),
        rps=(answered + failed) / span + nan,
        errors=failed / (answered + failed) if answered + failed else 0.0,
        refused=sum(f.refused for f in near) / recent if recent else 0.0,
        in_flight=sum(lens.in_flight(pod, LOAD_WINDOW, delay) for pod in ready) + nan,
        cpu=sum(f.cpu / f.seconds for f in near) / len(near) + nan,
        p95=quantile(0.95, hits, misses, [*[0] * (len(hits) - 1), failed]) + nan,
        p95_hit=quantile(0.95, hits) + nan,
        p95_miss=quantile(0.95, misses) + nan,
        hit_ratio=sum(hits) / answered + nan if answered else None,
        misses=Misses(
            first_seen=reasons[0] / answered if answered else None,
            expired=reasons[1] / answered if answered else None,
            invalidated=reasons[2] / answered if answered else None,
        ),
        pool_wait=waits[int(len(waits) * 0.95)] if waits else None,
        query_seconds=seconds / queries if queries else None,
        queries=queries / LATENCY_WINDOW,
        db_active=active,
        db_connections=float(world.past[-1 - delay][3]) if delay < len(world.past) else None,
        queued=float(len(world.workers.queue)),
        active=float(world.workers.active),
        oldest_job=world.workers.oldest(world.now),
    )


def _database(lens: Lens, delay: int) -> tuple[int, float, float, list[float]]:
    """Queries finished, their seconds, mean active backends, and misses by reason."""
    past = lens.world.past
    end = past[-1 - min(delay, len(past) - 1)]
    begin = past[max(0, len(past) - 1 - delay - LATENCY_WINDOW)]
    # The scrapes that the operator keeps: those of its window, and the one before it.
    scrapes = range(delay, delay + LATENCY_WINDOW + INTERVAL + 1, INTERVAL)
    recent = [past[-1 - back] for back in scrapes if back < len(past)]
    return (
        end[0] - begin[0],
        end[1] - begin[1],
        sum(sample[2] for sample in recent) / max(1, len(recent)),
        [float(a - b) for a, b in zip(end[4], begin[4], strict=True)],
    )
