"""Which children are deleted because the spec no longer wants them, and what keeps them."""

from collections.abc import Collection
from typing import Final

from shopx_operator.manifests import names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.kinds import BY_NAME, ROUTES
from shopx_operator.manifests.render import DesiredObject
from shopx_operator.planning.observed_state import Key, ObservedState, owned_by

_OPENINGS: Final = frozenset({"NetworkPolicy", "Service"})
"""The kinds through which pods are reached inside the cluster."""
_USERS: Final = frozenset({"Deployment", "StatefulSet", "Job", "CronJob"}) | _OPENINGS
"""While one of these is refused, old pods may use an opening that the spec no longer has."""


def unwanted(
    context: Context, desired: Collection[DesiredObject], observed: ObservedState
) -> tuple[Key, ...]:
    """The dashboard's children that are not desired, by kind and name; never data."""
    kept = {one.key for one in desired}
    return tuple(
        key
        for key, made in sorted(observed.objects.items())
        if key not in kept and BY_NAME[key[0]].pruned and _is_own(context, made)
    )


def prunable(keys: Collection[Key], refused: Collection[str]) -> list[Key]:
    """The children to delete although objects of some kinds were refused.

    Args:
        keys: What is not desired.
        refused: The kinds of what the API server did not take.
    """
    return [(kind, name) for kind, name in keys if not _held(kind, refused)]


def _held(kind: str, refused: Collection[str]) -> bool:
    if kind in ROUTES:
        # The refused one may be its successor.
        return not ROUTES.isdisjoint(refused)
    if kind in _OPENINGS:
        return not _USERS.isdisjoint(refused)
    return bool(refused)


def _is_own(context: Context, made: Object) -> bool:
    """Whether a child belongs to this dashboard itself, and is not marked to be kept."""
    metadata = made["metadata"]
    kept = {names.LABEL_DATA, names.LABEL_MEMORY} & metadata.get("labels", {}).keys()
    if kept or metadata.get("deletionTimestamp"):
        return False
    return owned_by(made, context.facts.uid)
