"""The results of the materialized views' refreshes, from their CronJobs and Jobs."""

from typing import Any

from shopx_core.resource.views import schedule
from shopx_operator.manifests import names, schedules
from shopx_operator.manifests.context import Context, Object
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.pod_failures import error_lines, termination_message
from shopx_operator.planning.workload_status import JobState, instant, job_result


def view_statuses(context: Context, observed: ObservedState) -> list[dict[str, Any]]:
    """One status entry for each scheduled view."""
    views = schedule(context.spec.refresh.views)
    return [_status(observed, view.name) for view in views]


def _status(observed: ObservedState, view: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": view}
    jobs = _jobs(observed, view)
    succeeded = [job for job in jobs if job_result(job).state is JobState.SUCCEEDED]
    failed = [job for job in jobs if job_result(job).state is JobState.FAILED]
    success = max((_ended(job) for job in succeeded), default="")
    # The CronJob keeps the time of Jobs that were removed.
    for cronjob in observed.kind("CronJob"):
        if cronjob["metadata"].get("labels", {}).get(names.LABEL_VIEW) == view:
            success = max(success, cronjob.get("status", {}).get("lastSuccessfulTime", ""))
    if success:
        made["lastSuccessTime"] = success
    if succeeded:
        took = _seconds(max(succeeded, key=_ended))
        if took is not None:
            made["durationSeconds"] = took
    if failed:
        last = max(failed, key=_ended)
        made["lastFailureTime"] = _ended(last)
        if _ended(last) > success:
            name = last["metadata"]["name"]
            why = error_lines(termination_message(observed.pods, schedules.REFRESH, name))
            made["message"] = why or f"kubectl logs job/{name} says why."
    return made


def _jobs(observed: ObservedState, view: str) -> list[Object]:
    return [
        job
        for job in observed.kind("Job")
        if job["metadata"].get("labels", {}).get(names.LABEL_VIEW) == view
    ]


def _ended(job: Object) -> str:
    """When a Job ended, in the API server's format; such texts sort as the instants do."""
    ended = job_result(job).ended
    return ended.strftime("%Y-%m-%dT%H:%M:%SZ") if ended else ""


def _seconds(job: Object) -> str | None:
    started = instant(job.get("status", {}).get("startTime"))
    ended = job_result(job).ended
    return str(int((ended - started).total_seconds())) if started and ended else None
