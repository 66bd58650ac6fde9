"""Autoscalers other than the operator's own, where the manifest chooses one for the API's pods.

Both use the pods' CPU and the requests in flight. Neither uses p95, because latency is not
proportional to the number of pods (`docs/scaling.md` says what that costs).
"""

from typing import Any, Final

from shopx_core.resource.types import seconds
from shopx_core.resource.v1beta1.serving import ApiAutoscaling
from shopx_core.resource.v1beta1.spec import api_pods_at_most
from shopx_operator.manifests.context import Context, Object

KEDA_GROUP: Final = "keda.sh"
CUSTOM_METRICS_GROUP: Final = "custom.metrics.k8s.io"
IN_FLIGHT: Final = "shopx_http_requests_in_flight"
PAUSED: Final = "autoscaling.keda.sh/paused"
"""KEDA's own annotation; without it KEDA would restart pods that must be stopped."""


def objects(context: Context, component: str) -> list[Object]:
    """A HorizontalPodAutoscaler, a ScaledObject, or nothing, depending on the mode.

    Args:
        context: The dashboard.
        component: The API component.
    """
    scaling = context.spec.api.autoscaling
    if scaling is None:
        return []
    if scaling.mode == "hpa":
        return [_autoscaler(context, component, scaling)]
    if scaling.mode == "keda" and context.knows("ScaledObject", KEDA_GROUP):
        return [_scaled_object(context, component, scaling)]
    return []


def paused(scaled_object: Object) -> bool:
    """Whether KEDA leaves the number of pods alone."""
    return PAUSED in scaled_object["metadata"].get("annotations", {})


def _behavior(scaling: ApiAutoscaling) -> dict[str, Any]:
    behavior = scaling.behavior
    return {
        "scaleUp": {"stabilizationWindowSeconds": int(seconds(behavior.scale_up_stabilization))},
        "scaleDown": {
            "stabilizationWindowSeconds": int(seconds(behavior.scale_down_stabilization))
        },
    }


def _autoscaler(context: Context, component: str, scaling: ApiAutoscaling) -> Object:
    metrics: list[Object] = [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": scaling.targets.cpu},
            },
        }
    ]
    # A metric that is not served would keep the autoscaler from scaling down.
    if context.knows("InFlight", CUSTOM_METRICS_GROUP):
        target = {"type": "AverageValue", "averageValue": str(scaling.targets.in_flight)}
        metrics.append({"type": "Pods", "pods": {"metric": {"name": IN_FLIGHT}, "target": target}})
    made = context.object("autoscaling/v2", "HorizontalPodAutoscaler", component, component)
    made["spec"] = {
        "scaleTargetRef": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": context.child(component),
        },
        "minReplicas": scaling.min,
        "maxReplicas": api_pods_at_most(context.spec),
        "metrics": metrics,
        "behavior": _behavior(scaling),
    }
    return made


def _scaled_object(context: Context, component: str, scaling: ApiAutoscaling) -> Object:
    triggers: list[Object] = [
        {
            "type": "cpu",
            "metricType": "Utilization",
            "metadata": {"value": str(scaling.targets.cpu)},
        }
    ]
    url = context.spec.monitoring.prometheus_url
    if url is not None:
        pods = f'namespace="{context.namespace}",pod=~"{context.child(component)}-.*"'
        triggers.append(
            {
                "type": "prometheus",
                "metricType": "AverageValue",
                "metadata": {
                    "serverAddress": url,
                    # The mean over a minute; the gauge alone is its value at the time of
                    # the scrape.
                    "query": f"sum(rate({IN_FLIGHT}_seconds_total{{{pods}}}[1m]))",
                    "threshold": str(scaling.targets.in_flight),
                    # Missing figures are no reason to remove pods.
                    "ignoreNullValues": "false",
                },
            }
        )
    made = context.object("keda.sh/v1alpha1", "ScaledObject", component, component)
    if context.spec.suspend:
        made["metadata"].setdefault("annotations", {})[PAUSED] = "true"
    made["spec"] = {
        "scaleTargetRef": {"name": context.child(component)},
        "minReplicaCount": scaling.min,
        "maxReplicaCount": api_pods_at_most(context.spec),
        "pollingInterval": 15,
        "triggers": triggers,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior(scaling)}},
    }
    return made
