"""Prometheus, Alertmanager and Grafana: a profile, because their images are others' to publish."""

from typing import Any, Final

from shopx_core.resource.presets import Compute
from shopx_local.compose import values
from shopx_local.compose.shapes import Service, after, service

_PROFILE: Final = ["monitoring"]
_LIMITS: Final = Compute("0", "0", "1", "512Mi")
_NOBODY: Final = 65534
_GRAFANA_USER: Final = 472


def services() -> dict[str, Service]:
    """The services by name."""
    return {
        "prometheus": service(
            str(values.PROMETHEUS),
            [
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                "--storage.tsdb.retention.time=30d",
            ],
            _LIMITS,
            user=_NOBODY,
            profiles=_PROFILE,
            ports=[f"{values.MONITORING_LISTEN}:9090:9090"],
            volumes=[
                f"{values.MONITORING}/prometheus:/etc/prometheus:ro",
                "prometheus:/prometheus",
            ],
        ),
        "alertmanager": service(
            str(values.ALERTMANAGER),
            [
                "--config.file=/etc/alertmanager/alertmanager.yml",
                "--storage.path=/alertmanager",
            ],
            _LIMITS,
            user=_NOBODY,
            profiles=_PROFILE,
            ports=[f"{values.MONITORING_LISTEN}:9093:9093"],
            volumes=[
                f"{values.MONITORING}/alertmanager:/etc/alertmanager:ro",
                "alertmanager:/alertmanager",
            ],
        ),
        "grafana": service(
            str(values.GRAFANA),
            None,
            _LIMITS,
            user=_GRAFANA_USER,
            profiles=_PROFILE,
            ports=[f"{values.MONITORING_LISTEN}:3000:3000"],
            environment={"GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/token"},
            secrets=["token"],
            volumes=[
                f"{values.MONITORING}/grafana/provisioning:/etc/grafana/provisioning:ro",
                f"{values.MONITORING}/grafana/dashboards:/etc/grafana/dashboards:ro",
                "grafana:/var/lib/grafana",
            ],
            depends_on=after(prometheus="started"),
        ),
    }


def volumes() -> dict[str, Any]:
    """Their named volumes."""
    return {"prometheus": {}, "alertmanager": {}, "grafana": {}}
