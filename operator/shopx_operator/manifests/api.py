"""The API and the pages."""

from typing import Any, Final

from shopx_core.containers.compute import api_preset
from shopx_core.containers.variables import API_PORT, LEAVING_SECONDS, METRICS_PORT
from shopx_core.settings import ApiSettings
from shopx_operator.manifests import autoscaling, columns, components, config, feeds
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import (
    PAUSE_SECONDS,
    Pod,
    app_container,
    pause,
    resources,
    template,
)
from shopx_operator.manifests.workloads import (
    deployment,
    disruption_budget,
    metrics_ports,
    service,
)

COMPONENT: Final = components.API.name
SERVICE_PORT: Final = 80
_DRAIN_SECONDS: Final = int(ApiSettings().drain_timeout)


def objects(context: Context) -> list[Object]:
    """Deployment, Service, disruption budget, and an autoscaler where the manifest wants one."""
    http = {"name": "http", "port": SERVICE_PORT, "targetPort": "http", "appProtocol": "http"}
    # Apart from what a route forwards to.
    metrics = {"name": "metrics", "port": METRICS_PORT, "targetPort": "metrics"}
    made = [
        deployment(context, COMPONENT, _template(context)),
        service(context, COMPONENT, http, metrics),
        disruption_budget(context, COMPONENT),
    ]
    return made + autoscaling.objects(context, COMPONENT)


def _probe(path: str, **timing: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, "timeoutSeconds": 5, **timing}


def _template(context: Context) -> Object:
    api = context.spec.api
    return template(
        context,
        Pod(
            component=COMPONENT,
            account=COMPONENT,
            containers=[
                app_container(
                    context,
                    COMPONENT,
                    ["python", "-m", "shopx_api"],
                    resources(api.resources, api_preset(context.spec)),
                    env=[
                        *config.environment(context, "api", reads=True),
                        *columns.reader_environment(context),
                        {"name": "SHOPX_API_LEAVE_TIMEOUT", "value": str(LEAVING_SECONDS)},
                    ],
                    ports=[{"name": "http", "containerPort": API_PORT}, *metrics_ports()],
                    startupProbe=_probe("/healthz", periodSeconds=2, failureThreshold=60),
                    livenessProbe=_probe("/healthz", periodSeconds=10, failureThreshold=6),
                    readinessProbe=_probe("/readyz", periodSeconds=5, failureThreshold=2),
                    lifecycle=pause(),
                    volumeMounts=[*columns.reader_mounts(context), *feeds.mounts(context)],
                )
            ],
            overrides=api.pod_template,
            secrets=(*config.read_by(context, reads=True), *columns.secrets(context)),
            volumes=[*columns.reader_volumes(context), *feeds.volumes(context)],
            grace_seconds=PAUSE_SECONDS + LEAVING_SECONDS + _DRAIN_SECONDS + 10,
        ),
    )
