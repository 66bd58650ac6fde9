"""The rules of Prometheus about dashboards: recorded series, and alerts with a page each.

The operator puts them into each dashboard's PrometheusRule; `make generate` writes the same text to
deploy/monitoring, for all dashboards of a Prometheus. The burn rates are those of chapter 5 of
Google's Site Reliability Workbook, "Alerting on SLOs".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

RUNBOOKS: Final = "https://github.com/shopx-analytics/shopx/blob/main/docs/runbooks"
"""Where the pages of the alerts are published; their sources are in docs/runbooks."""

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """The series that rules are about, as selectors of PromQL without braces."""

    series: str
    """Of what a dashboard's own processes serve."""
    cronjob: str
    """Of kube-state-metrics' series about the CronJob that verifies figures."""
    volume: str
    """Of the kubelet's series about the database's volume."""
    backup: str
    """Of kube-state-metrics' series about the CronJob that takes base backups."""
    backup_check: str
    """Of its series about the CronJob that restores and verifies them."""


EVERY: Final = Scope(
    series='dashboard=~".+"',
    cronjob='cronjob=~".+-verify"',
    volume='persistentvolumeclaim=~".+-database(-[2-9])?"',
    backup='cronjob=~".+-backup"',
    backup_check='cronjob=~".+-backup-check"',
)
"""All dashboards that a Prometheus scrapes."""


def of_dashboard(
    namespace: str, name: str, *, cronjob: str, volume: str, backup: str, backup_check: str
) -> Scope:
    """One dashboard of a cluster."""
    return Scope(
        series=f'dashboard="{name}",namespace="{namespace}"',
        cronjob=f'cronjob="{cronjob}",namespace="{namespace}"',
        volume=f'persistentvolumeclaim=~"{volume}(-[2-9])?",namespace="{namespace}"',
        backup=f'cronjob="{backup}",namespace="{namespace}"',
        backup_check=f'cronjob="{backup_check}",namespace="{namespace}"',
    )


_BY: Final = "dashboard, namespace"
_SLOT_BYTES: Final = 10 << 30
"""Of its log that a shop's database keeps for a feed."""
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
FRESH_SECONDS: Final = 30
"""How far answers may lie behind the newest committed order, to count as fresh."""


@dataclass(frozen=True, slots=True)
class _Objective:
    """A service level objective: the share of bad events that a month may have."""

    name: str
    record: str
    """The recorded share of bad events is `dashboard:RECORD:ratio_WINDOW`."""
    bad: str
    """The share, with `<S>` for the series and `<W>` for the window."""
    budget: float
    promise: str
    first: str
    """What to look at first."""

    def share(self, window: str) -> str:
        """The name of the recorded share over a window."""
        return f"dashboard:{self.record}:ratio_{window}"


_COUNT: Final = "shopx_http_requests_total"
_SECONDS: Final = "shopx_http_request_duration_seconds"
_OBJECTIVES: Final = (
    _Objective(
        "Availability",
        "shopx_errors",
        f'(sum by ({_BY}) (rate({_COUNT}{{<S>,status=~"5.."}}[<W>]))'
        f" or 0 * sum by ({_BY}) (rate({_COUNT}{{<S>}}[<W>])))"
        f" / sum by ({_BY}) (rate({_COUNT}{{<S>}}[<W>]))",
        0.001,
        "99.9 % of the requests are answered without a server error",
        "The API's log lines with level error name the operation and the cause.",
    ),
    _Objective(
        "Latency",
        "shopx_slow",
        f'1 - sum by ({_BY}) (rate({_SECONDS}_bucket{{<S>,cache!="bypass",le="0.2"}}[<W>]))'
        f' / sum by ({_BY}) (rate({_SECONDS}_count{{<S>,cache!="bypass"}}[<W>]))',
        0.05,
        "95 % of the reads are answered within 200 ms",
        "Compare hit ratio, connection wait and CPU on the Grafana dashboard.",
    ),
    _Objective(
        "Freshness",
        "shopx_outdated",
        # A recorded 0 or 1, so its mean is the share of time.
        "avg_over_time(dashboard:shopx_outdated:bool{<S>}[<W>])",
        0.001,
        f"99.9 % of the time, answers are at most {FRESH_SECONDS} s behind",
        "An API process that cannot reach the primary keeps its last snapshot: read its log.",
    ),
)
# Burn rate, long window, short window: 2 % of the month's budget in an hour, 5 % in six.
_FAST: Final = ((14.4, "1h", "5m"), (6.0, "6h", "30m"))
# 10 % in a day and in three.
_SLOW: Final = ((3.0, "1d", "2h"), (1.0, "3d", "6h"))


