"""When the database is what is slow, and when only the way to it is narrow."""

from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rule
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules.tuning_steps import less_load


def saturated(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Refuse growth, which would add connections and load; ask the database for less instead."""
    reason = situation.bottleneck
    if reason is None and situation.settling:
        return replace(
            plan,
            grow_api="what piled up behind the database comes through first",
            shrink="what piled up behind the database comes through first",
        )
    if reason is None:
        if situation.exhausted:
            text = "the connection budget is nearly used up"
            return replace(plan, grow_workers=text).without("grow the pools", text)
        return plan
    plan = replace(
        plan,
        bottleneck=True,
        grow_api="more pods would ask more of a saturated database",
        grow_workers="more jobs would ask more of a saturated database",
        shrink="requests that wait for the database hide how many pods they need",
    ).because(Rule.DATABASE, reason)
    return less_load(situation, plan)


def pool_too_small(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Requests wait for a connection while the database has room: widen the pools.

    A fifth of the target spent waiting is what hurts, unless it is the pods' own delay. Only the
    budget limits the step, which is held to it with everything else.
    """
    o, spec = situation.observation, situation.spec
    if not situation.waits_for_pool or o.pool_wait is None:
        return plan
    if plan.bottleneck:
        return plan.without("grow the pools", "the database itself is saturated")
    if situation.starved is not None:
        return plan.without("grow the pools", situation.starved)
    if situation.exhausted:
        return plan
    levers = plan.levers
    if levers.pool >= min(spec.most_pool, levers.misses):
        return plan.without(
            "grow the pools", "a pod computes no more answers at once than it has connections"
        )
    wider = replace(levers, pool=min(levers.pool + 2, spec.most_pool, levers.misses))
    return plan.turn(wider).because(
        Rule.POOL,
        f"requests wait {o.pool_wait * 1000:.0f} ms for one of {levers.pool} connections a pod,"
        " and the database has room",
    )
