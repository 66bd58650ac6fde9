"""How many API pods are needed, and whether the last ones helped."""

import math
from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rule
from shopx_core.scaling.plan import ScalingPlan


def errors_high(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Failing requests are cheap: they look like less load, and must not take pods away."""
    share, limit = situation.observation.errors, situation.spec.tuning.errors
    if share is None or share < limit:
        return plan
    text = f"{share:.0%} of requests fail"
    return replace(plan, shrink=text).because(Rule.ERRORS, text)


def in_vain(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Take back a step up that helped neither throughput nor latency.

    Judged one cooldown after the step, and only if answers are still slow and the pods not busy:
    a step made ahead of need shows neither gain, rightly.
    """
    trial, o, spec = situation.state.trial, situation.observation, situation.spec
    if trial is None or o.p95 is None or o.rps is None:
        return plan
    if situation.now - trial.at < situation.cooldown or o.api_replicas != trial.after:
        return plan
    capacity = trial.after / max(1, trial.before) - 1.0
    gained = o.rps / trial.rps - 1.0 if trial.rps > 0.0 else 0.0
    if (
        not situation.slow
        or (o.cpu or 0.0) > spec.targets.cpu
        or gained >= spec.tuning.gain * capacity
        or o.p95 < spec.tuning.better * trial.p95
    ):
        return plan
    text = (
        f"{trial.before} → {trial.after} pods gained {gained:+.0%} requests and p95 went from"
        f" {trial.p95 * 1000:.0f} to {o.p95 * 1000:.0f} ms with CPU at {o.cpu or 0.0:.0%}"
    )
    return replace(
        plan, api=trial.before, revert=True, grow_api="the last pods did not help"
    ).because(Rule.VERIFY, text)


def need(situation: Assessment) -> tuple[float, str]:
    """API pods that the load needs, as a fraction, by what is proportional to capacity; and why.

    Concurrency as in Knative's autoscaler (a stable window, and a short one that rules while it
    asks for a multiple of the pods there are), and the CPU that is used. Never a ratio of p95: it
    is not proportional to capacity, and a slow database would multiply pods.
    """
    spec, o = situation.spec, situation.observation
    targets, tuning = spec.targets, spec.tuning
    stable, panic = situation.mean(tuning.stable_window), situation.mean(tuning.panic_window)
    needs = [
        (stable.in_flight / targets.in_flight, f"{stable.in_flight:.1f} requests in flight"),
        (stable.cores / targets.cpu, f"{stable.cores:.2f} pods' CPU in use"),
    ]
    if (o.cpu or 0.0) > targets.cpu:
        needs.append((panic.cores / targets.cpu, f"{panic.cores:.2f} pods' CPU in use now"))
    urgent = panic.in_flight / targets.in_flight
    if urgent >= tuning.panic_ratio * max(1, o.api_ready):
        needs.append((urgent, f"{panic.in_flight:.1f} requests in flight now"))
    count, load = max(needs)
    return count, f"{load}, targets are {targets.in_flight:g} and {targets.cpu:.0%} a pod"


def app_bound(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """As many pods as concurrency and CPU need."""
    spec, o, targets = situation.spec, situation.observation, situation.spec.targets
    if not spec.owns_api:
        return plan.without("change the API's pods", "somebody else sets their number")
    if plan.revert:
        return plan
    needed, why = need(situation)
    current = o.api_replicas
    if situation.near and (o.cpu or 0.0) >= spec.tuning.busy * targets.cpu:
        one_more = o.api_ready + 1.0
        if one_more > max(needed, (1.0 + spec.tuning.tolerance) * current):
            needed, why = one_more, "busy pods are near their latency target"
    if current and abs(needed / current - 1.0) <= spec.tuning.tolerance:
        return plan
    count = math.ceil(needed - 1e-9)
    if count > current and plan.grow_api:
        return plan.without(f"{count} API pods", f"{plan.grow_api} ({why})")
    if count == current:
        return plan
    return replace(plan, api=count).because(Rule.APP, why)
