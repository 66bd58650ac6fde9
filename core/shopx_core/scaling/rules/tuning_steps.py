"""Single steps of the cache's levers."""

from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.facts import CacheTuning, ScalingSpec
from shopx_core.scaling.plan import ScalingPlan

WARM_FIRST = 10
"""Questions answered ahead of request by the first step of warming."""


def rested(situation: Assessment) -> bool:
    """The last turn of a lever has had time to show."""
    last = situation.state.lever_at
    return last is None or situation.now - last >= situation.spec.tuning.lever_pause


def less_load(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Ask the database for less: everything that saves computing answers, at once."""
    if plan.turned or not rested(situation):
        return plan
    spec, levers = situation.spec, plan.levers
    for step in (longer_interval, longer_staleness, longer_life):
        levers = step(spec, levers) or levers
    return plan.turn(levers) if levers != plan.levers else plan


def longer_interval(spec: ScalingSpec, levers: CacheTuning) -> CacheTuning | None:
    """Make answers about open periods anew less often; `None` = as seldom as allowed."""
    if levers.live_interval >= spec.longest_live_interval:
        return None
    return replace(
        levers, live_interval=min(levers.live_interval * 3.0, spec.longest_live_interval)
    )


def longer_staleness(spec: ScalingSpec, levers: CacheTuning) -> CacheTuning | None:
    """Serve expired answers longer while fresh ones are made; `None` = as long as allowed."""
    most = spec.freshness_limit - levers.ttl_max
    if levers.stale_while_revalidate >= most:
        return None
    return replace(levers, stale_while_revalidate=most)


def longer_life(spec: ScalingSpec, levers: CacheTuning) -> CacheTuning | None:
    """Let answers live half as long again; `None` = as long as allowed.

    Life and staleness share the freshness limit, so staleness gives way.
    """
    longest = min(spec.longest_ttl, spec.freshness_limit)
    if levers.ttl_min >= longest:
        return None
    ttl_min = min(levers.ttl_min * 1.5, longest)
    ttl_max = max(levers.ttl_max, ttl_min)
    return replace(
        levers,
        ttl_min=ttl_min,
        ttl_max=ttl_max,
        stale_while_revalidate=min(levers.stale_while_revalidate, spec.freshness_limit - ttl_max),
    )


def warmer(spec: ScalingSpec, levers: CacheTuning) -> CacheTuning | None:
    """Answer more of the most asked questions ahead of request; `None` = as many as allowed."""
    if levers.warm >= spec.most_warm:
        return None
    return replace(levers, warm=min(max(levers.warm * 2, WARM_FIRST), spec.most_warm))


def back(base: CacheTuning, levers: CacheTuning) -> CacheTuning:
    """One step back towards what is configured."""
    return replace(
        levers,
        live_interval=max(levers.live_interval / 2.0, base.live_interval)
        if levers.live_interval > base.live_interval
        else base.live_interval,
        ttl_min=base.ttl_min,
        ttl_max=base.ttl_max,
        stale_while_revalidate=base.stale_while_revalidate,
        warm=max(levers.warm // 2, base.warm) if levers.warm > base.warm else base.warm,
        misses=base.misses,
        pool=base.pool,
    )
