"""What scaling says: status, conditions, events, and what it asks a Prometheus."""

from dataclasses import replace
from typing import Any

import pytest

from shopx_core.resource.v1beta1.status import DashboardStatus
from shopx_core.scaling import (
    Change,
    Controller,
    Decision,
    PersistedState,
    ScalingSpec,
    ScalingState,
    evaluate,
    tuning_overrides,
)
from shopx_core.scaling.measurement import ReplicaCounts, Windows
from shopx_operator.autoscaling.notifications import (
    PUBLISH_SECONDS,
    decision_counts,
    published_decision,
)
from shopx_operator.autoscaling.prometheus import assembled, expressions, rows
from shopx_operator.autoscaling.scrape_targets import targets
from shopx_operator.status.scaling_decision import action, figure, scaling_status
from tests.support.cluster import Cluster
from tests.support.rendering import children
from tests.unit.scaling.timeline import HEALTHY

KEDA = {"api": {"autoscaling": {"mode": "keda", "min": 2, "max": 5}}}


def decision(**figures_: Any) -> Decision:
    seen = replace(HEALTHY, at=1_000_000.0, **figures_)
    return evaluate(seen, ScalingSpec(), ScalingState(), 1_000_000.0)[0]


BUSY = decision(p95=0.5, cpu=0.95)
SATURATED = replace(decision(), bottleneck=True, reason="a query takes 900 ms, normal is 8 ms")
BLIND = replace(decision(), data_missing=True, reason="no figures were gathered")
LIMITED = replace(decision(), limited=True)


class TestStatus:
    """What `kubectl get adash -o yaml` shows of a decision."""

    def test_it_is_what_the_schema_takes(self) -> None:
        made = DashboardStatus.model_validate(scaling_status(BUSY))
        assert made.last_decision is not None
        assert made.last_decision.reason == "AppBound"
        assert made.last_decision.action == "api 2 → 3"
        assert made.last_decision.inputs["cpu"] == "0.95"
        assert made.last_decision.next_time == "1970-01-12T13:46:45Z"
        assert made.cache.hit_ratio == "0.85"
        assert made.latency.p95_hit_milliseconds == "4"

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0.0, "0"), (-0.0, "0"), (1e-9, "0"), (0.85, "0.85"), (12345678.5, "12345678.5")],
    )
    def test_a_figure_is_plain(self, value: float, text: str) -> None:
        assert figure(value) == text

    def test_a_decision_to_do_nothing_is_told_as_well(self) -> None:
        assert action(decision()) == "hold"

    @pytest.mark.parametrize(
        ("made", "bottleneck", "limited"),
        [
            (None, ("Unknown", "NotMeasured"), ("Unknown", "NotMeasured")),
            (decision(), ("False", "AsExpected"), ("False", "AsExpected")),
            (SATURATED, ("True", "DatabaseSaturated"), ("False", "AsExpected")),
            (LIMITED, ("False", "AsExpected"), ("True", "BoundsReached")),
            (BLIND, ("Unknown", "Blind"), ("Unknown", "Blind")),
        ],
        ids=["none", "fine", "saturated", "limited", "blind"],
    )
    def test_conditions(
        self, made: Decision | None, bottleneck: tuple[str, str], limited: tuple[str, str]
    ) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.scaled = made
        cluster.status = {}
        cluster.reconcile()
        assert cluster.condition("DatabaseBottleneck") == bottleneck
        assert cluster.condition("ScalingLimited") == limited

    def test_the_bottleneck_is_told_with_its_figures(self) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.scaled = SATURATED
        cluster.reconcile()
        assert "900 ms, normal is 8 ms" in cluster.message("DatabaseBottleneck")

    def test_what_the_last_operator_found_stands_until_the_new_one_has_looked(self) -> None:
        cluster = Cluster()
        cluster.running()
        cluster.scaled = SATURATED
        cluster.reconcile()
        before = dict(cluster.status)
        cluster.scaled = None
        cluster.pass_(hours=1)
        cluster.reconcile()
        assert cluster.status == before
        cluster.reconcile({"suspend": True})
        assert cluster.condition("DatabaseBottleneck") == ("Unknown", "NotMeasured")
        assert "lastDecision" not in cluster.status

    def test_figures_are_told_once_a_minute_and_conditions_at_once(self) -> None:
        first = published_decision(None, decision(), 0.0)
        assert published_decision(first, BUSY, PUBLISH_SECONDS - 1) is first
        assert published_decision(first, BUSY, PUBLISH_SECONDS).decision is BUSY
        assert published_decision(first, SATURATED, 1.0).decision is SATURATED


def test_decisions_are_counted_by_what_was_done() -> None:
    assert decision_counts(decision()) == [("hold", decision().rule)]
    many = replace(
        BUSY, changes=(Change("api", 2, 3), Change("workers", 2, 1), Change("pool", 5, 7))
    )
    assert [name for name, _ in decision_counts(many)] == ["add_api", "remove_workers", "tune_pool"]


