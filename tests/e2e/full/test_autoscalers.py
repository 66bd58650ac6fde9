"""What the operator renders for other autoscalers, as a real API server judges it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_operator.manifests import api
from shopx_operator.manifests.autoscaling import CUSTOM_METRICS_GROUP, KEDA_GROUP, objects
from tests.support.kubectl import ROOT, Kubectl, KubectlError, run
from tests.support.rendering import context

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SCALING = {
    "min": 2,
    "max": 5,
    "targets": {"cpu": 55, "inFlight": 12},
    "behavior": {"scaleUpStabilization": "15s", "scaleDownStabilization": "2m"},
}


def _rendered(kubectl: Kubectl, mode: str, *kinds: str) -> dict[str, Any]:
    """The autoscaler of a dashboard, without its owner, which is not there."""
    spec = {
        "api": {"autoscaling": SCALING | {"mode": mode}},
        "monitoring": {"prometheusUrl": "http://prometheus.monitoring:9090"},
    }
    (made,) = objects(context(spec, kinds=frozenset(kinds)), api.COMPONENT)
    made["metadata"] |= {"namespace": kubectl.namespace, "ownerReferences": []}
    return made


def _taken(kubectl: Kubectl, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the API server would store; it refuses fields that it does not know."""
    words = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json")
    taken: dict[str, Any] = json.loads(kubectl(*words, "-f", "-", stdin=yaml.safe_dump(wanted)))
    return taken


@pytest.mark.parametrize(
    ("kinds", "metrics"),
    [((), ["Resource"]), ((f"InFlight.{CUSTOM_METRICS_GROUP}",), ["Resource", "Pods"])],
    ids=["cpu alone", "with requests in flight"],
)
def test_the_api_server_takes_the_horizontal_pod_autoscaler(
    kubectl: Kubectl, kinds: tuple[str, ...], metrics: list[str]
) -> None:
    taken = _taken(kubectl, _rendered(kubectl, "hpa", *kinds))["spec"]
    assert (taken["minReplicas"], taken["maxReplicas"]) == (2, 5)
    assert [one["type"] for one in taken["metrics"]] == metrics
    assert taken["metrics"][0]["resource"]["target"]["averageUtilization"] == 55
    assert taken["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 15
    assert taken["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 120


def _keda() -> str:
    """KEDA's module, in the version that `up.sh autoscalers` installs."""
    text = (ROOT / "hack" / "kind-offline" / "up.sh").read_text()
    (module,) = (line for line in text.splitlines() if line.startswith("KEDA="))
    return module.removeprefix("KEDA=")


@pytest.fixture
def keda(cluster: Kubectl) -> Iterator[None]:
    """KEDA's definition of a ScaledObject, from its own module, as long as the test runs."""
    if "scaledobjects.keda.sh" in cluster("get", "crd", "-o", "name"):
        yield
        return
    # Outside of this repository, which has other modules.
    found = json.loads(run("go", "-C", "/", "mod", "download", "-json", _keda()))
    file = str(Path(found["Dir"]) / "config/crd/bases/keda.sh_scaledobjects.yaml")
    cluster("apply", "--server-side", "-f", file)
    cluster("wait", "--for=condition=Established", "crd/scaledobjects.keda.sh")
    yield
    cluster("delete", "-f", file)


@pytest.mark.usefixtures("keda")
def test_the_api_server_takes_the_scaled_object_by_kedas_own_definition(kubectl: Kubectl) -> None:
    wanted = _rendered(kubectl, "keda", f"ScaledObject.{KEDA_GROUP}")
    taken = kubectl.until("the kind is served", lambda: _taken(kubectl, wanted), 30)["spec"]
    assert (taken["minReplicaCount"], taken["maxReplicaCount"]) == (2, 5)
    assert [one["type"] for one in taken["triggers"]] == ["cpu", "prometheus"]
    wrong = wanted | {"spec": wanted["spec"] | {"minReplicas": 2}}
    with pytest.raises(KubectlError, match="minReplicas"):
        _taken(kubectl, wrong)
