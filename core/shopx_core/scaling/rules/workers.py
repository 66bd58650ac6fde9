"""How many worker pods the queue needs."""

import math
from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import ScalingRule
from shopx_core.scaling.plan import ScalingPlan


def match_queue(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """As many worker pods as waiting and active jobs fill.

    The queue's length alone is too small: it lacks jobs that a worker has reserved.
    """
    o, spec = assessment.observation, assessment.spec
    if not spec.owns_workers:
        return plan
    if o.queued is None or o.active is None:
        return plan.with_rejected("change the workers", "queued or active jobs are not known")
    jobs = o.queued + o.active
    need = math.ceil(jobs / spec.worker_slots)
    if need > plan.workers and plan.worker_scale_up_blocked:
        return plan.with_rejected("add workers", plan.worker_scale_up_blocked)
    if need == plan.workers:
        return plan
    return replace(plan, workers=need).with_reason(
        ScalingRule.WORKERS,
        f"{o.queued:.0f} jobs wait and {o.active:.0f} are active, {spec.worker_slots} fit a pod",
    )
