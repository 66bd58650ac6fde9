"""When the cache is what could do better."""

from collections.abc import Callable
from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rule
from shopx_core.scaling.facts import CacheTuning, ScalingSpec
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules import tuning_steps as step


def cold_cache(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """A sudden loss of hit ratio fills itself: compute fewer answers at once, and wait.

    Pods added now would compute the same answers at the database's cost and be there when the
    cache is full again. The patience is limited, because what does not fill is no cold cache.
    """
    tuning, since = situation.spec.tuning, situation.state.cold_since
    configured = situation.spec.levers.misses
    if not situation.cold:
        if plan.levers.misses < configured and not plan.bottleneck:
            return plan.turn(replace(plan.levers, misses=configured)).because(
                Rule.COLD_CACHE, "the cache is warm again"
            )
        return plan
    if since is not None and situation.now - since > tuning.drop_patience:
        return plan.without(
            "wait for the cache to fill", f"it has not within {tuning.drop_patience:.0f} s"
        )
    o, base = situation.observation, situation.state.baseline
    reason = (
        f"the hit ratio fell from {base.hit_ratio:.2f} to {o.hit_ratio:.2f}"
        if base.hit_ratio is not None and o.hit_ratio is not None
        else "the hit ratio fell"
    )
    fewer = max(1, round(configured * tuning.cold_misses))
    plan = replace(
        plan,
        grow_api="a cold cache fills itself; pods would come when it is warm",
        shrink="a cold cache hides how many pods are needed",
    ).because(Rule.COLD_CACHE, reason)
    if plan.levers.misses > fewer:
        plan = plan.turn(replace(plan.levers, misses=fewer))
    return plan


def miss_bound(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Answers are slow because they are computed: save computing, by the reason of most misses."""
    o, targets, tuning = situation.observation, situation.spec.targets, situation.spec.tuning
    if not situation.slow or o.hit_ratio is None or o.hit_ratio >= targets.hit_ratio:
        return plan
    if o.p95_miss is None or o.p95_hit is None or o.p95_miss < tuning.miss_ratio * o.p95_hit:
        return plan.without("turn the cache's levers", "hits are slow as well")
    share, reason = max(
        (o.misses.invalidated or 0.0, "invalidated"),
        (o.misses.expired or 0.0, "expired"),
        (o.misses.first_seen or 0.0, "first seen"),
        (o.misses.evicted or 0.0, "evicted"),
    )
    if share <= 0.0:
        return plan.without("turn the cache's levers", "why answers are missing is not known")
    said = (
        f"hit ratio {o.hit_ratio:.2f} of {targets.hit_ratio:.2f}, {share:.0%} of requests {reason}"
    )
    return _turned(situation, plan, reason, said)


_STEPS: dict[str, tuple[Callable[[ScalingSpec, CacheTuning], CacheTuning | None], ...]] = {
    "invalidated": (step.longer_interval, step.warmer),
    "expired": (step.longer_staleness, step.longer_life),
    "first seen": (step.warmer,),
    "evicted": (),
}
"""What helps against misses by reason, in this order."""


def _turned(situation: Assessment, plan: ScalingPlan, reason: str, said: str) -> ScalingPlan:
    """The next step against misses of one reason, if there is one left."""
    if reason == "evicted":
        return plan.without("turn the cache's levers", "Redis evicts: it needs more memory")
    for turn in _STEPS[reason]:
        levers = turn(situation.spec, plan.levers)
        if levers is None:
            continue
        held = "the cache's levers come first: they cost nothing and work at once"
        plan = plan.because(Rule.CACHE, said)
        if not situation.flooded:
            plan = replace(plan, grow_api=plan.grow_api or held)
        if plan.turned or not step.rested(situation):
            return plan.without("turn the cache's levers", "the last turn has yet to show")
        return plan.turn(levers)
    return plan.without("turn the cache's levers", "they are as far as the spec allows")


def calm(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """All has been well for long enough: levers go back one step."""
    since, tuning = situation.state.calm_since, situation.spec.tuning
    base = situation.spec.levers
    if plan.turned or plan.levers == base or since is None:
        return plan
    if situation.now - since < tuning.calm_window:
        return plan.without(
            "return the levers", f"all has been well for {situation.now - since:.0f} s only"
        )
    levers = step.back(base, plan.levers)
    return plan.turn(levers).because(
        Rule.CALM, f"p95 has been well under target for {tuning.calm_window:.0f} s"
    )


def is_calm(situation: Assessment, plan: ScalingPlan) -> bool:
    """Whether levers may be on their way back."""
    o, spec = situation.observation, situation.spec
    if plan.bottleneck or situation.cold:
        return False
    if (o.cpu or 0.0) > spec.tuning.idle * spec.targets.cpu:
        return False
    return o.p95 is None or o.p95 <= spec.tuning.calm * spec.targets.p95
