"""What a platform team does around the operator: roles, definitions, a second release."""

from typing import Any

import pytest
import yaml

from shopx_core.resource.versions import API_VERSIONS, GROUP, VERSION
from tests.support.dashboards import dashboard
from tests.support.documented import follow
from tests.support.kubectl import ROOT, Kubectl, KubectlError
from tests.support.light import light

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAME = "analyticsdashboards"
CRD = f"{NAME}.{GROUP}"
RIGHTS = {
    "view": {"get", "list", "watch"},
    "edit": {"get", "list", "watch", "create", "update", "patch", "delete"},
    "admin": {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
}


def _may(kubectl: Kubectl, verb: str) -> bool:
    try:
        kubectl("auth", "can-i", verb, "analyticsdashboards", "--as=ann")
    except KubectlError:
        return False
    return True


@pytest.mark.parametrize("role", RIGHTS)
def test_people_have_the_rights_of_their_role(kubectl: Kubectl, role: str) -> None:
    """By the cluster's own roles, which take in those of the chart."""
    kubectl("create", "rolebinding", role, f"--clusterrole={role}", "--user=ann")

    def rights() -> set[str]:
        return {verb for verb in sorted(RIGHTS["admin"]) if _may(kubectl, verb)}

    kubectl.until(f"{role} has what it should", lambda: rights() >= RIGHTS[role])
    assert rights() == RIGHTS[role]


def test_the_definition_is_upgraded_by_kubectl(cluster: Kubectl) -> None:
    """As the page says, over the one that Helm installed; dashboards are read as before."""
    follow(cluster, "platform.md", "definition", ROOT)
    cluster("wait", "--for=condition=Established", f"crd/{CRD}", "--timeout=60s")
    assert "analyticsdashboards" in cluster("api-resources", "-o", "name")


def test_what_was_applied_as_v1alpha1_is_served_and_stored_as_v1beta1(kubectl: Kubectl) -> None:
    """The definition is upgraded under it, and then everything is stored anew, as the page says."""
    follow(kubectl, "upgrades.md", "store-v1alpha1", ROOT)
    made = dashboard(light(), "old") | {"apiVersion": API_VERSIONS[-1]}
    kubectl.apply(made)
    follow(kubectl, "platform.md", "definition", ROOT)
    assert _stored_versions(kubectl) == {"v1alpha1", VERSION}
    kubectl.until_settled("old", seconds=240)
    new, old = kubectl.until("both read the same state", lambda: _in_both_versions(kubectl, "old"))
    assert (new.pop("apiVersion"), old.pop("apiVersion")) == API_VERSIONS
    assert new == old
    servers = "app.kubernetes.io/component in (api, database, redis)"
    pods = {pod["metadata"]["uid"] for pod in kubectl.all_of("pods", servers)}
    follow(kubectl, "upgrades.md", "migrate-storage", ROOT)
    assert _stored_versions(kubectl) == {VERSION}
    after = kubectl.get("adash", "old") or {}
    assert after["metadata"]["uid"] == new["metadata"]["uid"]
    assert after["spec"] == new["spec"]
    kubectl.until_settled("old")
    assert {pod["metadata"]["uid"] for pod in kubectl.all_of("pods", servers)} == pods


def _in_both_versions(kubectl: Kubectl, name: str) -> tuple[dict[str, Any], ...] | None:
    """A dashboard as each version shows it; `None` = it was written in between."""
    found = tuple(
        kubectl.get(f"{NAME}.{version.partition('/')[2]}.{GROUP}", name) or {}
        for version in API_VERSIONS
    )
    same = len({body["metadata"]["resourceVersion"] for body in found}) == 1
    return found if same else None


def _stored_versions(kubectl: Kubectl) -> set[str]:
    return set((kubectl.get("crd", CRD) or {})["status"]["storedVersions"])


def test_a_manifest_that_was_applied_differs_from_nothing(kubectl: Kubectl) -> None:
    """Also after the API server filled in defaults and the operator wrote its status."""
    made = dashboard(light(), "plain")
    kubectl.apply(made)
    kubectl.until_settled("plain", seconds=240)
    text = yaml.safe_dump(made)
    for how in ("--server-side=false", "--server-side"):
        assert kubectl("diff", how, "-f", "-", stdin=text) == ""


def test_a_second_release_is_installed_beside_the_first(kubectl: Kubectl, system: Kubectl) -> None:
    """Without a pod: two that serve one namespace would fight. The first one stays as it is."""
    before = system("get", "deploy,sa,service", "-o", "name")
    options = ("--set", "replicas=0", "--set", f"watchNamespaces={{{kubectl.namespace}}}")
    kubectl.helm("install", "shopx", str(ROOT / "charts" / "shopx-operator"), *options)
    kubectl.helm("uninstall", "shopx")
    assert system("get", "deploy,sa,service", "-o", "name") == before
    kubectl("get", "crd", CRD)
