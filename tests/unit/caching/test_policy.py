"""Whether to serve, to refresh or to make an answer."""

import dataclasses
import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_core.caching.cache_epoch import CacheEpoch, DatabaseState, advance, first_epoch
from shopx_core.caching.dependencies import DependencyTag, Span
from shopx_core.caching.entry import Entry, decode, encode
from shopx_core.caching.policy import (
    SERVE,
    CacheDecision,
    Cause,
    Miss,
    Policy,
    Reason,
    Serve,
    ServeAndRefresh,
    cache_decision,
    fresh_until,
    is_current,
    lifetime,
    may_serve_if_error,
    refreshes_early,
    retention,
)
from shopx_core.caching.tuning import CacheTuning

POLICY = Policy(
    tuning=CacheTuning(ttl_min=30, ttl_max=60, stale_while_revalidate=20, live_interval=5),
    freshness_limit=120,
    grace=1,
)
TODAY = Span(DependencyTag.LEDGER, 100, 100)
START = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


def observed(second: float, *changed: Span) -> DatabaseState:
    return DatabaseState(
        snapshot="1:2:",
        at=START + dt.timedelta(seconds=second),
        database="a/1",
        changed=frozenset(changed),
    )


FIRST = first_epoch(observed(0), "chain")
ZERO = FIRST.seconds


