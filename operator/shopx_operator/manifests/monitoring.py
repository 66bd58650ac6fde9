"""ServiceMonitors, alert rules and a Grafana dashboard."""

import json
from typing import Any, Final

from shopx_core.resource.v1alpha1.spec import columns_enabled
from shopx_operator.manifests import api, columns, components, fold, names, workers
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.grafana import dashboard

GROUP: Final = "monitoring.coreos.com"


def objects(context: Context) -> list[Object]:
    """The objects that the manifest asks for and the cluster supports."""
    wanted = context.spec.monitoring
    made = []
    if wanted.service_monitor.enabled and context.knows("ServiceMonitor", GROUP):
        made += [
            _service_monitor(context, one.name, one.metrics)
            for one in components.wanted(context.spec)
            if one.metrics is not None
        ]
    if wanted.prometheus_rule and context.knows("PrometheusRule", GROUP):
        made.append(_rules(context))
    if wanted.grafana_dashboard:
        made.append(_grafana(context))
    return made


def _service_monitor(context: Context, component: str, port: str) -> Object:
    wanted = context.spec.monitoring.service_monitor
    made = context.object(
        f"{GROUP}/v1", "ServiceMonitor", component, "monitoring", labels=dict(wanted.labels)
    )
    made["spec"] = {
        "selector": {"matchLabels": names.selector(context.name, component)},
        "endpoints": [{"port": port, "path": "/metrics", "interval": wanted.interval}],
        # The series get labels for the dashboard and the component.
        "targetLabels": [names.LABEL_INSTANCE, names.LABEL_COMPONENT],
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
    model = dashboard(context.namespace, context.name, components.names(components.WITH_METRICS))
    made["data"] = {f"shopx-{context.name}.json": json.dumps(model, indent=1, sort_keys=True)}
    return made


def _alert(
    name: str, expression: str, lasts: str, severity: str, summary: str, action: str
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": lasts,
        "labels": {"severity": severity},
        "annotations": {"summary": summary, "description": action},
    }


def _columns_alerts(what: str, serving: str, building: str) -> list[dict[str, Any]]:
    return [
        _alert(
            "ShopXColumnsNotReady",
            f"min(shopx_columns_ready{{{serving}}}) < 1",
            # A pod that starts fetches its base first, and a first build takes minutes.
            "30m",
            "warning",
            f"An API pod of {what} does not answer from the columnar replica.",
            "Figures stay exact and get slower. The condition ColumnsReady says why.",
        ),
        _alert(
            "ShopXColumnsAway",
            f"absent(shopx_columns_observed_timestamp_seconds{{{building}}})"
            f" or time() - max(shopx_columns_observed_timestamp_seconds{{{building}}}) > 3600",
            "10m",
            "warning",
            f"The builder of the columnar replica of {what} does not run, or cannot build.",
            "Figures stay exact and get slower. kubectl logs deployment/NAME-columns says why.",
        ),
    ]


def alerts(namespace: str, name: str, *, with_columns: bool = True) -> list[dict[str, Any]]:
    """The alert rules of one dashboard, for Prometheus.

    Args:
        namespace: The dashboard's.
        name: The dashboard's.
        with_columns: Whether it has a columnar replica.
    """
    pods = f'namespace="{namespace}",pod=~"{name}-{{}}-.*"'
    serving, folding, working = map(pods.format, (api.COMPONENT, fold.COMPONENT, workers.COMPONENT))
    # Its metrics are kube-state-metrics'.
    verifying = f'namespace="{namespace}",cronjob="{name}-{components.VERIFY.name}"'
    what = f"{namespace}/{name}"
    requests = "shopx_http_requests_total"
    return [
        _alert(
            "ShopXDown",
            f"absent(up{{{serving}}} == 1)",
            "2m",
            "critical",
            f"No API pod of {what} serves.",
            "kubectl describe adash says why.",
        ),
        _alert(
            "ShopXErrors",
            f'sum(rate({requests}{{{serving},status=~"5.."}}[5m]))'
            f" > 0.01 * sum(rate({requests}{{{serving}}}[5m]))",
            "10m",
            "warning",
            f"More than 1 % of the requests to {what} fail.",
            "The API's log lines with level error name the operation and the cause.",
        ),
        _alert(
            "ShopXSlow",
            "histogram_quantile(0.95, sum by (le)"
            f" (rate(shopx_http_request_duration_seconds_bucket{{{serving}}}[5m]))) > 0.2",
            "15m",
            "warning",
            f"The 95th percentile of {what} is above 200 ms.",
            "Compare hit ratio, connection wait and CPU on the Grafana dashboard.",
        ),
        _alert(
            "ShopXFoldLags",
            f"max(shopx_fold_lag_seconds{{{folding}}}) > 300",
            "5m",
            "warning",
            f"The rollups of {what} are more than five minutes behind.",
            "Figures stay exact and get slower. Look for a long transaction in pg_stat_activity.",
        ),
        _alert(
            "ShopXFoldAway",
            f"absent(shopx_fold_lag_seconds{{{folding}}})",
            "10m",
            "warning",
            f"The fold of {what} does not run.",
            "Figures stay exact and get slower. kubectl logs deployment/NAME-fold says why.",
        ),
        _alert(
            "ShopXViewStale",
            "time() - max by (view)"
            f" (shopx_matview_last_success_timestamp_seconds{{{working}}}) > 86400",
            "10m",
            "warning",
            f"A materialized view of {what} was not refreshed for a day.",
            "kubectl get cronjobs,jobs -l analytics.shopx.io/view shows the failed runs.",
        ),
        _alert(
            "ShopXPartitionsRunOut",
            f"max(shopx_partitions_ahead{{{working}}}) < 2",
            "1h",
            "critical",
            f"Fewer than two coming months of {what} have partitions.",
            "Run kubectl create job --from=cronjob/NAME-partitions, and read its log.",
        ),
        _alert(
            "ShopXNotVerified",
            f"time() - max(kube_cronjob_status_last_successful_time{{{verifying}}}"
            f" or kube_cronjob_created{{{verifying}}}) > 108000"
            # A suspended dashboard is not verified on purpose.
            f" unless on() kube_cronjob_spec_suspend{{{verifying}}} == 1",
            "10m",
            "warning",
            f"The figures of {what} were not verified for 30 hours.",
            "The log of the last Job of the CronJob NAME-verify says which tier differs.",
        ),
        *(_columns_alerts(what, serving, pods.format(columns.COMPONENT)) if with_columns else ()),
        _alert(
            "ShopXJobsWait",
            f"max(shopx_jobs_oldest_age_seconds{{{working}}}) > 3600",
            "10m",
            "warning",
            f"A background job of {what} has waited for an hour.",
            "Raise spec.workers.replicas, or read the workers' log.",
        ),
    ]


def _rules(context: Context) -> Object:
    made = context.object(
        f"{GROUP}/v1",
        "PrometheusRule",
        "alerts",
        "monitoring",
        labels=dict(context.spec.monitoring.service_monitor.labels),
    )
    rules = alerts(context.namespace, context.name, with_columns=columns_enabled(context.spec))
    made["spec"] = {"groups": [{"name": f"shopx.{context.name}", "rules": rules}]}
    return made
