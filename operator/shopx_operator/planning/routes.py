"""Which routes of a dashboard end, and when.

Exposure ends first: a route that the spec drops goes whatever else is refused, and also while an
upgrade is under way. One that a route of another kind replaces stays until its successor leads to
the dashboard, for a limited time: a successor that never does may not keep an old host served.
"""

import datetime as dt
from collections.abc import Collection
from typing import Final

from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import ROUTES
from shopx_operator.manifests.render import DesiredObject
from shopx_operator.planning.observed_state import Key, ObservedState

HANDOVER_SECONDS: Final = 30
"""The longest time for which a route stays beside its successor."""
PROPAGATION_SECONDS: Final = 3
"""Controllers accept a route before all their proxies have it."""


def withdrawn_routes(desired: Collection[DesiredObject], unwanted: Collection[Key]) -> set[Key]:
    """Routes of a dashboard that the spec does not expose at all any more."""
    if any(one.key[0] in ROUTES for one in desired):
        return set()
    return {key for key in unwanted if key[0] in ROUTES}


def retained_routes(
    desired: Collection[DesiredObject],
    unwanted: Collection[Key],
    observed: ObservedState,
    now: dt.datetime,
) -> set[Key]:
    """Unwanted routes that stay for now, because what replaces them may not lead anywhere yet."""
    successors = [one.key for one in desired if one.key[0] in ROUTES]
    kinds = {kind for kind, _ in successors}
    if all(_leads(observed.objects.get(key), now) for key in successors):
        return set()
    return {key for key in unwanted if key[0] in ROUTES - kinds}


def accepted_parents(route: Object) -> dict[str, dt.datetime]:
    """The Gateways that accepted an HTTPRoute as it is now, by name, and since when they do."""
    metadata = route["metadata"]
    generation = metadata.get("generation", 0)
    return {
        parent["parentRef"]["name"]: _time(
            condition.get("lastTransitionTime") or metadata["creationTimestamp"]
        )
        for parent in route.get("status", {}).get("parents", ())
        for condition in parent.get("conditions", ())
        if condition["type"] == "Accepted"
        and condition["status"] == "True"
        and condition.get("observedGeneration", generation) >= generation
    }


def _leads(route: Object | None, now: dt.datetime) -> bool:
    """Whether a route that was made leads to the dashboard, or should by now.

    An Ingress does not tell whether a controller serves it, so that its time is waited for.
    """
    if route is None:
        return False
    if (now - _time(route["metadata"]["creationTimestamp"])).total_seconds() >= HANDOVER_SECONDS:
        return True
    accepted = accepted_parents(route)
    parents = {one["name"] for one in route["spec"].get("parentRefs", ())}
    return (
        bool(parents)
        and parents <= accepted.keys()
        and (now - max(accepted.values())).total_seconds() >= PROPAGATION_SECONDS
    )


def _time(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written)
