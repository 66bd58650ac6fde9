"""One evaluation: gate → look → rules → hold within bounds → say and remember."""

from dataclasses import fields, replace

from shopx_core.scaling import limits, memory
from shopx_core.scaling.assessment import Assessment, assess, learned
from shopx_core.scaling.data_quality import Gated, gate, inputs
from shopx_core.scaling.decision import Change, Decision, Record, Rejected, Rule
from shopx_core.scaling.facts import CacheTuning, Observation, ScalingSpec
from shopx_core.scaling.memory import Probe, ScaleEvent, ScalingState
from shopx_core.scaling.plan import ScalingPlan, start
from shopx_core.scaling.rules import RULES
from shopx_core.scaling.rules.cache import is_calm

MOST_REJECTED = 16
"""Options that a status has room for."""


def evaluate(
    observation: Observation, spec: ScalingSpec, state: ScalingState, now: float
) -> tuple[Decision, ScalingState]:
    """Decide what to change, and remember what the next decision needs.

    Args:
        observation: What was measured; unknown figures are `None`, and broken ones are found here.
        spec: What was asked for.
        state: What the last decision left; `State()` at first.
        now: Seconds since 1970.

    Returns:
        The decision, whose numbers are always within the spec's bounds and connection budget, and
        the state for the next one.
    """
    gated = gate(observation, spec, state, now)
    if gated.problem is not None:
        return _blind(observation, gated, spec, state, now)
    situation = assess(gated.observation, spec, state, now)
    plan = start(situation)
    for rule in RULES:
        plan = rule(situation, plan)
    return _conclude(observation, gated, situation, plan)


def replay(record: Record) -> Decision:
    """Make a recorded decision again, from nothing but the record."""
    decision, _ = evaluate(record.observation, record.spec, record.state, record.now)
    return decision


def _blind(
    observation: Observation, gated: Gated, spec: ScalingSpec, state: ScalingState, now: float
) -> tuple[Decision, ScalingState]:
    """Hold: without figures nothing is known, least of all that less is needed."""
    failures = state.failures + 1
    api, workers, levers = _kept(spec, observation, state.levers or spec.levers)
    decision = Decision(
        at=now,
        rule=Rule.DATA_GATE,
        reason=gated.problem or "",
        api=api,
        workers=workers,
        levers=levers,
        changes=_changes(observation, state.levers or spec.levers, api, workers, levers),
        rejected=(Rejected("change anything", "figures that cannot be believed prove no need"),),
        inputs=inputs(observation),
        blind=failures >= spec.tuning.failures,
        next_at=now + spec.tuning.tick,
    )
    # What there is counts as needed for as long as nothing is known, so that the first figures
    # afterwards cannot take it away at once.
    behavior = spec.behavior
    window = max(behavior.down_stabilization, behavior.up_stabilization)
    return decision, replace(
        state,
        api=state.api.wants(now, observation.api_replicas, window),
        workers=state.workers.wants(now, observation.worker_replicas, spec.tuning.worker_window),
        levers=levers,
        failures=failures,
        figures=gated.figures,
        repeats=gated.repeats,
        samples=(),
        trial=None,
        calm_since=None,
    )


def _kept(
    spec: ScalingSpec, observation: Observation, levers: CacheTuning
) -> tuple[int, int, CacheTuning]:
    """What there is, corrected only where it leaves the spec's bounds."""
    api, workers, fitted = limits.fit(
        spec,
        observation.api_replicas,
        observation.worker_replicas,
        limits.held_levers(spec, levers),
    )
    return (
        api if spec.owns_api else observation.api_replicas,
        workers if spec.owns_workers else observation.worker_replicas,
        fitted,
    )


def _conclude(
    observation: Observation, gated: Gated, situation: Assessment, plan: ScalingPlan
) -> tuple[Decision, ScalingState]:
    spec, state, now = situation.spec, situation.state, situation.now
    plan = _no_shrinking_blindly(situation, plan)
    want_api, want_workers, levers = limits.fit(
        spec, plan.api, plan.workers, limits.held_levers(spec, plan.levers)
    )
    limited = (spec.owns_api and plan.api > want_api) or (
        spec.owns_workers and plan.workers > want_workers
    )
    if limited:
        plan = plan.without("more pods", "bounds or the connection budget do not allow them")
    down = spec.behavior.down_stabilization
    window = max(down, spec.behavior.up_stabilization)
    o = situation.observation
    api_track = _begun(state.api, now, o.api_replicas, window).wants(now, want_api, window)
    worker_track = _begun(state.workers, now, o.worker_replicas, spec.tuning.worker_window).wants(
        now, want_workers, spec.tuning.worker_window
    )
    api_held = _hold_api(situation, plan, api_track, want_api)
    worker_held = _hold_workers(situation, worker_track, want_workers)
    for what, wish, held in (("API", want_api, api_held), ("worker", want_workers, worker_held)):
        if held.why is not None:
            plan = plan.without(f"{wish} {what} pods", held.why)
    api, workers, levers = limits.fit(spec, api_held.count, worker_held.count, levers)
    api = api if spec.owns_api else observation.api_replicas
    workers = workers if spec.owns_workers else observation.worker_replicas
    changes = _changes(observation, situation.levers, api, workers, levers)
    rule, reason = _because(situation, plan, changed=bool(changes))
    decision = Decision(
        at=now,
        rule=rule,
        reason=reason,
        api=api,
        workers=workers,
        levers=levers,
        changes=changes,
        rejected=plan.rejected[:MOST_REJECTED],
        inputs=inputs(observation),
        bottleneck=plan.bottleneck,
        limited=limited,
        next_at=now + spec.tuning.tick,
    )
    return decision, _remember(gated, situation, plan, decision, api_track, worker_track)


