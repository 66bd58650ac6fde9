"""One evaluation: check the data, assess it, apply the rules, then the limits; keep the state."""

from dataclasses import fields, replace

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling import limits
from shopx_core.scaling.assessment import Assessment, assess, updated_baseline
from shopx_core.scaling.data_quality import CheckedObservation, check_observation, plausible_values
from shopx_core.scaling.decision import Change, Decision, DecisionRecord, Rejected, ScalingRule
from shopx_core.scaling.inputs import Observation, ScalingSpec
from shopx_core.scaling.plan import ScalingPlan, initial_plan
from shopx_core.scaling.rules import RULES
from shopx_core.scaling.rules.cache import is_low_load
from shopx_core.scaling.state import Probe, ReplicaHistory, ScaleEvent, ScalingState

MAX_REJECTED = 16
"""Rejected options that a status has room for."""


def evaluate(
    observation: Observation, spec: ScalingSpec, state: ScalingState, now: float
) -> tuple[Decision, ScalingState]:
    """Decide what to change.

    Args:
        observation: What was measured. Unknown values are `None`; implausible ones are dropped.
        spec: What the manifest allows.
        state: The state after the last decision; `ScalingState()` at first.
        now: Seconds since 1970.

    Returns:
        The decision, always within the spec's bounds and connection budget, and the next state.
    """
    checked = check_observation(observation, spec, state, now)
    if checked.problem is not None:
        return _hold_without_data(observation, checked, spec, state, now)
    assessment = assess(checked.observation, spec, state, now)
    plan = initial_plan(assessment)
    for rule in RULES:
        plan = rule(assessment, plan)
    return _finish(observation, checked, assessment, plan)


def replay(record: DecisionRecord) -> Decision:
    """Repeat a recorded decision from its record alone."""
    decision, _ = evaluate(record.observation, record.spec, record.state, record.now)
    return decision


def _hold_without_data(
    observation: Observation,
    checked: CheckedObservation,
    spec: ScalingSpec,
    state: ScalingState,
    now: float,
) -> tuple[Decision, ScalingState]:
    """Change nothing: without usable data, no need is known, least of all that less is needed."""
    failures = state.failures + 1
    api, workers, tuning = _current_within_bounds(
        spec, observation, state.tuning or spec.configured
    )
    decision = Decision(
        at=now,
        rule=ScalingRule.DATA_GATE,
        reason=checked.problem or "",
        api=api,
        workers=workers,
        tuning=tuning,
        changes=_changes(observation, state.tuning or spec.configured, api, workers, tuning),
        rejected=(Rejected("change anything", "implausible or missing data prove no need"),),
        inputs=plausible_values(observation),
        data_missing=failures >= spec.thresholds.failures,
        next_at=now + spec.thresholds.interval,
    )
    # The current pods count as recommended while no data is usable, so that the first data
    # afterwards does not remove them at once.
    behavior = spec.behavior
    window = max(behavior.down_stabilization, behavior.up_stabilization)
    return decision, replace(
        state,
        api=state.api.with_recommendation(now, observation.api_replicas, window),
        workers=state.workers.with_recommendation(
            now, observation.worker_replicas, spec.thresholds.worker_window
        ),
        tuning=tuning,
        failures=failures,
        observed_values=checked.observed_values,
        repeats=checked.repeats,
        samples=(),
        probe=None,
        low_load_since=None,
    )


def _current_within_bounds(
    spec: ScalingSpec, observation: Observation, tuning: CacheTuning
) -> tuple[int, int, CacheTuning]:
    """The current pods and tuning, corrected only where they leave the spec's bounds."""
    api, workers, fitted = limits.fit_to_budget(
        spec,
        observation.api_replicas,
        observation.worker_replicas,
        limits.clamp_tuning(spec, tuning),
    )
    return (
        api if spec.owns_api else observation.api_replicas,
        workers if spec.owns_workers else observation.worker_replicas,
        fitted,
    )


