"""Whether the data could be restored: the last good backup, its check, the archive of the log."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from shopx_core.resource.types import seconds
from shopx_core.resource.v1beta1.backup import Backup
from shopx_operator.manifests import archive, components, names
from shopx_operator.manifests.components import Component
from shopx_operator.manifests.context import Object
from shopx_operator.planning.pod_failures import error_lines, job_messages
from shopx_operator.planning.workload_status import JobState, instant, job_result
from shopx_operator.status.inputs import (
    ConditionValue,
    StatusInput,
    false_condition,
    true_condition,
)

ARCHIVED_WITHIN: Final = 900.0
"""Seconds that a finished segment of the log may wait for the archive."""
_BAD: Final = frozenset({"BackupFailed", "ArchiveBehind", "TooOld", "CheckFailed"})


def backup_status(inputs: StatusInput) -> dict[str, Any] | None:
    """The part of the status; `None` = there are no backups."""
    backup = inputs.context.spec.backup
    if backup is None:
        return None
    known = inputs.context.facts
    found = {
        "destination": archive.described(inputs.context, backup),
        "lastBackupTime": max(known.last_backup, _last(inputs, backup, components.BACKUP)),
        "lastVerifiedTime": max(
            known.last_verified, _last(inputs, backup, components.BACKUP_CHECK)
        ),
    }
    return {key: value for key, value in found.items() if value}


def backup_ready(inputs: StatusInput) -> ConditionValue:
    """Whether every moment of the retention could be restored, as far as is known."""
    backup = inputs.context.spec.backup
    made = backup_status(inputs)
    if backup is None or made is None:
        return false_condition("Disabled", "spec.backup is absent: the data have no backup.")
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    for problem in inputs.problems:
        if "spec.backup" in problem.message:
            return false_condition(problem.reason, problem.message)
    return next(_findings(inputs, backup, made))


def backup_failure(inputs: StatusInput) -> ConditionValue | None:
    """What is broken about the backups that the spec asks for."""
    found = backup_ready(inputs)
    return true_condition(found.reason, found.message) if found.reason in _BAD else None


def _findings(
    inputs: StatusInput, backup: Backup, made: dict[str, Any]
) -> Iterator[ConditionValue]:
    """Everything to say, the most important first."""
    done, verified = made.get("lastBackupTime", ""), made.get("lastVerifiedTime", "")
    failed = _failed(inputs, backup, components.BACKUP, done)
    if failed is not None:
        yield false_condition("BackupFailed", failed)
    lag = inputs.fold.archive_lag if inputs.fold is not None else None
    if lag is not None and lag > ARCHIVED_WITHIN:
        yield false_condition(
            "ArchiveBehind",
            f"The write-ahead log has not reached the archive for {lag / 60:.0f} min. Nothing is"
            " lost while the database's volume has room for it;"
            f" kubectl logs {inputs.context.child('database')}-0 says why.",
        )
    if not done:
        yield ConditionValue("Unknown", "NotYet", "No backup has been completed yet.")
    at = instant(done)
    age = (inputs.now - at).total_seconds() if at is not None else 0.0
    if age > seconds(backup.max_age):
        yield false_condition(
            "TooOld",
            f"The last good backup is of {done}, which is longer ago than spec.backup.maxAge.",
        )
    failed = _failed(inputs, backup, components.BACKUP_CHECK, verified)
    if failed is not None:
        yield false_condition("CheckFailed", failed)
    if not verified:
        yield ConditionValue(
            "Unknown", "NotVerified", f"The backup of {done} has not been restored and verified."
        )
    if lag is None:
        yield ConditionValue(
            "Unknown", "ArchiveNotMeasured", "The fold has not reported how far the archive is."
        )
    yield true_condition(
        "Succeeded", f"The last good backup is of {done}; a restored copy was verified {verified}."
    )


def _jobs(inputs: StatusInput, backup: Backup, component: Component) -> list[Object]:
    """The Jobs of a component for the present destination."""
    wanted = {
        names.LABEL_COMPONENT: component.name,
        names.LABEL_DESTINATION: archive.digest(inputs.context, backup),
    }
    return [
        job
        for job in inputs.observed.kind("Job")
        if wanted.items() <= job["metadata"].get("labels", {}).items()
    ]


def _last(inputs: StatusInput, backup: Backup, component: Component) -> str:
    """When a Job last succeeded; empty = none has, as far as is known."""
    results = [job_result(job) for job in _jobs(inputs, backup, component)]
    return max((_text(one.ended) for one in results if one.state is JobState.SUCCEEDED), default="")


def _failed(inputs: StatusInput, backup: Backup, component: Component, since: str) -> str | None:
    """Why the last Job failed, if none has succeeded since."""
    failed = [
        (_text(result.ended), job["metadata"]["name"])
        for job in _jobs(inputs, backup, component)
        if (result := job_result(job)).state is JobState.FAILED
    ]
    if not failed or max(failed)[0] <= since:
        return None
    name = max(failed)[1]
    why = error_lines(job_messages(inputs.observed.pods, component.name, name))
    return f"{why or f'The Job {name} failed.'} kubectl logs job/{name} --all-containers has more."


def _text(moment: dt.datetime | None) -> str:
    """In the API server's format; such texts sort as the instants do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
