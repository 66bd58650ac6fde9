"""The events that a user needs, as `kubectl describe adash` shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopx_operator.manifests.context import Object
from shopx_operator.manifests.names import MANAGER
from shopx_operator.status.scaling_conditions import SCALED_BY_OTHERS
from shopx_operator.status.status import Status


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a dashboard."""

    warning: bool
    reason: str
    message: str


def events(before: Status, after: Status) -> list[Event]:
    """The events of a change of the status; most changes have none."""
    old, new = _by_type(before), _by_type(after)
    made = []
    if _became(old, new, "Ready", "True"):
        made.append(Event(warning=False, reason="Ready", message=_message(new, "Ready")))
    elif (
        _became(old, new, "Ready", "False")
        and "Ready" in old
        and new["Ready"]["reason"] != "Maintenance"
    ):
        reason = new["Ready"]["reason"]
        made.append(
            Event(
                warning=reason != "Suspended",
                reason="Suspended" if reason == "Suspended" else "NotReady",
                message=_message(new, "Ready"),
            )
        )
    if _became(old, new, "Maintenance", "True"):
        text = _message(new, "Maintenance")
        made.append(Event(warning=False, reason="MaintenanceBegan", message=text))
    elif _became(old, new, "Maintenance", "False") and _was(old, "Maintenance"):
        text = (
            "The dashboard serves again." if _was(new, "Ready") else "The maintenance page is gone."
        )
        made.append(Event(warning=False, reason="MaintenanceEnded", message=text))
    degraded, was = new.get("Degraded", {}), old.get("Degraded", {})
    if degraded.get("status") == "True" and (was.get("status"), was.get("reason")) != (
        "True",
        degraded["reason"],
    ):
        made.append(Event(warning=True, reason=degraded["reason"], message=degraded["message"]))
    if _became(old, new, "DatabaseBottleneck", "True"):
        text = _message(new, "DatabaseBottleneck")
        made.append(Event(warning=True, reason="DatabaseBottleneck", message=text))
    elif _became(old, new, "DatabaseBottleneck", "False") and _was(old, "DatabaseBottleneck"):
        text = "The database is no longer the bottleneck."
        made.append(Event(warning=False, reason="DatabaseRecovered", message=text))
    was, limited = (one.get("ScalingLimited", {}).get("reason") for one in (old, new))
    if limited == SCALED_BY_OTHERS and was != SCALED_BY_OTHERS:
        text = _message(new, "ScalingLimited")
        made.append(Event(warning=True, reason=SCALED_BY_OTHERS, message=text))
    if after.get("version") and before.get("version") not in (None, after["version"]):
        text = f"Release {after['version']} serves instead of {before['version']}."
        made.append(Event(warning=False, reason="Upgraded", message=text))
    return made


def event_object(event: Event, dashboard: Object, time: str, identity: str) -> Object:
    """The core/v1 Event.

    Args:
        event: What happened.
        dashboard: The dashboard.
        time: When, in the API server's format.
        identity: The replica that reports it.
    """
    metadata = dashboard["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": dashboard["apiVersion"],
            "kind": dashboard["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion", ""),
        },
        "type": "Warning" if event.warning else "Normal",
        "reason": event.reason,
        "message": (event.message or event.reason)[:1000],
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": identity,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }


def _by_type(status: Status) -> Mapping[str, Any]:
    return {condition["type"]: condition for condition in status.get("conditions", ())}


def _became(old: Mapping[str, Any], new: Mapping[str, Any], kind: str, status: str) -> bool:
    return bool(
        new.get(kind, {}).get("status") == status and old.get(kind, {}).get("status") != status
    )


def _was(old: Mapping[str, Any], kind: str) -> bool:
    return bool(old.get(kind, {}).get("status") == "True")


def _message(new: Mapping[str, Any], kind: str) -> str:
    return str(new[kind]["message"])