def _finish(
    observation: Observation, checked: CheckedObservation, assessment: Assessment, plan: ScalingPlan
) -> tuple[Decision, ScalingState]:
    spec, state, now = assessment.spec, assessment.state, assessment.now
    plan = _block_unmeasured_scale_down(assessment, plan)
    wanted_api, wanted_workers, tuning = limits.fit_to_budget(
        spec, plan.api, plan.workers, limits.clamp_tuning(spec, plan.tuning)
    )
    limited = (spec.owns_api and plan.api > wanted_api) or (
        spec.owns_workers and plan.workers > wanted_workers
    )
    if limited:
        plan = plan.with_rejected("more pods", "bounds or the connection budget do not allow them")
    behavior, worker_window = spec.behavior, spec.thresholds.worker_window
    window = max(behavior.down_stabilization, behavior.up_stabilization)
    o = assessment.observation
    api_history = _seeded(state.api, now, o.api_replicas, window)
    api_history = api_history.with_recommendation(now, wanted_api, window)
    worker_history = _seeded(state.workers, now, o.worker_replicas, worker_window)
    worker_history = worker_history.with_recommendation(now, wanted_workers, worker_window)
    api_limit = _constrain_api(assessment, plan, api_history, wanted_api)
    worker_limit = _constrain_workers(assessment, worker_history, wanted_workers)
    for what, wanted, limit in (
        ("API", wanted_api, api_limit),
        ("worker", wanted_workers, worker_limit),
    ):
        if limit.reason is not None:
            plan = plan.with_rejected(f"{wanted} {what} pods", limit.reason)
    api, workers, tuning = limits.fit_to_budget(spec, api_limit.count, worker_limit.count, tuning)
    api = api if spec.owns_api else observation.api_replicas
    workers = workers if spec.owns_workers else observation.worker_replicas
    changes = _changes(observation, assessment.tuning, api, workers, tuning)
    rule, reason = _rule_and_reason(assessment, plan, changed=bool(changes))
    decision = Decision(
        at=now,
        rule=rule,
        reason=reason,
        api=api,
        workers=workers,
        tuning=tuning,
        changes=changes,
        rejected=plan.rejected[:MAX_REJECTED],
        inputs=plausible_values(observation),
        bottleneck=plan.bottleneck,
        limited=limited,
        next_at=now + spec.thresholds.interval,
    )
    return decision, _next_state(checked, assessment, plan, decision, api_history, worker_history)


def _seeded(history: ReplicaHistory, now: float, count: int, window: float) -> ReplicaHistory:
    """An empty history starts with the current pods as recommended, for a whole window."""
    if history.recommendations:
        return history
    return history.with_recommendation(now, count, window)


def _block_unmeasured_scale_down(assessment: Assessment, plan: ScalingPlan) -> ScalingPlan:
    o = assessment.observation
    reason = plan.scale_down_blocked
    if reason is None and o.api_reporting < o.api_ready:
        reason = f"{o.api_ready - o.api_reporting} of {o.api_ready} serving pods did not report"
    if reason is None or plan.api >= o.api_replicas or plan.revert:
        return plan
    return replace(plan, api=o.api_replicas).with_rejected(f"{plan.api} API pods", reason)


def _constrain_api(
    assessment: Assessment, plan: ScalingPlan, history: ReplicaHistory, wanted: int
) -> limits.Constrained:
    spec, current = assessment.spec, assessment.observation.api_replicas
    if not spec.api.holds(current):
        return limits.Constrained(wanted)
    return limits.constrain(
        history,
        current,
        wanted,
        assessment.now,
        spec.behavior,
        spec.thresholds,
        assessment.cooldown,
        stabilise=not plan.revert,
    )


def _constrain_workers(
    assessment: Assessment, history: ReplicaHistory, wanted: int
) -> limits.Constrained:
    spec, current = assessment.spec, assessment.observation.worker_replicas
    if not spec.workers.holds(current):
        return limits.Constrained(wanted)
    behavior = replace(
        spec.behavior, up_stabilization=0.0, down_stabilization=spec.thresholds.worker_window
    )
    return limits.constrain(
        history,
        current,
        wanted,
        assessment.now,
        behavior,
        spec.thresholds,
        spec.thresholds.worker_cooldown,
    )


