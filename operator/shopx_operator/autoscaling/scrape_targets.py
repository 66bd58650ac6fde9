"""The pods to scrape, and their URLs: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shopx_operator.manifests import api, components, config, names
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
    """The running pods of one dashboard that serve metrics; none that is being deleted."""
    found = []
    for pod in pods:
        component = pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT)
        status = pod.get("status", {})
        address = status.get("podIP")
        running = status.get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        if component in _COMPONENTS and address and running:
            host = f"[{address}]" if ":" in address else address
            found.append(
                ScrapeTarget(
                    pod["metadata"]["name"],
                    f"http://{host}:{config.METRICS_PORT}{_PATHS.get(component, '/metrics')}",
                    component == api.COMPONENT,
                )
            )
    return found
