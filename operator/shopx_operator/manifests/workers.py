"""The workers, which run background jobs from the queue."""

from typing import Final

from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_operator.manifests import components, config, feeds
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import (
    deployment,
    disruption_budget,
    metrics_ports,
    metrics_service,
)

COMPONENT: Final = components.WORKERS.name
_GRACE_SECONDS: Final = 300
"""A stopping worker finishes its job; the broker redelivers one that takes longer."""


def objects(context: Context) -> list[Object]:
    """Deployment, Service and disruption budget."""
    return [
        deployment(context, COMPONENT, _template(context)),
        metrics_service(context, COMPONENT),
        disruption_budget(context, COMPONENT),
    ]


def _template(context: Context) -> Object:
    workers = context.spec.workers
    started = {"tcpSocket": {"port": "metrics"}, "timeoutSeconds": 5}
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=components.WORKERS.account,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["python", "-m", "shopx_workers", "worker"],
                    resources(workers.resources, SIZES[context.spec.size].workers),
                    env=config.environment(context, "workers"),
                    ports=metrics_ports(),
                    volumeMounts=feeds.mounts(context),
                    # The port opens when the worker takes jobs; it waits for an absent broker.
                    readinessProbe=started | {"periodSeconds": 5},
                )
            ],
            overrides=workers.pod_template,
            secrets=(*config.read_by(context), *config.reports(context).values()),
            grace_seconds=_GRACE_SECONDS,
            volumes=feeds.volumes(context),
            temporary=_temporary(context),
        ),
    )


def _temporary(context: Context) -> str:
    """Room for an uploaded file, its content where it is packed, and what a job writes."""
    needed = 3 * amount(context.spec.imports.max_file_size)
    return f"{max(1, -(-int(needed) // 1024**3))}Gi"
