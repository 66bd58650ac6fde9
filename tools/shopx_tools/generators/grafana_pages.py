"""What the Grafana dashboards show: pages of panels, each panel with its queries.

`$S` in a query is the selector of the series of one dashboard.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Query:
    """One line, or one line for each value of the labels in its legend."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram over time."""

    title: str
    unit: str
    queries: tuple[Query, ...]
    note: str = ""
    """What to read from it, where the title does not say it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One Grafana dashboard."""

    name: str
    title: str
    panels: tuple[Panel, ...]


_REQUESTS: Final = "shopx_http_requests_total"
_DURATION: Final = "shopx_http_request_duration_seconds_bucket"
_HITS: Final = "hit-l0|hit-l1|stale"
_PROCESS: Final = "component, pod, instance"
_PROCESS_LEGEND: Final = "{{component}} {{pod}} {{instance}}"


def _panel(title: str, unit: str, *queries: tuple[str, str], note: str = "") -> Panel:
    return Panel(title, unit, tuple(Query(*query) for query in queries), note)


def _rate(metric: str, by: str = "") -> str:
    return f"sum {f'by ({by}) ' if by else ''}(rate({metric}{{$S}}[$__rate_interval]))"


def _quantile(share: float, metric: str, by: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(metric, ', '.join(filter(None, ('le', by))))})"


def _p95(outcomes: str) -> str:
    rate = f'sum by (le) (rate({_DURATION}{{$S,cache=~"{outcomes}"}}[$__rate_interval]))'
    return f"histogram_quantile(0.95, {rate})"


def _hit_ratio(by: str = "") -> str:
    grouped = f"by ({by}) " if by else ""
    hits, every = (
        f'sum {grouped}(rate({_REQUESTS}{{$S,cache=~"{which}"}}[$__rate_interval]))'
        for which in (_HITS, f"{_HITS}|miss")
    )
    return f"{hits} / {every}"


_SERVING: Final = _panel(
    "Processes: last decision, and serving",
    "short",
    ('max(shopx_operator_wanted{$S,what="api"})', "API wanted"),
    ('count(up{$S,component="api"} == 1)', "API serving"),
    ('max(shopx_operator_wanted{$S,what="workers"})', "workers wanted"),
    ("max(shopx_operator_database_bottleneck{$S})", "database saturated"),
    note="Decisions are those of the operator; on one machine there are none.",
)
_LATENCY: Final = _panel(
    "Answer time p95 by hit and miss",
    "s",
    (_p95(".+"), "all"),
    (_p95(_HITS), "hits"),
    (_p95("miss"), "misses"),
    note="The objective is 200 ms for 95 % of the reads.",
)
_HIT_RATIO: Final = _panel("Hit ratio", "percentunit", (_hit_ratio(), "hits"))
_TUNING: Final = _panel(
    "Cache tuning in use",
    "short",
    ("max by (lever) (shopx_lever{$S})", "{{lever}}"),
)
_AS_OF: Final = _panel(
    "Age of answers",
    "s",
    ("max(shopx_as_of_age_seconds{$S})", "oldest process"),
    note="How far the newest committed order that a process may know lies behind now.",
)
_CPU: Final = _panel(
    "CPU by process", "percentunit", (_rate("process_cpu_seconds_total", _PROCESS), _PROCESS_LEGEND)
)
_MEMORY: Final = _panel(
    "Memory by process",
    "bytes",
    (f"sum by ({_PROCESS}) (process_resident_memory_bytes{{$S}})", _PROCESS_LEGEND),
)
_FOLD_LAG: Final = _panel("Fold: lag", "s", ("max(shopx_fold_lag_seconds{$S})", "lag"))
_WAITING: Final = _panel(
    "Waiting jobs", "short", ("max by (queue) (shopx_jobs_queued{$S})", "{{queue}}")
)
_VIEWS: Final = _panel(
    "Age of materialized views",
    "s",
    ("time() - max by (view) (shopx_matview_last_success_timestamp_seconds{$S})", "{{view}}"),
)
_IN_FLIGHT: Final = _panel(
    "Requests being answered, mean",
    "short",
    (_rate("shopx_http_requests_in_flight_seconds_total", _PROCESS), _PROCESS_LEGEND),
)


