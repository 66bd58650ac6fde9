"""Which figures can be believed."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from shopx_core.scaling.facts import Misses, Observation, ScalingSpec
from shopx_core.scaling.memory import ScalingState

LARGEST = {
    "errors": 1.0,
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
"""What no true figure exceeds; beyond lies a broken counter or a broken scrape."""

NEEDED = ("in_flight", "cpu", "rps")
"""Figures without which nothing is decided about the API."""

_MOVING = ("rps", "in_flight", "cpu", "p95", "query_seconds")


@dataclass(frozen=True, slots=True)
class Gated:
    """An observation in which every figure that is there can be believed."""

    observation: Observation
    problem: str | None
    """Why nothing can be decided; `None` = something can."""
    figures: tuple[float, ...]
    repeats: int


def believable(name: str, value: float | None) -> float | None:
    """The figure; `None` where it is missing, not finite, negative or absurd."""
    if value is None or not math.isfinite(value) or not 0.0 <= value <= LARGEST[name]:
        return None
    return value


def gate(observation: Observation, spec: ScalingSpec, state: ScalingState, now: float) -> Gated:
    """Drop what cannot be believed, and say whether enough is left.

    Figures count as stuck when all of them repeat exactly while requests are served: measured
    times never do.
    """
    tuning = spec.tuning
    named: dict[str, Any] = {
        name: believable(name, getattr(observation, name))
        for name in LARGEST
        if hasattr(observation, name)
    }
    reasons = {
        f.name: believable(f.name, getattr(observation.misses, f.name)) for f in fields(Misses)
    }
    clean = replace(observation, misses=Misses(**reasons), **named)
    figures = tuple(-1.0 if (v := getattr(clean, name)) is None else v for name in _MOVING)
    same = figures == state.figures and (clean.rps or 0.0) > 0.0
    repeats = state.repeats + 1 if same else 0
    at = observation.at
    if at is None or not math.isfinite(at):
        problem: str | None = "no figures were gathered"
    elif now - at > tuning.stale_after:
        problem = f"the figures are {now - at:.0f} s old"
    elif at - now > tuning.stale_after:
        problem = f"the figures are from {at - now:.0f} s ahead: clocks differ"
    elif repeats >= tuning.repeats:
        problem = f"all figures repeat for the {repeats + 1}th time: their source is stuck"
    else:
        missing = [name for name in NEEDED if getattr(clean, name) is None]
        problem = f"{' and '.join(missing)} unknown or absurd" if missing else None
    if clean.samples is None or clean.samples < tuning.least_samples:
        clean = replace(
            clean,
            p95=None,
            p95_hit=None,
            p95_miss=None,
            hit_ratio=None,
            errors=None,
            misses=Misses(),
        )
    return Gated(clean, problem, figures, repeats)


def inputs(observation: Observation) -> dict[str, float]:
    """The believable figures by name, for people and the record."""
    values = {
        "apiReplicas": float(observation.api_replicas),
        "apiReady": float(observation.api_ready),
        "apiReporting": float(observation.api_reporting),
        "workerReplicas": float(observation.worker_replicas),
    }
    for name in LARGEST:
        holder = observation if hasattr(observation, name) else observation.misses
        value = believable(name, getattr(holder, name))
        if value is not None:
            values[name] = round(value, 6)
    return values
