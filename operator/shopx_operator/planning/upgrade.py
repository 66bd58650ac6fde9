"""Upgrades whose migration the release before cannot live with: where one is, and what follows.

Nothing is remembered but what is in the cluster, so an operator that starts anew goes on from
wherever the last one stopped. Three things say where that is: the Job that asks (it migrates, or
says that it must be alone), the Job that is alone, and whether the API's Service leads to the page.

An answer of the asking Job counts only if it was asked after every migration that was alone had
ended: one that failed changed nothing, and one whose end nobody saw may have changed everything.
Until the database has been asked again, whatever is shown is shown on.
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
from shopx_operator.manifests.render import DesiredState, Stage
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
    """What the Jobs say about the database."""

    PENDING = "pending"
    """The asking Job has not answered yet, and no migration was alone."""
    DONE = "done"
    """The database is at the release."""
    FAILED = "failed"
    """The asking Job failed, and no migration was alone: the release before goes on."""
    ALONE = "alone"
    """The migration must be, or is, alone."""
    ASKING = "asking"
    """A migration that was alone has ended; the database is asked what came of it."""
    UNKNOWN = "unknown"
    """The database could not be asked."""
    ROLLED_BACK = "rolled back"
    """The migration failed alone and changed nothing: the release before comes back."""


@dataclass(frozen=True, slots=True)
class UpgradeState:
    """Where an upgrade is."""

    verdict: Verdict
    job: str
    """The name of the Job whose end matters."""
    result: JobResult
    """Its result, as `Migrated` tells it."""
    stale: bool = False
    """Whether the asking Job must ask again."""
    busy: bool = False
    """Whether a migration is alone now, of this release or of another."""
    shown: bool = False
    """Whether visitors see the page."""
    page: bool = False
    """Whether the page is wanted."""
    show: bool = False
    """Whether visitors are to see it."""
    begin: bool = False
    """Whether the migration that must be alone may begin."""
    waits_for: tuple[str, ...] = ()
    """Pods that must end first."""
    stopped: frozenset[str] = frozenset()
    """Components without pods."""
    before: Mapping[str, int] = field(default_factory=dict)
    """How many pods there were, by component; empty when nothing was stopped."""

    @property
    def underway(self) -> bool:
        """Whether there is, or is to be, a page."""
        return self.page or self.shown


def upgrade_state(context: Context, observed: ObservedState) -> UpgradeState:
    """Read where an upgrade is.

    Args:
        context: The dashboard.
        observed: What is there.
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
        # Not before the page remembers how many there were.
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
    """What the Jobs say; the rest is left as where there is no maintenance."""
    asking, own = migration.name(context), migration.name_alone(context)
    asked = job_result(observed.get("Job", asking))
    # Of other releases too: the database does not care for whom it was changed.
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
    """What the asking Job says of the database as it is now.

    Args:
        asked: The asking Job.
        alone: The release's migration that was alone; absent, or it failed.
        after_one: Whether any release's migration was alone before it.
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
    """Pods that may still use the database, also those that are about to end."""
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
    context: Context, rendered: list[DesiredState], now: UpgradeState, observed: ObservedState
) -> list[DesiredState]:
    """What is wanted besides, or otherwise, than in an upgrade that needs no maintenance.

    Args:
        context: The dashboard.
        rendered: What `render` made of it.
        now: Where the upgrade is.
        observed: What is there.
    """
    made = list(rendered)
    if now.show:
        service = ("Service", context.child(api.COMPONENT))
        made = [
            DesiredState(one.stage, maintenance.showing(context, one.object))
            if one.key == service
            else one
            for one in made
        ]
    if now.page:
        made += [
            DesiredState(Stage.FOUNDATION, one) for one in maintenance.objects(context, now.before)
        ]
    # It stays until the asking Job has seen what it did.
    known = observed.get("Job", migration.name_alone(context)) is not None
    seen = now.verdict is Verdict.DONE and now.job == migration.name(context)
    if now.begin or (known and not seen):
        made.append(DesiredState(Stage.MIGRATION, migration.alone(context)))
    return sorted(made, key=lambda one: one.stage)


def pauses(context: Context, now: UpgradeState, observed: ObservedState) -> list[Object]:
    """What is laid over objects that the release before left and that begin work by themselves.

    Applying them whole would make them the new release's before its time.
    """
    if now.verdict is Verdict.ALONE:
        paused = True
    elif not now.before or now.stopped or now.verdict in (Verdict.PENDING, Verdict.ASKING):
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


def leftovers(context: Context, now: UpgradeState, observed: ObservedState) -> tuple[Key, ...]:
    """The page, where it is over although the upgrade is not: pruning waits for the release."""
    over = now.verdict in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.ROLLED_BACK)
    if now.page or not over:
        return ()
    return tuple(sorted(key for key in maintenance.keys(context) if key in observed.objects))
