"""The components: every group of pods that a dashboard may have, and what it uses.

Network policies, service accounts, ServiceMonitors, scraping, numbers of pods and the order of an
upgrade all follow from this table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from shopx_core.resource.v1beta1.spec import DashboardSpec, columns_enabled

SpecPredicate = Callable[[DashboardSpec], bool]


class Role(StrEnum):
    """How a component's pods run."""

    SERVER = "server"
    """One pod that the others depend on; it stops last."""
    SCALED = "scaled"
    """As many pods as the manifest, or an autoscaler, says."""
    SINGLE = "single"
    """One pod."""
    JOB = "job"
    """Pods that end by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One group of pods."""

    name: str
    """The value of the component label, and the end of the names of its objects."""
    role: Role
    account: str
    """The part of its ServiceAccount's name."""
    database: bool = False
    """Whether it connects to PostgreSQL."""
    redis: bool = False
    """Whether it connects to Redis."""
    metrics: Literal["metrics"] | None = None
    """The port where it serves `/metrics`; `None` = it has no metrics."""
    visible: bool = False
    """Whether visitors notice that it is stopped; an upgrade stops such a component last."""
    wanted: SpecPredicate = lambda _: True
    """Whether a dashboard has it."""


def workers_may_be_idle(spec: DashboardSpec) -> bool:
    """Whether there may be no worker, so that no worker reports the queue."""
    scaling = spec.workers.autoscaling
    return (scaling.min if scaling is not None else spec.workers.replicas) == 0


API: Final = Component(
    name="api",
    role=Role.SCALED,
    account="api",
    database=True,
    redis=True,
    metrics="metrics",
    visible=True,
)
COLUMNS: Final = Component(
    name="columns",
    role=Role.SINGLE,
    account="columns",
    database=True,
    metrics="metrics",
    wanted=columns_enabled,
)
FOLD: Final = Component(
    name="fold", role=Role.SINGLE, account="fold", database=True, metrics="metrics", visible=True
)
WORKERS: Final = Component(
    name="workers",
    role=Role.SCALED,
    account="workers",
    database=True,
    redis=True,
    metrics="metrics",
)
QUEUE_EXPORTER: Final = Component(
    name="queue-exporter",
    role=Role.SINGLE,
    account="workers",
    redis=True,
    metrics="metrics",
    wanted=workers_may_be_idle,
)
MIGRATE: Final = Component(name="migrate", role=Role.JOB, account="jobs", database=True)
REFRESH: Final = Component(name="refresh", role=Role.JOB, account="jobs", database=True)
PARTITIONS: Final = Component(name="partitions", role=Role.JOB, account="jobs", database=True)
PREDICTIONS: Final = Component(name="predictions", role=Role.JOB, account="jobs", redis=True)
REPORTS: Final = Component(
    name="reports",
    role=Role.JOB,
    account="jobs",
    redis=True,
    wanted=lambda spec: spec.reports is not None,
)
VERIFY: Final = Component(name="verify", role=Role.JOB, account="jobs", database=True)
SEED: Final = Component(
    name="seed",
    role=Role.JOB,
    account="jobs",
    database=True,
    wanted=lambda spec: spec.demo is not None and bool(spec.demo.orders),
)
TRICKLE: Final = Component(
    name="trickle",
    role=Role.SINGLE,
    account="jobs",
    database=True,
    wanted=lambda spec: spec.demo is not None and spec.demo.trickle is not None,
)
REDIS_CHECK: Final = Component(
    name="redis-check",
    role=Role.JOB,
    account="jobs",
    redis=True,
    wanted=lambda spec: spec.cache.redis.external is not None,
)
DATABASE_CHECK: Final = Component(
    name="database-check",
    role=Role.JOB,
    account="database",
    wanted=lambda spec: spec.database.bundled is not None,
)
DATABASE: Final = Component(
    name="database",
    role=Role.SERVER,
    account="database",
    wanted=lambda spec: spec.database.bundled is not None,
)
BACKUP: Final = Component(
    name="backup",
    role=Role.JOB,
    account="backup",
    database=True,
    wanted=lambda spec: spec.backup is not None,
)
BACKUP_CHECK: Final = Component(
    name="backup-check",
    role=Role.JOB,
    account="backup",
    wanted=lambda spec: spec.backup is not None,
)
REDIS: Final = Component(
    name="redis",
    role=Role.SERVER,
    account="redis",
    wanted=lambda spec: spec.cache.redis.bundled is not None,
)

ALL: Final = (
    API,
    FOLD,
    COLUMNS,
    WORKERS,
    QUEUE_EXPORTER,
    MIGRATE,
    REFRESH,
    PARTITIONS,
    PREDICTIONS,
    REPORTS,
    VERIFY,
    SEED,
    TRICKLE,
    REDIS_CHECK,
    DATABASE_CHECK,
    DATABASE,
    BACKUP,
    BACKUP_CHECK,
    REDIS,
)


def names(which: Iterable[Component]) -> tuple[str, ...]:
    """The components' names."""
    return tuple(one.name for one in which)


DATABASE_CLIENTS: Final = tuple(one for one in ALL if one.database)
REDIS_CLIENTS: Final = tuple(one for one in ALL if one.redis)
WITH_METRICS: Final = tuple(one for one in ALL if one.metrics)
SINGLE: Final = tuple(one for one in ALL if one.role is Role.SINGLE)
LONG_RUNNING: Final = tuple(one for one in ALL if one.role in (Role.SCALED, Role.SINGLE))
"""What runs until it is stopped, without the servers."""


def named(name: str) -> Component | None:
    """The component of a name; `None` = it is none, such as the page of maintenance."""
    return next((one for one in ALL if one.name == name), None)


def wanted(spec: DashboardSpec) -> tuple[Component, ...]:
    """The components that a dashboard has."""
    return tuple(one for one in ALL if one.wanted(spec))
