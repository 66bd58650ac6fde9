"""What the Deployments of the application have in common."""

from typing import Any

from shopx_operator.manifests import names
from shopx_operator.manifests.config import METRICS_PORT
from shopx_operator.manifests.context import Context, Object


def deployment(context: Context, component: str, template: Object, **spec: Any) -> Object:
    """A Deployment that replaces its pods one by one, never with fewer than there were.

    Args:
        context: The dashboard.
        component: The component, and the end of the name.
        template: The pods.
        spec: Other fields of its spec.
    """
    made = context.object(
        "apps/v1",
        "Deployment",
        component,
        component,
        # On the object and not on its pods, which would restart.
        labels={names.LABEL_VERSION: context.version},
    )
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        "strategy": {
            "type": "RollingUpdate",
            # The connection budget counts on one more pod and no two.
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": 600,
        "template": template,
        **spec,
    }
    return made


def disruption_budget(context: Context, component: str) -> Object:
    """Nodes are drained one pod at a time; a single pod never blocks a drain."""
    made = context.object("policy/v1", "PodDisruptionBudget", component, component)
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        "maxUnavailable": 1,
        # A pod that is broken anyway must not keep its node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return made


def metrics_service(context: Context, component: str) -> Object:
    """A Service without an address of its own, by which Prometheus finds every pod."""
    made = context.object("v1", "Service", component, component)
    made["spec"] = {
        "clusterIP": "None",
        "selector": names.selector(context.name, component),
        "ports": [{"name": "metrics", "port": METRICS_PORT, "targetPort": "metrics"}],
    }
    return made


def metrics_ports() -> list[Object]:
    """The ports of a container that serves nothing but metrics."""
    return [{"name": "metrics", "containerPort": METRICS_PORT}]
