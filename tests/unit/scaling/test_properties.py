"""What holds for every observation, spec and past."""

import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling import (
    DecisionRecord,
    Misses,
    Observation,
    ReplicaBounds,
    ScalingBehavior,
    ScalingSpec,
    ScalingState,
    dumps,
    evaluate,
    loads,
    replay,
)

ODD = st.sampled_from([None, math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300])


def figure(top: float) -> st.SearchStrategy[float | None]:
    """A plausible figure, or what broken sources give."""
    return st.one_of(st.floats(0.0, top), st.floats(0.0, top), st.floats(0.0, top), ODD)


def observations(api: int = 4, workers: int = 1) -> st.SearchStrategy[Observation]:
    return st.builds(
        Observation,
        at=st.none(),
        api_replicas=st.just(api),
        api_ready=st.integers(0, api),
        api_reporting=st.integers(0, api),
        worker_replicas=st.just(workers),
        samples=figure(5000.0),
        rps=figure(500.0),
        errors=figure(1.0),
        refused=figure(1.0),
        in_flight=figure(400.0),
        cpu=figure(1.2),
        loop_lag=figure(0.5),
        p95=figure(2.0),
        p95_hit=figure(0.3),
        p95_miss=figure(2.0),
        hit_ratio=figure(1.0),
        misses=st.builds(
            Misses,
            first_seen=figure(1.0),
            expired=figure(1.0),
            evicted=figure(1.0),
            invalidated=figure(1.0),
        ),
        pool_wait=figure(0.5),
        query_seconds=figure(0.4),
        queries=figure(300.0),
        db_active=figure(30.0),
        db_connections=figure(60.0),
        queued=figure(40.0),
        active=figure(10.0),
    )


@st.composite
def specs(draw: st.DrawFn) -> ScalingSpec:
    least, slots = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    few = draw(st.integers(0, 2))
    need = least + few * slots
    return ScalingSpec(
        api=ReplicaBounds(min=least, max=least + draw(st.integers(0, 20))),
        workers=ReplicaBounds(min=few, max=few + draw(st.integers(0, 6))),
        worker_slots=slots,
        connection_budget=need + 6 + draw(st.integers(0, 80)),
        configured=CacheTuning(pool=draw(st.integers(1, 10))),
        freshness_limit=draw(st.floats(60.0, 600.0)),
        behavior=ScalingBehavior(
            up_stabilization=draw(st.sampled_from([0.0, 20.0])),
            down_stabilization=draw(st.sampled_from([0.0, 30.0, 300.0])),
            cooldown=draw(st.sampled_from([0.0, 30.0, 60.0])),
        ),
    )


@settings(max_examples=15, deadline=None)
@given(specs(), st.lists(observations(), min_size=1, max_size=25))
def test_bounds_budget_and_pace_always_hold(spec: ScalingSpec, observed: list[Observation]) -> None:
    """Numbers within bounds and budget, tuning within limits, no reversal within the cooldown."""
    state, now, api, workers = ScalingState(), 1000.0, spec.api.min, spec.workers.min
    last: tuple[float, int] | None = None
    for seen in observed:
        now += 5.0
        decision, state = evaluate(
            replace(seen, at=now, api_replicas=api, worker_replicas=workers), spec, state, now
        )
        assert spec.api.min <= decision.api <= spec.api.max
        assert spec.workers.min <= decision.workers <= spec.workers.max
        tuning = decision.tuning
        used = decision.api * tuning.pool + decision.workers * spec.worker_slots
        assert used <= spec.connection_budget - spec.reserved_connections
        assert 1.0 <= tuning.live_interval <= 15.0
        assert tuning.ttl_min <= tuning.ttl_max
        assert tuning.ttl_max + tuning.stale_while_revalidate <= spec.freshness_limit
        assert tuning.misses >= 1
        if decision.api != api:
            sign = 1 if decision.api > api else -1
            if last is not None and last[1] != sign:
                assert now - last[0] >= spec.behavior.cooldown
            last = (now, sign)
        api, workers = decision.api, decision.workers


@settings(max_examples=15, deadline=None)
@given(
    st.lists(observations(), max_size=12),
    observations(),
    st.floats(0.0, 400.0),
    st.floats(0.0, 400.0),
)
def test_more_requests_in_flight_never_ask_for_fewer_pods(
    past: list[Observation], seen: Observation, one: float, other: float
) -> None:
    spec, state, now = ScalingSpec(), ScalingState(), 1000.0
    for before in past:
        now += 5.0
        _, state = evaluate(replace(before, at=now), spec, state, now)
    now += 5.0
    seen = replace(seen, at=now)
    # A source that repeats itself is another matter than more in flight.
    state = replace(state, observed_values=())
    fewer, _ = evaluate(replace(seen, in_flight=min(one, other)), spec, state, now)
    more, _ = evaluate(replace(seen, in_flight=max(one, other)), spec, state, now)
    assert fewer.api <= more.api


@settings(max_examples=15, deadline=None)
@given(specs(), st.lists(observations(), min_size=1, max_size=6))
def test_a_record_replays_to_the_same_decision_after_a_round_trip(
    spec: ScalingSpec, observed: list[Observation]
) -> None:
    state, now = ScalingState(), 1000.0
    for seen in observed:
        now += 5.0
        record_of = replace(seen, at=now)
        decision, after = evaluate(record_of, spec, state, now)
        record = DecisionRecord(
            observation=record_of, spec=spec, state=state, now=now, decision=decision
        )
        text = dumps(record)
        again = loads(text)
        assert dumps(again) == text
        assert replay(again) == decision == again.decision
        state = after


@settings(max_examples=15, deadline=None)
@given(st.lists(observations(), min_size=1, max_size=15))
def test_broken_figures_never_take_a_pod_away(observed: list[Observation]) -> None:
    spec, state, now = (
        ScalingSpec(behavior=ScalingBehavior(down_stabilization=0.0)),
        ScalingState(),
        1000.0,
    )
    for seen in observed:
        now += 5.0
        broken = replace(seen, at=now, cpu=math.nan)
        decision, state = evaluate(broken, spec, state, now)
        assert decision.api == broken.api_replicas
        assert decision.workers == broken.worker_replicas
