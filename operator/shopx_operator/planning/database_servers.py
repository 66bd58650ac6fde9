"""The servers of a replicated database: who leads, who streams, and how many there may be now.

Patroni labels each pod with its role and describes its state in an annotation. The number of
servers follows the spec step by step: the second server starts when the first one is known as the
database's origin, and servers are removed one at a time, while all that stay have every order. One
server runs without Patroni again when it is the only one and leads.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from shopx_core.resource.v1beta1.storage import MAX_INSTANCES
from shopx_operator.manifests import names, replication
from shopx_operator.manifests.context import Context, Object
from shopx_operator.planning.observed_state import Key, ObservedState, belongs_to
from shopx_operator.planning.workload_status import rollout

_STATUS: Final = "status"
"""Patroni's annotation of a pod."""
_HOLDER: Final = "leader"
"""Patroni's annotation of the ConfigMap with the leader's lock."""
_STANDBYS: Final = "sync_standby"
"""Patroni's annotation of the ConfigMap with the replicas that commits wait for."""
_INITIALIZED: Final = "initialize"
"""Patroni's annotation with the system identifier of a database that exists."""


_PROGRESS: Final = frozenset({_STATUS, "optime", "renewTime", "retain_slots", "slots"})
"""Patroni's annotations that change all the time."""


@dataclass(frozen=True, slots=True)
class Replication:
    """What is known of a replicated database."""

    leader: str | None
    """The pod that leads and serves; `None` = none does."""
    streaming: tuple[str, ...]
    """The replicas that follow it."""
    lag: int | None
    """Bytes of the log that the last of them lacked when it last reported; `None` = unknown."""


def keys(context: Context) -> list[Key]:
    """The StatefulSets of the servers, by kind and name."""
    count = replication.servers(context)
    return [("StatefulSet", replication.server_name(context, one + 1)) for one in range(count)]


def replicated(server: Object | None) -> bool:
    """Whether a StatefulSet's pods are run by Patroni."""
    metadata = (server or {}).get("spec", {}).get("template", {}).get("metadata", {})
    return names.LABEL_SCOPE in metadata.get("labels", {})


def first_is_replicated(context: Context, observed: ObservedState) -> bool:
    """Whether Patroni runs the first server already, or still."""
    return replicated(observed.get("StatefulSet", replication.server_name(context, 1)))


def seen(context: Context, observed: ObservedState) -> Replication:
    """Who leads and who streams."""
    pods = _pods(observed)
    leader = _leader(context, observed, pods)
    states = {name: _state(pod) for name, pod in pods.items() if _is_ready(pod)}
    streaming = sorted(
        name
        for name, state in states.items()
        if name != leader and state.get("replication_state") == "streaming"
    )
    return Replication(leader, tuple(streaming), _lag(states, leader, streaming))


def with_servers(context: Context, observed: ObservedState) -> Context:
    """The context with the number of servers that there may be now.

    Args:
        context: The dashboard.
        observed: The observed state.
    """
    bundled = context.spec.database.bundled
    if bundled is None:
        return context
    live = max(
        (one + 1 for one in range(MAX_INSTANCES) if _exists(context, observed, one + 1)), default=0
    )
    alone = bundled.instances == 1
    count = bundled.instances
    if live > count:
        count = live - 1 if _may_shrink(context, observed, live - 1) else live
    elif not alone and live <= 1 and not _initialized(context, observed):
        count = 1
    leaves = alone and (
        live > 1 or (first_is_replicated(context, observed) and not _is_alone(context, observed))
    )
    facts = replace(context.facts, database_servers=count, leaves_replication=leaves)
    return replace(context, facts=facts)


def can_lead(context: Context, observed: ObservedState, pods: Collection[str]) -> bool:
    """Whether one of some servers leads, or takes the lead when the leader stops.

    Where commits wait for a replica, Patroni lets no other one lead, and it takes some seconds to
    choose the next one after that has stopped.

    Args:
        context: The dashboard.
        observed: The observed state.
        pods: Their pods.
    """
    found = seen(context, observed)
    if found.leader in pods:
        return True
    able = set(pods) & set(found.streaming)
    bundled = context.spec.database.bundled
    if bundled is None or not bundled.synchronous:
        return bool(able)
    state = _annotations(
        observed.get("ConfigMap", replication.state_name(context, replication.SYNC))
    )
    chosen = state.get(_STANDBYS, "").split(",")
    return state.get(_HOLDER) == found.leader and not able.isdisjoint(chosen)


def needed(context: Context, observed: ObservedState, dropped: Iterable[Key]) -> set[Key]:
    """What Patroni still uses of what the spec no longer wants.

    Without its ConfigMaps a leader would step down, and its data would be those of a replica.
    """
    first = observed.get("StatefulSet", replication.server_name(context, 1))
    if context.replicated or first is None:
        return set()
    if not replicated(first) and rollout(first).complete:
        return set()
    return {key for key in dropped if _is_of_database(observed.objects[key])}


