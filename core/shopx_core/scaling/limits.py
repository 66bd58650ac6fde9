"""Limits on what the rules want: bounds, connection budget, stabilisation, rates, reversals."""

from dataclasses import dataclass, replace

from shopx_core.caching.tuning import KNOBS, CacheTuning
from shopx_core.scaling.inputs import ScalingBehavior, ScalingSpec, Thresholds
from shopx_core.scaling.state import ReplicaHistory, ScaleDirection


@dataclass(frozen=True, slots=True)
class Constrained:
    """A number of pods after the limits."""

    count: int
    reason: str | None = None
    """Which limit applied; `None` = none did."""


def fit_to_budget(
    spec: ScalingSpec, api: int, workers: int, tuning: CacheTuning
) -> tuple[int, int, CacheTuning]:
    """The nearest numbers within the bounds and the connection budget.

    API pods come first, but leave room for the minimum of workers and have at least their
    configured pool each, as far as both minimums allow. Workers get what API pods leave, and the
    pool what both leave. So `api * pool + workers * slots <= budget - reserved` always holds.
    """
    free, slots = spec.free_connections, spec.worker_slots
    room = (free - spec.workers.min * slots) // max(1, spec.configured.pool)
    api = spec.api.clamp(min(api, max(room, spec.api.min)))
    pool = min(spec.configured.pool, max(1, (free - spec.workers.min * slots) // max(1, api)))
    left = max(0, free - api * pool) // max(1, slots)
    workers = spec.workers.clamp(min(workers, max(left, spec.workers.min)))
    widest = max(1, (free - workers * slots) // max(1, api))
    return api, workers, replace(tuning, pool=max(1, min(tuning.pool, widest, spec.ceiling.pool)))


def clamp_tuning(spec: ScalingSpec, tuning: CacheTuning) -> CacheTuning:
    """Tuning within what the spec allows; no answer may exceed the freshness limit."""
    ceiling, configured = spec.ceiling, spec.configured
    live_interval = min(tuning.live_interval, ceiling.live_interval, spec.freshness_limit)
    return replace(
        tuning,
        live_interval=max(KNOBS["live_interval"].min, live_interval),
        ttl_max=min(tuning.ttl_max, max(ceiling.ttl_max, configured.ttl_max)),
        warm=max(0, min(tuning.warm, max(ceiling.warm, configured.warm))),
        misses=max(1, tuning.misses),
    ).within(spec.freshness_limit)


def constrain(
    history: ReplicaHistory,
    current: int,
    wanted: int,
    now: float,
    behavior: ScalingBehavior,
    thresholds: Thresholds,
    cooldown: float,
    *,
    stabilise: bool = True,
) -> Constrained:
    """How far a number of pods may move now.

    Args:
        history: The past, this recommendation included.
        current: Pods asked for now.
        wanted: Pods wanted.
        now: Seconds since 1970.
        behavior: The stabilisation windows.
        thresholds: Rates by direction, and reversals per period.
        cooldown: Seconds between a step and one in the other direction.
        stabilise: False = `wanted` counts itself, without a stabilisation window.
    """
    if wanted > current:
        return _constrain_up(history, current, wanted, now, behavior, thresholds, cooldown)
    if wanted < current:
        return _constrain_down(
            history, current, wanted, now, behavior, thresholds, cooldown, stabilise
        )
    return Constrained(current)


def _constrain_up(
    history: ReplicaHistory,
    current: int,
    wanted: int,
    now: float,
    behavior: ScalingBehavior,
    thresholds: Thresholds,
    cooldown: float,
) -> Constrained:
    up, reversals = ScaleDirection.UP, thresholds.reversals
    if _reverses_too_soon(history, up, now, thresholds, cooldown, reversals):
        return Constrained(current, "the direction changed too recently, or too often")
    window = [r.count for r in history.recommendations if now - r.at < behavior.up_stabilization]
    lowest = max(current, min([*window, wanted]))
    if lowest < wanted and lowest == current:
        return Constrained(current, f"the need has not lasted {behavior.up_stabilization:.0f} s")
    before = current - _pods_moved(history, now, thresholds.up_period, up)
    ceiling = max(int(before * thresholds.up_ratio), before + thresholds.up_pods)
    if lowest > ceiling:
        return Constrained(
            max(current, ceiling), f"at most {ceiling} pods within {thresholds.up_period:.0f} s"
        )
    return Constrained(lowest)


def _constrain_down(
    history: ReplicaHistory,
    current: int,
    wanted: int,
    now: float,
    behavior: ScalingBehavior,
    thresholds: Thresholds,
    cooldown: float,
    stabilise: bool,
) -> Constrained:
    # One reversal is reserved for scaling up, which matters more than saving pods.
    down, reversals = ScaleDirection.DOWN, thresholds.reversals - 1
    if _reverses_too_soon(history, down, now, thresholds, cooldown, reversals):
        return Constrained(current, "the direction changed too recently, or too often")
    highest, stabilization = wanted, behavior.down_stabilization
    if stabilise:
        window = [r.count for r in history.recommendations if now - r.at <= stabilization]
        highest = min(current, max([*window, wanted]))
        if highest == current:
            return Constrained(current, f"more was needed within {stabilization:.0f} s")
    before = current + _pods_moved(history, now, thresholds.down_period, down)
    floor = min(before - 1, int(before * (1.0 - thresholds.down_ratio) + 0.5))
    if stabilise and highest < floor:
        return Constrained(
            min(current, max(floor, 0)),
            f"at least {floor} pods within {thresholds.down_period:.0f} s",
        )
    return Constrained(highest)


def _reverses_too_soon(
    history: ReplicaHistory,
    direction: ScaleDirection,
    now: float,
    thresholds: Thresholds,
    cooldown: float,
    max_reversals: int,
) -> bool:
    """Whether a step in this direction would be a reversal during the cooldown, or one too many."""
    if history.direction in {None, direction} or not history.events:
        return False
    recent = sum(now - at < thresholds.reversals_period for at in history.reversals)
    return now - history.events[-1].at < cooldown or recent >= max_reversals


def _pods_moved(
    history: ReplicaHistory, now: float, period: float, direction: ScaleDirection
) -> int:
    """Pods added or removed within the period."""
    steps = (event.after - event.before for event in history.events if now - event.at < period)
    sign = 1 if direction is ScaleDirection.UP else -1
    return sum(max(0, sign * step) for step in steps)
