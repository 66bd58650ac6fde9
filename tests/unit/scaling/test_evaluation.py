"""What is decided, as timelines."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling import (
    Misses,
    ReplicaBounds,
    ScalingBehavior,
    ScalingRule,
    ScalingSpec,
    ScalingTargets,
    evaluate,
)
from tests.unit.scaling.timeline import HEALTHY, Timeline

SLOW = {"p95": 0.45, "p95_hit": 0.01, "p95_miss": 0.6}
INVALIDATED = Misses(first_seen=0.02, expired=0.03, evicted=0.0, invalidated=0.35)


def test_a_healthy_dashboard_is_left_alone() -> None:
    line = Timeline()
    decision = line.sees(600)
    assert decision.rule is ScalingRule.ON_TARGET
    assert decision.changes == ()
    assert (line.api, line.workers, decision.tuning) == (2, 1, CacheTuning())


class TestAppBound:
    """The API itself is what is slow."""

    def test_busy_pods_get_company_at_once(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, cpu=0.95, in_flight=20.0)
        assert (decision.rule, line.api) == (ScalingRule.APP_BOUND, 3)

    def test_concurrency_counts_where_cpu_does_not(self) -> None:
        """Needs ceil(40 / 16) = 3 pods, whatever the latency is a multiple of."""
        line = Timeline()
        line.sees(40, in_flight=40.0, p95=2.0, p95_hit=1.9)
        assert line.api == 3

    def test_a_burst_rules_by_the_panic_window(self) -> None:
        """80 in flight now are five pods' worth, though the stable window still knows calm."""
        line = Timeline()
        line.sees(300)
        line.sees(5, in_flight=80.0, cpu=0.5)
        assert line.api == 5

    def test_growth_is_limited_per_period(self) -> None:
        line = Timeline(
            spec=ScalingSpec(api=ReplicaBounds(min=1, max=40), connection_budget=400), api=1
        )
        line.sees(300)
        line.sees(5, in_flight=600.0, cpu=0.9)
        assert line.api == 5, "four more at most within 15 s"
        line.sees(5, in_flight=600.0, cpu=0.9)
        assert line.api == 5
        line.sees(10, in_flight=600.0, cpu=0.9)
        assert line.api == 10, "then double"

    def test_a_stabilisation_window_delays_growth(self) -> None:
        line = Timeline(spec=ScalingSpec(behavior=ScalingBehavior(up_stabilization=30.0)))
        line.sees(300)
        line.sees(25, cpu=0.95)
        assert line.api == 2
        line.sees(15, cpu=0.95)
        assert line.api == 3

    def test_within_the_tolerance_nothing_moves(self) -> None:
        """CPU of 0.75 asks for 2.14 pods: within a tenth of two."""
        line = Timeline()
        line.sees(120, cpu=0.75, p95=0.1)
        assert line.api == 2

    def test_shrinking_waits_for_the_highest_wish_of_the_window(self) -> None:
        line = Timeline(api=4)
        line.sees(60, cpu=0.6)
        line.sees(290, cpu=0.2)
        assert line.api == 4
        line.sees(60, cpu=0.2)
        assert line.api == 2

    def test_a_peak_inside_the_window_keeps_the_pods(self) -> None:
        line = Timeline(api=4)
        for _ in range(6):
            line.sees(200, cpu=0.2)
            line.sees(30, cpu=0.65)
        assert line.api == 4

    def test_the_most_pods_are_a_bound_and_the_decision_says_so(self) -> None:
        line = Timeline()
        decision = line.sees(300, cpu=1.0, in_flight=500.0)
        assert line.api == 6
        assert decision.limited
        assert "more pods" in [option.action for option in decision.rejected]

    def test_a_step_in_vain_is_taken_back_and_doubles_the_pause(self) -> None:
        line = Timeline()
        line.sees(120)
        line.sees(30, p95=0.5, p95_hit=0.4, in_flight=44.0, cpu=0.4)
        assert line.api == 3
        line.sees(60, p95=0.5, p95_hit=0.4, in_flight=44.0, cpu=0.3)
        assert ScalingRule.REVERTED_IN_VAIN in {d.rule for d in line.past}
        assert line.api == 2
        assert line.state.cooldown_factor == 2.0

    def test_latency_adds_a_pod_only_where_the_database_is_known_to_be_quick(self) -> None:
        """A lock shows in latencies before it shows in samples of the sessions."""
        line = Timeline()
        line.sees(300)
        decision = line.sees(10, p95=1.3, cpu=0.5, query_seconds=None, queries=8.0, db_active=0.2)
        assert line.api == 2
        assert any("not known" in option.reason for option in decision.rejected)
        line.sees(5, p95=0.19, cpu=0.5)
        assert line.api == 3

    def test_what_full_pods_refuse_is_load_too(self) -> None:
        """A full pod uses one pod's CPU, whether it refuses a tenth of the requests or most."""
        line = Timeline(api=1)
        line.sees(300, cpu=0.4)
        decision = line.sees(5, cpu=1.0, refused=0.6, api_reporting=1)
        assert (decision.rule, line.api) == (ScalingRule.APP_BOUND, 4)
        assert "60% refused" in decision.reason

    def test_what_idle_pods_refuse_is_not(self) -> None:
        """They wait for something that more pods would wait for as well."""
        line = Timeline()
        line.sees(300)
        line.sees(60, cpu=0.3, refused=0.9, errors=0.9)
        assert line.api == 2

    def test_refused_load_is_counted_up_to_a_share(self) -> None:
        line = Timeline(api=1, spec=ScalingSpec(api=ReplicaBounds(min=1, max=20)))
        line.sees(300, cpu=0.4)
        line.sees(5, cpu=1.0, refused=1.0, api_reporting=1)
        line.sees(60, cpu=1.0, refused=1.0, api_reporting=1)
        assert line.api == 6

    def test_errors_look_like_less_load_and_take_no_pod(self) -> None:
        line = Timeline(api=4)
        decision = line.sees(900, errors=0.3, cpu=0.05, in_flight=0.5)
        assert (decision.rule, line.api) == (ScalingRule.ERRORS_HIGH, 4)

    def test_pods_of_another_owner_are_left_to_it(self) -> None:
        line = Timeline(spec=ScalingSpec(owns_api=False))
        decision = line.sees(300, cpu=1.0, in_flight=500.0)
        assert line.api == 2
        assert "another autoscaler or the manifest sets them" in {
            r.reason for r in decision.rejected
        }


