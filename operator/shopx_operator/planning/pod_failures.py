"""Why pods do not run, in one line for the status."""

import re
from collections.abc import Mapping
from typing import Any, Final

from shopx_core.logging import redact_text
from shopx_operator.manifests.context import Object
from shopx_operator.planning.observed_state import belongs_to

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
_POSTGRES: Final = re.compile(r"\b(ERROR|FATAL|PANIC|DETAIL|HINT):  ?")
_LONGEST_TROUBLE: Final = 300


def trouble(pod: Object) -> str:
    """Why a pod does not run, in one line; empty when it does."""
    if pod["metadata"].get("deletionTimestamp"):
        return ""
    status: Mapping[str, Any] = pod.get("status", {})
    restarts = pod.get("spec", {}).get("restartPolicy") == "Always"
    started = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    for container in started:
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
    ended = _ended(pods, component, job)
    return str(max(ended, key=_finished).get("message", "")).strip() if ended else ""


def exit_code(pods: tuple[Object, ...], component: str, job: str) -> int | None:
    """The exit code of the last pod of a Job that ended; `None` = none is known."""
    ended = _ended(pods, component, job)
    return max(ended, key=_finished).get("exitCode") if ended else None


def job_messages(pods: tuple[Object, ...], component: str, job: str) -> str:
    """The message of the last failed container of a Job, init containers among them."""
    failed = [
        state
        for pod in pods
        if belongs_to(pod, component)
        and pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") == job
        for key in ("containerStatuses", "initContainerStatuses")
        for container in pod.get("status", {}).get(key, ())
        if (state := container.get("state", {}).get("terminated", {})).get("exitCode")
    ]
    return str(max(failed, key=_finished).get("message", "")).strip() if failed else ""


def _ended(pods: tuple[Object, ...], component: str, job: str) -> list[Mapping[str, Any]]:
    """The terminated states of a Job's containers."""
    return [
        terminated
        for pod in pods
        if belongs_to(pod, component)
        and pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") == job
        for container in pod.get("status", {}).get("containerStatuses", ())
        if (terminated := container.get("state", {}).get("terminated"))
    ]


def _finished(terminated: Mapping[str, Any]) -> str:
    return str(terminated.get("finishedAt", ""))


def error_lines(message: str) -> str:
    """What matters of a command's output.

    Its `error:` and `hint:` lines, or PostgreSQL's last error with its hint, or the last line.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    reported = [line for line in lines if re.match(r"(error|hint): ", line)]
    return _short(" ".join(reported or _postgres_error(lines) or lines[-1:]))


def _postgres_error(lines: list[str]) -> list[str]:
    """The last error, its DETAIL and its HINT, without the times in front of them."""
    found: list[str] = []
    for line in lines:
        match = _POSTGRES.search(line)
        if match and match[1] in ("ERROR", "FATAL", "PANIC"):
            found = [line[match.start() :]]
        elif match and found:
            found.append(line[match.start() :])
    return found


def _last_line(message: str | None) -> str:
    return error_lines(message or "")


def _short(text: str) -> str:
    text = redact_text(" ".join(text.split()))
    return text if len(text) <= _LONGEST_TROUBLE else f"{text[: _LONGEST_TROUBLE - 1]}…"
