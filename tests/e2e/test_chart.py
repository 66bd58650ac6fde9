"""The chart: what it renders, what it refuses, and that its installation works."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_operator.runtime.options import Options
from shopx_tools.generators import packaging
from tests.support.kubectl import ROOT, Kubectl, KubectlError, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CHART = "charts/shopx-operator"
VALUES = {
    "defaults": [],
    "one namespace": ["--set", "watchNamespaces={shop}"],
    "several replicas": ["--set", "replicas=3"],
    "no rights, no account, no CRD": [
        *("--set", "rbac.create=false", "--set", "serviceAccount.create=false"),
        *("--set", "serviceAccount.name=mine", "--set", "crds.install=false"),
    ],
    "everything set": [
        *("--set", "podLabels.team=data", "--set", "podAnnotations.note=x"),
        *("--set", "nodeSelector.disk=ssd", "--set", "tolerations[0].operator=Exists"),
        *("--set", "priorityClassName=high", "--set", "imagePullSecrets[0].name=registry"),
        *("--set", "fullnameOverride=dashboards", "--set", "networkPolicy.enabled=false"),
        *("--set", "extraEnv[0].name=A", "--set", "extraEnv[0].value=b"),
        *("--set", "extraVolumes[0].name=ca", "--set", "extraVolumes[0].configMap.name=ca"),
        *("--set", "extraVolumeMounts[0].name=ca", "--set", "extraVolumeMounts[0].mountPath=/ca"),
        *("--set", "dashboards.defaults.ipFamilyPolicy=PreferDualStack"),
        *("--set", "commonLabels.team=data", "--set", "registry=mirror.test"),
    ],
}
REFUSED = {
    "replicas=6": "replicas",
    "replicas=two": "replicas",
    "logLevel=LOUD": "logLevel",
    "image.pullPolicy=Sometimes": "pullPolicy",
    "nothing.like=this": "nothing",
    "resyncSeconds=0": "resyncSeconds",
    "dashboards.defaults.serviceMesh=other": "serviceMesh",
}


@pytest.fixture(scope="module")
def schemas(cluster: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API server's own schemas, in the form and under the names that kubeconform reads."""
    folder = tmp_path_factory.mktemp("schemas")
    found: dict[str, Any] = json.loads(cluster("get", "--raw", "/openapi/v2"))["definitions"]
    for one in found.values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    # A quantity or a port may be written as a number.
    for name in ("api.resource.Quantity", "util.intstr.IntOrString"):
        found[f"io.k8s.apimachinery.pkg.{name}"] = {"type": ["string", "number"]}
    text = json.dumps({"definitions": found}).replace(
        "#/definitions/", "definitions.json#/definitions/"
    )
    (folder / "definitions.json").write_text(text)
    for name, one in found.items():
        for gvk in one.get("x-kubernetes-group-version-kind", ()):
            parts = [gvk["kind"], *filter(None, [gvk["group"].split(".")[0]]), gvk["version"]]
            reference = {"$ref": f"definitions.json#/definitions/{name}"}
            (folder / f"{'-'.join(parts).lower()}.json").write_text(json.dumps(reference))
    return folder


def _template(*options: str, name: str = "shopx") -> str:
    return run("helm", "template", name, CHART, "--kube-version", "1.34.4", *options)


def test_lint() -> None:
    assert "0 chart(s) failed" in run("helm", "lint", "--strict", CHART)


@pytest.mark.parametrize("options", VALUES.values(), ids=VALUES.keys())
def test_what_it_renders_is_valid(
    kubectl: Kubectl, schemas: Path, tmp_path: Path, options: list[str]
) -> None:
    """By kubeconform, and by the API server itself, which takes no unknown field."""
    rendered = _template("-n", kubectl.namespace, *options, name="another")
    objects = [one for one in yaml.safe_load_all(rendered) if one]
    plain = [one for one in objects if one["kind"] != "CustomResourceDefinition"]
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(plain))
    location = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    run("kubeconform", "-strict", "-schema-location", location, str(file))
    # Objects in a namespace that there is none of can be compared with schemas alone.
    here = [one for one in plain if one["metadata"].get("namespace") in (None, kubectl.namespace)]
    file.write_text(yaml.safe_dump_all(here))
    created = kubectl("create", "--dry-run=server", "--validate=strict", "-f", str(file))
    assert len(created.splitlines()) == len(here)