class TestDatabase:
    """The database is what is slow: more pods would make it worse."""

    def test_slow_queries_add_no_pod_and_are_reported_at_once(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, **SLOW, query_seconds=0.2, db_active=9.0, in_flight=60.0, cpu=0.95)
        assert (decision.rule, decision.bottleneck, line.api) == (
            ScalingRule.DATABASE_BOTTLENECK,
            True,
            2,
        )
        assert "200 ms" in decision.reason
        assert "normal is 8.0 ms" in decision.reason
        line.sees(900, **SLOW, query_seconds=0.2, db_active=9.0, in_flight=60.0, cpu=0.95)
        assert line.api == 2
        assert line.past[-1].tuning.live_interval == 15.0, "it is asked for less instead"

    def test_a_lock_shows_in_backends_before_any_query_has_finished(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(
            5, p95=0.02, p95_hit=0.01, query_seconds=None, queries=0.0, db_active=10.0, cpu=0.0,
            in_flight=300.0,
        )  # fmt: skip
        assert decision.bottleneck
        assert line.api == 2

    def test_many_backends_under_many_queries_are_no_bottleneck(self) -> None:
        """600 queries a second of 8 ms keep 4.8 backends busy: that is Little's law."""
        line = Timeline()
        line.sees(300)
        decision = line.sees(30, queries=600.0, db_active=5.0, cpu=0.9)
        assert not decision.bottleneck
        assert line.api > 2

    def test_it_ends_with_its_cause(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(60, **SLOW, query_seconds=0.2, db_active=9.0)
        assert not line.sees(10).bottleneck

    def test_what_piled_up_comes_through_before_pods_are_added(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(60, **SLOW, query_seconds=0.2, db_active=9.0)
        line.sees(20, cpu=1.0, in_flight=90.0)
        assert line.api == 2
        line.sees(30, cpu=1.0, in_flight=90.0)
        assert line.api > 2

    def test_a_wait_for_the_pool_alone_widens_the_pool(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, pool_wait=0.08, queries=500.0)
        assert (decision.rule, decision.bottleneck) == (ScalingRule.POOL_TOO_SMALL, False)
        assert decision.tuning.pool == 7

    @pytest.mark.parametrize(
        ("figures", "why"),
        [
            ({"loop_lag": 0.05}, "50 ms late"),
            ({"query_seconds": None}, "far fewer queries"),
            ({"queries": 30.0}, "0.2 of 10 connections busy"),
        ],
        ids=["late", "own delay", "idle connections"],
    )
    def test_pods_without_cpu_wait_for_themselves(self, figures: Any, why: str) -> None:
        """A starved machine makes every wait long; wider pools would not make any shorter."""
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, **{"pool_wait": 0.08, "queries": 500.0} | figures)
        assert decision.rule is not ScalingRule.POOL_TOO_SMALL
        assert decision.tuning.pool == 5
        (refused,) = [one for one in decision.rejected if one.action == "enlarge the pools"]
        assert why in refused.reason

    def test_used_up_connections_are_a_bottleneck_and_widen_nothing(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, pool_wait=0.08, db_connections=46.0)
        assert decision.bottleneck
        assert decision.tuning.pool == 5

    def test_milliseconds_more_are_not_what_makes_answers_slow(self) -> None:
        """Starved pods measure a query of 2 ms as one of 5: that must not keep pods away."""
        line = Timeline()
        line.sees(300, query_seconds=0.002)
        decision = line.sees(5, p95=0.9, cpu=1.0, in_flight=60.0, query_seconds=0.005)
        assert not decision.bottleneck
        assert decision.api > 2

    def test_without_a_baseline_half_the_target_in_the_database_is_too_much(self) -> None:
        line = Timeline()
        decision = line.sees(5, **SLOW, query_seconds=0.15)
        assert decision.bottleneck


class TestCache:
    """The cache is what could do better."""

    @pytest.mark.parametrize(
        ("misses", "knob", "value"),
        [
            (INVALIDATED, "live_interval", 15.0),
            (Misses(expired=0.3), "stale_while_revalidate", 60.0),
            (Misses(first_seen=0.3), "warm", 10),
        ],
        ids=["invalidated", "expired", "first seen"],
    )
    def test_misses_tune_the_knob_of_their_reason_and_add_no_pod(
        self, misses: Misses, knob: str, value: float
    ) -> None:
        line = Timeline(spec=ScalingSpec(configured=CacheTuning(warm=0)))
        line.sees(300)
        decision = line.sees(5, **SLOW, hit_ratio=0.66, misses=misses, cpu=0.6)
        assert (decision.rule, line.api) == (ScalingRule.MISS_BOUND, 2)
        assert getattr(decision.tuning, knob) == value

    def test_where_nothing_hits_the_misses_are_what_is_slow(self) -> None:
        line = Timeline(spec=ScalingSpec(configured=CacheTuning(warm=0)))
        nothing_hits = {"hit_ratio": 0.0, "p95_hit": None, "misses": INVALIDATED}
        line.sees(300, **nothing_hits)
        decision = line.sees(5, **SLOW | nothing_hits, cpu=0.3)
        assert (decision.rule, line.api) == (ScalingRule.MISS_BOUND, 2)
        assert decision.tuning.live_interval == 15.0

    def test_hits_whose_time_is_not_known_are_not_called_slow(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, **SLOW | {"p95_hit": None}, hit_ratio=0.7, misses=INVALIDATED)
        assert "how long hits and misses take is not known" in {r.reason for r in decision.rejected}
        assert decision.tuning == CacheTuning()

    def test_evictions_ask_for_memory(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, **SLOW, hit_ratio=0.7, misses=Misses(evicted=0.3), cpu=0.4)
        assert "Redis evicts: it needs more memory" in {r.reason for r in decision.rejected}

    def test_misses_below_the_latency_target_are_nobodys_trouble(self) -> None:
        line = Timeline()
        line.sees(300, hit_ratio=0.7, misses=INVALIDATED)
        assert line.past[-1].tuning == CacheTuning()

    def test_tuning_rests_between_two_changes(self) -> None:
        line = Timeline()
        line.sees(300)
        turned = [
            line.now
            for d in line.each(60, **SLOW, hit_ratio=0.66, misses=INVALIDATED, cpu=0.6)
            if any(c.what in {"live_interval", "warm"} for c in d.changes)
        ]
        assert len(turned) > 2
        assert all(later - sooner >= 10.0 for sooner, later in pairwise(turned))

    def test_when_no_knob_is_left_pods_may_come(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(120, **SLOW, hit_ratio=0.66, misses=INVALIDATED, cpu=0.85)
        assert line.api > 2

    def test_tuning_goes_back_step_by_step_when_all_has_been_well(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(5, **SLOW, hit_ratio=0.66, misses=INVALIDATED, cpu=0.6)
        line.sees(235)
        assert line.past[-1].tuning.live_interval == 15.0
        line.sees(600)
        assert line.past[-1].tuning == CacheTuning()

    def test_nothing_ever_outlives_the_freshness_limit(self) -> None:
        line = Timeline(spec=ScalingSpec(freshness_limit=70.0))
        for decision in line.each(600, **SLOW, hit_ratio=0.5, misses=Misses(expired=0.4)):
            tuning = decision.tuning
            assert tuning.ttl_max + tuning.stale_while_revalidate <= 70.0
            assert tuning.live_interval <= 15.0

    def test_a_cold_cache_limits_misses_and_adds_no_pod(self) -> None:
        line = Timeline()
        line.sees(300)
        decision = line.sees(5, hit_ratio=0.3, p95=0.6, cpu=0.95, in_flight=40.0)
        assert (decision.rule, line.api) == (ScalingRule.COLD_CACHE, 2)
        assert decision.tuning.misses == 4
        assert line.sees(10).tuning.misses == 8, "and lets go when it is warm"

    def test_what_does_not_fill_is_no_cold_cache(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(90, hit_ratio=0.3, p95=0.6, p95_hit=0.5, cpu=0.95, in_flight=40.0)
        assert line.api > 2


class TestWorkers:
    """Workers follow queued and active jobs."""

    def test_reserved_jobs_count(self) -> None:
        line = Timeline()
        line.sees(5, queued=1.0, active=2.0)
        assert line.workers == 2

    def test_down_to_nothing_where_the_minimum_is_none(self) -> None:
        line = Timeline(spec=ScalingSpec(workers=ReplicaBounds(min=0, max=2)))
        line.sees(300, queued=0.0, active=0.0)
        assert line.workers == 0
        line.sees(5, queued=3.0, active=0.0)
        assert line.workers == 2

    def test_unknown_queues_change_nothing(self) -> None:
        line = Timeline(workers=2)
        line.sees(600, queued=None, active=math.nan)
        assert line.workers == 2

    def test_a_saturated_database_gets_no_more_jobs(self) -> None:
        line = Timeline()
        line.sees(300)
        line.sees(60, **SLOW, query_seconds=0.2, db_active=9.0, queued=50.0)
        assert line.workers == 1


class TestBlind:
    """Figures that cannot be believed prove no need, least of all for less."""

    @pytest.mark.parametrize(
        "figures",
        [
            {"at": None},
            {"at": 0.0},
            {"at": 1e12},
            {"cpu": math.nan},
            {"cpu": None},
            {"cpu": 1e9},
            {"in_flight": -1.0},
            {"in_flight": math.inf},
            {"rps": -9.2e15},
        ],
        ids=str,
    )
    def test_broken_figures_hold(self, figures: dict[str, float | None]) -> None:
        line = Timeline(api=5)
        line.sees(30, cpu=0.6)
        decision = line.sees(900, **figures)
        assert (decision.rule, line.api, line.workers) == (ScalingRule.DATA_GATE, 5, 1)
        assert decision.data_missing, "it is reported after three in a row"

    def test_a_source_that_repeats_itself_is_stuck(self) -> None:
        line = Timeline(api=5)
        line.sees(30)
        stuck = replace(HEALTHY, api_replicas=5, api_ready=5, api_reporting=5, cpu=0.01)
        for _ in range(200):
            line.now += 5.0
            decision, line.state = evaluate(
                replace(stuck, at=line.now), line.spec, line.state, line.now
            )
        assert (decision.rule, decision.api) == (ScalingRule.DATA_GATE, 5)

    def test_the_first_figures_after_a_blackout_take_nothing_away(self) -> None:
        line = Timeline(api=5)
        line.sees(60, cpu=0.6)
        line.sees(600, cpu=None)
        line.sees(200, cpu=0.1)
        assert line.api == 5

    def test_an_operator_without_memory_takes_nothing_away_at_once(self) -> None:
        line = Timeline(api=5)
        line.sees(290, cpu=0.1)
        assert line.api == 5

    def test_pods_that_do_not_report_keep_all_pods(self) -> None:
        line = Timeline(api=5)
        line.sees(900, cpu=0.1, api_reporting=3)
        assert line.api == 5

    def test_too_few_requests_say_nothing_about_latency_but_let_pods_go(self) -> None:
        line = Timeline(api=5)
        line.sees(1200, samples=20.0, p95=9.0, cpu=0.01, in_flight=0.1)
        assert line.api == 2


class TestLimits:
    """Bounds, budget and pace."""

    def test_the_connection_budget_is_a_hard_cap(self) -> None:
        spec = ScalingSpec(api=ReplicaBounds(min=2, max=50), connection_budget=31)
        line = Timeline(spec=spec)
        line.sees(600, cpu=1.0, in_flight=900.0)
        assert line.api == 4, "4 * 5 + 1 * 2 + 6 reserved <= 31"

    def test_a_spec_that_cannot_be_kept_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"raise the connection budget"):
            ScalingSpec(api=ReplicaBounds(min=50, max=60), connection_budget=50)

    def test_no_more_than_two_reversals_in_ten_minutes(self) -> None:
        spec = ScalingSpec(
            behavior=ScalingBehavior(down_stabilization=0.0), targets=ScalingTargets()
        )
        line = Timeline(spec=spec)
        counts = [line.api]
        for turn in range(120):
            line.sees(20, cpu=0.95 if turn % 2 else 0.05, in_flight=20.0 if turn % 2 else 0.0)
            counts.append(line.api)
        steps = [(at, b > a) for at, (a, b) in enumerate(pairwise(counts)) if a != b]
        reversals = [at for (_, was), (at, now) in pairwise(steps) if was != now]
        assert all(sum(0 <= t - start < 30 for t in reversals) <= 2 for start in reversals)

    def test_bounds_that_moved_are_kept_at_once(self) -> None:
        line = Timeline(spec=ScalingSpec(api=ReplicaBounds(min=3, max=4)))
        line.sees(5)
        assert line.api == 3
