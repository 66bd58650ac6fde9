"""A saturated database, and a connection pool that is too small."""

from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import ScalingRule
from shopx_core.scaling.plan import ScalingPlan
from shopx_core.scaling.rules.tuning_steps import reduce_database_load


def database_saturated(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Block scale-up, which would add connections and load; reduce the database's load instead."""
    reason = assessment.bottleneck
    if reason is None and assessment.settling:
        return replace(
            plan,
            api_scale_up_blocked="requests queued behind the database drain first",
            scale_down_blocked="requests queued behind the database drain first",
        )
    if reason is None:
        if assessment.connections_exhausted:
            text = "the connection budget is nearly used up"
            return replace(plan, worker_scale_up_blocked=text).with_rejected(
                "enlarge the pools", text
            )
        return plan
    plan = replace(
        plan,
        bottleneck=True,
        api_scale_up_blocked="more pods would add load to a saturated database",
        worker_scale_up_blocked="more jobs would add load to a saturated database",
        scale_down_blocked="requests that wait for the database hide how many pods they need",
    ).with_reason(ScalingRule.DATABASE_BOTTLENECK, reason)
    return reduce_database_load(assessment, plan)


def pool_too_small(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Enlarge the pools when requests wait for a connection while the database has capacity.

    The connection budget limits the result, like everything else.
    """
    o, spec = assessment.observation, assessment.spec
    if not assessment.waits_for_pool or o.pool_wait is None:
        return plan
    if plan.bottleneck:
        return plan.with_rejected("enlarge the pools", "the database itself is saturated")
    if assessment.pods_delayed is not None:
        return plan.with_rejected("enlarge the pools", assessment.pods_delayed)
    if assessment.connections_exhausted:
        return plan
    tuning = plan.tuning
    if tuning.pool >= min(spec.ceiling.pool, tuning.misses):
        return plan.with_rejected(
            "enlarge the pools", "a pod has as many connections as it computes answers at once"
        )
    wider = replace(tuning, pool=min(tuning.pool + 2, spec.ceiling.pool, tuning.misses))
    return plan.tune(wider).with_reason(
        ScalingRule.POOL_TOO_SMALL,
        f"requests wait {o.pool_wait * 1000:.0f} ms for one of {tuning.pool} connections a pod,"
        " and the database has capacity",
    )
