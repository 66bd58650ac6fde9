"""What every object that the operator makes has in common, whatever the manifest says."""

import base64
import re
from typing import Any

import pytest

from shopx_core.resource.types import amount
from shopx_operator.manifests import components, names
from shopx_operator.manifests.render import Stage
from tests.support.rendering import RELEASE, children, context, environment

EVERYTHING: dict[str, Any] = {
    "environment": "development",
    "api": {"autoscaling": {"mode": "hpa"}},
    "demo": {},
    "ingress": {"host": "sales.example.com"},
}
SPECS = {
    "defaults": {},
    "everything": EVERYTHING,
    "external": {
        "database": {"external": {"secretRef": {"name": "db"}}},
        "cache": {"redis": {"external": {"secretRef": {"name": "redis"}}}},
    },
    "large": {"size": "large"},
    "idle workers": {"workers": {"autoscaling": {"min": 0}}},
}

pytestmark = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


def test_every_child_is_found_again(spec: dict[str, Any]) -> None:
    """By the labels that pruning, watching and `kubectl get -l` select by."""
    for made in children(spec).objects:
        labels = made["metadata"]["labels"]
        assert labels[names.LABEL_MANAGED_BY] == names.MANAGER
        assert labels[names.LABEL_INSTANCE] == "sales"
        assert labels[names.LABEL_COMPONENT]
        assert made["metadata"]["namespace"] == "shop"


def test_every_child_goes_with_the_dashboard_but_the_data_and_their_key(
    spec: dict[str, Any],
) -> None:
    """No finalizer: the cluster's garbage collector follows owner references."""
    for made in children(spec).objects:
        metadata = made["metadata"]
        assert "finalizers" not in metadata
        if names.LABEL_DATA in metadata["labels"]:
            assert "ownerReferences" not in metadata
        else:
            (owner,) = metadata["ownerReferences"]
            assert (owner["kind"], owner["name"], owner["uid"]) == (
                "AnalyticsDashboard",
                "sales",
                "uid-1",
            )


def test_names_are_valid_for_their_kinds(spec: dict[str, Any]) -> None:
    for name in ("sales", "a" * 40):
        for made in children(spec, name=name).objects:
            child = made["metadata"]["name"]
            longest = 52 if made["kind"] == "CronJob" else 63
            assert len(child) <= longest, child
            assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", child)
            for value in made["metadata"]["labels"].values():
                assert len(value) <= 63


def test_no_object_says_how_many_replicas(spec: dict[str, Any]) -> None:
    """Server-side apply of a field that is later left out would reset it to one."""
    for made in children(spec).objects:
        assert "replicas" not in made.get("spec", {})


def test_pods_meet_the_restricted_standard(spec: dict[str, Any]) -> None:
    for name, pod in children(spec).pods().items():
        shared = pod["spec"]["securityContext"]
        assert shared["runAsNonRoot"] is True, name
        assert shared["runAsUser"] > 0, name
        assert shared["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        for container in pod["spec"]["containers"]:
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
        for volume in pod["spec"]["volumes"]:
            # The kinds that the standard allows.
            assert set(volume) - {"name"} <= {
                "configMap",
                "emptyDir",
                "persistentVolumeClaim",
                "secret",
            }, name


def test_containers_ask_for_what_they_need_and_have_an_end(spec: dict[str, Any]) -> None:
    for name, pod in children(spec).pods().items():
        for container in pod["spec"]["containers"]:
            resources = container["resources"]
            for kind in ("cpu", "memory"):
                asked, most = resources["requests"][kind], resources["limits"][kind]
                assert 0 < amount(asked) <= amount(most), (name, kind)


def test_what_runs_for_good_is_probed_and_stops_in_order(spec: dict[str, Any]) -> None:
    made = children(spec)
    for kind in ("Deployment", "StatefulSet"):
        for workload in made.kind(kind):
            component = workload["metadata"]["labels"][names.LABEL_COMPONENT]
            pod = workload["spec"]["template"]["spec"]
            assert pod["terminationGracePeriodSeconds"] >= 30
            probes = {key for key in pod["containers"][0] if key.endswith("Probe")}
            # This one serves nothing that could be probed.
            assert probes or component == "trickle", component


def test_the_table_of_components_lists_exactly_the_pods_that_are_rendered(
    spec: dict[str, Any],
) -> None:
    """Policies, accounts, monitoring and the order of an upgrade follow from the table."""
    rendered = {
        pod["metadata"]["labels"][names.LABEL_COMPONENT] for pod in children(spec).pods().values()
    }
    # Their Jobs are made for a change alone.
    checks = {components.REDIS_CHECK, components.DATABASE_CHECK}
    wanted = [one for one in components.wanted(context(spec).spec) if one not in checks]
    assert rendered == set(components.names(wanted))


def test_every_pod_has_an_account_that_exists(spec: dict[str, Any]) -> None:
    made = children(spec)
    accounts = {account["metadata"]["name"] for account in made.kind("ServiceAccount")}
    used = {pod["spec"]["serviceAccountName"] for pod in made.pods().values()}
    assert used == accounts


def test_no_secret_value_stands_outside_a_secret(spec: dict[str, Any]) -> None:
    """`kubectl get deployment -o yaml` may be shown to anybody."""
    made = context(spec)
    values = {
        value
        for secret in made.facts.secrets.values()
        for key, value in secret.items()
        if key not in ("username", "salt")
    }
    for child in children(spec).objects:
        if child["kind"] != "Secret":
            text = repr(child)
            for value in values:
                assert value not in text
                assert base64.b64encode(value.encode()).decode() not in text


def test_pods_read_only_secrets_that_are_there(spec: dict[str, Any]) -> None:
    facts = context(spec).facts
    for name, pod in children(spec).pods().items():
        for value in environment(pod).values():
            if isinstance(value, dict):
                reference = value["secretKeyRef"]
                assert reference["key"] in facts.secrets[reference["name"]], name
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume and not volume["secret"].get("optional"):
                keys = facts.secrets[volume["secret"]["secretName"]]
                assert {item["key"] for item in volume["secret"]["items"]} <= keys.keys(), name


def test_selectors_find_their_pods(spec: dict[str, Any]) -> None:
    made = children(spec)
    pods = [pod["metadata"]["labels"] for pod in made.pods().values()]
    for service in made.kind("Service"):
        wanted = service["spec"]["selector"].items()
        assert any(wanted <= labels.items() for labels in pods), service["metadata"]["name"]
        ports = {
            port["name"]
            for pod in made.pods().values()
            if wanted <= pod["metadata"]["labels"].items()
            for port in pod["spec"]["containers"][0]["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for workload in (*made.kind("Deployment"), *made.kind("StatefulSet")):
        selector = workload["spec"]["selector"]["matchLabels"]
        assert selector.items() <= workload["spec"]["template"]["metadata"]["labels"].items()


def test_the_same_input_renders_the_same(spec: dict[str, Any]) -> None:
    """So an operator that starts anew restarts nothing."""
    assert children(spec).objects == children(spec).objects


def test_stages_come_in_order(spec: dict[str, Any]) -> None:
    stages = [one.stage for one in children(spec).wanted]
    assert stages == sorted(stages)
    assert stages[0] == Stage.FOUNDATION


def test_images_are_those_of_the_release(spec: dict[str, Any]) -> None:
    images = {
        container["image"]
        for pod in children(spec).pods().values()
        for container in pod["spec"]["containers"]
    }
    assert images <= {"registry.test/shopx:1.0.0", RELEASE.postgres, RELEASE.redis}
