"""The queue exporter, which reports waiting jobs where there may be no worker to do so.

Autoscaling starts the first worker because of these figures (docs/adr/0014).
"""

from typing import Final

from shopx_core.resource.presets import Compute
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_operator.manifests import components, config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import deployment, metrics_ports, metrics_service

COMPONENT: Final = components.QUEUE_EXPORTER.name
_COMPUTE: Final = Compute("10m", "64Mi", "200m", "128Mi")


def objects(context: Context) -> list[Object]:
    """Deployment and Service, where the number of workers may be zero."""
    if not components.QUEUE_EXPORTER.wanted(context.spec):
        return []
    return [
        deployment(context, COMPONENT, _template(context)),
        metrics_service(context, COMPONENT),
    ]


def _template(context: Context) -> Object:
    metrics = {"httpGet": {"path": "/metrics", "port": "metrics"}, "timeoutSeconds": 5}
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=components.QUEUE_EXPORTER.account,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["python", "-m", "shopx_workers.queue_exporter"],
                    resources(ComputeResources(), _COMPUTE),
                    env=config.environment(context, "queue-exporter", with_database=False),
                    ports=metrics_ports(),
                    startupProbe=metrics | {"periodSeconds": 2, "failureThreshold": 60},
                    livenessProbe=metrics | {"periodSeconds": 20, "failureThreshold": 6},
                )
            ],
            overrides=context.spec.workers.pod_template,
            secrets=config.read_by(context, with_database=False),
        ),
    )