def _changes(
    observation: Observation, before: CacheTuning, api: int, workers: int, tuning: CacheTuning
) -> tuple[Change, ...]:
    values = [
        ("api", observation.api_replicas, api),
        ("workers", observation.worker_replicas, workers),
        *((f.name, getattr(before, f.name), getattr(tuning, f.name)) for f in fields(CacheTuning)),
    ]
    found = (Change(what, float(was), float(now)) for what, was, now in values)
    return tuple(change for change in found if change.before != change.after)


def _rule_and_reason(
    assessment: Assessment, plan: ScalingPlan, *, changed: bool
) -> tuple[ScalingRule, str]:
    if plan.reasons:
        rule, reason = plan.reasons[0]
        more = "; ".join(f"{name}: {text}" for name, text in plan.reasons[1:])
        return rule, f"{reason}; {more}" if more else reason
    if changed:
        return ScalingRule.ON_TARGET, "pods or tuning were outside the spec's bounds"
    if assessment.slow:
        return ScalingRule.UNATTRIBUTED, "answers are slow, and no metric explains it"
    return ScalingRule.ON_TARGET, "nothing needs to change"


def _next_state(
    checked: CheckedObservation,
    assessment: Assessment,
    plan: ScalingPlan,
    decision: Decision,
    api: ReplicaHistory,
    workers: ReplicaHistory,
) -> ScalingState:
    state, now, o = assessment.state, assessment.now, assessment.observation
    period = assessment.spec.thresholds.reversals_period
    if decision.api != o.api_replicas:
        api = api.with_event(ScaleEvent(now, o.api_replicas, decision.api), period)
    if decision.workers != o.worker_replicas:
        workers = workers.with_event(ScaleEvent(now, o.worker_replicas, decision.workers), period)
    probe, cooldown_factor = _next_probe(assessment, plan, decision)
    cold = assessment.cold
    settled = (
        cold
        and state.cold_since is not None
        and now - state.cold_since > assessment.spec.thresholds.refill_seconds
    )
    baseline = updated_baseline(assessment)
    if settled:
        baseline = replace(baseline, hit_ratio=o.hit_ratio)
    tuning_changed = decision.tuning != assessment.tuning
    low_load = is_low_load(assessment, plan) and not tuning_changed
    return ScalingState(
        tuning=decision.tuning,
        samples=assessment.samples,
        api=api,
        workers=workers,
        baseline=baseline,
        probe=probe,
        cooldown_factor=cooldown_factor,
        failures=0,
        observed_values=checked.observed_values,
        repeats=checked.repeats,
        tuned_at=now if tuning_changed else state.tuned_at,
        low_load_since=(now if state.low_load_since is None else state.low_load_since)
        if low_load
        else None,
        cold_since=(now if state.cold_since is None else state.cold_since)
        if cold and not settled
        else None,
        bottleneck_at=now if plan.bottleneck else state.bottleneck_at,
    )


def _next_probe(
    assessment: Assessment, plan: ScalingPlan, decision: Decision
) -> tuple[Probe | None, float]:
    """The step whose effect is being measured, and the cooldown factor, after this decision."""
    state, now, o = assessment.state, assessment.now, assessment.observation
    probe, factor = state.probe, state.cooldown_factor
    if plan.revert and decision.api < o.api_replicas:
        return None, min(factor * 2.0, assessment.spec.thresholds.max_cooldown_factor)
    if decision.api > o.api_replicas and o.p95 is not None and o.rps is not None:
        # Steps within one cooldown are measured together, from before the first one.
        start = probe or Probe(
            at=now, before=o.api_replicas, after=decision.api, rps=o.rps, p95=o.p95
        )
        return replace(start, at=now, after=decision.api), factor
    if probe is not None and (decision.api != probe.after or now - probe.at >= assessment.cooldown):
        return None, 1.0 if decision.api == probe.after else factor
    return probe, factor
