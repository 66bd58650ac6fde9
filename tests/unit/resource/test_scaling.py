"""What a manifest lets scaling do."""

from typing import Any

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.scaling import MAX_WARM, api_cores, max_pool, scaling_from_spec
from shopx_core.resource.v1beta1 import DashboardSpec
from tests.support.dashboards import CASES, dashboard


def spec(**groups: Any) -> DashboardSpec:
    return DashboardSpec.model_validate(groups)


NATIVE = {"autoscaling": {"min": 2, "max": 5}}


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.refused is None], ids=lambda case: case.id
)
def test_every_manifest_that_is_taken_can_be_scaled(case: Any) -> None:
    """Its bounds and its connection budget fit together."""
    made = scaling_from_spec(parse_dashboard(dashboard(case.spec, case.name)).spec)
    assert made.api.min <= made.api.max
    assert made.configured.pool <= made.ceiling.pool


def test_a_refused_manifest_never_gets_here() -> None:
    with pytest.raises(InvalidConfiguration):
        parse_dashboard(dashboard({"api": {"autoscaling": {"min": 5, "max": 2}}}))


@pytest.mark.parametrize(
    ("api", "arguments", "owns"),
    [
        (NATIVE, {}, True),
        (NATIVE, {"api_owned": True}, False),
        ({"autoscaling": {"mode": "hpa"}}, {}, False),
        ({"autoscaling": {"mode": "keda"}}, {}, False),
        ({"replicas": 3}, {}, False),
    ],
    ids=["native", "external", "hpa", "keda", "fixed"],
)
def test_who_sets_the_api_pods(api: Any, arguments: Any, owns: bool) -> None:
    assert scaling_from_spec(spec(api=api), **arguments).owns_api is owns


def test_workers_scale_only_when_asked_to() -> None:
    assert not scaling_from_spec(spec()).owns_workers
    asked = spec(workers={"autoscaling": {"min": 0}})
    assert scaling_from_spec(asked).owns_workers
    assert scaling_from_spec(asked).workers.min == 0
    assert not scaling_from_spec(asked, workers_owned=True).owns_workers


def test_without_autoscaling_no_knob_has_anywhere_to_go() -> None:
    """Without autoscaling, answers do not get older."""
    made = scaling_from_spec(spec(cache={"liveInterval": "2s"}))
    assert made.ceiling.live_interval == made.configured.live_interval == 2
    assert made.ceiling.ttl_max == made.configured.ttl_max
    assert made.freshness_limit == made.configured.ttl_max + made.configured.stale_while_revalidate
    assert made.ceiling.warm == made.configured.warm
    assert made.ceiling.pool == made.configured.pool


def test_with_it_they_have() -> None:
    made = scaling_from_spec(spec(api=NATIVE, cache={"liveInterval": "2s"}))
    assert (made.ceiling.live_interval, made.ceiling.warm) == (15, MAX_WARM)
    assert made.freshness_limit == 120
    assert made.ceiling.pool == 4 * made.configured.pool


def test_targets_are_read_in_their_units() -> None:
    asked = {"p95Latency": "300ms", "hitRatio": 90, "inFlight": 8, "cpu": 60}
    made = scaling_from_spec(spec(api={"autoscaling": {"targets": asked}}))
    targets = made.targets
    assert (targets.p95, targets.hit_ratio, targets.in_flight, targets.cpu) == (0.3, 0.9, 8, 0.6)


def test_one_pod_more_while_others_are_replaced_is_within_the_budget() -> None:
    made = scaling_from_spec(spec(api=NATIVE, columns={"enabled": False}))
    assert made.free_connections + made.configured.pool == made.connection_budget - 6


def test_the_columnar_replicas_connections_are_no_api_pods() -> None:
    """Two of each of five pods and of the one that is being replaced, and one of the builder."""
    without = scaling_from_spec(spec(api=NATIVE, columns={"enabled": False}))
    assert scaling_from_spec(spec(api=NATIVE)).free_connections == without.free_connections - 13


def test_slow_figures_are_decided_on_slowly() -> None:
    made = scaling_from_spec(spec(api=NATIVE), interval=60)
    assert (made.thresholds.interval, made.thresholds.stale_after) == (60, 180)
    assert scaling_from_spec(spec(api=NATIVE)).thresholds.stale_after == 30


@pytest.mark.parametrize(
    ("resources", "cores"),
    [
        ({}, 0.1),
        ({"requests": {"cpu": "250m"}}, 0.25),
        ({"limits": {"cpu": "50m"}}, 0.05),
        ({"limits": {"cpu": "2"}}, 0.1),
    ],
    ids=["size", "asked", "low-limit", "high-limit"],
)
def test_a_pods_cpu_is_what_its_template_asks_for(resources: Any, cores: float) -> None:
    assert api_cores(spec(api={"resources": resources})) == cores


def test_processes_are_told_how_wide_their_pool_may_become() -> None:
    facts = Placement(dsn="postgresql://h/d")
    assert settings_from_spec(spec(), facts).database.pool_max is None
    asked = spec(api=NATIVE)
    assert settings_from_spec(asked, facts).database.pool_max == max_pool(asked) == 20
