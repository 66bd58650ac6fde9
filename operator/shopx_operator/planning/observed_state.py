"""The observed state of a dashboard's children.

Pure: the dictionaries come from `shopx_operator.reconcile.observer`.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from shopx_core.logging import redact_text
from shopx_operator.manifests import names
from shopx_operator.manifests.context import Object

Key = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, slots=True)
class ObservedState:
    """Everything that exists of one dashboard."""

    objects: Mapping[Key, Object] = field(default_factory=dict)
    """Its children, and the Jobs of its CronJobs."""
    pods: tuple[Object, ...] = ()
    """Its pods."""
    autoscaled: Mapping[str, str] = field(default_factory=dict)
    """The names of foreign HorizontalPodAutoscalers, by the Deployment that they scale."""

    def get(self, kind: str, name: str) -> Object | None:
        """One child."""
        return self.objects.get((kind, name))

    def kind(self, kind: str) -> list[Object]:
        """Children of one kind, by name."""
        return [made for key, made in sorted(self.objects.items()) if key[0] == kind]


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a Deployment or StatefulSet is."""

    desired: int
    ready: int
    updated: int
    complete: bool
    """All pods are of the newest template and ready."""
    stuck: str = ""
    """Why it cannot proceed; empty while it may."""


NOTHING: Final = Rollout(desired=0, ready=0, updated=0, complete=False)


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
            if condition["type"] == "Progressing"
            and condition["status"] == "False"
            and condition.get("reason") == "ProgressDeadlineExceeded"
        ),
        "",
    )
    complete = seen and updated == desired and ready >= desired and all_pods == desired
    return Rollout(desired, ready, updated, complete, "" if complete else stuck)


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


def owned_by(made: Object, uid: str) -> bool:
    """Whether one of an object's owners has this uid."""
    return any(owner["uid"] == uid for owner in made["metadata"].get("ownerReferences", ()))


def belongs_to(pod: Object, component: str) -> bool:
    """Whether a pod belongs to a component."""
    return bool(pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT) == component)


# Reasons of a waiting container that do not pass by themselves.
_HOPELESS: Final = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
_LONGEST_TROUBLE: Final = 300


def trouble(pod: Object) -> str:
    """Why a pod does not run, in one line; empty when it does."""
    if pod["metadata"].get("deletionTimestamp"):
        return ""
    status: Mapping[str, Any] = pod.get("status", {})
    restarts = pod.get("spec", {}).get("restartPolicy") == "Always"
    for container in status.get("containerStatuses", ()):
        state = container.get("state", {})
        waiting = state.get("waiting", {})
        ended = state.get("terminated") or container.get("lastState", {}).get("terminated", {})
        reason = waiting.get("reason")
        if reason not in _HOPELESS:
            # Between two attempts it looks healthy, until an attempt is ready.
            failed = restarts and not container.get("ready") and ended.get("exitCode")
            reason = "Restarted" if failed else None
        if reason:
            detail = _last_line(ended.get("message")) or waiting.get("message", "")
            if ended.get("reason") == "OOMKilled":
                detail = "killed for using more memory than its limit"
            return _short(f"{reason}: {detail}".rstrip(": "))
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _short(f"{condition.get('reason')}: {condition.get('message', '')}")
    return ""


def termination_message(pods: tuple[Object, ...], component: str, job: str) -> str:
    """The message of the last pod of a Job that ended, or the last lines of its log."""
    ended = [
        (terminated.get("finishedAt", ""), terminated.get("message", ""))
        for pod in pods
        if belongs_to(pod, component)
        and pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") == job
        for container in pod.get("status", {}).get("containerStatuses", ())
        if (terminated := container.get("state", {}).get("terminated"))
    ]
    return max(ended)[1].strip() if ended else ""


def error_lines(message: str) -> str:
    """The `error:` and `hint:` lines of a command's output, or else its last line."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    reported = [line for line in lines if re.match(r"(error|hint): ", line)]
    return _short(" ".join(reported) or (lines[-1] if lines else ""))


def _last_line(message: str | None) -> str:
    return error_lines(message or "")


def _short(text: str) -> str:
    text = redact_text(" ".join(text.split()))
    return text if len(text) <= _LONGEST_TROUBLE else f"{text[: _LONGEST_TROUBLE - 1]}…"
