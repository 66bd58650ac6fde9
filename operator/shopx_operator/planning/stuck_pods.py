"""Pods of an older template that are not ready, which their StatefulSet never replaces.

A StatefulSet replaces a pod only when all its pods are ready. A pod that cannot start (a bad
parameter, a request that no node can meet) therefore outlives the correction of its template:
Kubernetes documents this as a known issue, "forced rollback", and asks for the pod to be deleted.
"""

from collections.abc import Container
from typing import Final

from shopx_operator.manifests.context import Object
from shopx_operator.planning.observed_state import Key, ObservedState, owned_by

_REVISION: Final = "controller-revision-hash"


def stuck_pods(observed: ObservedState, made: Container[Key]) -> tuple[Key, ...]:
    """The pods to delete.

    Args:
        observed: The observed state.
        made: Objects that are about to be applied: their templates may change again.
    """
    return tuple(
        ("Pod", pod["metadata"]["name"])
        for workload in observed.kind("StatefulSet")
        if ("StatefulSet", workload["metadata"]["name"]) not in made and _is_settled(workload)
        for pod in observed.pods
        if owned_by(pod, workload["metadata"]["uid"]) and _is_stuck(pod, workload)
    )


def _is_settled(workload: Object) -> bool:
    """Whether the status is about the newest template."""
    status = workload.get("status", {})
    seen: int = status.get("observedGeneration", 0)
    return bool(status.get("updateRevision")) and seen >= workload["metadata"].get("generation", 0)


def _is_stuck(pod: Object, workload: Object) -> bool:
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp"):
        return False
    revision = metadata.get("labels", {}).get(_REVISION)
    if revision in (None, workload["status"]["updateRevision"]):
        return False
    return not any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod.get("status", {}).get("conditions", ())
    )