def _recorded(scope: Scope) -> Iterator[Rule]:
    series = f"{{{scope.series}}}"
    yield {
        "record": "dashboard:shopx_http_requests:rate5m",
        "expr": f"sum by ({_BY}) (rate({_COUNT}{series}[5m]))",
    }
    yield {
        "record": "dashboard:shopx_hits:ratio_5m",
        "expr": (
            f"sum by ({_BY})"
            f' (rate({_COUNT}{{{scope.series},cache=~"hit-l0|hit-l1|stale"}}[5m]))'
            f" / sum by ({_BY})"
            f' (rate({_COUNT}{{{scope.series},cache=~"hit-l0|hit-l1|stale|miss"}}[5m]))'
        ),
    }
    yield {
        "record": "dashboard:shopx_http_request_duration_seconds:p95_5m",
        "expr": (
            f"histogram_quantile(0.95, sum by ({_BY}, le)"
            f' (rate({_SECONDS}_bucket{{{scope.series},cache!="bypass"}}[5m])))'
        ),
    }
    yield {
        "record": "dashboard:shopx_outdated:bool",
        "expr": (f"max by ({_BY}) (shopx_as_of_age_seconds{series}) > bool {FRESH_SECONDS}"),
    }
    for objective in _OBJECTIVES:
        for window in _WINDOWS:
            yield {
                "record": objective.share(window),
                "expr": objective.bad.replace("<S>", scope.series).replace("<W>", window),
            }


def _alert(name: str, expression: str, lasts: str, severity: str, summary: str, first: str) -> Rule:
    return {
        "alert": name,
        "expr": expression,
        "for": lasts,
        "labels": {"severity": severity},
        "annotations": {
            "summary": summary,
            "description": first,
            "runbook_url": f"{RUNBOOKS}/{name}.md",
        },
    }


_WHAT: Final = (
    "{{ with $labels.namespace }}{{ . }}/{{ end }}"
    "{{ with $labels.dashboard }}{{ . }}{{ else }}the dashboard{{ end }}"
)
"""On one machine there is no namespace, and what is absent of every dashboard has no name."""


def _burning(scope: Scope) -> Iterator[Rule]:
    for objective in _OBJECTIVES:
        for word, rates, lasts, severity in (
            ("Fast", _FAST, "2m", "critical"),
            ("Slowly", _SLOW, "15m", "warning"),
        ):
            expression = " or ".join(
                f"({objective.share(long)}{{{scope.series}}} > {rate * objective.budget:.6g}"
                f" and {objective.share(short)}{{{scope.series}}} > {rate * objective.budget:.6g})"
                for rate, long, short in rates
            )
            speed = "within days" if word == "Fast" else "before the month ends"
            yield _alert(
                f"ShopX{objective.name}Burns{word}",
                expression,
                lasts,
                severity,
                f"{_WHAT} will break its objective {speed}: {objective.promise}.",
                objective.first,
            )


