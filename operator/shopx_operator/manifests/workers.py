"""Background jobs: the workers that run them, and the scheduler that enqueues them on time."""

from typing import Final

from shopx_core.resource.presets import SIZES, Compute
from shopx_core.resource.v1alpha1.pods import ComputeResources
from shopx_operator.manifests import config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import (
    deployment,
    disruption_budget,
    metrics_ports,
    metrics_service,
)

COMPONENT: Final = "workers"
SCHEDULER: Final = "scheduler"
_GRACE_SECONDS: Final = 300
"""A stopping worker finishes its job; one that takes longer is handed out again."""
_SCHEDULER_COMPUTE: Final = Compute("20m", "128Mi", "500m", "256Mi")


def objects(context: Context) -> list[Object]:
    """Deployments of workers and scheduler, the workers' Service and disruption budget."""
    return [
        deployment(context, COMPONENT, _workers(context)),
        metrics_service(context, COMPONENT),
        disruption_budget(context, COMPONENT),
        deployment(context, SCHEDULER, _scheduler(context)),
        metrics_service(context, SCHEDULER),
    ]


def _workers(context: Context) -> Object:
    workers = context.spec.workers
    started = {"tcpSocket": {"port": "metrics"}, "timeoutSeconds": 5}
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["python", "-m", "shopx_workers", "worker"],
                    resources(workers.resources, SIZES[context.spec.size].workers),
                    env=config.environment(
                        context, ["WORKERS", "CACHE", "REPORTING", "PARTITIONS", "METRICS"]
                    ),
                    ports=metrics_ports(),
                    # Served from when the worker takes jobs; it waits for a broker that is away.
                    readinessProbe=started | {"periodSeconds": 5},
                )
            ],
            overrides=workers.pod_template,
            secrets=config.read_by(context),
            grace_seconds=_GRACE_SECONDS,
        ),
    )


def _scheduler(context: Context) -> Object:
    return template(
        context,
        Pod(
            component=SCHEDULER,
            account=COMPONENT,
            containers=[
                app_container(
                    context,
                    SCHEDULER,
                    ["python", "-m", "shopx_workers", "beat"],
                    resources(ComputeResources(), _SCHEDULER_COMPUTE),
                    env=config.environment(context, ["REPORTING", "PARTITIONS", "METRICS"]),
                    ports=metrics_ports(),
                )
            ],
            overrides=context.spec.workers.pod_template,
            secrets=config.read_by(context),
        ),
    )