def left_over(context: Context, observed: ObservedState) -> list[Key]:
    """The ConfigMaps with the state of a replication that has ended."""
    if context.replicated:
        return []
    return [
        key
        for key, made in sorted(observed.objects.items())
        if key[0] == "ConfigMap" and names.LABEL_SCOPE in made["metadata"].get("labels", {})
    ]


def former_leaders(context: Context, observed: ObservedState) -> list[Object]:
    """Patches of pods that no longer hold the lock, and cannot say so: on a node that is cut off.

    The Service of the leader would go on routing to them.
    """
    if not context.replicated:
        return []
    holder = _holder(context, observed)
    return [
        {
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": context.namespace,
                "labels": {names.LABEL_ROLE: None},
            },
        }
        for name, pod in sorted(_pods(observed).items())
        if _role(pod) == replication.PRIMARY and holder and holder != name
    ]


def only_progressed(before: Object | None, after: Object) -> bool:
    """Whether a child differs from its last version only by how far a database's log is.

    Patroni writes that every few seconds to pods and to the ConfigMap with the leader's lock.
    """
    if before is None or names.LABEL_SCOPE not in after["metadata"].get("labels", {}):
        return False
    return _without_progress(before) == _without_progress(after)


def _without_progress(made: Object) -> Object:
    left_out = ("resourceVersion", "managedFields", "annotations")
    metadata = {key: value for key, value in made["metadata"].items() if key not in left_out}
    annotations = {key: value for key, value in _annotations(made).items() if key not in _PROGRESS}
    state = {
        key: value for key, value in _state(made).items() if not key.endswith(("_location", "_lsn"))
    }
    return {**made, "metadata": metadata, "annotations": annotations, "state": state}


def _exists(context: Context, observed: ObservedState, number: int) -> bool:
    return observed.get("StatefulSet", replication.server_name(context, number)) is not None


def _may_shrink(context: Context, observed: ObservedState, count: int) -> bool:
    """Whether the first `count` servers have every order, and no other but the next one is left."""
    found = seen(context, observed)
    pods = {f"{replication.server_name(context, one + 1)}-0" for one in range(count + 1)}
    kept = pods - {f"{replication.server_name(context, count + 1)}-0"}
    stopping = any(
        pod["metadata"].get("deletionTimestamp") or pod["metadata"]["name"] not in pods
        for pod in observed.pods
        if _is_server(pod)
    )
    stream = found.leader is not None and kept <= {found.leader, *found.streaming}
    return stream and not stopping and can_lead(context, observed, kept)


def _is_alone(context: Context, observed: ObservedState) -> bool:
    """Whether the first server has the only pod, and leads."""
    pods = [pod["metadata"]["name"] for pod in observed.pods if _is_server(pod)]
    first = f"{replication.server_name(context, 1)}-0"
    return pods == [first] and seen(context, observed).leader == first


def _initialized(context: Context, observed: ObservedState) -> bool:
    state = observed.get("ConfigMap", replication.state_name(context, replication.CONFIG))
    return bool(_annotations(state).get(_INITIALIZED))


def _holder(context: Context, observed: ObservedState) -> str:
    """The pod that took the leader's lock last."""
    state = observed.get("ConfigMap", replication.state_name(context, replication.LEADER))
    return str(_annotations(state).get(_HOLDER, ""))


def _annotations(made: Object | None) -> dict[str, str]:
    found: dict[str, str] = (made or {}).get("metadata", {}).get("annotations") or {}
    return found


def _is_server(pod: Object) -> bool:
    return belongs_to(pod, replication.COMPONENT)


def _is_of_database(made: Object) -> bool:
    labels = made["metadata"].get("labels", {})
    return labels.get(names.LABEL_COMPONENT) in (replication.COMPONENT, "replication", "network")


def _pods(observed: ObservedState) -> dict[str, Object]:
    """The servers' pods that are not being stopped, by name."""
    return {
        pod["metadata"]["name"]: pod
        for pod in observed.pods
        if _is_server(pod) and not pod["metadata"].get("deletionTimestamp")
    }


def _role(pod: Object) -> str:
    return str(pod["metadata"].get("labels", {}).get(names.LABEL_ROLE, ""))


def _is_ready(pod: Object) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod.get("status", {}).get("conditions", ())
    )


def _leader(context: Context, observed: ObservedState, pods: dict[str, Object]) -> str | None:
    found = [
        name
        for name, pod in sorted(pods.items())
        if _role(pod) == replication.PRIMARY and _is_ready(pod)
    ]
    holder = _holder(context, observed)
    return holder if holder in found else next(iter(found), None)


def _state(pod: Object) -> dict[str, Any]:
    """What Patroni says of its server; empty while it has said nothing that can be read."""
    try:
        found = json.loads(_annotations(pod).get(_STATUS, ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _lag(states: dict[str, dict[str, Any]], leader: str | None, streaming: list[str]) -> int | None:
    written = states.get(leader or "", {}).get("xlog_location")
    known = [states[name].get("xlog_location") for name in streaming]
    if not isinstance(written, int) or not known:
        return None
    positions = [one for one in known if isinstance(one, int)]
    return max(0, written - min(positions)) if len(positions) == len(known) else None
