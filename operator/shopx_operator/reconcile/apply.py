"""Applies a plan to the cluster, and reports what the API server refused."""

from dataclasses import dataclass, field
from typing import Final

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import BY_NAME, ResourceKind
from shopx_operator.planning.observed_state import Key, owned_by
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.pruning import prunable
from shopx_operator.planning.replicas import Scale
from shopx_operator.runtime.client import CONFLICT, INVALID, ApiClient, ApiError
from shopx_operator.runtime.informer import Informer, NamespacedName

_LONGEST: Final = 500


@dataclass(slots=True)
class ApplyResult:
    """The result of applying a plan."""

    applied: list[Key] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """The kinds of what was refused."""

    def refuse(self, kind: str, reason: str, message: str) -> None:
        """Note a refusal."""
        self.errors.append(Problem(reason, message[:_LONGEST]))
        self.refused.add(kind)


async def apply_plan(
    kubernetes: ApiClient, informer: Informer, owner: NamespacedName, uid: str, plan: ReconcilePlan
) -> ApplyResult:
    """Apply a plan, in its order; a refused change prevents nothing but some of the pruning.

    Routes that the spec no longer wants are withdrawn first: no other failure may keep a dashboard
    exposed.

    Args:
        kubernetes: The API server.
        informer: Gets the applied objects, ahead of the watches.
        owner: The dashboard.
        uid: The dashboard's uid.
        plan: The plan.
    """
    result = ApplyResult()
    namespace = owner[0]
    for key in plan.withdraw:
        await _delete(kubernetes, namespace, key, result)
    await _discard(kubernetes, plan.discard, result)
    for desired in plan.apply:
        try:
            await _apply(kubernetes, informer, uid, desired)
        except ApiError as error:
            _refuse(result, desired, error)
        else:
            result.applied.append((desired["kind"], desired["metadata"]["name"]))
    for patch in plan.patches:
        await _patch(kubernetes, informer, patch, result)
    for scale in plan.scale:
        await _scale(kubernetes, informer, namespace, scale, result)
    for key in (*plan.retry, *plan.replace):
        await _delete(kubernetes, namespace, key, result)
    for key in prunable(plan.prune, result.refused):
        await _delete(kubernetes, namespace, key, result)
    return result


async def _scale(
    kubernetes: ApiClient, informer: Informer, namespace: str, scale: Scale, result: ApplyResult
) -> None:
    try:
        await kubernetes.scale(BY_NAME[scale.kind], namespace, scale.name, scale.replicas)
        informer.scaled(scale.kind, (namespace, scale.name), scale.replicas)
    except ApiError as error:
        result.refuse(scale.kind, "ScaleFailed", f"{scale.kind} {scale.name}: {error.message}")


async def _delete(kubernetes: ApiClient, namespace: str, key: Key, result: ApplyResult) -> None:
    kind, name = key
    try:
        await kubernetes.delete(BY_NAME[kind], namespace, name)
    except ApiError as error:
        message = f"{kind} {name} could not be deleted: {error.message}"
        result.refuse(kind, "DeleteFailed", message)


async def _discard(kubernetes: ApiClient, made: Object | None, result: ApplyResult) -> None:
    """Delete an object as it was seen; one that has changed since stays."""
    if made is None:
        return
    kind, metadata = BY_NAME[made["kind"]], made["metadata"]
    seen = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    try:
        await kubernetes.delete(kind, metadata["namespace"], metadata["name"], seen)
    except ApiError as error:
        if error.status != CONFLICT:
            _refuse(result, made, error)


async def _patch(
    kubernetes: ApiClient, informer: Informer, patch: Object, result: ApplyResult
) -> None:
    kind = BY_NAME[patch["kind"]]
    try:
        patched = await kubernetes.merge(kind, patch | {"apiVersion": kind.api_version})
    except ApiError as error:
        _refuse(result, patch, error)
    else:
        if kind.watched:
            informer.put(patched)


async def _apply(kubernetes: ApiClient, informer: Informer, uid: str, desired: Object) -> None:
    kind = BY_NAME[desired["kind"]]
    metadata = desired["metadata"]
    key = (desired["kind"], metadata["name"])
    owner = (metadata["namespace"], metadata["labels"][names.LABEL_INSTANCE])
    if key not in informer.observed(owner).objects:
        live = await kubernetes.get(kind, metadata["namespace"], metadata["name"])
        if live is not None and not _may_take(live, desired, uid):
            raise ApiError(
                CONFLICT,
                "an object of this name exists and does not belong to the dashboard; rename it,"
                " remove it, or give the dashboard another name",
            )
    try:
        applied = await kubernetes.apply(kind, desired)
    except ApiError as error:
        if error.status != INVALID:
            raise
        applied = await _merge_then_apply(kubernetes, kind, desired, error)
    if kind.watched:
        informer.put(applied)


async def _merge_then_apply(
    kubernetes: ApiClient, kind: ResourceKind, desired: Object, error: ApiError
) -> Object:
    """Apply an object that conflicts with what others added.

    Server-side apply keeps what others put into a list, such as a port of the same name. A merge
    patch replaces whole lists, and then the object can be applied.
    """
    try:
        await kubernetes.merge(kind, desired)
        return await kubernetes.apply(kind, desired)
    except ApiError:
        # The object does not exist, or cannot change: the first reason is the right one.
        raise error from None


def _may_take(live: Object, desired: Object, uid: str) -> bool:
    """Whether an object is this dashboard's, or data of an earlier dashboard of its name."""
    metadata = live["metadata"]
    labels = metadata.get("labels", {})
    ours = all(
        labels.get(key) == desired["metadata"]["labels"][key]
        for key in (names.LABEL_MANAGED_BY, names.LABEL_INSTANCE)
    )
    return owned_by(live, uid) or (ours and not metadata.get("ownerReferences"))


def _refuse(result: ApplyResult, desired: Object, error: ApiError) -> None:
    kind = desired["kind"]
    what = f"{kind} {desired['metadata']['name']}"
    result.refuse(kind, "ApplyFailed", f"{what} was refused: {error.message}")
