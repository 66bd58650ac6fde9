"""Upgrades with a migration that is not compatible with the release before: state and consequences.

The state is in the cluster alone, so a restarted operator continues where the last one stopped.
Three things define it: the check Job (it migrates, or reports that the migration must run alone),
the exclusive Job (it migrates while nothing else uses the database), and whether the API's Service
routes to the maintenance page.

The result of the check Job counts only if that Job started after the last exclusive Job ended. A
failed exclusive Job changed nothing. If its end was not observed, it may have changed everything:
the check Job runs again before the page is removed.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from shopx_operator.manifests import (
    api,
    autoscaling,
    components,
    maintenance,
    migration,
    names,
    workers,
)
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.render import DesiredObject, Stage
from shopx_operator.planning.observed_state import Key, ObservedState, belongs_to, owned_by
from shopx_operator.planning.workload_status import JobResult, JobState, job_result, rollout

USER_FACING: Final = components.names(
    item for item in components.LONG_RUNNING if item.database and item.visible
)
"""Components that visitors see; they stop when the Service routes to the page."""
BACKGROUND: Final = components.names(
    item for item in components.LONG_RUNNING if item.database and not item.visible
)
"""Components that visitors do not see; they stop first, which shortens the maintenance."""
_JOBS: Final = components.names(
    item
    for item in components.DATABASE_CLIENTS
    if item.role is components.Role.JOB and item is not components.MIGRATE
)


class MigrationState(StrEnum):
    """The state of the database, according to the Jobs."""

    PENDING = "pending"
    """The check Job has not ended, and no exclusive Job exists."""
    DONE = "done"
    """The database is at the release."""
    FAILED = "failed"
    """The check Job failed, and no exclusive Job exists: the release before continues."""
    EXCLUSIVE = "exclusive"
    """The migration must run alone, or is doing so."""
    CHECKING = "checking"
    """An exclusive Job has ended; the check Job finds out its result."""
    UNKNOWN = "unknown"
    """The check Job failed after an exclusive Job, so the release of the database is unknown."""
    ROLLED_BACK = "rolled back"
    """The exclusive Job failed and changed nothing: the release before returns."""


@dataclass(frozen=True, slots=True)
class UpgradeState:
    """The state of an upgrade."""

    migration_state: MigrationState
    job: str
    """The name of the Job that defines the state."""
    result: JobResult
    """Its result, for the condition `Migrated`."""
    stale: bool = False
    """Whether the check Job must run again."""
    busy: bool = False
    """Whether an exclusive Job is running, of this or another release."""
    routed_to_page: bool = False
    """Whether the API's Service routes to the page."""
    needs_page: bool = False
    """Whether the page must exist."""
    route_to_page: bool = False
    """Whether the API's Service must route to the page."""
    begin: bool = False
    """Whether the exclusive Job may start."""
    waits_for: tuple[str, ...] = ()
    """Pods that must end first."""
    stopped: frozenset[str] = frozenset()
    """Components that must have no pods."""
    before: Mapping[str, int] = field(default_factory=dict)
    """The numbers of pods before, by component; empty when nothing was stopped."""


def upgrade_state(context: Context, observed: ObservedState) -> UpgradeState:
    """The state of an upgrade.

    Args:
        context: The dashboard.
        observed: The observed state.
    """
    by_jobs = _state_by_jobs(context, observed)
    service = observed.get("Service", context.child(api.COMPONENT)) or {}
    page = observed.get("Deployment", context.child(maintenance.COMPONENT))
    routed_to_page = maintenance.routes_to_page(service)
    exclusive = by_jobs.migration_state is MigrationState.EXCLUSIVE
    settled = by_jobs.migration_state in (MigrationState.DONE, MigrationState.ROLLED_BACK)
    undecided = by_jobs.migration_state in (MigrationState.PENDING, MigrationState.CHECKING)
    if not (exclusive or routed_to_page or page):
        return by_jobs
    background = _running(observed, (*BACKGROUND, *_JOBS))
    user_facing = _running(observed, USER_FACING)
    ready = rollout(page).ready > 0
    serves = rollout(observed.get("Deployment", context.child(api.COMPONENT))).ready > 0
    stopped: set[str] = set()
    if exclusive and page is not None:
        # The annotation of the page must have the numbers of pods before they change.
        stopped |= {*BACKGROUND}
    if routed_to_page and not settled:
        stopped |= {*USER_FACING, *BACKGROUND}
    return UpgradeState(
        migration_state=by_jobs.migration_state,
        job=by_jobs.job,
        result=by_jobs.result,
        stale=by_jobs.stale,
        routed_to_page=routed_to_page,
        needs_page=exclusive or routed_to_page or (page is not None and undecided),
        route_to_page=not (settled and serves)
        if routed_to_page
        else exclusive and ready and not background,
        busy=by_jobs.busy,
        begin=exclusive and routed_to_page and not (by_jobs.busy or background or user_facing),
        waits_for=(background + user_facing if routed_to_page else background) if exclusive else (),
        stopped=frozenset(stopped),
        before=_before(context, observed, page),
    )


