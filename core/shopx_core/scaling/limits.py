"""What keeps wishes within bounds, budget and rates."""

from dataclasses import dataclass, replace

from shopx_core.scaling.facts import Behavior, Bounds, CacheTuning, ScalingSpec, Tuning
from shopx_core.scaling.memory import Direction, Track


@dataclass(frozen=True, slots=True)
class Held:
    """A number of pods that may be asked for now."""

    count: int
    why: str | None = None
    """What held the wish back; `None` = nothing did."""


def fit(
    spec: ScalingSpec, api: int, workers: int, levers: CacheTuning
) -> tuple[int, int, CacheTuning]:
    """The nearest numbers within the bounds and the connection budget.

    API pods may not crowd out the least workers nor have less than their configured pool each, as
    far as the least of both leaves room; workers get what API pods leave; the pool lever what both
    leave. So `api * pool + workers * slots <= budget - reserved` always holds.
    """
    free, slots = spec.free_connections, spec.worker_slots
    room = (free - spec.workers.least * slots) // max(1, spec.levers.pool)
    api = spec.api.clamp(min(api, max(room, spec.api.least)))
    pool = min(spec.levers.pool, max(1, (free - spec.workers.least * slots) // max(1, api)))
    left = max(0, free - api * pool) // max(1, slots)
    workers = spec.workers.clamp(min(workers, max(left, spec.workers.least)))
    widest = max(1, (free - workers * slots) // max(1, api))
    return api, workers, replace(levers, pool=max(1, min(levers.pool, widest, spec.most_pool)))


def held_levers(spec: ScalingSpec, levers: CacheTuning) -> CacheTuning:
    """Levers within what the spec allows: nothing older than the freshness limit, ever."""
    longest = min(max(spec.longest_ttl, spec.levers.ttl_max), spec.freshness_limit)
    ttl_max = min(levers.ttl_max, longest)
    return replace(
        levers,
        live_interval=max(
            1.0, min(levers.live_interval, spec.longest_live_interval, spec.freshness_limit)
        ),
        ttl_max=ttl_max,
        ttl_min=min(levers.ttl_min, ttl_max),
        stale_while_revalidate=max(
            0.0, min(levers.stale_while_revalidate, spec.freshness_limit - ttl_max)
        ),
        warm=max(0, min(levers.warm, max(spec.most_warm, spec.levers.warm))),
        misses=max(1, levers.misses),
    )


def hold(
    track: Track,
    current: int,
    wish: int,
    now: float,
    behavior: Behavior,
    tuning: Tuning,
    cooldown: float,
    *,
    stabilise: bool = True,
) -> Held:
    """What of a wish may be done now.

    Args:
        track: The past, this wish included.
        current: Pods asked for now.
        wish: Pods wanted.
        now: Seconds since 1970.
        behavior: The stabilisation windows.
        tuning: Rates per direction, and reversals per period.
        cooldown: Seconds between a step and one in the other direction.
        stabilise: False = the wish itself counts, not the most modest of its window.
    """
    if wish > current:
        return _held_up(track, current, wish, now, behavior, tuning, cooldown)
    if wish < current:
        return _held_down(track, current, wish, now, behavior, tuning, cooldown, stabilise)
    return Held(current)


def _held_up(
    track: Track,
    current: int,
    wish: int,
    now: float,
    behavior: Behavior,
    tuning: Tuning,
    cooldown: float,
) -> Held:
    if current < wish and _turning(track, Direction.UP, now, tuning, cooldown, tuning.reversals):
        return Held(current, "the direction changed too recently, or too often")
    window = [w.count for w in track.wanted if now - w.at < behavior.up_stabilization]
    lowest = max(current, min([*window, wish]))
    if lowest < wish and lowest == current:
        return Held(current, f"the need has not lasted {behavior.up_stabilization:.0f} s")
    before = current - _net(track, now, tuning.up_period, Direction.UP)
    ceiling = max(int(before * tuning.up_ratio), before + tuning.up_pods)
    if lowest > ceiling:
        return Held(
            max(current, ceiling), f"at most {ceiling} pods within {tuning.up_period:.0f} s"
        )
    return Held(lowest)


def _held_down(
    track: Track,
    current: int,
    wish: int,
    now: float,
    behavior: Behavior,
    tuning: Tuning,
    cooldown: float,
    stabilise: bool,
) -> Held:
    # One reversal is kept for growth, which matters more than thrift.
    if _turning(track, Direction.DOWN, now, tuning, cooldown, tuning.reversals - 1):
        return Held(current, "the direction changed too recently, or too often")
    highest = wish
    if stabilise:
        window = [w.count for w in track.wanted if now - w.at <= behavior.down_stabilization]
        highest = min(current, max([*window, wish]))
        if highest == current:
            return Held(current, f"more was needed within {behavior.down_stabilization:.0f} s")
    before = current + _net(track, now, tuning.down_period, Direction.DOWN)
    floor = min(before - 1, int(before * (1.0 - tuning.down_ratio) + 0.5))
    if stabilise and highest < floor:
        return Held(
            min(current, max(floor, 0)), f"at least {floor} pods within {tuning.down_period:.0f} s"
        )
    return Held(highest)


def _turning(
    track: Track, direction: Direction, now: float, tuning: Tuning, cooldown: float, most: int
) -> bool:
    """Whether a step in this direction would be a reversal that comes too soon."""
    if track.direction in {None, direction} or not track.moves:
        return False
    recent = sum(now - at < tuning.reversals_period for at in track.reversals)
    return now - track.moves[-1].at < cooldown or recent >= most


def _net(track: Track, now: float, period: float, direction: Direction) -> int:
    """Pods moved in one direction within the period."""
    moved = (m.after - m.before for m in track.moves if now - m.at < period)
    sign = 1 if direction is Direction.UP else -1
    return sum(max(0, sign * step) for step in moved)


def within(bounds: Bounds, count: int) -> bool:
    """Whether a number of pods needs no correction."""
    return bounds.least <= count <= bounds.most
