"""CronJobs: everything that a dashboard does on a schedule.

Refreshes, partitions and verification run in the CronJob's own pod. The fit of predictions needs a
worker's libraries and memory, so its CronJob only puts the job into the queue (docs/adr/0014).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_core.jobs import PARTITIONS_CRON, PREDICTIONS_CRON, REPORTS_CRON
from shopx_core.resource.presets import SIZES
from shopx_core.resource.views import schedule
from shopx_core.settings import ViewSchedule
from shopx_operator.manifests import components, config, names
from shopx_operator.manifests.components import Component
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template

REFRESH: Final = components.REFRESH.name
_START_WITHIN_SECONDS: Final = 600
"""A run that could not start in time may start within this; later the next one is near."""
_LONGEST_SECONDS: Final = 3 * 3600
_VERIFY_CRON: Final = "32 3 * * *"
"""At night, in a minute without any refresh; `shopx up` does not verify on a schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schedule:
    """One CronJob."""

    name: str
    component: Component
    cron: str
    """Five cron fields, in the reporting time zone."""
    command: list[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    retries: int = 2
    """How often a failed run is repeated at once."""


def objects(context: Context) -> list[Object]:
    """All CronJobs."""
    ahead = str(context.spec.partitions.ahead)
    schedules = [
        *(_refresh(context, view) for view in schedule(context.spec.refresh.views)),
        _Schedule(
            name=_name(context, components.PARTITIONS.name),
            component=components.PARTITIONS,
            cron=PARTITIONS_CRON,
            command=["shopx", "partitions", "--ahead", ahead],
        ),
        _Schedule(
            name=_name(context, components.PREDICTIONS.name),
            component=components.PREDICTIONS,
            cron=PREDICTIONS_CRON,
            command=["shopx", "enqueue", "fit-predictions"],
        ),
        *(_reports(context) if components.REPORTS.wanted(context.spec) else ()),
        _Schedule(
            name=_name(context, components.VERIFY.name),
            component=components.VERIFY,
            cron=_VERIFY_CRON,
            command=["shopx", "verify"],
            # A difference stays, and finding it again reads the whole ledger again.
            retries=0,
        ),
    ]
    return [_cronjob(context, one) for one in schedules]


def refresh_name(context: Context, view: str) -> str:
    """The name of a view's CronJob."""
    return _name(context, f"{REFRESH}-{view.removeprefix('mv_')}")


def _name(context: Context, part: str) -> str:
    return context.child(part, names.LONGEST_CRONJOB)


def _refresh(context: Context, view: ViewSchedule) -> _Schedule:
    how = "--concurrently" if view.concurrently else "--blocking"
    return _Schedule(
        name=refresh_name(context, view.name),
        component=components.REFRESH,
        cron=view.schedule,
        command=["shopx", "refresh", view.name, how],
        labels={names.LABEL_VIEW: view.name},
    )


def _reports(context: Context) -> tuple[_Schedule]:
    """Looks for due reports; a run that fails is followed by the next one soon."""
    return (
        _Schedule(
            name=_name(context, components.REPORTS.name),
            component=components.REPORTS,
            cron=REPORTS_CRON,
            command=["shopx", "enqueue", "send-reports"],
            retries=0,
        ),
    )


def _cronjob(context: Context, scheduled: _Schedule) -> Object:
    component = scheduled.component
    labels = dict(scheduled.labels)
    made = context.object(
        "batch/v1",
        "CronJob",
        component.name,
        component.name,
        name=scheduled.name,
        labels=labels,
    )
    pod = template(
        context,
        Pod(
            component=component.name,
            account=component.account,
            labels=labels,
            containers=[
                app_container(
                    context,
                    component.name,
                    scheduled.command,
                    resources(context.spec.jobs.resources, SIZES[context.spec.size].fold),
                    env=config.environment(
                        context,
                        "job",
                        with_database=component.database,
                        with_redis=component.redis,
                    ),
                )
            ],
            overrides=context.spec.jobs.pod_template,
            # Without the digest of Secrets: each run reads them anew.
            restart_policy="Never",
        ),
    )
    job: dict[str, Any] = {
        "backoffLimit": scheduled.retries,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "template": pod,
    }
    made["spec"] = {
        "schedule": scheduled.cron,
        "timeZone": context.spec.reporting.timezone,
        # A second refresh of the same view would only wait for the first.
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": _START_WITHIN_SECONDS,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "suspend": context.spec.suspend,
        "jobTemplate": {
            "metadata": {
                "labels": context.labels | names.labels(context.name, component.name) | labels
            },
            "spec": job,
        },
    }
    return made