@pytest.mark.parametrize(("value", "message"), REFUSED.items(), ids=REFUSED.keys())
def test_a_value_that_cannot_be_is_refused(value: str, message: str) -> None:
    with pytest.raises(KubectlError, match=message):
        _template("--set", value)


def test_the_kustomize_base_is_what_it_renders() -> None:
    """Both are of the same release: `python -m shopx_tools.generators.packaging` writes it anew."""
    made = packaging.base(run(*packaging.HELM))
    assert (packaging.BASE / "operator.yaml").read_text(encoding="utf-8") == made


def test_openshift_gives_the_users() -> None:
    plain, openshift = _template(), _template("--api-versions", "security.openshift.io/v1")
    assert "runAsUser" in plain
    assert not re.search("runAsUser|runAsGroup|fsGroup", openshift)


@pytest.mark.parametrize("options", [[], ["--set", "watchNamespaces={shop}"]], ids=["all", "one"])
def test_people_have_roles_wherever_it_serves(options: list[str]) -> None:
    """Taken in by the cluster's view, edit and admin; each has what the one before has."""
    roles = {
        one["metadata"]["name"].rpartition("-")[2]: one
        for one in yaml.safe_load_all(_template(*options))
        if one and "aggregate-to" in str(one["metadata"].get("labels"))
    }
    verbs: dict[str, set[str]] = {}
    for level, taken in (("view", ["view"]), ("edit", ["view", "edit"]), ("admin", [*roles])):
        label = f"rbac.authorization.k8s.io/aggregate-to-{level}"
        found = [one for one in roles.values() if label in one["metadata"]["labels"]]
        assert found == [roles[name] for name in sorted(taken)]
        verbs[level] = {verb for one in found for verb in one["rules"][0]["verbs"]}
    assert verbs["view"] == {"get", "list", "watch"}
    assert verbs["edit"] == verbs["view"] | {"create", "update", "patch", "delete"}
    assert verbs["admin"] == verbs["edit"] | {"deletecollection"}


def test_two_releases_of_one_name_share_no_object_of_the_cluster() -> None:
    """In two namespaces; the definition is the first one's."""

    def names(namespace: str, *options: str) -> set[tuple[str, str]]:
        return {
            (one["kind"], one["metadata"]["name"])
            for one in yaml.safe_load_all(_template("-n", namespace, *options))
            if one and "namespace" not in one["metadata"]
        }

    first, second = names("one"), names("two", "--set", "crds.install=false")
    assert first
    assert not first & second


def test_a_mirror_and_common_labels_reach_everything() -> None:
    options = ["--set", "registry=mirror.test/hub", "--set", "commonLabels.team=data"]
    rendered = _template(*options)
    assert "ghcr.io" not in rendered
    assert rendered.count("mirror.test/hub/shopx-analytics/") == 5
    for one in yaml.safe_load_all(rendered):
        if one and one["kind"] not in ("CustomResourceDefinition", "Pod"):
            assert one["metadata"]["labels"]["team"] == "data", one["kind"]


def test_what_is_told_of_all_dashboards_is_what_the_operator_reads() -> None:
    options = ["--set", "dashboards.defaults.serviceMesh=istio"]
    options += ["--set", "dashboards.defaults.proxy.https=http://proxy:3128"]
    (deployment,) = [
        one
        for one in yaml.safe_load_all(_template(*options))
        if one and one["kind"] == "Deployment"
    ]
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    read = Options.from_env({one["name"]: one.get("value", "") for one in env})
    assert (read.platform.service_mesh, read.platform.proxy.https) == ("istio", "http://proxy:3128")


def test_the_installation_tests_itself(system: Kubectl) -> None:
    assert "Succeeded" in system.helm("test", "shopx", "--timeout", "90s")


def test_the_crd_stays_when_the_chart_goes() -> None:
    rendered = _template()
    (crd,) = [
        one
        for one in yaml.safe_load_all(rendered)
        if one and one["kind"] == "CustomResourceDefinition"
    ]
    assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert crd == yaml.safe_load((ROOT / "crds" / "analyticsdashboards.yaml").read_text())
