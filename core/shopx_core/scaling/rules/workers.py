"""When jobs wait."""

import math
from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rule
from shopx_core.scaling.plan import ScalingPlan


def follow_queue(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """As many pods as jobs, waiting and being done, fill.

    The queue's length alone lies: jobs that a worker has reserved are no longer in it.
    """
    o, spec = situation.observation, situation.spec
    if not spec.owns_workers:
        return plan
    if o.queued is None or o.active is None:
        return plan.without("change the workers", "queued or active jobs are not known")
    jobs = o.queued + o.active
    need = math.ceil(jobs / spec.worker_slots)
    if need > plan.workers and plan.grow_workers:
        return plan.without("add workers", plan.grow_workers)
    if need == plan.workers:
        return plan
    return replace(plan, workers=need).because(
        Rule.WORKERS,
        f"{o.queued:.0f} jobs wait and {o.active:.0f} are done, {spec.worker_slots} fit a pod",
    )