def entry(**changes: object) -> Entry:
    base = Entry(
        body=b"{}",
        media="application/json",
        version=FIRST.version,
        at=ZERO,
        expires=ZERO + 40,
        boundary=math.inf,
        cost=0.0,
        dependencies=(TODAY,),
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def state_at(second: float, *changes: tuple[float, Span]) -> CacheEpoch:
    """The state of that second, after changes at the given seconds."""
    state = FIRST
    for when, span in changes:
        state = advance(state, observed(when, span), keep=1000)
    return advance(state, observed(second), keep=1000) if second else state


@pytest.mark.parametrize(
    ("kept", "state", "second", "verdict"),
    [
        pytest.param(entry(), state_at(0), 0, SERVE, id="just-made"),
        pytest.param(entry(), state_at(35), 36, SERVE, id="unchanged-for-a-while"),
        pytest.param(entry(), state_at(40), 40, ServeAndRefresh(Cause.EXPIRED), id="end-of-life"),
        pytest.param(
            entry(), state_at(59), 59.9, ServeAndRefresh(Cause.EXPIRED), id="last-stale-instant"
        ),
        pytest.param(entry(), state_at(60), 60, Miss(Reason.EXPIRED), id="too-stale"),
        pytest.param(
            entry(),
            state_at(5, (5, TODAY)),
            5.5,
            ServeAndRefresh(Cause.INVALIDATED),
            id="changed-while-the-refresh-runs",
        ),
        pytest.param(
            entry(), state_at(5, (5, TODAY)), 6.1, Miss(Reason.INVALIDATED), id="changed-too-long"
        ),
        pytest.param(
            entry(dependencies=(Span(DependencyTag.LEDGER, 1, 99),)),
            state_at(35, (5, TODAY)),
            36,
            SERVE,
            id="a-closed-period-while-today-changes",
        ),
        pytest.param(
            entry(), state_at(0), 6.1, Miss(Reason.EXPIRED), id="the-state-is-not-advanced"
        ),
        pytest.param(
            entry(boundary=ZERO + 10),
            state_at(9),
            11,
            SERVE,
            id="the-day-turned-after-the-state",
        ),
        pytest.param(
            entry(boundary=ZERO + 10), state_at(10), 11, Miss(Reason.EXPIRED), id="the-day-turned"
        ),
        pytest.param(
            entry(boundary=ZERO + 4),
            state_at(4),
            5,
            ServeAndRefresh(Cause.EXPIRED),
            id="the-day-turned-just-now",
        ),
        pytest.param(
            entry(time_dependent=True),
            state_at(4),
            5,
            ServeAndRefresh(Cause.INVALIDATED),
            id="it-moved",
        ),
        pytest.param(
            entry(expires=ZERO + 500), state_at(121), 121, Miss(Reason.EXPIRED), id="over-the-limit"
        ),
        pytest.param(None, state_at(0), 0, Miss(Reason.FIRST_SEEN), id="never-seen"),
    ],
)
def test_each_age_and_change_has_its_verdict(
    kept: Entry | None, state: CacheEpoch, second: float, verdict: CacheDecision
) -> None:
    """`draw` 0 leaves the early refresh out."""
    assert cache_decision(kept, state, ZERO + second, POLICY) == verdict


@pytest.mark.parametrize(
    ("kept_until", "reason"),
    [(None, Reason.FIRST_SEEN), (10.0, Reason.EVICTED), (9.0, Reason.EXPIRED)],
    ids=["unknown", "dropped-before-its-time", "dropped-in-time"],
)
def test_an_absent_answer_is_told_apart(kept_until: float | None, reason: Reason) -> None:
    """The scaling decision acts on the reason: memory, time to live, or warming."""
    verdict = cache_decision(
        None,
        FIRST,
        ZERO + 9.5,
        POLICY,
        kept_until=None if kept_until is None else ZERO + kept_until,
    )
    assert verdict == Miss(reason)


def test_while_the_database_is_away_whatever_is_fresh_enough_is_served() -> None:
    """And nothing past the freshness limit, even then."""
    changed = state_at(5, (5, TODAY))
    assert cache_decision(entry(), changed, ZERO + 119, POLICY, outage=True) == Serve(stale=True)
    assert cache_decision(entry(), changed, ZERO + 121, POLICY, outage=True) == Miss(Reason.EXPIRED)
    assert may_serve_if_error(entry(), ZERO + 120, POLICY)
    assert not may_serve_if_error(entry(), ZERO + 120.1, POLICY)


SECONDS = st.floats(0, 300, allow_nan=False)
POLICIES = st.builds(
    lambda low, more, stale, limit, live: Policy(
        tuning=CacheTuning(
            ttl_min=low, ttl_max=low + more, stale_while_revalidate=stale, live_interval=live
        ),
        freshness_limit=low + more + stale + limit,
    ),
    st.floats(30, 60),
    st.floats(0, 30),
    st.floats(0, 60),
    st.floats(0, 60),
    st.floats(1, 15),
)


@given(POLICIES, SECONDS, SECONDS, SECONDS, st.booleans(), st.booleans(), st.floats(0, 0.999))
def test_nothing_is_ever_served_past_its_bounds(
    policy: Policy,
    age: float,
    lag: float,
    life: float,
    changed: bool,
    outage: bool,
    draw: float,
) -> None:
    """Neither past the freshness limit, nor, where data changed, past an interval and grace."""
    state = advance(FIRST, observed(age, *([TODAY] if changed else [])), keep=1000)
    now = state.seconds + lag
    kept = entry(expires=ZERO + life, cost=0.1)
    verdict = cache_decision(kept, state, now, policy, draw=draw, outage=outage)
    if isinstance(verdict, Miss):
        return
    assert now - kept.at <= policy.freshness_limit
    if not outage and (changed or lag > policy.tolerance):
        assert isinstance(verdict, ServeAndRefresh)
        assert now - kept.at <= policy.tolerance


@given(POLICIES, st.floats(0, 1, exclude_max=True))
def test_a_life_with_its_stale_time_stays_within_the_freshness_limit(
    policy: Policy, draw: float
) -> None:
    life = lifetime(policy, draw)
    assert policy.tuning.ttl_min - 1e-9 <= life <= policy.tuning.ttl_max
    assert life + policy.tuning.stale_while_revalidate <= policy.freshness_limit + 1e-9


def test_a_tight_freshness_limit_shortens_lives() -> None:
    """Tuning may ask for what does not fit; the promise to readers comes first."""
    tight = dataclasses.replace(POLICY, freshness_limit=45)
    assert lifetime(tight, 0.9) == 25
    assert retention(tight, entry(), ZERO + 40) == 5


@given(st.floats(0, 39.9), st.floats(0, 0.999), st.floats(0.01, 5))
def test_the_fast_path_serves_only_what_would_be_served(
    second: float, draw: float, cost: float
) -> None:
    """Before `fresh_until` no draw below e^-5's complement refreshes, and nothing misses."""
    kept = entry(cost=cost)
    state = state_at(second)
    if not is_current(kept, state):
        return
    until = fresh_until(kept, state, POLICY)
    now = state.seconds
    if now < until and draw < 1 - math.exp(-5):
        assert cache_decision(kept, state, now, POLICY, draw=draw) == SERVE


@pytest.mark.parametrize("changed", [False, True])
def test_a_response_of_before_the_clock_was_set_back_is_made_anew(changed: bool) -> None:
    """It may be of a day that has not begun; the one that follows replaces it."""
    later = advance(FIRST, observed(3600), keep=1000)
    kept = entry(version=later.version, at=later.seconds, expires=later.seconds + 40)
    back = advance(later, observed(5, *([TODAY] if changed else [])), keep=1000)
    assert isinstance(cache_decision(kept, back, back.seconds, POLICY), Miss)
    made = entry(version=back.version, at=back.seconds, expires=back.seconds + 40)
    assert made.is_newer_than(kept)
    assert not kept.is_newer_than(made)
    assert cache_decision(made, back, back.seconds, POLICY) == SERVE


def test_the_early_refresh_becomes_certain_near_the_end() -> None:
    """XFetch: the probability at t seconds before the end is e^(-t / cost)."""
    kept = entry(cost=2.0)
    before_end = 4.0
    now = kept.expires - before_end
    limit = 1 - math.exp(-before_end / 2.0)
    assert not refreshes_early(kept, POLICY, now, limit - 0.001)
    assert refreshes_early(kept, POLICY, now, limit + 0.001)
    never = dataclasses.replace(POLICY, eagerness=0)
    assert not refreshes_early(kept, never, now, 0.999)


ENTRIES = st.builds(
    entry,
    body=st.binary(),
    media=st.text(),
    at=SECONDS,
    boundary=SECONDS | st.just(math.inf),
    time_dependent=st.booleans(),
    cost=SECONDS,
    operation=st.text(),
    as_of_span=st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99)),
    etag=st.text(),
)


@given(ENTRIES)
def test_an_entry_survives_the_way_through_redis(kept: Entry) -> None:
    """Whatever its bytes: also line feeds, also none."""
    assert decode(encode(kept)) == kept


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", b"x\n", b"{}\n", b'{"v":0}\nbody', b"[]\nbody", b"\xff\nbody"],
    ids=["empty", "no-line", "no-json", "no-values", "other-version", "no-object", "no-text"],
)
def test_anything_else_in_redis_is_not_taken_for_an_entry(raw: bytes) -> None:
    assert decode(raw) is None


def test_an_epoch_ends_before_the_live_interval() -> None:
    """What is left is for the request that finds the change, and for making its answer."""
    assert Policy(tuning=CacheTuning(live_interval=10)).epoch_interval == pytest.approx(9)
