"""Which processes there are to ask, and where they answer: pure, from what the watches told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shopx_operator.manifests import api, components, config, names
from shopx_operator.manifests.context import Object

_NUMBERS: Final = {"http": config.API_PORT, "metrics": config.METRICS_PORT}
_PORTS: Final = {
    one.name: _NUMBERS[one.metrics] for one in components.WITH_METRICS if one.metrics is not None
}
_PATHS: Final = {api.COMPONENT: "/metrics?by=cache"}


@dataclass(frozen=True, slots=True)
class Target:
    """A process that shows metrics."""

    name: str
    """The pod's."""
    url: str
    serves: bool
    """Whether it is of the API."""


def targets(pods: Iterable[Object]) -> list[Target]:
    """The running pods of one dashboard that show metrics; those that end are none of them."""
    found = []
    for pod in pods:
        component = pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT)
        status = pod.get("status", {})
        address = status.get("podIP")
        running = status.get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        if component in _PORTS and address and running:
            host = f"[{address}]" if ":" in address else address
            found.append(
                Target(
                    pod["metadata"]["name"],
                    f"http://{host}:{_PORTS[component]}{_PATHS.get(component, '/metrics')}",
                    component == api.COMPONENT,
                )
            )
    return found
