"""The operator's own metrics."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from shopx_core.scaling import Decision
from shopx_core.scaling.codec import encoded

_BOUNDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "shopx_operator_reconcile_seconds",
            "Time of one reconcile of one dashboard, by its result.",
            ["result"],
            buckets=_BOUNDS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "shopx_operator_decisions",
            "Scaling decisions, by action and rule.",
            ["action", "reason"],
            registry=self.registry,
        )
        self.child_changes = Counter(
            "shopx_operator_child_changes",
            "Changes of a dashboard's children, by action and kind.",
            ["action", "kind"],
            registry=self.registry,
        )
        self.requests = Counter(
            "shopx_operator_api_requests",
            "Requests to the API server, without watches.",
            ["verb"],
            registry=self.registry,
        )
        self._wanted = Gauge(
            "shopx_operator_wanted",
            "The last scaling decision of a dashboard: pods, and tuning in seconds or counts.",
            ["namespace", "dashboard", "what"],
            registry=self.registry,
        )
        self._bottleneck = Gauge(
            "shopx_operator_database_bottleneck",
            "Whether the database is the bottleneck.",
            ["namespace", "dashboard"],
            registry=self.registry,
        )
        self._backup = Gauge(
            "shopx_operator_backup_timestamp_seconds",
            "When a dashboard's backup was last good, and when a restored copy was last verified.",
            ["namespace", "dashboard", "what"],
            registry=self.registry,
        )
        self._servers = Gauge(
            "shopx_operator_database_servers",
            "Servers of a replicated database: asked for, leading, and streaming from the leader.",
            ["namespace", "dashboard", "what"],
            registry=self.registry,
        )
        self._database_lag = Gauge(
            "shopx_operator_database_lag_bytes",
            "What the last replica lacked of the log when it last reported, in whole MiB.",
            ["namespace", "dashboard"],
            registry=self.registry,
        )
        self._condition = Gauge(
            "shopx_operator_dashboard_condition",
            "A condition of a dashboard: 1 = True, 0 = False; absent while it is Unknown.",
            ["namespace", "dashboard", "type"],
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)

    def show(self, namespace: str, name: str, decision: Decision) -> None:
        """Set the gauges of a dashboard's last decision."""
        wanted = {"api": decision.api, "workers": decision.workers, **encoded(decision.tuning)}
        for what, value in wanted.items():
            self._wanted.labels(namespace, name, what).set(value)
        self._bottleneck.labels(namespace, name).set(decision.bottleneck)

    def show_backup(self, namespace: str, name: str, status: Mapping[str, str] | None) -> None:
        """Set the gauges of a dashboard's backups; what is unknown has no series."""
        for what, key in (("backup", "lastBackupTime"), ("verified", "lastVerifiedTime")):
            at = (status or {}).get(key)
            if at is None:
                self._backup.remove_by_labels(
                    {"namespace": namespace, "dashboard": name, "what": what}
                )
            else:
                moment = dt.datetime.fromisoformat(at).timestamp()
                self._backup.labels(namespace, name, what).set(moment)

    def show_replication(self, namespace: str, name: str, status: Mapping[str, Any] | None) -> None:
        """Set the gauges of a dashboard's replicated database; what is unknown has no series."""
        labels = {"namespace": namespace, "dashboard": name}
        self._servers.remove_by_labels(labels)
        self._database_lag.remove_by_labels(labels)
        if status is None:
            return
        for what, count in (
            ("asked", status["servers"]),
            ("leading", int("leader" in status)),
            ("streaming", status["streaming"]),
        ):
            self._servers.labels(namespace, name, what).set(count)
        if "lagBytes" in status:
            self._database_lag.labels(namespace, name).set(status["lagBytes"])

    def forget(self, namespace: str, name: str) -> None:
        """Remove a dashboard's gauges: it is gone, or another replica decides."""
        labels = {"namespace": namespace, "dashboard": name}
        self._wanted.remove_by_labels(labels)
        self._bottleneck.remove_by_labels(labels)

    def show_conditions(
        self, namespace: str, name: str, conditions: Iterable[Mapping[str, str]]
    ) -> None:
        """Set the gauges of a dashboard's conditions, those of its status."""
        self.forget_conditions(namespace, name)
        for one in conditions:
            if one["status"] != "Unknown":
                gauge = self._condition.labels(namespace, name, one["type"])
                gauge.set(one["status"] == "True")

    def forget_conditions(self, namespace: str, name: str) -> None:
        """Remove them: the dashboard is gone, or another replica leads."""
        self._condition.remove_by_labels({"namespace": namespace, "dashboard": name})

    def watch(
        self,
        *,
        leads: Callable[[], bool],
        queued: Callable[[], int],
        dashboards: Callable[[], int],
    ) -> None:
        """Register gauges that are read at each scrape."""
        for name, text, ask in (
            ("leader", "Whether this replica leads.", lambda: float(leads())),
            ("queued", "Dashboards that wait for a reconcile.", lambda: float(queued())),
            ("dashboards", "Known dashboards.", lambda: float(dashboards())),
        ):
            Gauge(f"shopx_operator_{name}", text, registry=self.registry).set_function(ask)
