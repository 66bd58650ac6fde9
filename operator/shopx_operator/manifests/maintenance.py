"""The page that visitors see while a migration runs alone on the database.

It exists only for that time. An annotation of its Deployment keeps the numbers of pods from before,
because the workloads themselves are at zero meanwhile.
"""

import json
from collections.abc import Mapping
from typing import Final

from shopx_core.containers.variables import API_PORT, LEAVING_SECONDS
from shopx_core.resource.presets import Compute
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_operator.manifests import api, names, network
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import (
    PAUSE_SECONDS,
    Pod,
    app_container,
    pause,
    resources,
    template,
)
from shopx_operator.manifests.workloads import deployment

COMPONENT: Final = "maintenance"
_COMPUTE: Final = Compute("10m", "64Mi", "500m", "128Mi")
_DRAIN_SECONDS: Final = 5
"""The time for answers that are on their way when the page stops; they are short."""


def objects(context: Context, before: Mapping[str, int]) -> list[Object]:
    """Deployment, and the policy that admits visitors.

    Args:
        context: The dashboard.
        before: The numbers of pods before, by component.
    """
    made = deployment(context, COMPONENT, _template(context))
    note = {names.ANNOTATION_REPLICAS: json.dumps(dict(sorted(before.items())))}
    made["metadata"].setdefault("annotations", {}).update(note)
    if not context.spec.network_policy.enabled:
        return [made]
    return [made, network.for_visitors(context, COMPONENT)]


def keys(context: Context) -> frozenset[tuple[str, str]]:
    """Kind and name of every object that `objects` may make."""
    name = context.child(COMPONENT)
    return frozenset({("Deployment", name), ("NetworkPolicy", name)})


def remembered(page: Object | None) -> dict[str, int] | None:
    """The numbers of pods in a page's annotation; `None` = there is no page or no annotation."""
    text = (page or {}).get("metadata", {}).get("annotations", {}).get(names.ANNOTATION_REPLICAS)
    try:
        counts = json.loads(text or "null")
    except ValueError:
        return None
    return {str(component): int(count) for component, count in counts.items()} if counts else None


def routes_to_page(service: Object) -> bool:
    """Whether a Service routes to the page."""
    component = service.get("spec", {}).get("selector", {}).get(names.LABEL_COMPONENT)
    return bool(component == COMPONENT)


def service_to_page(context: Context, service: Object) -> Object:
    """The API's Service, routing to the page."""
    spec = service["spec"] | {"selector": names.selector(context.name, COMPONENT)}
    return service | {"spec": spec}


def _template(context: Context) -> Object:
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=api.COMPONENT,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    [
                        *("python", "-m", "shopx_api.server.maintenance"),
                        *(str(API_PORT), str(LEAVING_SECONDS)),
                    ],
                    resources(ComputeResources(), _COMPUTE),
                    ports=[{"name": "http", "containerPort": API_PORT}],
                    # It answers every request with 503.
                    readinessProbe={"tcpSocket": {"port": "http"}, "periodSeconds": 1},
                    lifecycle=pause(),
                )
            ],
            overrides=context.spec.api.pod_template,
            grace_seconds=PAUSE_SECONDS + LEAVING_SECONDS + _DRAIN_SECONDS + 10,
        ),
    )
