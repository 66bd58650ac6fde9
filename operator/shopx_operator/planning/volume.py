"""The volume claims of the bundled database: what of the manifest can still be carried out.

A claim with a volume can only grow, if its class allows it. Without one it cannot change at all,
and holds no data: it is made again when the manifest asks for another one.
"""

from dataclasses import dataclass
from typing import Any

from shopx_core.resource.types import amount
from shopx_operator.manifests import database, names, redis, replication
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.render import DesiredObject
from shopx_operator.planning.observed_state import ObservedState


def claim(context: Context, observed: ObservedState) -> Object | None:
    """The claim; `None` while there is none."""
    return observed.get("PersistentVolumeClaim", context.child(database.COMPONENT))


def claims(context: Context, observed: ObservedState) -> list[Object]:
    """The claims of all servers that there are."""
    count = replication.servers(context)
    names_ = [replication.server_name(context, one + 1) for one in range(count)]
    found = [observed.get("PersistentVolumeClaim", name) for name in names_]
    return [one for one in found if one is not None]


def _of_cache(context: Context, observed: ObservedState) -> list[Object]:
    """The claim of the cache's server, if it still has one."""
    bundled = context.spec.cache.redis.bundled
    live = observed.get("PersistentVolumeClaim", context.child(redis.COMPONENT))
    return [live] if live is not None and bundled is not None and bundled.storage else []


def is_bound(live: Object) -> bool:
    """Whether a claim has a volume, and so may hold data."""
    return bool(live.get("spec", {}).get("volumeName"))


def size(live: Object) -> str:
    """The size of a claim's volume; empty while it is unknown."""
    found: str = live.get("status", {}).get("capacity", {}).get("storage", "")
    return found


def storage_class(live: Object) -> str:
    """The StorageClass of a claim; empty = none."""
    found: str = live.get("spec", {}).get("storageClassName", "")
    return found


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """What happens to the claim."""

    desired: list[DesiredObject]
    """All desired objects, with the claims as they can be applied; without one that must go."""
    discard: Object | None = None
    """The claim without a volume to delete, so that it is made again."""


def plan_claim(
    context: Context, desired: list[DesiredObject], observed: ObservedState
) -> ClaimPlan:
    """Fit the desired claims to the live ones.

    Args:
        context: The dashboard.
        desired: The desired objects.
        observed: The observed state.
    """
    discard = None
    for live in (*claims(context, observed), *_of_cache(context, observed)):
        plan = _plan_one(desired, live)
        desired, discard = plan.desired, discard or plan.discard
    return ClaimPlan(desired, discard)


def _plan_one(desired: list[DesiredObject], live: Object) -> ClaimPlan:
    key = ("PersistentVolumeClaim", live["metadata"]["name"])
    (wanted,) = [one for one in desired if one.key == key]
    others = [one for one in desired if one.key != key]
    if is_bound(live):
        kept = DesiredObject(wanted.stage, _as_possible(wanted.object, live))
        return ClaimPlan([kept if one.key == key else one for one in desired])
    if live["metadata"].get("deletionTimestamp"):
        return ClaimPlan(others)
    return ClaimPlan(others, live) if _is_another(wanted.object, live) else ClaimPlan(desired)


def _as_possible(wanted: Object, live: Object) -> Object:
    """The desired claim with what can no longer change as it is."""
    spec: dict[str, Any] = wanted["spec"] | {"resources": {"requests": {"storage": _size(wanted)}}}
    requested, has = _size(live), size(live)
    # An expansion that failed may be asked for again with less, but with more than there is.
    if amount(_size(wanted)) < amount(requested) and (
        not has or amount(_size(wanted)) <= amount(has)
    ):
        spec["resources"] = {"requests": {"storage": requested}}
    if "storageClassName" in live["spec"]:
        spec["storageClassName"] = live["spec"]["storageClassName"]
    return wanted | {"spec": spec}


def _is_another(wanted: Object, live: Object) -> bool:
    """Whether the operator made a claim without volume for another size or class."""
    made_for = live["metadata"].get("annotations", {}).get(names.ANNOTATION_CLASS)
    if made_for is None:
        # A user made it, as from a snapshot.
        return False
    return amount(_size(live)) != amount(_size(wanted)) or made_for != storage_class(wanted)


def _size(made: Object) -> str:
    found: str = made["spec"]["resources"]["requests"]["storage"]
    return found
