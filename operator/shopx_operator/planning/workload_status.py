"""The status of Deployments, StatefulSets and Jobs, as the API server reports it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from shopx_operator.manifests.context import Object


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a Deployment or StatefulSet is."""

    desired: int
    ready: int
    updated: int
    current: int
    """At least this many pods are ready and of the newest template: of the older ones, which the
    API server does not count by readiness, all may be ready."""
    older: int
    """Pods of an older template."""
    complete: bool
    """All pods are of the newest template and ready."""
    stuck: str = ""
    """Why it cannot proceed; empty while it may."""


_STUCK: Final = {
    # A quota, an admission webhook or a missing PriorityClass refuses the pods, at once.
    "ReplicaFailure": ("True", "FailedCreate"),
    "Progressing": ("False", "ProgressDeadlineExceeded"),
}
"""The conditions of a Deployment that cannot proceed: status and reason, by type."""

NOTHING: Final = Rollout(desired=0, ready=0, updated=0, current=0, older=0, complete=False)


def rollout(workload: Object | None) -> Rollout:
    """Read a workload's status; `None` = it does not exist yet."""
    if workload is None:
        return NOTHING
    desired = int(workload.get("spec", {}).get("replicas", 1))
    status: Mapping[str, Any] = workload.get("status", {})
    seen = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    updated = int(status.get("updatedReplicas", 0))
    ready = int(status.get("readyReplicas", 0))
    all_pods = int(status.get("replicas", 0))
    stuck = next(
        (
            condition.get("message", "")
            for condition in status.get("conditions", ())
            if _STUCK.get(condition["type"]) == (condition["status"], condition.get("reason"))
        ),
        "",
    )
    complete = seen and updated == desired and ready >= desired and all_pods == desired
    # Before the controller has seen the newest template, all pods are of an older one.
    older = max(0, all_pods - updated) if seen else all_pods
    return Rollout(
        desired, ready, updated, max(0, ready - older), older, complete, "" if complete else stuck
    )


class JobState(StrEnum):
    """How far a Job is."""

    ABSENT = "absent"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a Job, or that it is still running."""

    state: JobState
    ended: dt.datetime | None = None
    reason: str = ""
    started: dt.datetime | None = None


def job_result(job: Object | None) -> JobResult:
    """Read a Job's status; `None` = it does not exist."""
    if job is None:
        return JobResult(JobState.ABSENT)
    status = job.get("status", {})
    started = instant(status.get("startTime"))
    for condition in status.get("conditions", ()):
        if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
            state = JobState.SUCCEEDED if condition["type"] == "Complete" else JobState.FAILED
            ended = instant(condition.get("lastTransitionTime"))
            return JobResult(state, ended, condition.get("reason", ""), started)
    return JobResult(JobState.RUNNING, started=started)


def instant(text: str | None) -> dt.datetime | None:
    """An instant in the API server's format."""
    return dt.datetime.fromisoformat(text) if text else None
