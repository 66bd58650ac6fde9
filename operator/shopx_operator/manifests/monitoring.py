"""ServiceMonitors, rules and a Grafana dashboard."""

import json
from typing import Final

from shopx_core.resource.types import seconds
from shopx_core.resource.v1beta1.spec import columns_enabled
from shopx_operator.manifests import components, names
from shopx_operator.manifests.alert_rules import groups, of_dashboard
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.grafana import dashboard

GROUP: Final = "monitoring.coreos.com"


def objects(context: Context) -> list[Object]:
    """The objects that the manifest asks for and the cluster supports."""
    wanted = context.spec.monitoring
    made = []
    kind = "PodMonitor" if wanted.pod_monitor else "ServiceMonitor"
    if wanted.service_monitor.enabled and context.knows(kind, GROUP):
        made += [
            _monitor(context, kind, one.name, one.metrics)
            for one in components.wanted(context.spec)
            if one.metrics is not None
        ]
    if wanted.prometheus_rule and context.knows("PrometheusRule", GROUP):
        made.append(_rules(context))
    if wanted.grafana_dashboard:
        made.append(_grafana(context))
    return made


_ENDPOINTS: Final = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


def _monitor(context: Context, kind: str, component: str, port: str) -> Object:
    wanted = context.spec.monitoring.service_monitor
    made = context.object(f"{GROUP}/v1", kind, component, "monitoring", labels=dict(wanted.labels))
    endpoint: Object = {
        "port": port,
        "path": "/metrics",
        "interval": wanted.interval,
        # Short labels, the same ones wherever a Prometheus runs: rules and dashboards select by
        # them.
        "relabelings": [
            {"targetLabel": "dashboard", "replacement": context.name},
            {"targetLabel": "component", "replacement": component},
            *wanted.relabelings,
        ],
    }
    if wanted.metric_relabelings:
        endpoint["metricRelabelings"] = list(wanted.metric_relabelings)
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        _ENDPOINTS[kind]: [endpoint],
    }
    return made


def _grafana(context: Context) -> Object:
    made = context.object(
        "v1",
        "ConfigMap",
        "grafana",
        "monitoring",
        # The default label of Grafana's sidecar.
        labels={"grafana_dashboard": "1"},
    )
    model = dashboard(context.namespace, context.name)
    made["data"] = {f"shopx-{context.name}.json": json.dumps(model, indent=1, sort_keys=True)}
    return made


def _rules(context: Context) -> Object:
    made = context.object(
        f"{GROUP}/v1",
        "PrometheusRule",
        "alerts",
        "monitoring",
        labels=dict(context.spec.monitoring.service_monitor.labels),
    )
    scope = of_dashboard(
        context.namespace,
        context.name,
        cronjob=names.child(context.name, components.VERIFY.name, names.LONGEST_CRONJOB),
        volume=names.child(context.name, components.DATABASE.name),
        backup=names.child(context.name, components.BACKUP.name, names.LONGEST_CRONJOB),
        backup_check=names.child(context.name, components.BACKUP_CHECK.name, names.LONGEST_CRONJOB),
    )
    backup = context.spec.backup
    made["spec"] = {
        "groups": groups(
            scope,
            with_columns=columns_enabled(context.spec),
            with_backups=backup is not None,
            with_replicas=context.replicated,
            oldest_backup=seconds(backup.max_age) if backup is not None else 0.0,
        )
    }
    return made