def _processes(scope: Scope) -> Iterator[Rule]:
    series = scope.series
    yield _alert(
        "ShopXDown",
        f'max by ({_BY}) (up{{{series},component="api"}}) == 0'
        f' or absent(up{{{series},component="api"}})',
        "2m",
        "critical",
        f"No API process of {_WHAT} serves.",
        "kubectl describe adash, or shopx status, says why.",
    )
    yield _alert(
        "ShopXDegraded",
        f'max by ({_BY}) (shopx_operator_dashboard_condition{{{series},type="Degraded"}}) == 1',
        "10m",
        "warning",
        f"Something of {_WHAT} is broken, and the operator does not mend it by itself.",
        "kubectl describe adash: the message of the condition Degraded says what to do.",
    )
    yield _alert(
        "ShopXFoldLags",
        f"max by ({_BY}) (shopx_fold_lag_seconds{{{series}}}) > 300",
        "5m",
        "warning",
        f"The rollups of {_WHAT} are more than five minutes behind.",
        "Figures stay exact and get slower. Look for a long transaction in pg_stat_activity.",
    )
    yield _alert(
        "ShopXFoldAway",
        f"absent(shopx_fold_lag_seconds{{{series}}})",
        "10m",
        "warning",
        f"The fold of {_WHAT} does not run.",
        "Figures stay exact and get slower. The log of the fold says why.",
    )
    yield _alert(
        "ShopXViewStale",
        f"time() - max by ({_BY}, view)"
        f" (shopx_matview_last_success_timestamp_seconds{{{series}}}) > 86400",
        "10m",
        "warning",
        f"The materialized view {{{{ $labels.view }}}} of {_WHAT} was not refreshed for a day.",
        "kubectl get cronjobs,jobs -l analytics.shopx.io/view shows the failed runs.",
    )
    yield _alert(
        "ShopXPartitionsRunOut",
        f"max by ({_BY}) (shopx_partitions_ahead{{{series}}}) < 2",
        "1h",
        "critical",
        f"Fewer than two coming months of {_WHAT} have partitions.",
        "Run shopx partitions, and read what it says.",
    )
    yield _alert(
        "ShopXJobsWait",
        f"max by ({_BY}) (shopx_jobs_oldest_age_seconds{{{series}}}) > 3600",
        "10m",
        "warning",
        f"A background job of {_WHAT} has waited for an hour.",
        "Raise spec.workers.replicas, or read the workers' log.",
    )
    yield _alert(
        "ShopXFeedSlotGrows",
        f"max by ({_BY}, feed) (shopx_feed_slot_bytes{{{series}}}) > {_SLOT_BYTES}",
        "10m",
        "warning",
        f"A shop's database keeps over 10 GiB of its log for the feed {{{{ $labels.feed }}}} of"
        f" {_WHAT}.",
        "shopx feed show says why it is not read. Until it is, the shop's disk fills.",
    )


def _replicas(scope: Scope) -> Iterator[Rule]:
    servers = f"shopx_operator_database_servers{{{scope.series}"
    yield _alert(
        "ShopXReplicasMissing",
        f'max by ({_BY}) ({servers},what="streaming"}})'
        f' < max by ({_BY}) ({servers},what="asked"}}) - 1',
        "15m",
        "warning",
        f"The database of {_WHAT} has fewer replicas than its manifest asks for.",
        "It serves, and may not survive the loss of another server.",
    )


def _columns(scope: Scope) -> Iterator[Rule]:
    series = scope.series
    yield _alert(
        "ShopXColumnsNotReady",
        f"min by ({_BY}) (shopx_columns_ready{{{series}}}) < 1",
        # A process that starts fetches its base first, and a first build takes minutes.
        "30m",
        "warning",
        f"An API process of {_WHAT} does not answer from the columnar replica.",
        "Figures stay exact and get slower. The condition ColumnsReady says why.",
    )
    yield _alert(
        "ShopXColumnsAway",
        f"absent(shopx_columns_observed_timestamp_seconds{{{series}}})"
        f" or time() - max by ({_BY})"
        f" (shopx_columns_observed_timestamp_seconds{{{series}}}) > 3600",
        "10m",
        "warning",
        f"The builder of the columnar replica of {_WHAT} does not run, or cannot build.",
        "Figures stay exact and get slower. The log of the builder says why.",
    )
    yield _alert(
        "ShopXColumnsLag",
        f"max by ({_BY}) (shopx_columns_lag_seconds{{{series}}}) > 10800",
        "15m",
        "warning",
        f"The newest columnar build of {_WHAT} is older than three hours.",
        "Its tail grows in the memory of every API process. The log of the builder says why.",
    )


