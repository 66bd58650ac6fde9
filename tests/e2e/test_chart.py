"""The chart: what it renders, what it refuses, and that its installation works."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    ],
}
REFUSED = {
    "replicas=6": "replicas",
    "replicas=two": "replicas",
    "logLevel=LOUD": "logLevel",
    "image.pullPolicy=Sometimes": "pullPolicy",
    "nothing.like=this": "nothing",
    "resyncSeconds=0": "resyncSeconds",
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
