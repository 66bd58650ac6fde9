"""Changing the cluster as a plan says, and telling what was refused."""

from dataclasses import dataclass, field
from typing import Final

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import BY_NAME, ResourceKind
from shopx_operator.planning.observed_state import Key, owned_by
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.preflight import PreflightFailure
from shopx_operator.runtime.client import CONFLICT, INVALID, Kubernetes, Refused
from shopx_operator.runtime.informer import Informer, Owner

_LONGEST: Final = 500


@dataclass(slots=True)
class ApplyResult:
    """What came of a plan."""

    applied: list[Key] = field(default_factory=list)
    errors: list[PreflightFailure] = field(default_factory=list)


async def apply_plan(
    kubernetes: Kubernetes, cache: Informer, owner: Owner, uid: str, plan: ReconcilePlan
) -> ApplyResult:
    """Do what a plan says, in its order; one refusal stops nothing but the pruning.

    Args:
        kubernetes: The API server.
        cache: Is told what was applied, ahead of the watches.
        owner: The dashboard.
        uid: The dashboard's.
        plan: What to do.
    """
    outcome = ApplyResult()
    for wanted in plan.apply:
        try:
            await _apply(kubernetes, cache, uid, wanted)
        except Refused as refused:
            outcome.errors.append(_problem(wanted, refused))
        else:
            outcome.applied.append((wanted["kind"], wanted["metadata"]["name"]))
    namespace = owner[0]
    for piece in plan.lay:
        try:
            await _lay(kubernetes, cache, piece)
        except Refused as refused:
            outcome.errors.append(_problem(piece, refused))
    for scale in plan.scale:
        try:
            await kubernetes.scale(BY_NAME[scale.kind], namespace, scale.name, scale.replicas)
            cache.scaled(scale.kind, (namespace, scale.name), scale.replicas)
        except Refused as refused:
            outcome.errors.append(
                PreflightFailure("ScaleFailed", f"{scale.kind} {scale.name}: {refused.message}")
            )
    for key in plan.retry if outcome.errors else (*plan.retry, *plan.prune):
        await kubernetes.delete(BY_NAME[key[0]], namespace, key[1])
    return outcome


async def _lay(kubernetes: Kubernetes, cache: Informer, piece: Object) -> None:
    kind = BY_NAME[piece["kind"]]
    laid = await kubernetes.merge(kind, piece | {"apiVersion": kind.api_version})
    if not kind.optional:
        cache.put(laid)


async def _apply(kubernetes: Kubernetes, cache: Informer, uid: str, wanted: Object) -> None:
    kind = BY_NAME[wanted["kind"]]
    metadata = wanted["metadata"]
    key = (wanted["kind"], metadata["name"])
    owner = (metadata["namespace"], metadata["labels"][names.LABEL_INSTANCE])
    if key not in cache.observed(owner).objects:
        live = await kubernetes.get(kind, metadata["namespace"], metadata["name"])
        if live is not None and not _may_take(live, wanted, uid):
            raise Refused(
                CONFLICT,
                "an object of this name exists and belongs to somebody else; rename or remove it,"
                " or give the dashboard another name",
            )
    try:
        applied = await kubernetes.apply(kind, wanted)
    except Refused as refused:
        if refused.status != INVALID:
            raise
        applied = await _insist(kubernetes, kind, wanted, refused)
    if not kind.optional:
        cache.put(applied)


async def _insist(
    kubernetes: Kubernetes, kind: ResourceKind, wanted: Object, refused: Refused
) -> Object:
    """Apply beside something that does not go together with it.

    Server-side apply leaves what others put into a list, such as a port under the same name.
    Lists are ours: laid over whole, they have room again.
    """
    try:
        await kubernetes.merge(kind, wanted)
        return await kubernetes.apply(kind, wanted)
    except Refused:
        # It is not there yet, or cannot change: then the first reason is the one to tell.
        raise refused from None


def _may_take(live: Object, wanted: Object, uid: str) -> bool:
    """Whether an object is this dashboard's, or data that an earlier one of its name left."""
    metadata = live["metadata"]
    labels = metadata.get("labels", {})
    ours = all(
        labels.get(key) == wanted["metadata"]["labels"][key]
        for key in (names.LABEL_MANAGED_BY, names.LABEL_INSTANCE)
    )
    return owned_by(live, uid) or (ours and not metadata.get("ownerReferences"))


def _problem(wanted: Object, refused: Refused) -> PreflightFailure:
    what = f"{wanted['kind']} {wanted['metadata']['name']}"
    return PreflightFailure("ApplyFailed", f"{what} was refused: {refused.message}"[:_LONGEST])
