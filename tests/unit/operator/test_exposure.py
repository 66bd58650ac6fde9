"""Ready needs a route that its Gateways took; what they say is shown."""

from typing import Any

import pytest

from tests.support.cluster import Cluster

ROUTE = ("HTTPRoute", "sales-api")
SPEC: dict[str, Any] = {
    "gateway": {"parentRefs": [{"name": "web", "namespace": "infra"}], "hostnames": ["a.test"]},
    "auth": {"public": True},
}


def _running(*conditions: tuple[str, str, str]) -> Cluster:
    """A dashboard whose Gateway says this of its route: type, status, reason."""
    cluster = Cluster()
    cluster.running(SPEC)
    if conditions:
        said = [
            {
                "type": kind,
                "status": state,
                "reason": reason,
                "message": f"{reason}, it says.",
                "observedGeneration": cluster[ROUTE]["metadata"]["generation"],
            }
            for kind, state, reason in conditions
        ]
        cluster[ROUTE]["status"] = {"parents": [{"parentRef": {"name": "web"}, "conditions": said}]}
    cluster.reconcile(SPEC)
    return cluster


def test_an_accepted_route_is_ready() -> None:
    cluster = _running(("Accepted", "True", "Accepted"), ("ResolvedRefs", "True", "ResolvedRefs"))
    assert cluster.condition("Ready") == ("True", "Serving")


def test_a_route_that_nothing_has_looked_at_is_not_ready() -> None:
    cluster = _running()
    assert cluster.condition("Ready") == ("False", "RoutePending")
    assert "the Gateway web yet" in cluster.message("Ready")
    assert cluster.condition("Available") == ("True", "Serving"), "it answers inside the cluster"
    assert cluster.condition("Degraded") == ("False", "AsExpected")


@pytest.mark.parametrize(
    "refusal",
    [
        ("Accepted", "False", "NotAllowedByListeners"),
        ("ResolvedRefs", "False", "BackendNotFound"),
    ],
)
def test_a_refusal_is_told_in_the_gateways_words(refusal: tuple[str, str, str]) -> None:
    cluster = _running(("Accepted", "True", "Accepted"), refusal)
    assert cluster.condition("Ready") == ("False", "RouteNotAccepted")
    assert f"{refusal[2]}, it says." in cluster.message("Degraded")


def test_what_a_gateway_said_of_an_older_route_does_not_count() -> None:
    cluster = _running(("Accepted", "True", "Accepted"))
    cluster[ROUTE]["metadata"]["generation"] += 1
    cluster.reconcile(SPEC)
    assert cluster.condition("Ready") == ("False", "RoutePending")
