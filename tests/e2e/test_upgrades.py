"""Another release, with a migration, while people look."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl
from tests.support.light import light
from tests.support.traffic import Site, visitors

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

NAME = "sales"


@pytest.fixture(scope="module")
def sales(shared: Kubectl) -> Kubectl:
    """A dashboard that serves, of the operator's release."""
    spec = light(f"{shared.namespace}.localhost", api={"replicas": 2})
    shared.apply(dashboard(spec, NAME))
    shared.until_settled(NAME, seconds=240)
    return shared


def _status(sales: Kubectl) -> dict[str, Any]:
    found = sales.get("adash", NAME)
    assert found is not None
    return dict(found["status"])


def _api_pods(sales: Kubectl) -> dict[str, str]:
    """When each API pod was made, by its name."""
    found = sales.all_of("pods", "app.kubernetes.io/component=api")
    return {
        pod["metadata"]["name"]: pod["metadata"]["creationTimestamp"]
        for pod in found
        if not pod["metadata"].get("deletionTimestamp")
    }


def _release(name: str) -> str:
    """The version of one of the tests' further releases."""
    return f"{os.environ['SHOPX_E2E_VERSION']}-{name}"


def test_a_migration_that_fails_leaves_the_old_release_serving(sales: Kubectl, site: Site) -> None:
    old, pods = _status(sales)["version"], _api_pods(sales)
    with visitors(site) as load:
        sales.patch("adash", NAME, {"spec": {"version": _release("broken")}})
        condition = sales.until_condition(NAME, "Degraded", "True", seconds=180)
    assert load.failures == []
    assert condition["reason"] == "MigrationFailed"
    assert "the ledger has an unforeseen line" in condition["message"]
    assert sales.condition(NAME, "Available")["status"] == "True"
    assert sales.condition(NAME, "Progressing")["status"] == "False"
    assert _status(sales)["version"] == old
    assert _api_pods(sales) == pods


def test_the_next_release_cures_it_and_no_request_fails(
    sales: Kubectl, site: Site, measured: Callable[[str], None]
) -> None:
    """Pods of a release come after its migration, and the old ones serve until then."""
    version, before = _release("next"), _api_pods(sales)
    revision = int(_status(sales)["schemaRevision"]) + 1
    with visitors(site) as load:
        sales.patch("adash", NAME, {"spec": {"version": version}})
        sales.until(
            "the next release serves", lambda: _status(sales)["version"] == version, seconds=240
        )
        sales.until_settled(NAME)
    assert load.failures == []
    measured(f"upgrade under load: {load.answered} reads, slowest {load.slowest:.1f} s, 0 failed")
    assert _status(sales)["schemaRevision"] == f"{revision:03}"
    assert sales.condition(NAME, "Degraded")["status"] == "False"
    (migrated,) = [
        job["status"]["completionTime"]
        for job in sales.all_of("jobs", "app.kubernetes.io/component=migrate")
        if job["status"].get("succeeded")
    ]
    after = _api_pods(sales)
    assert not before.keys() & after.keys()
    assert min(after.values()) >= migrated


def test_an_older_release_than_the_database_is_told_and_the_newer_serves_on(
    sales: Kubectl,
) -> None:
    version, pods = _status(sales)["version"], _api_pods(sales)
    sales.patch("adash", NAME, {"spec": {"version": None}})
    condition = sales.until_condition(NAME, "Degraded", "True", seconds=180)
    assert "at a revision that this release does not know" in condition["message"]
    assert sales.condition(NAME, "Available")["status"] == "True"
    sales.patch("adash", NAME, {"spec": {"version": version}})
    sales.until_condition(NAME, "Degraded", "False")
    assert _api_pods(sales) == pods