def _storage(scope: Scope) -> Iterator[Rule]:
    files = f'{scope.series},fstype!~"tmpfs|overlay|squashfs|ramfs"'
    free = (
        f"kubelet_volume_stats_available_bytes{{{scope.volume}}}"
        f" / kubelet_volume_stats_capacity_bytes{{{scope.volume}}}"
        f" or node_filesystem_avail_bytes{{{files}}} / node_filesystem_size_bytes{{{files}}}"
    )
    where = "{{ $labels.persistentvolumeclaim }}{{ $labels.mountpoint }}"
    for name, share, lasts, severity in (
        ("ShopXDiskLow", 0.15, "15m", "warning"),
        ("ShopXDiskFull", 0.05, "5m", "critical"),
    ):
        yield _alert(
            name,
            f"({free}) < {share}",
            lasts,
            severity,
            f"Less than {share:.0%} of the disk {where} is free.",
            "PostgreSQL stops when it cannot write. Enlarge the volume, or make room.",
        )


def _verification(scope: Scope) -> Iterator[Rule]:
    yield _alert(
        "ShopXNotVerified",
        _not_since(scope.cronjob, 108_000),
        "10m",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.cronjob }} has not verified the figures for 30 hours.",
        "The log of its last Job says which tier differs.",
    )


def _not_since(cronjob: str, seconds: float) -> str:
    """That no run of a CronJob has succeeded for so long, while it is not suspended on purpose."""
    series = f"{{{cronjob}}}"
    return (
        "time() - max by (cronjob, namespace)"
        f" (kube_cronjob_status_last_successful_time{series} or kube_cronjob_created{series})"
        f" > {seconds:.0f}"
        f" unless on(cronjob, namespace) kube_cronjob_spec_suspend{series} == 1"
    )


def _backups(scope: Scope, oldest: float) -> Iterator[Rule]:
    yield _alert(
        "ShopXBackupTooOld",
        _not_since(scope.backup, oldest),
        "10m",
        "critical",
        "{{ $labels.namespace }}/{{ $labels.cronjob }} has made no good backup for too long.",
        "The condition BackupReady and the log of its last Job say why.",
    )
    yield _alert(
        "ShopXBackupNotVerified",
        _not_since(scope.backup_check, 15 * 86_400),
        "10m",
        "warning",
        "No backup of {{ $labels.namespace }}/{{ $labels.cronjob }} was restored and verified for"
        " 15 days.",
        "The log of its last Job says what the restored copy lacks.",
    )
    yield _alert(
        "ShopXWalArchiveBehind",
        f"max by ({_BY}) (shopx_wal_archive_lag_seconds{{{scope.series}}}) > 900",
        "5m",
        "critical",
        f"The write-ahead log of {_WHAT} does not reach its archive.",
        "It stays in the database's volume, which fills: the database's log says why.",
    )


def groups(
    scope: Scope,
    *,
    with_columns: bool = True,
    with_backups: bool = True,
    with_replicas: bool = True,
    oldest_backup: float = 93_600,
) -> list[dict[str, Any]]:
    """The groups of rules about the dashboards of a scope.

    Args:
        scope: The dashboards.
        with_columns: Whether they have a columnar replica.
        with_backups: Whether they have backups.
        with_replicas: Whether their databases have several servers.
        oldest_backup: Seconds after which the last good one is too old.
    """
    made = {
        "shopx-recorded": [*_recorded(scope)],
        "shopx-objectives": [*_burning(scope)],
        "shopx-processes": [*_processes(scope)],
        "shopx-replicas": [*_replicas(scope)] if with_replicas else [],
        "shopx-columns": [*_columns(scope)] if with_columns else [],
        "shopx-storage": [*_storage(scope)],
        "shopx-verification": [*_verification(scope)],
        "shopx-backups": [*_backups(scope, oldest_backup)] if with_backups else [],
    }
    return [{"name": name, "rules": rules} for name, rules in made.items() if rules]
