"""The pods to scrape, and their URLs: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from shopx_core.containers.variables import METRICS_PORT
from shopx_operator.manifests import api, components, names
from shopx_operator.manifests.context import Object

_COMPONENTS: Final = components.names(components.WITH_METRICS)
_PATHS: Final = {api.COMPONENT: "/metrics?by=cache"}


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """A pod that serves metrics."""

    name: str
    """The pod's name."""
    url: str
    serves: bool
    """Whether it is an API pod."""


def targets(pods: Iterable[Object]) -> list[ScrapeTarget]:
    """The running pods of one dashboard that serve metrics; none that is being deleted.

    An API pod counts when it has started: until then its CPU is no load, and more pods for it would
    start with as much CPU again.
    """
    found = []
    for pod in pods:
        component = pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT)
        status = pod.get("status", {})
        address = status.get("podIP")
        running = status.get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        # A pod in its node's network could answer for that node.
        own = not pod.get("spec", {}).get("hostNetwork") and _is_of_a_pod(address)
        serves = component == api.COMPONENT
        starting = serves and any(
            container.get("started") is False for container in status.get("containerStatuses", ())
        )
        if component in _COMPONENTS and own and running and not starting:
            host = f"[{address}]" if ":" in address else address
            found.append(
                ScrapeTarget(
                    pod["metadata"]["name"],
                    f"http://{host}:{METRICS_PORT}{_PATHS.get(component, '/metrics')}",
                    serves,
                )
            )
    return found


def _is_of_a_pod(address: str | None) -> bool:
    if not address:
        return False
    found = ip_address(address)
    return not (found.is_link_local or found.is_multicast or found.is_unspecified)
