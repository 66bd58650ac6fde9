"""One dashboard, edited in every field, which the tests of this folder share."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.dashboards import dashboard
from tests.support.edits import EDITS, NAME, Live
from tests.support.kubectl import Kubectl, own_namespace
from tests.support.light import light, merged

PROMETHEUS = {"servicemonitors": "ServiceMonitor", "prometheusrules": "PrometheusRule"}


def _crd(group: str, plural: str, kind: str) -> dict[str, Any]:
    """A third-party CustomResourceDefinition, which accepts anything."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


@pytest.fixture(scope="package")
def folder(cluster: Kubectl) -> Iterator[Kubectl]:
    """Kubectl in a namespace that the tests of this folder share."""
    yield from own_namespace(cluster, "fields")


@pytest.fixture(scope="package")
def neighbours(cluster: Kubectl) -> Iterator[None]:
    """What a cluster with monitoring has, and a priority class."""
    crds = [_crd("monitoring.coreos.com", *names) for names in PROMETHEUS.items()]
    cluster.apply(*crds)
    priority = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "shopx-e2e"},
        "value": 10,
    }
    cluster.apply(priority)
    yield
    cluster("delete", "priorityclass", "shopx-e2e")
    cluster("delete", "crd", *(crd["metadata"]["name"] for crd in crds))


@pytest.fixture(scope="package")
def base(folder: Kubectl, neighbours: None) -> Kubectl:  # noqa: ARG001 -- has to be there before
    """A dashboard that serves, before it is edited."""
    folder("create", "serviceaccount", "mine")
    folder.apply(dashboard(light(f"{folder.namespace}.localhost"), NAME))
    folder.until_settled(NAME, seconds=240)
    return folder


@pytest.fixture(scope="package")
def live(base: Kubectl, measured: Callable[[str], None]) -> Live:
    """The dashboard after all edits, settled."""
    spec = light()
    for edit in EDITS:
        spec = merged(spec, edit.spec)
    spec["ingress"]["host"] = f"new-{base.namespace}.localhost"
    began = time.monotonic()
    base.apply(dashboard(spec, NAME))
    base.until_settled(NAME, seconds=240)
    measured(f"edit of {len(EDITS)} components → settled: {time.monotonic() - began:.1f} s")
    # Pods of the last settings finish what they began.
    base.until(
        "only new pods are left",
        lambda: (
            not [pod for pod in base.all_of("pods") if pod["metadata"].get("deletionTimestamp")]
        ),
    )
    return Live(base)
