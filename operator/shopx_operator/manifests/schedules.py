"""CronJobs: one for each materialized view, one for the coming months' partitions."""

from typing import Any, Final

from shopx_core.resource.presets import SIZES
from shopx_core.resource.v1alpha1.pods import ComputeResources
from shopx_core.resource.views import Refreshed, schedule
from shopx_operator.manifests import config, names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.pods import Pod, app_container, resources, template

REFRESH: Final = "refresh"
PARTITIONS: Final = "partitions"
ACCOUNT: Final = "jobs"
_PARTITIONS_SCHEDULE: Final = "12 1 * * *"
_LATE_SECONDS: Final = 600
"""A run that could not start in time is made up for within this; later the next one is near."""
_LONGEST_SECONDS: Final = 3 * 3600


def objects(context: Context) -> list[Object]:
    """All CronJobs."""
    ahead = str(context.spec.partitions.ahead)
    return [
        *(_refresh(context, view) for view in schedule(context.spec.refresh.views)),
        _cronjob(
            context,
            context.child(PARTITIONS, names.LONGEST_CRONJOB),
            PARTITIONS,
            _PARTITIONS_SCHEDULE,
            ["shopx", "partitions", "--ahead", ahead],
            {},
        ),
    ]


def refresh_name(context: Context, view: str) -> str:
    """The name of a view's CronJob."""
    return context.child(f"{REFRESH}-{view.removeprefix('mv_')}", names.LONGEST_CRONJOB)


def _refresh(context: Context, view: Refreshed) -> Object:
    how = "--concurrently" if view.concurrently else "--blocking"
    return _cronjob(
        context,
        refresh_name(context, view.name),
        REFRESH,
        view.schedule,
        ["shopx", "refresh", view.name, how],
        {names.LABEL_VIEW: view.name},
    )


def _cronjob(
    context: Context,
    name: str,
    component: str,
    when: str,
    command: list[str],
    labels: dict[str, str],
) -> Object:
    made = context.object("batch/v1", "CronJob", component, component, name=name, labels=labels)
    pod = template(
        context,
        Pod(
            component=component,
            account=ACCOUNT,
            labels=labels,
            containers=[
                app_container(
                    context,
                    component,
                    command,
                    resources(ComputeResources(), SIZES[context.spec.size].fold),
                    env=config.environment(context, ["REPORTING"], with_redis=False),
                )
            ],
            # Without the digest of Secrets: each run reads them anew.
            restart_policy="Never",
        ),
    )
    job: dict[str, Any] = {
        "backoffLimit": 2,
        "activeDeadlineSeconds": _LONGEST_SECONDS,
        "template": pod,
    }
    made["spec"] = {
        "schedule": when,
        "timeZone": context.spec.reporting.timezone,
        # A second refresh of the same view would only wait for the first.
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": _LATE_SECONDS,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 1,
        "suspend": context.spec.suspend,
        "jobTemplate": {
            "metadata": {"labels": names.labels(context.name, component) | labels},
            "spec": job,
        },
    }
    return made
