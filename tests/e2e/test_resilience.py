"""What breaks while people look: they do not notice, or only that it is slower."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import light
from tests.support.northwind import REVENUE, load, needs_northwind
from tests.support.traffic import Load, Site, visitors

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), needs_northwind]

NAME = "sales"
MAPPING = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "northwind.yaml"
# An ingress tries a read again when the pod that it chose is gone.
RETRIES = {
    "projectcontour.io/retry-on": "connect-failure,reset,gateway-error",
    "projectcontour.io/num-retries": "2",
}


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard with two API pods and Northwind, imported through `kubectl exec`."""
    host = f"{shared.namespace}.localhost"
    spec = light(host, api={"replicas": 2}, ingress={"annotations": RETRIES})
    shared.apply(dashboard(spec, NAME))
    shared.until_settled(NAME, seconds=240)
    load(shared, NAME)
    into = ("exec", "-i", f"deploy/{NAME}-api", "--", "sh", "-c")
    source = f"postgresql://reader:reads-only@{NAME}-database/northwind"
    command = f"cat > /tmp/northwind.yaml && shopx import /tmp/northwind.yaml --source {source}"
    shared(*into, command, stdin=MAPPING.read_text())
    return shared


def _pods(kubectl: Kubectl, component: str) -> dict[str, str]:
    """The names of a component's pods that stay, with whether they are ready."""
    selector = f"app.kubernetes.io/name=shopx,app.kubernetes.io/component={component}"
    return {
        pod["metadata"]["name"]: next(
            (
                one["status"]
                for one in pod["status"].get("conditions", ())
                if one["type"] == "Ready"
            ),
            "False",
        )
        for pod in kubectl.all_of("pods", selector)
        if not pod["metadata"].get("deletionTimestamp")
    }


def _until_answered(load: Load, more: int) -> None:
    """Wait until visitors got this many more answers."""
    until = time.monotonic() + 120
    wanted = load.answered + more
    while load.answered < wanted:
        assert time.monotonic() < until, f"only {load}"
        time.sleep(0.05)


def test_what_was_imported_by_exec_is_shown(site: Site) -> None:
    assert site.revenue("1996-07-04", "1998-05-06", fresh=True).startswith(REVENUE[:10])


@pytest.mark.parametrize("how", ["terminated", "killed"])
@pytest.mark.parametrize("component", ["api", "workers", "fold", "redis"])
def test_a_killed_pod_fails_no_read(sales: Kubectl, site: Site, component: str, how: str) -> None:
    before = _pods(sales, component)
    victim = next(iter(before))
    force = ["--grace-period=0", "--force"] if how == "killed" else []
    with visitors(site) as load:
        _until_answered(load, 20)
        sales("delete", "pod", victim, "--wait=false", *force)

        def replaced() -> bool:
            now = _pods(sales, component)
            return victim not in now and list(now.values()) == ["True"] * len(before)

        sales.until(f"another {component} pod is ready", replaced, seconds=90)
        _until_answered(load, 40)
    assert load.failures == []


def test_a_killed_operator_fails_no_read(sales: Kubectl, site: Site, system: Kubectl) -> None:
    with visitors(site) as load:
        _until_answered(load, 20)
        system("delete", "pod", "-l", OPERATOR, "--grace-period=0", "--force", "--wait=false")
        system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")
        _until_answered(load, 40)
    assert load.failures == []
    sales.until_settled(NAME)


OPERATOR = "app.kubernetes.io/name=shopx-operator"


def test_without_redis_it_is_slower_and_right(sales: Kubectl, site: Site) -> None:
    with visitors(site) as load:
        _until_answered(load, 20)
        sales.patch("adash", NAME, {"spec": {"images": {"redis": "localhost/there-is-none:1"}}})
        condition = sales.until_condition(NAME, "CacheReady", "False", seconds=60)
        assert "slower" in condition["message"]
        _until_answered(load, 50)
        assert site.revenue("1996-07-04", "1998-05-06").startswith(REVENUE[:10])
        assert sales.condition(NAME, "Available")["status"] == "True"
        sales.patch("adash", NAME, {"spec": {"images": {"redis": None}}})
        sales.until_condition(NAME, "CacheReady", "True", seconds=150)
        _until_answered(load, 40)
    assert load.failures == []
    sales.until_settled(NAME)


def test_a_restarted_database_is_found_again(
    sales: Kubectl, site: Site, measured: Callable[[str], None]
) -> None:
    """What is cached is served meanwhile; everything else answers again by itself."""
    before = _pods(sales, "api")
    with visitors(site, fresh_share=0) as load:
        # Each pod is to have all twelve answers in memory: Redis may reply late on a busy machine.
        _until_answered(load, 400)
        began = time.monotonic()
        sales("delete", "pod", f"{NAME}-database-0", "--wait=false")

        def answers() -> bool:
            try:
                return site.revenue("1996-07-04", "1998-05-06", fresh=True) != ""
            except (OSError, AssertionError):
                return False

        sales.until("it is down", lambda: not answers(), seconds=60, interval=0.1)
        sales.until("it answers from the database", answers, seconds=120)
        measured(f"database restarted → fresh answers: {time.monotonic() - began:.1f} s")
        _until_answered(load, 40)
    assert load.failures == []
    sales.until_condition(NAME, "DatabaseReady", "True")
    assert _pods(sales, "api").keys() == before.keys(), "the pods outlived it"


def test_when_the_leader_is_killed_the_other_acts_and_never_both(
    sales: Kubectl, system: Kubectl, measured: Callable[[str], None]
) -> None:
    system("scale", "deployment/shopx-operator", "--replicas=2")
    system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")
    try:
        lease = system.get("lease", "shopx-operator")
        assert lease is not None
        leader = lease["spec"]["holderIdentity"]
        pods = system("get", "pods", "-l", OPERATOR, "-o", "name").split()
        (other,) = [pod for pod in pods if pod != f"pod/{leader}"]
        assert _changes(system, other) == [], "only the leader acts"
        uid = (sales.get("service", f"{NAME}-api") or {})["metadata"]["uid"]
        began = time.monotonic()
        system("delete", f"pod/{leader}", "--grace-period=0", "--force", "--wait=false")
        sales("delete", "service", f"{NAME}-api", "--wait=false")

        def back() -> bool:
            found = sales.get("service", f"{NAME}-api")
            return found is not None and found["metadata"]["uid"] != uid

        sales.until("the service is back", back, seconds=20)
        measured(f"leader killed → the other repairs: {time.monotonic() - began:.1f} s")
    finally:
        system("scale", "deployment/shopx-operator", "--replicas=1")
        system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")


def _changes(system: Kubectl, pod: str) -> list[str]:
    """What an operator says that it changed."""
    lines = [json.loads(line) for line in system("logs", pod).splitlines() if line.startswith("{")]
    return [line["child"] for line in lines if line.get("event") == "child_changed"]
