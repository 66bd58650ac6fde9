"""Pods that their StatefulSet never replaces are replaced by the operator."""

from typing import Any

import pytest

from shopx_operator.manifests.context import Object
from tests.support.cluster import Cluster, pod

DATABASE = ("StatefulSet", "sales-database")
POD = "sales-database-0"
READY = [{"type": "Ready", "status": "True"}]


def _cluster(revision: str, *, conditions: list[Object], **status: Any) -> Cluster:
    """A dashboard with a database's pod of a revision, beside a template of revision new."""
    cluster = Cluster()
    cluster.running()
    server = cluster[DATABASE]
    server["metadata"]["uid"] = "uid-database"
    server["status"] |= {"updateRevision": "new", "readyReplicas": 0, **status}
    made = pod(POD, "database", {"waiting": {"reason": "CrashLoopBackOff"}}, phase="Running")
    made["metadata"]["labels"]["controller-revision-hash"] = revision
    made["metadata"]["ownerReferences"] = [{"uid": "uid-database"}]
    made["status"]["conditions"] = conditions
    cluster.pods.append(made)
    return cluster


def test_a_crashing_pod_of_an_older_template_is_replaced() -> None:
    cluster = _cluster("old", conditions=[], updatedReplicas=0)
    assert cluster.reconcile().replace == (("Pod", POD),)
    assert POD not in [one["metadata"]["name"] for one in cluster.pods]
    assert cluster.condition("Progressing") == ("True", "RollingOut")


def test_a_pending_pod_of_an_older_template_is_replaced() -> None:
    unscheduled = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    cluster = _cluster("old", conditions=unscheduled)
    assert cluster.reconcile().replace == (("Pod", POD),)


@pytest.mark.parametrize(
    ("revision", "conditions", "status"),
    [
        pytest.param("old", READY, {}, id="a ready pod is replaced by its controller"),
        pytest.param("new", [], {}, id="a pod of the newest template may still start"),
        pytest.param("old", [], {"observedGeneration": 0}, id="the controller has yet to look"),
    ],
)
def test_any_other_pod_is_left_to_its_controller(
    revision: str, conditions: list[Object], status: dict[str, Any]
) -> None:
    cluster = _cluster(revision, conditions=conditions, **status)
    assert cluster.reconcile().replace == ()