def _burned(objective: str, record: str) -> Panel:
    return _panel(
        f"{objective}: share of bad",
        "percentunit",
        *(
            (f"max(dashboard:{record}:ratio_{window}{{$S}})", window)
            for window in ("5m", "1h", "6h", "3d")
        ),
    )


PAGES: Final = (
    Page(
        "overview",
        "ShopX overview",
        (
            _SERVING,
            _LATENCY,
            _HIT_RATIO,
            _panel("Requests by status", "reqps", (_rate(_REQUESTS, "status"), "{{status}}")),
            _panel(
                "Answer time",
                "s",
                *(
                    (_quantile(share, _DURATION), f"p{share * 100:.0f}")
                    for share in (0.5, 0.95, 0.99)
                ),
            ),
            _AS_OF,
            _burned("Availability", "shopx_errors"),
            _burned("Latency", "shopx_slow"),
            _burned("Freshness", "shopx_outdated"),
            _FOLD_LAG,
            _WAITING,
            _CPU,
            _MEMORY,
        ),
    ),
    Page(
        "cache",
        "ShopX cache",
        (
            _panel("Requests by cache outcome", "reqps", (_rate(_REQUESTS, "cache"), "{{cache}}")),
            _HIT_RATIO,
            _panel(
                "Hit ratio by operation", "percentunit", (_hit_ratio("operation"), "{{operation}}")
            ),
            _panel(
                "Look-ups by tier, and why none had an answer",
                "reqps",
                (
                    _rate("shopx_cache_requests_total", "tier, result, reason"),
                    "{{tier}} {{result}} {{reason}}",
                ),
            ),
            _LATENCY,
            _AS_OF,
            _TUNING,
            _panel(
                "Event loop lag",
                "s",
                (
                    "max by (pod, instance) (shopx_event_loop_lag_seconds{$S})",
                    "{{pod}} {{instance}}",
                ),
            ),
        ),
    ),
    Page(
        "database",
        "ShopX database and fold",
        (
            _panel(
                "Wait for a database connection, p95",
                "s",
                (_quantile(0.95, "shopx_db_pool_wait_seconds_bucket"), "p95"),
            ),
            _panel(
                "Database connections",
                "short",
                ("sum by (state) (shopx_db_pool_connections{$S})", "{{state}}"),
            ),
            _panel(
                "Time of queries by operation, p95",
                "s",
                (_quantile(0.95, "shopx_db_query_seconds_bucket", "operation"), "{{operation}}"),
            ),
            _panel(
                "Reads by server",
                "ops",
                (_rate("shopx_db_reads_total", "server"), "{{server}}"),
                (
                    _rate("shopx_db_replica_fallbacks_total", "reason"),
                    "by the leader for want of a replica: {{reason}}",
                ),
                note="With database.reads: Replicas. Nothing by `replica` means that none answers.",
            ),
            _panel(
                "Replicas: behind what is asked",
                "s",
                ("max(shopx_db_replica_lag_seconds{$S})", "most of all processes"),
            ),
            _FOLD_LAG,
            _panel("Fold: ledger lines", "ops", (_rate("shopx_fold_rows_total"), "lines")),
            _panel(
                "Fold: duration and failures",
                "s",
                (_quantile(0.95, "shopx_fold_seconds_bucket"), "duration p95"),
                (_rate("shopx_fold_failures_total"), "failures a second"),
            ),
            _panel(
                "Columnar replica: queries by who answered",
                "ops",
                (_rate("shopx_columns_queries_total", "result"), "{{result}}"),
            ),
            _panel(
                "Columnar replica: age",
                "s",
                ("max(shopx_columns_lag_seconds{$S})", "build, while lines are newer"),
                (
                    "time() - min(shopx_columns_generation_timestamp_seconds{$S} > 0)",
                    "oldest build in use",
                ),
                (
                    (
                        "sum(shopx_columns_build_seconds_sum{$S})"
                        " / sum(shopx_columns_build_seconds_count{$S})"
                    ),
                    "mean duration of a build",
                ),
            ),
            _panel(
                "Columnar replica: lines",
                "short",
                ("max(shopx_columns_rows{$S})", "in the newest build"),
                ("max(shopx_columns_pending_lines{$S})", "newer than it"),
                (
                    "max by (pod, instance) (shopx_columns_tail_lines{$S})",
                    "in memory of {{pod}} {{instance}}",
                ),
            ),
            _panel(
                "Columnar replica: memory of tables",
                "bytes",
                (
                    "max by (pod, instance) (shopx_columns_arrays_bytes{$S})",
                    "{{pod}} {{instance}}",
                ),
            ),
            _panel(
                "Columnar replica: processes that answer from it, and fetches",
                "short",
                ("sum(shopx_columns_ready{$S})", "processes"),
                ("sum by (result) (increase(shopx_columns_fetches_total{$S}[15m]))", "{{result}}"),
                note="Builds are fetched on a cluster alone; on one machine they share a folder.",
            ),
            _panel(
                "Coming months with partitions",
                "short",
                ("min(shopx_partitions_ahead{$S})", "months"),
            ),
            _VIEWS,
        ),
    ),
    Page(
        "workers",
        "ShopX workers",
        (
            _WAITING,
            _panel(
                "Age of the oldest waiting job",
                "s",
                ("max by (queue) (shopx_jobs_oldest_age_seconds{$S})", "{{queue}}"),
            ),
            _panel(
                "Jobs of the workers",
                "short",
                ("sum(shopx_jobs_reserved{$S})", "taken"),
                ("sum(shopx_jobs_active{$S})", "running"),
            ),
            _panel(
                "Duration of the last refresh",
                "s",
                ("max by (view) (shopx_matview_refresh_seconds{$S})", "{{view}}"),
            ),
            _VIEWS,
            _CPU,
            _MEMORY,
        ),
    ),
    Page(
        "scaling",
        "ShopX scaling decisions",
        (
            _SERVING,
            _panel(
                "Decisions of the operator, by action and rule",
                "ops",
                (
                    (
                        "sum by (action, reason)"
                        " (rate(shopx_operator_decisions_total[$__rate_interval]))"
                    ),
                    "{{action}} {{reason}}",
                ),
                note="Of all dashboards of the operator.",
            ),
            _panel(
                "Tuning of the last decision",
                "short",
                (
                    'max by (what) (shopx_operator_wanted{$S,what!~"api|workers"})',
                    "{{what}}",
                ),
            ),
            _TUNING,
            _IN_FLIGHT,
            _LATENCY,
            _CPU,
            _panel(
                "Wait for a database connection, p95",
                "s",
                (_quantile(0.95, "shopx_db_pool_wait_seconds_bucket"), "p95"),
            ),
        ),
    ),
    Page(
        "business",
        "ShopX business",
        (
            _panel(
                "Orders of the last 24 hours", "short", ("max(shopx_orders_last_day{$S})", "orders")
            ),
            _panel(
                "Time since the newest quarter-hour with sales",
                "s",
                ("time() - max(shopx_newest_sales_timestamp_seconds{$S})", "age"),
                note="A shop that stopped sending shows here first.",
            ),
            _panel(
                "Ledger lines booked a minute",
                "short",
                (f"60 * {_rate('shopx_fold_rows_total')}", "lines"),
            ),
            _panel(
                "What is looked at",
                "reqps",
                (f"topk(12, {_rate(_REQUESTS, 'operation')})", "{{operation}}"),
                note="By the names of the operations; each panel of a page has one.",
            ),
            _panel(
                "Writes and exact reads",
                "reqps",
                (
                    (
                        "sum by (operation)"
                        f' (rate({_REQUESTS}{{$S,cache="bypass"}}[$__rate_interval]))'
                    ),
                    "{{operation}}",
                ),
            ),
            _AS_OF,
        ),
    ),
)
