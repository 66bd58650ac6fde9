"""Timelines: what is observed second after second, and what is decided."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shopx_core.scaling import (
    Decision,
    Misses,
    Observation,
    ScalingSpec,
    ScalingState,
    evaluate,
)

HEALTHY = Observation(
    at=0.0,
    api_replicas=2,
    api_ready=2,
    api_reporting=2,
    worker_replicas=1,
    samples=1000.0,
    rps=66.0,
    errors=0.0,
    refused=0.0,
    in_flight=2.0,
    cpu=0.4,
    loop_lag=0.001,
    p95=0.08,
    p95_hit=0.004,
    p95_miss=0.1,
    hit_ratio=0.85,
    misses=Misses(first_seen=0.02, expired=0.03, evicted=0.0, invalidated=0.1),
    pool_wait=0.0,
    query_seconds=0.008,
    queries=10.0,
    db_active=0.3,
    db_connections=2.0,
    queued=0.0,
    active=1.0,
    oldest_job=0.0,
)
"""All is well with two API pods and one worker."""


def jitter(observation: Observation, at: float) -> Observation:
    """The same figures as true measurements are: never exactly twice the same."""
    rps = observation.rps
    return observation if rps is None else replace(observation, rps=rps + (at % 97.0) * 1e-6)


@dataclass
class Timeline:
    """A dashboard that obeys each decision at once."""

    spec: ScalingSpec = field(default_factory=ScalingSpec)
    state: ScalingState = field(default_factory=ScalingState)
    now: float = 1000.0
    api: int = 2
    workers: int = 1
    past: list[Decision] = field(default_factory=list)

    def sees(self, seconds: float, **figures: Any) -> Decision:
        """Let time pass with these figures instead of healthy ones; the last decision."""
        return list(self.each(seconds, **figures))[-1]

    def each(self, seconds: float, **figures: Any) -> Iterator[Decision]:
        """The same, decision by decision."""
        end = self.now + seconds
        while self.now < end:
            self.now += self.spec.thresholds.interval
            counts = {"api_replicas": self.api, "api_ready": self.api, "api_reporting": self.api}
            seen = replace(
                HEALTHY,
                **({"at": self.now, "worker_replicas": self.workers} | counts | figures),
            )
            decision, self.state = evaluate(jitter(seen, self.now), self.spec, self.state, self.now)
            self.api, self.workers = decision.api, decision.workers
            self.past.append(decision)
            yield decision
