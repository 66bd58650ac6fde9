"""Single steps of the cache's tuning knobs."""

from dataclasses import replace

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.inputs import ScalingSpec
from shopx_core.scaling.plan import ScalingPlan

WARM_FIRST = 10
"""Operations refreshed ahead after the first step."""


def is_settled(assessment: Assessment) -> bool:
    """Whether the last change of the tuning has had time to show its effect."""
    last = assessment.state.tuned_at
    return last is None or assessment.now - last >= assessment.spec.thresholds.tuning_pause


def reduce_database_load(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Lengthen live interval, staleness and lifetime at once: fewer answers are computed."""
    if plan.tuned or not is_settled(assessment):
        return plan
    spec, tuning = assessment.spec, plan.tuning
    for step in (lengthen_live_interval, lengthen_staleness, lengthen_ttl):
        tuning = step(spec, tuning) or tuning
    return plan.tune(tuning) if tuning != plan.tuning else plan


def lengthen_live_interval(spec: ScalingSpec, tuning: CacheTuning) -> CacheTuning | None:
    """Triple the live interval; `None` = it is at its ceiling."""
    ceiling = spec.ceiling.live_interval
    if tuning.live_interval >= ceiling:
        return None
    return replace(tuning, live_interval=min(tuning.live_interval * 3.0, ceiling))


def lengthen_staleness(spec: ScalingSpec, tuning: CacheTuning) -> CacheTuning | None:
    """Serve stale answers as long as the freshness limit allows; `None` = already so."""
    ceiling = spec.freshness_limit - tuning.ttl_max
    if tuning.stale_while_revalidate >= ceiling:
        return None
    return replace(tuning, stale_while_revalidate=ceiling)


def lengthen_ttl(spec: ScalingSpec, tuning: CacheTuning) -> CacheTuning | None:
    """Lengthen lifetimes by half; `None` = they are at their ceiling.

    Lifetime and staleness share the freshness limit, so staleness becomes shorter.
    """
    ceiling = min(spec.ceiling.ttl_max, spec.freshness_limit)
    if tuning.ttl_min >= ceiling:
        return None
    ttl_min = min(tuning.ttl_min * 1.5, ceiling)
    ttl_max = max(tuning.ttl_max, ttl_min)
    return replace(tuning, ttl_min=ttl_min, ttl_max=ttl_max).within(spec.freshness_limit)


def warm_more(spec: ScalingSpec, tuning: CacheTuning) -> CacheTuning | None:
    """Refresh twice as many operations ahead; `None` = they are at their ceiling."""
    ceiling = spec.ceiling.warm
    if tuning.warm >= ceiling:
        return None
    return replace(tuning, warm=min(max(tuning.warm * 2, WARM_FIRST), ceiling))


def step_back(configured: CacheTuning, tuning: CacheTuning) -> CacheTuning:
    """One step back to the configured values: live interval and warming halve, the rest returns."""
    return replace(
        configured,
        live_interval=max(tuning.live_interval / 2.0, configured.live_interval),
        warm=max(tuning.warm // 2, configured.warm),
    )
