"""How many API pods are needed, and whether the last added ones helped."""

import math
from dataclasses import replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import ScalingRule
from shopx_core.scaling.plan import ScalingPlan


def errors_high(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Failing requests are cheap and look like less load: they must not remove pods."""
    share, limit = assessment.observation.errors, assessment.spec.thresholds.errors
    if share is None or share < limit:
        return plan
    text = f"{share:.0%} of requests fail"
    return replace(plan, scale_down_blocked=text).with_reason(ScalingRule.ERRORS_HIGH, text)


def step_without_effect(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """Undo a scale-up that improved neither throughput nor latency.

    Measured one cooldown after the step, and only if answers are still slow and the pods not busy:
    a step made ahead of need rightly shows no improvement.
    """
    probe, o, spec = assessment.state.probe, assessment.observation, assessment.spec
    if probe is None or o.p95 is None or o.rps is None:
        return plan
    if assessment.now - probe.at < assessment.cooldown or o.api_replicas != probe.after:
        return plan
    capacity = probe.after / max(1, probe.before) - 1.0
    gained = o.rps / probe.rps - 1.0 if probe.rps > 0.0 else 0.0
    if (
        not assessment.slow
        or (o.cpu or 0.0) > spec.targets.cpu
        or gained >= spec.thresholds.effective_gain * capacity
        or o.p95 < spec.thresholds.effective_p95_ratio * probe.p95
    ):
        return plan
    text = (
        f"{probe.before} → {probe.after} pods gained {gained:+.0%} requests and p95 went from"
        f" {probe.p95 * 1000:.0f} to {o.p95 * 1000:.0f} ms with CPU at {o.cpu or 0.0:.0%}"
    )
    return replace(
        plan, api=probe.before, revert=True, api_scale_up_blocked="the last added pods did not help"
    ).with_reason(ScalingRule.REVERTED_IN_VAIN, text)


def need(assessment: Assessment) -> tuple[float, str]:
    """API pods that the load needs, as a fraction, and why.

    From values that are proportional to capacity: concurrency as in Knative's autoscaler (a stable
    window, and a panic window while it asks for a multiple of the current pods), and used CPU.
    Never from p95, which is not proportional to capacity: a slow database would multiply pods.
    """
    spec, o = assessment.spec, assessment.observation
    targets, thresholds = spec.targets, spec.thresholds
    stable, panic = (
        assessment.mean(thresholds.stable_window),
        assessment.mean(thresholds.panic_window),
    )
    needs = [
        (stable.in_flight / targets.in_flight, f"{stable.in_flight:.1f} requests in flight"),
        (stable.cores / targets.cpu, f"{stable.cores:.2f} pods' CPU in use"),
    ]
    if (o.cpu or 0.0) > targets.cpu:
        needs.append((panic.cores / targets.cpu, f"{panic.cores:.2f} pods' CPU in use now"))
        # Busy pods cannot use more CPU than they have: what they refuse is load as well.
        refused = min(o.refused or 0.0, thresholds.most_refused)
        if refused >= thresholds.errors:
            needs.append(
                (
                    panic.cores / (1.0 - refused) / targets.cpu,
                    f"{panic.cores:.2f} pods' CPU in use now with {refused:.0%} refused",
                )
            )
    urgent = panic.in_flight / targets.in_flight
    if urgent >= thresholds.panic_ratio * max(1, o.api_ready):
        needs.append((urgent, f"{panic.in_flight:.1f} requests in flight now"))
    count, load = max(needs)
    return count, f"{load}, targets are {targets.in_flight:g} and {targets.cpu:.0%} a pod"


def app_bound(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    """As many API pods as concurrency and CPU need."""
    spec, o, targets = assessment.spec, assessment.observation, assessment.spec.targets
    if not spec.owns_api:
        return plan.with_rejected(
            "change the API's pods", "another autoscaler or the manifest sets them"
        )
    if plan.revert:
        return plan
    needed, why = need(assessment)
    current = o.api_replicas
    if assessment.near and (o.cpu or 0.0) >= spec.thresholds.busy_cpu_ratio * targets.cpu:
        one_more = o.api_ready + 1.0
        if one_more > max(needed, (1.0 + spec.thresholds.tolerance) * current):
            # This goes by latency, which is the database's as well.
            if o.queries and o.query_seconds is None:
                plan = plan.with_rejected(
                    f"{one_more:.0f} API pods",
                    "busy pods are near their latency target, but how long the database takes is"
                    " not known",
                )
            else:
                needed, why = one_more, "busy pods are near their latency target"
    if current and abs(needed / current - 1.0) <= spec.thresholds.tolerance:
        return plan
    count = math.ceil(needed - 1e-9)
    if count > current and plan.api_scale_up_blocked:
        return plan.with_rejected(f"{count} API pods", f"{plan.api_scale_up_blocked} ({why})")
    if count == current:
        return plan
    return replace(plan, api=count).with_reason(ScalingRule.APP_BOUND, why)