def _begun(track: memory.Track, now: float, count: int, window: float) -> memory.Track:
    """A track without a past: until a whole window is known, what there is counts as needed."""
    return track if track.wanted else track.wants(now, count, window)


def _no_shrinking_blindly(situation: Assessment, plan: ScalingPlan) -> ScalingPlan:
    o = situation.observation
    reason = plan.shrink
    if reason is None and o.api_reporting < o.api_ready:
        reason = f"{o.api_ready - o.api_reporting} of {o.api_ready} serving pods did not report"
    if reason is None or plan.api >= o.api_replicas or plan.revert:
        return plan
    return replace(plan, api=o.api_replicas).without(f"{plan.api} API pods", reason)


def _hold_api(
    situation: Assessment, plan: ScalingPlan, track: memory.Track, want: int
) -> limits.Held:
    spec, current = situation.spec, situation.observation.api_replicas
    if not limits.within(spec.api, current):
        return limits.Held(want)
    return limits.hold(
        track,
        current,
        want,
        situation.now,
        spec.behavior,
        spec.tuning,
        situation.cooldown,
        stabilise=not plan.revert,
    )


def _hold_workers(situation: Assessment, track: memory.Track, want: int) -> limits.Held:
    spec, current = situation.spec, situation.observation.worker_replicas
    if not limits.within(spec.workers, current):
        return limits.Held(want)
    behavior = replace(
        spec.behavior, up_stabilization=0.0, down_stabilization=spec.tuning.worker_window
    )
    return limits.hold(
        track, current, want, situation.now, behavior, spec.tuning, spec.tuning.worker_cooldown
    )


def _changes(
    observation: Observation, before: CacheTuning, api: int, workers: int, levers: CacheTuning
) -> tuple[Change, ...]:
    turned = [
        ("api", observation.api_replicas, api),
        ("workers", observation.worker_replicas, workers),
        *((f.name, getattr(before, f.name), getattr(levers, f.name)) for f in fields(CacheTuning)),
    ]
    found = (Change(what, float(was), float(now)) for what, was, now in turned)
    return tuple(change for change in found if change.before != change.after)


def _because(situation: Assessment, plan: ScalingPlan, *, changed: bool) -> tuple[Rule, str]:
    if plan.why:
        rule, reason = plan.why[0]
        more = "; ".join(f"{name}: {text}" for name, text in plan.why[1:])
        return rule, f"{reason}; {more}" if more else reason
    if changed:
        return Rule.IDLE, "what there is left the spec's bounds"
    if situation.slow:
        return Rule.UNATTRIBUTED, "answers are slow, and no figure says why"
    return Rule.IDLE, "nothing needs to change"


def _remember(
    gated: Gated,
    situation: Assessment,
    plan: ScalingPlan,
    decision: Decision,
    api: memory.Track,
    workers: memory.Track,
) -> ScalingState:
    state, now, o = situation.state, situation.now, situation.observation
    period = situation.spec.tuning.reversals_period
    if decision.api != o.api_replicas:
        api = api.moved(ScaleEvent(now, o.api_replicas, decision.api), period)
    if decision.workers != o.worker_replicas:
        workers = workers.moved(ScaleEvent(now, o.worker_replicas, decision.workers), period)
    trial, cooldowns = _judged(situation, plan, decision)
    cold = situation.cold
    settled = (
        cold
        and state.cold_since is not None
        and now - state.cold_since > situation.spec.tuning.drop_patience
    )
    baseline = learned(situation)
    if settled:
        baseline = replace(baseline, hit_ratio=o.hit_ratio)
    lever_turned = decision.levers != situation.levers
    calm = is_calm(situation, plan) and not lever_turned
    return ScalingState(
        levers=decision.levers,
        samples=situation.samples,
        api=api,
        workers=workers,
        baseline=baseline,
        trial=trial,
        cooldowns=cooldowns,
        failures=0,
        figures=gated.figures,
        repeats=gated.repeats,
        lever_at=now if lever_turned else state.lever_at,
        calm_since=(now if state.calm_since is None else state.calm_since) if calm else None,
        cold_since=(now if state.cold_since is None else state.cold_since)
        if cold and not settled
        else None,
        bottleneck_at=now if plan.bottleneck else state.bottleneck_at,
    )


def _judged(
    situation: Assessment, plan: ScalingPlan, decision: Decision
) -> tuple[Probe | None, float]:
    """The step under trial and the cooldown's factor after this decision."""
    state, now, o = situation.state, situation.now, situation.observation
    trial, factor = state.trial, state.cooldowns
    if plan.revert and decision.api < o.api_replicas:
        return None, min(factor * 2.0, situation.spec.tuning.longest_cooldown)
    if decision.api > o.api_replicas and o.p95 is not None and o.rps is not None:
        first = trial if trial is not None else None
        return (
            Probe(
                at=now,
                before=first.before if first else o.api_replicas,
                after=decision.api,
                rps=first.rps if first else o.rps,
                p95=first.p95 if first else o.p95,
            ),
            factor,
        )
    if trial is not None and (decision.api != trial.after or now - trial.at >= situation.cooldown):
        return None, 1.0 if decision.api == trial.after else factor
    return trial, factor
