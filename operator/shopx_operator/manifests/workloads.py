"""The common parts of the application's Deployments."""

from typing import Any

from shopx_core.containers.variables import METRICS_PORT
from shopx_operator.manifests import names
from shopx_operator.manifests.context import Context, Object


def deployment(context: Context, component: str, template: Object, **spec: Any) -> Object:
    """A Deployment that replaces its pods one by one, with never fewer than before.

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
        # On the object and not on its pods, which it would restart.
        labels={names.LABEL_VERSION: names.label_value(context.version)},
    )
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        "strategy": {
            "type": "RollingUpdate",
            # The connection budget allows for one more pod, not for two.
            "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
        },
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": 600,
        "template": template,
        **spec,
    }
    return made


def disruption_budget(context: Context, component: str) -> Object:
    """At most one pod is evicted at a time; a single pod never blocks a drain."""
    made = context.object("policy/v1", "PodDisruptionBudget", component, component)
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        "maxUnavailable": 1,
        # A broken pod must not keep its node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return made


def service(context: Context, component: str, *ports: Object, **spec: Any) -> Object:
    """A Service of a component's pods, by the platform's protocols.

    Args:
        context: The dashboard.
        component: The component, and the end of the name.
        ports: Its ports.
        spec: Other fields of its spec.
    """
    made = context.object("v1", "Service", component, component)
    made["spec"] = {
        "selector": names.selector(context.name, component),
        "ports": list(ports),
        **context.facts.platform.service(),
        **spec,
    }
    return made


def metrics_service(context: Context, component: str, *ports: Object) -> Object:
    """A headless Service, by which Prometheus finds every pod.

    Args:
        context: The dashboard.
        component: The component.
        ports: Ports beside that of the metrics.
    """
    metrics = {"name": "metrics", "port": METRICS_PORT, "targetPort": "metrics"}
    return service(context, component, metrics, *ports, clusterIP="None")


def metrics_ports() -> list[Object]:
    """The ports of a container that serves only metrics."""
    return [{"name": "metrics", "containerPort": METRICS_PORT}]
