"""What is switched on a dashboard that serves, the fields that must not all be edited at once."""

import time
from typing import Any

import pytest

from tests.support.edits import NAME, Live
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.traffic import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]


def test_reading_is_closed_and_opened_by_auth(live: Live, port: int) -> None:
    site = Site(f"new-{live.kubectl.namespace}.localhost", port)
    query = {"query": "{ metrics { id } }"}

    def status() -> int:
        return site.request("POST", "/graphql", query).status

    live.kubectl.until("it is served under the new host", lambda: status() == 200)
    live.kubectl.patch("adash", NAME, {"spec": {"auth": {"mode": "token", "public": False}}})
    live.kubectl.until("anonymous readers are refused", lambda: status() == 401)
    token = live.kubectl.secret(f"{NAME}-token", "token")
    assert Site(site.host, port, token).request("POST", "/graphql", query).status == 200


# At most the current number: at their start, pods use more than those of this cluster request.
MODES: tuple[dict[str, Any] | None, ...] = (
    {"mode": "native", "min": 1, "max": 2},
    {"mode": "hpa", "min": 1, "max": 2},
    None,
    {"mode": "hpa", "min": 1, "max": 2},
    {"mode": "native", "min": 1, "max": 2},
    {"mode": "keda", "min": 1, "max": 2},
    None,
)


def test_each_switch_of_scaling_mode_keeps_the_replicas(scaled: Kubectl) -> None:
    """The new mode begins with the current number."""
    for mode in MODES:
        scaled.patch("adash", NAME, {"spec": {"api": {"autoscaling": mode}}})
        wanted = mode is not None and mode["mode"] == "hpa"

        def switched(*, wanted: bool = wanted) -> bool:
            return (scaled.get("hpa", f"{NAME}-api") is not None) == wanted

        # This cluster has no KEDA, so the dashboard is degraded meanwhile.
        scaled.until_condition(NAME, "Available", "True")
        scaled.until(f"{mode} decides", switched)
        found = scaled.get("deployment", f"{NAME}-api")
        assert found is not None
        assert found["spec"]["replicas"] == 2, mode
    scaled.until_settled(NAME)


@pytest.fixture
def scaled(live: Live) -> Kubectl:
    """The dashboard with two API pods."""
    live.kubectl.patch("adash", NAME, {"spec": {"api": {"replicas": 2, "autoscaling": None}}})
    live.kubectl.until_condition(NAME, "Ready", "True")
    return live.kubectl


def test_kubectl_scale_works(live: Live) -> None:
    live.kubectl("scale", "adash", NAME, "--replicas=1")
    live.kubectl.until("one pod is left", lambda: len(live.pods("api")) == 1)


def test_a_new_restarted_at_replaces_every_pod(live: Live) -> None:
    def names() -> set[str]:
        parts = ("api", "workers", "fold", "redis", "database")
        return {pod["metadata"]["uid"] for part in parts for pod in live.pods(part)}

    before = names()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    live.kubectl.patch("adash", NAME, {"spec": {"restartedAt": now}})
    live.kubectl.until("all pods are new", lambda: not names() & before, seconds=180)
    live.kubectl.until_condition(NAME, "Ready", "True")


def test_suspend_stops_everything_and_brings_it_back(live: Live) -> None:
    rows = live.sql("select count(*) > 0 from orders")
    live.kubectl.patch("adash", NAME, {"spec": {"suspend": True}})
    selector = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/name=shopx"

    def running() -> list[str]:
        return [
            pod["metadata"]["name"]
            for pod in live.kubectl.all_of("pods", selector)
            if pod["status"]["phase"] == "Running"
        ]

    live.kubectl.until("no pod runs", lambda: not running(), seconds=120)
    assert live.kubectl.condition(NAME)["reason"] == "Suspended"
    live.kubectl.patch("adash", NAME, {"spec": {"suspend": False}})
    live.kubectl.until_condition(NAME, "Ready", "True")
    assert live.sql("select count(*) > 0 from orders") == rows == "t"


def test_an_unknown_zone_is_told_and_the_dashboard_serves_on(live: Live) -> None:
    """What admission cannot know, a condition says."""
    live.kubectl.patch("adash", NAME, {"spec": {"reporting": {"timezone": "Mars/Olympus"}}})
    condition = live.kubectl.until_condition(NAME, "Degraded", "True")
    assert condition["reason"] == "InvalidSpec"
    assert "Mars/Olympus" in condition["message"]
    assert live.kubectl.condition(NAME, "Available")["status"] == "True"
    live.kubectl.patch("adash", NAME, {"spec": {"reporting": {"timezone": "Europe/Berlin"}}})
    live.kubectl.until_condition(NAME, "Degraded", "False")


def test_parameters_that_postgresql_refuses_replace_nothing(live: Live) -> None:
    uid = (live.kubectl.get("pod", f"{NAME}-database-0") or {})["metadata"]["uid"]
    parameters: dict[str, Any] = {"database": {"bundled": {"parameters": {"work_mem": "32MBB"}}}}
    live.kubectl.patch("adash", NAME, {"spec": parameters})
    condition = live.kubectl.until_condition(NAME, "Degraded", "True", seconds=90)
    assert condition["reason"] == "ParametersRefused"
    assert 'parameter "work_mem": "32MBB"' in condition["message"]
    assert (live.kubectl.get("pod", f"{NAME}-database-0") or {})["metadata"]["uid"] == uid
    parameters["database"]["bundled"]["parameters"]["work_mem"] = None
    live.kubectl.patch("adash", NAME, {"spec": parameters})
    live.kubectl.until_condition(NAME, "Degraded", "False", seconds=60)
    live.kubectl.until_condition(NAME, "Ready", "True", seconds=60)


def test_storage_that_cannot_grow_is_told_and_nothing_else_stops(live: Live) -> None:
    """This cluster's volumes cannot grow: the status says so, and the dashboard serves on.

    What was never carried out is taken back; less than the volume has is refused.
    """
    storage: dict[str, Any] = {"database": {"bundled": {"storage": {"size": "2Gi"}}}}
    live.kubectl.patch("adash", NAME, {"spec": storage})
    condition = live.kubectl.until_condition(NAME, "Degraded", "True", seconds=60)
    assert condition["reason"] == "ApplyFailed"
    assert "PersistentVolumeClaim" in condition["message"]
    assert live.kubectl.condition(NAME, "Available")["status"] == "True"
    storage["database"]["bundled"]["storage"]["size"] = "1Gi"
    live.kubectl.patch("adash", NAME, {"spec": storage})
    live.kubectl.until_condition(NAME, "Degraded", "False", seconds=60)
    storage["database"]["bundled"]["storage"]["size"] = "512Mi"
    with pytest.raises(KubectlError, match="cannot shrink"):
        live.kubectl.patch("adash", NAME, {"spec": storage})
