"""Upgrades whose migration is not compatible with the release before: state and consequences.

The state is in the cluster alone, so a restarted operator continues where the last one stopped.
Three things define it: the asking Job (it migrates, or reports that the migration must run alone),
the Job that runs alone, and whether the API's Service routes to the page.

The asking Job's answer counts only if the Job started after the last Job that ran alone had ended.
A failed one changed nothing, but one whose end was not observed may have changed everything. Until
the database has been asked again, the page stays as it is.
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
from shopx_operator.planning.observed_state import (
    JobResult,
    JobState,
    Key,
    ObservedState,
    belongs_to,
    job_result,
    owned_by,
    rollout,
)

FRONT: Final = components.names(
    one for one in components.LONG_RUNNING if one.database and one.visible
)
"""What visitors see; it stops when the page is shown."""
BEHIND: Final = components.names(
    one for one in components.LONG_RUNNING if one.database and not one.visible
)
"""What visitors do not see; it stops first, so that the page is shown for a shorter time."""
_JOBS: Final = components.names(
    one
    for one in components.DATABASE_CLIENTS
    if one.role is components.Role.JOB and one is not components.MIGRATE
)


class Verdict(StrEnum):
    """The state of the database, according to the Jobs."""

    PENDING = "pending"
    """The asking Job has not answered, and no migration ran alone."""
    DONE = "done"
    """The database is at the release."""
    FAILED = "failed"
    """The asking Job failed, and no migration ran alone: the release before goes on."""
    ALONE = "alone"
    """The migration must run alone, or is doing so."""
    ASKING = "asking"
    """A migration that ran alone has ended; the asking Job checks its result."""
    UNKNOWN = "unknown"
    """The asking Job failed to check the database."""
    ROLLED_BACK = "rolled back"
    """The migration failed alone and changed nothing: the release before returns."""


@dataclass(frozen=True, slots=True)
class UpgradeState:
    """The state of an upgrade."""

    verdict: Verdict
    job: str
    """The name of the Job whose result counts."""
    result: JobResult
    """Its result, for the condition `Migrated`."""
    stale: bool = False
    """Whether the asking Job must run again."""
    busy: bool = False
    """Whether a migration is running alone, of this or another release."""
    shown: bool = False
    """Whether visitors see the page."""
    page: bool = False
    """Whether the page must exist."""
    show: bool = False
    """Whether visitors must see it."""
    begin: bool = False
    """Whether the migration may begin to run alone."""
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
    found = _verdict(context, observed)
    service = observed.get("Service", context.child(api.COMPONENT)) or {}
    page = observed.get("Deployment", context.child(maintenance.COMPONENT))
    shown = maintenance.shown(service)
    alone = found.verdict is Verdict.ALONE
    settled = found.verdict in (Verdict.DONE, Verdict.ROLLED_BACK)
    undecided = found.verdict in (Verdict.PENDING, Verdict.ASKING)
    if not (alone or shown or page):
        return found
    behind = _running(observed, (*BEHIND, *_JOBS))
    front = _running(observed, FRONT)
    ready = rollout(page).ready > 0
    serves = rollout(observed.get("Deployment", context.child(api.COMPONENT))).ready > 0
    stopped: set[str] = set()
    if alone and page is not None:
        # Not before the page has the numbers of pods.
        stopped |= {*BEHIND}
    if shown and not settled:
        stopped |= {*FRONT, *BEHIND}
    return UpgradeState(
        verdict=found.verdict,
        job=found.job,
        result=found.result,
        stale=found.stale,
        shown=shown,
        page=alone or shown or (page is not None and undecided),
        show=not (settled and serves) if shown else alone and ready and not behind,
        busy=found.busy,
        begin=alone and shown and not (found.busy or behind or front),
        waits_for=(behind + front if shown else behind) if alone else (),
        stopped=frozenset(stopped),
        before=_before(context, observed, page),
    )


def _verdict(context: Context, observed: ObservedState) -> UpgradeState:
    """The state according to the Jobs, as if there were no page."""
    asking, own = migration.name(context), migration.name_alone(context)
    asked = job_result(observed.get("Job", asking))
    # Including those of other releases, which changed the same database.
    every = {
        job["metadata"]["name"]: job_result(job)
        for job in observed.kind("Job")
        if names.LABEL_ALONE in job["metadata"].get("labels", {})
    }
    running = [name for name, one in every.items() if one.state is JobState.RUNNING]
    if running:
        return UpgradeState(Verdict.ALONE, running[0], every[running[0]], busy=True)
    last = max((one.ended for one in every.values() if one.ended is not None), default=None)
    over = asked.state in (JobState.SUCCEEDED, JobState.FAILED)
    stale = over and not _asked_since(asked, last)
    alone = every.get(own, JobResult(JobState.ABSENT))
    if alone.state is JobState.SUCCEEDED and alone.ended == last:
        done_by = own if stale or asked.state is not JobState.SUCCEEDED else asking
        return UpgradeState(Verdict.DONE, done_by, alone, stale=stale)
    if stale or (every and not over):
        return UpgradeState(Verdict.ASKING, asking, JobResult(JobState.RUNNING), stale=stale)
    answer = _answer(asked, alone, after_one=bool(every))
    if answer is Verdict.ALONE:
        return UpgradeState(answer, own, JobResult(JobState.RUNNING))
    if answer is Verdict.ROLLED_BACK:
        return UpgradeState(answer, own, alone)
    return UpgradeState(answer, asking, asked)


def _answer(asked: JobResult, alone: JobResult, *, after_one: bool) -> Verdict:
    """The asking Job's answer about the present database.

    Args:
        asked: The result of the asking Job.
        alone: The result of the release's migration that ran alone: absent, or failed.
        after_one: Whether a migration of any release ran alone before.
    """
    if asked.state is JobState.SUCCEEDED:
        return Verdict.DONE
    if asked.state is not JobState.FAILED:
        return Verdict.PENDING
    if asked.reason != migration.NEEDS_MAINTENANCE:
        return Verdict.UNKNOWN if after_one else Verdict.FAILED
    return Verdict.ROLLED_BACK if alone.state is JobState.FAILED else Verdict.ALONE


def _asked_since(asked: JobResult, last: dt.datetime | None) -> bool:
    return last is None or (asked.started is not None and asked.started >= last)


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
        part: rollout(observed.get("Deployment", context.child(part))).desired
        for part in (api.COMPONENT, workers.COMPONENT)
    }


def wanted(
    context: Context, rendered: list[DesiredObject], state: UpgradeState, observed: ObservedState
) -> list[DesiredObject]:
    """The desired objects, with what an upgrade adds and changes.

    Args:
        context: The dashboard.
        rendered: The result of `render`.
        state: The state of the upgrade.
        observed: The observed state.
    """
    made = list(rendered)
    if state.show:
        service = ("Service", context.child(api.COMPONENT))
        made = [
            DesiredObject(one.stage, maintenance.service_to_page(context, one.object))
            if one.key == service
            else one
            for one in made
        ]
    if state.page:
        made += [
            DesiredObject(Stage.FOUNDATION, one)
            for one in maintenance.objects(context, state.before)
        ]
    # It stays until the asking Job has checked its result.
    known = observed.get("Job", migration.name_alone(context)) is not None
    seen = state.verdict is Verdict.DONE and state.job == migration.name(context)
    if state.begin or (known and not seen):
        made.append(DesiredObject(Stage.MIGRATION, migration.alone(context)))
    return sorted(made, key=lambda one: one.stage)


def pauses(context: Context, state: UpgradeState, observed: ObservedState) -> list[Object]:
    """Patches that pause and resume the old release's CronJobs and ScaledObjects.

    Applying these objects whole would upgrade them too early.
    """
    if state.verdict is Verdict.ALONE:
        paused = True
    elif not state.before or state.stopped or state.verdict in (Verdict.PENDING, Verdict.ASKING):
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


def leftovers(context: Context, state: UpgradeState, observed: ObservedState) -> tuple[Key, ...]:
    """The page, when it is over and the upgrade is not: pruning waits for the release."""
    over = state.verdict in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.ROLLED_BACK)
    if state.page or not over:
        return ()
    return tuple(sorted(key for key in maintenance.keys(context) if key in observed.objects))
