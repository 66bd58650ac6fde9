"""A dashboard that goes: what goes with it, what stays, and how it comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import Kubectl
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

KINDS = (
    "adash,configmaps,secrets,serviceaccounts,services,deployments,statefulsets,pods,cronjobs,jobs,"
    "ingresses,networkpolicies,poddisruptionbudgets,persistentvolumeclaims"
)


def _left(kubectl: Kubectl, name: str) -> set[str]:
    """What is there of a dashboard, as kind and name."""
    found = kubectl("get", KINDS, "-l", f"app.kubernetes.io/instance={name}", "-o", "name").split()
    return {one.replace(".apps", "").replace(".batch", "") for one in found}


def _until_left(kubectl: Kubectl, name: str, what: set[str]) -> None:
    kubectl.until(f"only {what or 'nothing'} is left", lambda: _left(kubectl, name) == what)


def _sql(kubectl: Kubectl, name: str, command: str) -> str:
    psql = ("psql", "-h", "/var/run/shopx", "-U", "postgres", "-d", "shopx", "-Atc", command)
    return kubectl("exec", f"{name}-database-0", "--", *psql).strip()


def test_retained_data_are_found_again(kubectl: Kubectl, tmp_path: Path) -> None:
    """With the commands of the page, which leave the data, and then remove them too."""
    kubectl.apply(dashboard(light(), "sales"))
    kubectl.until_settled("sales", seconds=240)
    _sql(kubectl, "sales", "insert into sources (name) values ('before it was removed')")
    password = kubectl.secret("sales-database", "password")
    kept = {"persistentvolumeclaim/sales-database", "secret/sales-database"}
    follow(kubectl, "operations.md", "remove", tmp_path)
    _until_left(kubectl, "sales", kept)

    kubectl.apply(dashboard(light(), "sales"))
    kubectl.until_settled("sales", seconds=240)
    assert _sql(kubectl, "sales", "select name from sources") == "before it was removed"
    assert kubectl.secret("sales-database", "password") == password

    follow(kubectl, "operations.md", "remove", tmp_path)
    _until_left(kubectl, "sales", kept)
    follow(kubectl, "operations.md", "remove-data", tmp_path)
    _until_left(kubectl, "sales", set())


def test_the_policy_may_change_while_it_runs(kubectl: Kubectl) -> None:
    """Then everything goes with the dashboard."""
    kubectl.apply(dashboard(light(), "gone"))
    kubectl.until_settled("gone", seconds=240)
    kubectl.patch("adash", "gone", {"spec": {"deletionPolicy": "Delete"}})

    def owned() -> bool:
        found = kubectl.get("pvc", "gone-database")
        return bool(found and found["metadata"].get("ownerReferences"))

    kubectl.until("the volume belongs to the dashboard", owned, seconds=60)
    kubectl("delete", "adash", "gone", "--timeout=20s")
    _until_left(kubectl, "gone", set())


@pytest.fixture
def without_operator(system: Kubectl) -> Iterator[None]:
    """The operator is uninstalled, and installed again afterwards."""
    values = system.helm("get", "values", "shopx", "-o", "yaml")
    yield
    system.helm(
        "upgrade", "--install", "shopx", "charts/shopx-operator", "--wait", "-f", "-", stdin=values
    )


@pytest.mark.usefixtures("without_operator")
def test_without_the_operator_nothing_is_stuck(kubectl: Kubectl, system: Kubectl) -> None:
    """The dashboards outlive the operator, and can be removed without it."""
    kubectl.apply(dashboard(light(deletionPolicy="Delete"), "orphan"))
    kubectl.until_settled("orphan", seconds=240)
    system.helm("uninstall", "shopx", "--wait")
    assert "analyticsdashboards" in kubectl("api-resources", "-o", "name")
    assert kubectl.condition("orphan")["status"] == "True"
    found = kubectl.get("deployment", "orphan-api")
    assert found is not None
    assert found["status"]["readyReplicas"] == 1
    kubectl("delete", "adash", "orphan", "--timeout=20s")
    _until_left(kubectl, "orphan", set())
