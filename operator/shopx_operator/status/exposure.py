"""Whether the Gateways of an HTTPRoute took it. An Ingress has no such status."""

from collections.abc import Iterator
from typing import Final

from shopx_operator.manifests import api
from shopx_operator.manifests.context import Object
from shopx_operator.planning.routes import accepted_parents
from shopx_operator.status.inputs import ConditionValue, StatusInput, false_condition

ROUTE_REFUSED: Final = "RouteNotAccepted"
_NEEDED: Final = ("Accepted", "ResolvedRefs")


def route_problem(inputs: StatusInput) -> ConditionValue | None:
    """Why the HTTPRoute does not serve, in its controllers' words; `None` = it does.

    A route that no controller has looked at yet is `RoutePending`.
    """
    gateway = inputs.context.spec.gateway
    live = inputs.observed.get("HTTPRoute", inputs.context.child(api.COMPONENT))
    if gateway is None or live is None:
        return None
    parents = live.get("status", {}).get("parents", [])
    refused = [text for parent in parents for text in _refusals(parent)]
    if refused:
        return false_condition(ROUTE_REFUSED, "; ".join(refused))
    accepted = accepted_parents(live)
    waiting = [one.name for one in gateway.parent_refs if one.name not in accepted]
    if waiting:
        return false_condition(
            "RoutePending",
            f"No controller has accepted the HTTPRoute for the Gateway {', '.join(waiting)} yet."
            " kubectl get gateway -A shows which there are.",
        )
    return None


def _refusals(parent: Object) -> Iterator[str]:
    for condition in parent.get("conditions", ()):
        if condition["type"] in _NEEDED and condition["status"] == "False":
            words = f"{condition['reason']}: {condition.get('message', '')}".rstrip(": ")
            yield f"The Gateway {parent['parentRef']['name']} does not serve the route: {words}"
