"""Which observed values are plausible."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from shopx_core.scaling.inputs import Misses, Observation, ScalingSpec
from shopx_core.scaling.state import ScalingState

PLAUSIBLE_MAX = {
    "errors": 1.0,
    "refused": 1.0,
    "hit_ratio": 1.0,
    "first_seen": 1.0,
    "expired": 1.0,
    "evicted": 1.0,
    "invalidated": 1.0,
    "cpu": 16.0,
    "p95": 3600.0,
    "p95_hit": 3600.0,
    "p95_miss": 3600.0,
    "pool_wait": 3600.0,
    "query_seconds": 86400.0,
    "loop_lag": 3600.0,
    "in_flight": 1e6,
    "rps": 1e7,
    "samples": 1e10,
    "queries": 1e7,
    "db_active": 1e5,
    "db_connections": 1e5,
    "queued": 1e9,
    "active": 1e6,
    "oldest_job": 1e9,
}
"""The greatest plausible values; more means a broken counter or a broken scrape."""

REQUIRED = ("in_flight", "cpu", "rps")
"""Values without which nothing is decided."""

_MOVING = ("rps", "in_flight", "cpu", "p95", "query_seconds")


@dataclass(frozen=True, slots=True)
class CheckedObservation:
    """An observation with plausible values only."""

    observation: Observation
    problem: str | None
    """Why nothing can be decided; `None` = a decision is possible."""
    observed_values: tuple[float, ...]
    repeats: int


def plausible(name: str, value: float | None) -> float | None:
    """The value; `None` if it is missing, not finite, negative or implausibly large."""
    if value is None or not math.isfinite(value) or not 0.0 <= value <= PLAUSIBLE_MAX[name]:
        return None
    return value


def check_observation(
    observation: Observation, spec: ScalingSpec, state: ScalingState, now: float
) -> CheckedObservation:
    """Drop implausible values, and report whether enough is left.

    A source counts as stuck when all values repeat exactly while requests are served: measured
    times never repeat exactly.
    """
    thresholds = spec.thresholds
    named: dict[str, Any] = {
        name: plausible(name, getattr(observation, name))
        for name in PLAUSIBLE_MAX
        if hasattr(observation, name)
    }
    reasons = {
        f.name: plausible(f.name, getattr(observation.misses, f.name)) for f in fields(Misses)
    }
    clean = replace(observation, misses=Misses(**reasons), **named)
    observed_values = tuple(-1.0 if (v := getattr(clean, name)) is None else v for name in _MOVING)
    same = observed_values == state.observed_values and (clean.rps or 0.0) > 0.0
    repeats = state.repeats + 1 if same else 0
    at = observation.at
    if at is None or not math.isfinite(at):
        problem: str | None = "no metrics were collected"
    elif now - at > thresholds.stale_after:
        problem = f"the metrics are {now - at:.0f} s old"
    elif at - now > thresholds.stale_after:
        problem = f"the metrics are {at - now:.0f} s in the future: the clocks differ"
    elif repeats >= thresholds.repeats:
        problem = f"all metrics repeat for the {repeats + 1}th time: their source is stuck"
    else:
        missing = [name for name in REQUIRED if getattr(clean, name) is None]
        problem = f"{' and '.join(missing)} missing or implausible" if missing else None
    if clean.samples is None or clean.samples < thresholds.min_samples:
        clean = replace(
            clean,
            p95=None,
            p95_hit=None,
            p95_miss=None,
            hit_ratio=None,
            errors=None,
            misses=Misses(),
        )
    return CheckedObservation(clean, problem, observed_values, repeats)


def plausible_values(observation: Observation) -> dict[str, float]:
    """The plausible values by name, for the status and the record."""
    values = {
        "apiReplicas": float(observation.api_replicas),
        "apiReady": float(observation.api_ready),
        "apiReporting": float(observation.api_reporting),
        "workerReplicas": float(observation.worker_replicas),
    }
    for name in PLAUSIBLE_MAX:
        holder = observation if hasattr(observation, name) else observation.misses
        value = plausible(name, getattr(holder, name))
        if value is not None:
            values[name] = round(value, 6)
    return values
