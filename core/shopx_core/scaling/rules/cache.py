"""A cold cache, slow misses, and the return to the configured tuning."""

from collections.abc import Callable
from dataclasses import replace

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import ScalingRule
from shopx_core.scaling.inputs import ScalingSpec
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules import tuning_steps as step


def cold_cache(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """After a sudden loss of hit ratio, compute fewer answers at once and wait for the cache.

    Pods added now would compute the same answers, and would be idle when the cache is warm again.
    The wait is limited: a hit ratio that does not recover has another cause.
    """
    thresholds, since = assessment.spec.thresholds, assessment.state.cold_since
    configured = assessment.spec.configured.misses
    if not assessment.cold:
        if plan.tuning.misses < configured and not plan.bottleneck:
            return plan.tune(replace(plan.tuning, misses=configured)).with_reason(
                ScalingRule.COLD_CACHE, "the cache is warm again"
            )
        return plan
    if since is not None and assessment.now - since > thresholds.refill_seconds:
        return plan.with_rejected(
            "wait for the cache to fill",
            f"it did not fill within {thresholds.refill_seconds:.0f} s",
        )
    o, base = assessment.observation, assessment.state.baseline
    reason = (
        f"the hit ratio fell from {base.hit_ratio:.2f} to {o.hit_ratio:.2f}"
        if base.hit_ratio is not None and o.hit_ratio is not None
        else "the hit ratio fell"
    )
    fewer = max(1, round(configured * thresholds.cold_misses))
    plan = replace(
        plan,
        api_scale_up_blocked="a cold cache refills by itself; pods would start when it is warm",
        scale_down_blocked="a cold cache hides how many pods are needed",
    ).with_reason(ScalingRule.COLD_CACHE, reason)
    if plan.tuning.misses > fewer:
        plan = plan.tune(replace(plan.tuning, misses=fewer))
    return plan


def miss_bound(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Slow misses: tune the cache by the reason of most misses."""
    o, targets, thresholds = (
        assessment.observation,
        assessment.spec.targets,
        assessment.spec.thresholds,
    )
    if not assessment.slow or o.hit_ratio is None or o.hit_ratio >= targets.hit_ratio:
        return plan
    if o.p95_miss is None or (o.p95_hit is None and o.hit_ratio > 0.0):
        return plan.with_rejected("tune the cache", "how long hits and misses take is not known")
    # Without any hit, the misses are all that is slow.
    if o.p95_hit is not None and o.p95_miss < thresholds.miss_ratio * o.p95_hit:
        return plan.with_rejected("tune the cache", "hits are slow as well")
    share, reason = max(
        (o.misses.invalidated or 0.0, "invalidated"),
        (o.misses.expired or 0.0, "expired"),
        (o.misses.first_seen or 0.0, "first seen"),
        (o.misses.evicted or 0.0, "evicted"),
    )
    if share <= 0.0:
        return plan.with_rejected("tune the cache", "the reason of the misses is not known")
    finding = (
        f"hit ratio {o.hit_ratio:.2f} of {targets.hit_ratio:.2f}, {share:.0%} of requests {reason}"
    )
    return _step_against(assessment, plan, reason, finding)


_STEPS_BY_REASON: dict[
    str, tuple[Callable[[ScalingSpec, CacheTuning], CacheTuning | None], ...]
] = {
    "invalidated": (step.lengthen_live_interval, step.warm_more),
    "expired": (step.lengthen_staleness, step.lengthen_ttl),
    "first seen": (step.warm_more,),
    "evicted": (),
}
"""Steps that reduce misses, by their reason, in this order."""


def _step_against(
    assessment: Assessment, plan: ScalingPlan, reason: str, finding: str
) -> ScalingPlan:
    """The next step against misses of one reason, if one is left."""
    if reason == "evicted":
        return plan.with_rejected("tune the cache", "Redis evicts: it needs more memory")
    for change in _STEPS_BY_REASON[reason]:
        tuning = change(assessment.spec, plan.tuning)
        if tuning is None:
            continue
        hold = "tuning the cache comes first: it costs nothing and works at once"
        plan = plan.with_reason(ScalingRule.MISS_BOUND, finding)
        if not assessment.cpu_exhausted:
            plan = replace(plan, api_scale_up_blocked=plan.api_scale_up_blocked or hold)
        if plan.tuned or not step.is_settled(assessment):
            return plan.with_rejected("tune the cache", "the last change has yet to take effect")
        return plan.tune(tuning)
    return plan.with_rejected("tune the cache", "every knob is at its ceiling")


def restore_tuning(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Load has been low for long enough: return the tuning one step."""
    since, thresholds = assessment.state.low_load_since, assessment.spec.thresholds
    base = assessment.spec.configured
    if plan.tuned or plan.tuning == base or since is None:
        return plan
    if assessment.now - since < thresholds.restore_window:
        return plan.with_rejected(
            "restore the tuning", f"load has been low for {assessment.now - since:.0f} s only"
        )
    tuning = step.step_back(base, plan.tuning)
    return plan.tune(tuning).with_reason(
        ScalingRule.TUNING_RESTORED,
        f"p95 has been well under target for {thresholds.restore_window:.0f} s",
    )


def is_low_load(assessment: Assessment, plan: ScalingPlan) -> bool:
    """Whether load is low enough to restore the configured tuning."""
    o, spec = assessment.observation, assessment.spec
    if plan.bottleneck or assessment.cold:
        return False
    if (o.cpu or 0.0) > spec.thresholds.restore_cpu_ratio * spec.targets.cpu:
        return False
    return o.p95 is None or o.p95 <= spec.thresholds.restore_p95_ratio * spec.targets.p95