class TestOthersAutoscalers:
    """What is rendered for those who scale instead."""

    def test_a_scaled_object_where_keda_is(self) -> None:
        made = children(KEDA)["ScaledObject", "sales-api"]["spec"]
        assert (made["minReplicaCount"], made["maxReplicaCount"]) == (2, 5)
        assert [one["type"] for one in made["triggers"]] == ["cpu"]
        assert ("ScaledObject", "sales-api") not in children(KEDA, kinds=frozenset())

    def test_it_waits_while_the_dashboard_is_suspended(self) -> None:
        """KEDA would bring back the pods; an HPA leaves a number of 0 alone."""
        suspended = children(KEDA | {"suspend": True})["ScaledObject", "sales-api"]
        assert suspended["metadata"]["annotations"] == {"autoscaling.keda.sh/paused": "true"}
        assert "annotations" not in children(KEDA)["ScaledObject", "sales-api"]["metadata"]

    def test_with_a_prometheus_it_follows_the_requests_in_work(self) -> None:
        spec = KEDA | {"monitoring": {"prometheusUrl": "http://prometheus:9090"}}
        _, trigger = children(spec)["ScaledObject", "sales-api"]["spec"]["triggers"]
        assert trigger["metadata"]["serverAddress"] == "http://prometheus:9090"
        assert trigger["metadata"]["threshold"] == "16"
        assert trigger["metricType"] == "AverageValue"

    def test_without_keda_it_is_told_and_nothing_stops(self) -> None:
        cluster = Cluster()
        cluster.running(KEDA, kinds=frozenset())
        assert cluster.condition("Available") == ("True", "Serving")
        assert cluster.condition("Ready") == ("False", "KedaMissing")
        assert cluster.condition("Degraded") == ("True", "KedaMissing")

    def test_an_hpa_gets_the_custom_metric_where_somebody_serves_it(self) -> None:
        spec = {"api": {"autoscaling": {"mode": "hpa"}}}
        plain = children(spec)["HorizontalPodAutoscaler", "sales-api"]["spec"]["metrics"]
        assert [one["type"] for one in plain] == ["Resource"]
        served = frozenset({"InFlight.custom.metrics.k8s.io"})
        both = children(spec, kinds=served)["HorizontalPodAutoscaler", "sales-api"]["spec"]
        assert [one["type"] for one in both["metrics"]] == ["Resource", "Pods"]


def _pod(name: str, component: str, **status_: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"app.kubernetes.io/component": component}},
        "status": {"phase": "Running", "podIP": "10.0.0.1"} | status_,
    }


def test_only_pods_that_run_are_asked() -> None:
    leaving = _pod("leaving", "api")
    leaving["metadata"]["deletionTimestamp"] = "2026-11-23T10:00:00Z"
    found = targets(
        [
            _pod("api", "api", containerStatuses=[{"started": True}]),
            _pod("six", "api", podIP="fd00::1"),
            _pod("fold", "fold"),
            _pod("exporter", "queue-exporter"),
            _pod("columns", "columns"),
            _pod("pending", "api", phase="Pending"),
            _pod("starting", "api", containerStatuses=[{"started": False}]),
            _pod("nowhere", "api", podIP=None),
            _pod("database", "database"),
            leaving,
        ]
    )
    assert [(one.name, one.url, one.serves) for one in found] == [
        ("api", "http://10.0.0.1:9100/metrics?by=cache", True),
        ("six", "http://[fd00::1]:9100/metrics?by=cache", True),
        ("fold", "http://10.0.0.1:9100/metrics", False),
        ("exporter", "http://10.0.0.1:9100/metrics", False),
        ("columns", "http://10.0.0.1:9100/metrics", False),
    ]


class TestPrometheus:
    """Reading from a Prometheus what the pods themselves would show."""

    def test_a_pod_that_two_jobs_scrape_counts_once(self) -> None:
        series = "shopx_http_requests_total"
        found = {
            series: [
                ({"pod": "a", "job": job, "cache": "miss", "status": "200"}, 5.0)
                for job in ("one", "two")
            ]
        }
        times = [({"pod": "a", "job": job}, at) for job, at in (("two", 9.0), ("one", 8.0))]
        made = assembled(found, times)
        assert made["a"].at == 8.0
        assert made["a"].counters == {"requests/miss": 5.0}

    def test_every_series_that_is_read_is_asked_for_by_pod(self) -> None:
        asked = expressions('namespace="shop"')
        assert (
            asked["shopx_http_requests_total"]
            == 'sum by (pod, job, cache, status) (shopx_http_requests_total{namespace="shop"})'
        )
        assert asked["shopx_jobs_oldest_age_seconds"].startswith("max by (pod, job, queue)")
        assert all("by (pod, job" in text for text in asked.values())

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": "error", "error": "too many samples"},
            {"status": "success"},
            [],
            {"status": "success", "data": {"result": [{"metric": {}, "value": [1, "x"]}]}},
        ],
        ids=["refused", "no-data", "no-object", "no-number"],
    )
    def test_what_is_no_answer_is_told(self, answer: Any) -> None:
        with pytest.raises(ValueError, match=r"."):
            rows(answer)


class TestMemory:
    """What is kept between two operators."""

    def test_it_survives_as_bytes(self) -> None:
        course = Controller()
        counts = ReplicaCounts(
            api_replicas=2, api_ready=2, worker_replicas=1, worker_ready=1, cores=1
        )
        for tick in range(60):
            course.commit(course.step(ScalingSpec(), counts, 1000.0 + 5 * tick, Windows()))
        memory = course.persisted
        assert PersistedState.from_bytes(memory.to_bytes()) == memory
        assert len(memory.records) < 5, "the same again is not worth a record"
        assert len(memory.to_bytes()) < 10_000

    @pytest.mark.parametrize("data", [b"", b"not packed", PersistedState().to_bytes()[:-3]])
    def test_what_is_damaged_says_so(self, data: bytes) -> None:
        with pytest.raises(ValueError, match="damaged"):
            PersistedState.from_bytes(data)

    def test_tuning_as_configured_is_not_written_at_all(self) -> None:
        base = ScalingSpec().configured
        assert tuning_overrides(base, base) == {}
        assert tuning_overrides(base, replace(base, live_interval=15.0))["live_interval"] == "15"
