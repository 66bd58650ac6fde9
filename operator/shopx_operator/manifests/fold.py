"""The fold, which keeps the rollups up to date; it needs PostgreSQL alone."""

from typing import Final

from shopx_core.resource.presets import SIZES
from shopx_operator.manifests import components, config
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template
from shopx_operator.manifests.workloads import deployment, metrics_ports, metrics_service

COMPONENT: Final = components.FOLD.name


def objects(context: Context) -> list[Object]:
    """Deployment and Service. Two pods at once, as during a rollout, do no harm."""
    return [
        deployment(context, COMPONENT, _template(context)),
        metrics_service(context, COMPONENT),
    ]


def _template(context: Context) -> Object:
    fold = context.spec.fold
    metrics = {"httpGet": {"path": "/metrics", "port": "metrics"}, "timeoutSeconds": 5}
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["shopx", "fold"],
                    resources(fold.resources, SIZES[context.spec.size].fold),
                    env=config.environment(context, "fold", with_redis=False),
                    ports=metrics_ports(),
                    startupProbe=metrics | {"periodSeconds": 2, "failureThreshold": 60},
                    livenessProbe=metrics | {"periodSeconds": 20, "failureThreshold": 6},
                )
            ],
            overrides=fold.pod_template,
            secrets=config.read_by(context, with_redis=False),
        ),
    )
