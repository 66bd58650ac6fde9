"""The Grafana dashboard of one dashboard: a table of panels, laid out in two columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_WIDTH: Final = 12
_HEIGHT: Final = 8
_REQUESTS: Final = "shopx_http_requests_total"
_DURATION: Final = "shopx_http_request_duration_seconds_bucket"


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    """Expression and legend. `$P` is the selector of the dashboard's pods, `$N` and `$D` its
    namespace and name."""


def _rate(metric: str, by: str = "") -> str:
    return f"sum {f'by ({by}) ' if by else ''}(rate({metric}{{$P}}[$__rate_interval]))"


_DECIDED: Final = 'namespace="$N",dashboard="$D"'
"""The operator's own series about one dashboard."""


def _p95(outcomes: str) -> str:
    rate = f'sum by (le) (rate({_DURATION}{{$P,cache=~"{outcomes}"}}[$__rate_interval]))'
    return f"histogram_quantile(0.95, {rate})"


def _share(outcomes: str, of: str) -> str:
    hits, every = (
        f'sum(rate({_REQUESTS}{{$P,cache=~"{which}"}}[$__rate_interval]))'
        for which in (outcomes, of)
    )
    return f"{hits} / {every}"


_PANELS: Final = (
    _Panel(
        "Pods: last decision, and serving",
        "short",
        (
            (f'max(shopx_operator_wanted{{{_DECIDED},what="api"}})', "API wanted"),
            ('count(up{namespace="$N",pod=~"$D-api-.*"} == 1)', "API serving"),
            (f'max(shopx_operator_wanted{{{_DECIDED},what="workers"}})', "workers wanted"),
            (f"max(shopx_operator_database_bottleneck{{{_DECIDED}}})", "database saturated"),
        ),
    ),
    _Panel(
        "Answer time p95 by hit and miss",
        "s",
        (
            (_p95(".+"), "all"),
            (_p95("hit-l0|hit-l1|stale"), "hits"),
            (_p95("miss"), "misses"),
        ),
    ),
    _Panel(
        "Hit ratio",
        "percentunit",
        ((_share("hit-l0|hit-l1|stale", "hit-l0|hit-l1|stale|miss"), "hits"),),
    ),
    _Panel(
        "Cache tuning of the last decision",
        "short",
        (
            (
                f'max by (what) (shopx_operator_wanted{{{_DECIDED},what!~"api|workers"}})',
                "{{what}}",
            ),
        ),
    ),
    _Panel("Requests by cache outcome", "reqps", ((_rate(_REQUESTS, "cache"), "{{cache}}"),)),
    _Panel(
        "Answer time",
        "s",
        tuple(
            (f"histogram_quantile({share}, {_rate(_DURATION, 'le')})", f"p{int(share * 100)}")
            for share in (0.5, 0.95, 0.99)
        ),
    ),
    _Panel("Requests by status", "reqps", ((_rate(_REQUESTS, "status"), "{{status}}"),)),
    _Panel(
        "Why the cache missed",
        "reqps",
        ((_rate("shopx_cache_requests_total", "tier, result, reason"), "{{tier}} {{reason}}"),),
    ),
    _Panel(
        "Wait for a database connection, p95",
        "s",
        ((f"histogram_quantile(0.95, {_rate('shopx_db_pool_wait_seconds_bucket', 'le')})", "p95"),),
    ),
    _Panel(
        "Database connections",
        "short",
        (("sum by (state) (shopx_db_pool_connections{$P})", "{{state}}"),),
    ),
    _Panel(
        "Fold",
        "s",
        (("max(shopx_fold_lag_seconds{$P})", "lag"),),
    ),
    _Panel(
        "Columnar replica: queries by who answered",
        "ops",
        ((_rate("shopx_columns_queries_total", "result"), "{{result}}"),),
    ),
    _Panel(
        "Columnar replica: age",
        "s",
        (
            ("max(shopx_columns_lag_seconds{$P})", "build, while lines are newer"),
            (
                "time() - min(shopx_columns_generation_timestamp_seconds{$P} > 0)",
                "oldest build in use",
            ),
            (
                (
                    "sum(rate(shopx_columns_build_seconds_sum{$P}[1h]))"
                    " / sum(rate(shopx_columns_build_seconds_count{$P}[1h]))"
                ),
                "duration of a build",
            ),
        ),
    ),
    _Panel(
        "Columnar replica: lines",
        "short",
        (
            ("max(shopx_columns_rows{$P})", "in the newest build"),
            ("max(shopx_columns_pending_lines{$P})", "newer than it"),
            ("max by (pod) (shopx_columns_tail_lines{$P})", "in memory of {{pod}}"),
        ),
    ),
    _Panel(
        "Columnar replica: pods that answer from it, and fetches",
        "short",
        (
            ("sum(shopx_columns_ready{$P})", "pods"),
            ("sum by (result) (increase(shopx_columns_fetches_total{$P}[15m]))", "{{result}}"),
        ),
    ),
    _Panel("Ledger lines folded", "ops", ((_rate("shopx_fold_rows_total"), "lines"),)),
    _Panel(
        "Age of materialized views",
        "s",
        (
            (
                "time() - max by (view) (shopx_matview_last_success_timestamp_seconds{$P})",
                "{{view}}",
            ),
        ),
    ),
    _Panel(
        "Waiting jobs",
        "short",
        (("max by (queue) (shopx_jobs_queued{$P})", "{{queue}}"),),
    ),
    _Panel("CPU by pod", "percentunit", ((_rate("process_cpu_seconds_total", "pod"), "{{pod}}"),)),
    _Panel(
        "Memory by pod",
        "bytes",
        (("sum by (pod) (process_resident_memory_bytes{$P})", "{{pod}}"),),
    ),
)


def dashboard(namespace: str, name: str, components: Iterable[str]) -> dict[str, Any]:
    """The dashboard in Grafana's JSON model.

    Args:
        namespace: Where the dashboard's pods run.
        name: The dashboard's name.
        components: The components with metrics; another dashboard's name may begin alike.
    """
    pods = f'namespace="{namespace}",pod=~"{name}-({"|".join(components)})-.*"'
    return {
        "title": f"ShopX {namespace}/{name}",
        # Constant, so that links survive.
        "uid": f"shopx-{namespace}-{name}"[:40],
        "tags": ["shopx"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
        },
        "annotations": {"list": [_decisions(namespace, name)]},
        "panels": [
            _panel(number, panel, {"$P": pods, "$N": namespace, "$D": name})
            for number, panel in enumerate(_PANELS)
        ],
    }


def _decisions(namespace: str, name: str) -> dict[str, Any]:
    """A line over every panel where a decision changed something."""
    wanted = f'shopx_operator_wanted{{namespace="{namespace}",dashboard="{name}"}}'
    return {
        "name": "Decisions",
        "enable": True,
        "iconColor": "orange",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "expr": f"sum by (what) (changes({wanted}[$__interval])) > 0",
        "titleFormat": "{{what}}",
        "step": "15s",
    }


def _panel(number: int, panel: _Panel, named: Mapping[str, str]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "gridPos": {
            "x": number % 2 * _WIDTH,
            "y": number // 2 * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": source,
                "expr": _filled(expression, named),
                "legendFormat": legend,
            }
            for place, (expression, legend) in enumerate(panel.queries)
        ],
    }


def _filled(expression: str, named: Mapping[str, str]) -> str:
    for mark, value in named.items():
        expression = expression.replace(mark, value)
    return expression