def _state_by_jobs(context: Context, observed: ObservedState) -> UpgradeState:
    """The state according to the Jobs, as if there were no page."""
    check_job, own = migration.name(context), migration.exclusive_name(context)
    check = job_result(observed.get("Job", check_job))
    # Including those of other releases, which changed the same database.
    every = {
        job["metadata"]["name"]: job_result(job)
        for job in observed.kind("Job")
        if names.LABEL_EXCLUSIVE in job["metadata"].get("labels", {})
    }
    running = [name for name, item in every.items() if item.state is JobState.RUNNING]
    if running:
        return UpgradeState(MigrationState.EXCLUSIVE, running[0], every[running[0]], busy=True)
    last = max((item.ended for item in every.values() if item.ended is not None), default=None)
    over = check.state in (JobState.SUCCEEDED, JobState.FAILED)
    stale = over and not _checked_since(check, last)
    exclusive = every.get(own, JobResult(JobState.ABSENT))
    if exclusive.state is JobState.SUCCEEDED and exclusive.ended == last:
        done_by = own if stale or check.state is not JobState.SUCCEEDED else check_job
        return UpgradeState(MigrationState.DONE, done_by, exclusive, stale=stale)
    if stale or (every and not over):
        running_check = JobResult(JobState.RUNNING)
        return UpgradeState(MigrationState.CHECKING, check_job, running_check, stale=stale)
    state = _state_by_check(check, exclusive, after_one=bool(every))
    if state is MigrationState.EXCLUSIVE:
        return UpgradeState(state, own, JobResult(JobState.RUNNING))
    if state is MigrationState.ROLLED_BACK:
        return UpgradeState(state, own, exclusive)
    return UpgradeState(state, check_job, check)


def _state_by_check(check: JobResult, exclusive: JobResult, *, after_one: bool) -> MigrationState:
    """The state of the database, if the result of the check Job counts.

    Args:
        check: The result of the check Job.
        exclusive: The result of the release's exclusive Job: absent, or failed.
        after_one: Whether an exclusive Job of any release exists.
    """
    if check.state is JobState.SUCCEEDED:
        return MigrationState.DONE
    if check.state is not JobState.FAILED:
        return MigrationState.PENDING
    if check.reason != migration.NEEDS_MAINTENANCE:
        return MigrationState.UNKNOWN if after_one else MigrationState.FAILED
    if exclusive.state is JobState.FAILED:
        return MigrationState.ROLLED_BACK
    return MigrationState.EXCLUSIVE


def _checked_since(check: JobResult, last: dt.datetime | None) -> bool:
    return last is None or (check.started is not None and check.started >= last)


def _running(observed: ObservedState, components: tuple[str, ...]) -> tuple[str, ...]:
    """Pods that may still use the database, including those that are being deleted."""
    return tuple(
        sorted(
            pod["metadata"]["name"]
            for pod in observed.pods
            if any(belongs_to(pod, component) for component in components)
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        )
    )


def _before(context: Context, observed: ObservedState, page: Object | None) -> dict[str, int]:
    return maintenance.remembered(page) or {
        component: rollout(observed.get("Deployment", context.child(component))).desired
        for component in (api.COMPONENT, workers.COMPONENT)
    }


def desired_objects(
    context: Context, rendered: list[DesiredObject], state: UpgradeState, observed: ObservedState
) -> list[DesiredObject]:
    """The desired objects, with what an upgrade adds and changes.

    Args:
        context: The dashboard.
        rendered: The result of `render`.
        state: The state of the upgrade.
        observed: The observed state.
    """
    desired = list(rendered)
    if state.route_to_page:
        service = ("Service", context.child(api.COMPONENT))
        desired = [
            DesiredObject(item.stage, maintenance.service_to_page(context, item.object))
            if item.key == service
            else item
            for item in desired
        ]
    if state.needs_page:
        desired += [
            DesiredObject(Stage.FOUNDATION, item)
            for item in maintenance.objects(context, state.before)
        ]
    # It stays until the check Job has found out its result.
    known = observed.get("Job", migration.exclusive_name(context)) is not None
    seen = state.migration_state is MigrationState.DONE and state.job == migration.name(context)
    if state.begin or (known and not seen):
        desired.append(DesiredObject(Stage.MIGRATION, migration.exclusive_job(context)))
    return sorted(desired, key=lambda item: item.stage)


def suspend_patches(context: Context, state: UpgradeState, observed: ObservedState) -> list[Object]:
    """Patches that suspend and resume the old release's CronJobs and ScaledObjects.

    Applying these objects whole would upgrade them too early.
    """
    undecided = state.migration_state in (MigrationState.PENDING, MigrationState.CHECKING)
    if state.migration_state is MigrationState.EXCLUSIVE:
        paused = True
    elif not state.before or state.stopped or undecided:
        return []
    else:
        paused = False
    suspend = paused or context.spec.suspend
    jobs = [
        _patch(live, spec={"suspend": suspend})
        for live in observed.kind("CronJob")
        if owned_by(live, context.facts.uid) and bool(live["spec"].get("suspend")) != suspend
    ]
    scalers = [
        _patch(live, annotations={autoscaling.PAUSED: "true" if suspend else None})
        for live in observed.kind("ScaledObject")
        if owned_by(live, context.facts.uid) and autoscaling.paused(live) != suspend
    ]
    return jobs + scalers


def _patch(live: Object, *, annotations: Mapping[str, Any] | None = None, **more: Any) -> Object:
    metadata = {key: live["metadata"][key] for key in ("name", "namespace")}
    if annotations:
        metadata["annotations"] = annotations
    return {"kind": live["kind"], "metadata": metadata, **more}


def page_to_remove(
    context: Context, state: UpgradeState, observed: ObservedState
) -> tuple[Key, ...]:
    """The page's objects, if maintenance is over but the upgrade, and with it pruning, is not."""
    over = state.migration_state in (
        MigrationState.FAILED,
        MigrationState.UNKNOWN,
        MigrationState.ROLLED_BACK,
    )
    if state.needs_page or not over:
        return ()
    return tuple(sorted(key for key in maintenance.keys(context) if key in observed.objects))
