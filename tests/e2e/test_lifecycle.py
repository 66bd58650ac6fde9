"""One dashboard through its life, as the people see it who run it and who look at it."""

import json
import time
import urllib.request
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

NAME = "sales"
# What a shared machine of two cores can carry.
SMALL: dict[str, Any] = {
    "environment": "development",
    "api": {"replicas": 1, "resources": {"requests": {"cpu": "50m"}}},
    "workers": {"resources": {"requests": {"cpu": "50m"}}},
    "database": {
        "bundled": {"storage": {"size": "1Gi"}, "resources": {"requests": {"cpu": "100m"}}}
    },
}


def _get(port: int, path: str) -> tuple[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.status, answer.read().decode()


def _query(port: int, query: str) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 -- as above
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard that serves."""
    began = time.monotonic()
    shared.apply(dashboard(SMALL, NAME))
    shared("wait", "--for=condition=Ready", f"adash/{NAME}", "--timeout=5m", timeout=310)
    print(f"apply → Ready: {time.monotonic() - began:.1f} s")  # noqa: T201 -- a figure of interest
    shared.until_settled(NAME)
    return shared


def test_it_serves_its_pages_and_its_api(sales: Kubectl) -> None:
    with sales.forwarded(f"service/{NAME}-api", 80) as port:
        status, page = _get(port, "/")
        assert (status, "<title>" in page) == (200, True)
        answer = _query(port, "{ __typename }")
        assert answer["data"] == {"__typename": "Query"}


def test_the_status_says_how_it_does(sales: Kubectl) -> None:
    found = sales.get("adash", NAME)
    assert found is not None
    status = found["status"]
    assert status["url"] == f"http://{NAME}-api.{sales.namespace}.svc"
    assert status["api"] == {"desired": 1, "ready": 1, "updated": 1}
    assert status["schemaRevision"].isdigit()
    assert status["observedGeneration"] == found["metadata"]["generation"]
    assert sales.condition(NAME, "Degraded")["status"] == "False"
    assert "finalizers" not in found["metadata"]
    line = sales("get", "adash", NAME, "--no-headers").split()
    assert line[:2] == [NAME, "True"]


def test_the_first_token_opens_the_api(sales: Kubectl) -> None:
    token = sales.secret(f"{NAME}-token", "token")
    said = sales("exec", f"deploy/{NAME}-api", "--", "shopx", "token", "list")
    assert "operator" in said
    assert token not in said


@pytest.mark.parametrize(
    "child",
    [
        "service/sales-api",
        "deployment/sales-fold",
        "networkpolicy/sales-default",
        "cronjob/sales-partitions",
        "configmap/sales-database",
        "poddisruptionbudget/sales-api",
        "serviceaccount/sales-api",
        "secret/sales-token",
    ],
)
def test_a_removed_child_is_back_within_30_seconds(sales: Kubectl, child: str) -> None:
    kind, _, name = child.partition("/")
    before = sales.get(kind, name)
    assert before is not None
    sales("delete", child, "--wait=false")

    def back() -> bool:
        found = sales.get(kind, name)
        return found is not None and found["metadata"]["uid"] != before["metadata"]["uid"]

    sales.until(f"{child} is back", back, seconds=30)


def test_an_edited_child_is_put_right_within_30_seconds(sales: Kubectl) -> None:
    sales.patch("service", f"{NAME}-api", {"spec": {"ports": [{"name": "http", "port": 81}]}})

    def right() -> bool:
        found = sales.get("service", f"{NAME}-api")
        return found is not None and [p["port"] for p in found["spec"]["ports"]] == [80]

    sales.until("the port is 80 again", right, seconds=30)


def test_a_restart_of_the_operator_restarts_nothing(sales: Kubectl, cluster: Kubectl) -> None:
    sales.until_settled(NAME)

    def pods() -> set[str]:
        selector = "app.kubernetes.io/name=shopx"
        return {
            pod["metadata"]["uid"]
            for pod in sales.all_of("pods", selector)
            if pod["metadata"]["labels"]["app.kubernetes.io/component"] != "refresh"
        }

    before = pods()
    system = cluster.within("shopx-system")
    system("rollout", "restart", "deployment/shopx-operator")
    system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")
    time.sleep(30)  # long enough for the new one to have looked at everything
    assert pods() == before
    assert sales.condition(NAME)["status"] == "True"
