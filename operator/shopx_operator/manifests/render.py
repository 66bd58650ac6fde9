"""All objects of a dashboard, in the order in which they are applied."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from shopx_operator.manifests import (
    accounts,
    api,
    backup,
    columns,
    database,
    demo,
    fold,
    migration,
    monitoring,
    network,
    queue_exporter,
    redis,
    replication,
    routes,
    schedules,
    secrets,
    workers,
)
from shopx_operator.manifests.context import Context, Object


class Stage(IntEnum):
    """When an object is applied; `shopx_operator.planning.plan` opens the stages one by one."""

    FOUNDATION = 1
    """Secrets, accounts, network policies, the volume, Services."""
    SERVERS = 2
    """The bundled database and cache."""
    MIGRATION = 3
    """The Job that brings the database to the release."""
    WORKLOADS = 4
    """API, fold, workers, demo."""
    SCHEDULES = 5
    """CronJobs, and the first Jobs of backups."""
    ROUTES = 6
    """Ingress or HTTPRoute."""
    MONITORING = 7
    """ServiceMonitors, alert rules, the Grafana dashboard."""


_AT_ONCE: Final = frozenset({"PodDisruptionBudget", "Service"})


@dataclass(frozen=True, slots=True)
class DesiredObject:
    """One object and its stage."""

    stage: Stage
    object: Object

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name, which identify a dashboard's child."""
        return self.object["kind"], self.object["metadata"]["name"]


def render(context: Context) -> list[DesiredObject]:
    """Every object, stage by stage.

    Args:
        context: The dashboard; its Secrets are complete (`secrets.complete`).
    """
    spec = context.spec
    bundled_database = spec.database.bundled
    bundled_redis = spec.cache.redis.bundled
    foundation = [
        *secrets.objects(context),
        *accounts.objects(context),
        *network.objects(context),
    ]
    servers: list[Object] = []
    if bundled_database is not None:
        foundation += database.volumes(context, bundled_database)
        foundation += replication.foundation(context, bundled_database)
        servers += database.objects(context, bundled_database)
    if spec.backup is not None:
        foundation += backup.volume(context, spec.backup)
    if bundled_redis is not None:
        foundation += redis.volume(context, bundled_redis)
        servers += redis.objects(context, bundled_redis)
    parts = [
        *api.objects(context),
        *fold.objects(context),
        *columns.objects(context),
        *workers.objects(context),
        *queue_exporter.objects(context),
    ]
    if spec.demo is not None:
        parts += demo.objects(context, spec.demo)
    # Services and disruption budgets are kept in repair while a release is being migrated.
    foundation += [made for made in parts if made["kind"] in _AT_ONCE]
    workloads = [made for made in parts if made["kind"] not in _AT_ONCE]
    stages = {
        Stage.FOUNDATION: foundation,
        Stage.SERVERS: servers,
        Stage.MIGRATION: migration.objects(context),
        Stage.WORKLOADS: workloads,
        Stage.SCHEDULES: [*schedules.objects(context), *backup.objects(context)],
        Stage.ROUTES: routes.objects(context),
        Stage.MONITORING: monitoring.objects(context),
    }
    return [DesiredObject(stage, made) for stage, objects in stages.items() for made in objects]
