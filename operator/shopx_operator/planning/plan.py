"""What to do next: a pure function of what is wanted and of what is there.

Every stage has a gate. The database must serve before it is migrated; the release's pods come
after its migration has succeeded, so a migration that fails leaves the old ones serving. Nothing
else waits for anything: a cache that is away, or pods that do not start, hold nothing up.

`shopx_operator.planning.upgrade` says what is different where a migration must be alone.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from shopx_operator.manifests import database, migration, names
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.kinds import BY_NAME
from shopx_operator.manifests.render import DesiredState, Stage
from shopx_operator.planning import upgrade
from shopx_operator.planning.drift import differs, stamped
from shopx_operator.planning.observed_state import (
    JobResult,
    JobState,
    Key,
    ObservedState,
    job_result,
    owned_by,
    rollout,
)
from shopx_operator.planning.preflight import PreflightFailure
from shopx_operator.planning.replicas import Scale, scale_changes
from shopx_operator.planning.upgrade import UpgradeState, Verdict

MIGRATE_AGAIN_SECONDS: Final = 300
"""A failed migration is tried again: what it met (a full disk, a lock) may have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePlan:
    """What to do, in this order."""

    apply: tuple[Object, ...]
    """Objects to apply, stage by stage."""
    lay: tuple[Object, ...]
    """Pieces to lay over what is there."""
    scale: tuple[Scale, ...]
    """Numbers of pods to write."""
    retry: tuple[Key, ...]
    """Failed Jobs to remove, so that they are made again."""
    prune: tuple[Key, ...]
    """Children to remove, if everything before succeeded."""
    course: UpgradeState
    """How far the release's migration is, and whether it needs maintenance."""
    database_ready: bool
    open: Stage
    """The last stage whose gate is open."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to do but pruning."""
        return bool(self.apply or self.lay or self.scale or self.retry)

    @property
    def migration(self) -> JobResult:
        """How far the release's migration is."""
        return self.course.result

    @property
    def all_open(self) -> bool:
        """Whether every stage may be applied."""
        return self.open == max(Stage)


def make_plan(
    context: Context,
    wanted: list[DesiredState],
    observed: ObservedState,
    problems: list[PreflightFailure],
    now: dt.datetime,
) -> ReconcilePlan:
    """Decide.

    Args:
        context: The dashboard.
        wanted: What `render` made of it.
        observed: What is there.
        problems: What is missing before it can run.
        now: The present, aware.
    """
    database_ready = is_database_ready(context, observed)
    course = upgrade.upgrade_state(context, observed)
    wanted = upgrade.wanted(context, wanted, course, observed)
    last = _last_open(
        blocked=any(problem.blocks for problem in problems),
        database_ready=database_ready,
        migrated=course.result,
    )
    changed = [
        one
        for one in wanted
        if one.stage <= last and _must_apply(observed.objects.get(one.key), one.object)
    ]
    made = {one.key for one in changed}
    return ReconcilePlan(
        apply=tuple(stamped(one.object) for one in changed),
        lay=tuple(upgrade.pauses(context, course, observed)),
        scale=tuple(scale_changes(context, observed, made, course, database_ready=database_ready)),
        retry=_retry(context, observed, course, now),
        prune=_prune(context, wanted, observed)
        if last == max(Stage)
        else upgrade.leftovers(context, course, observed),
        course=course,
        database_ready=database_ready,
        open=last,
    )


def is_database_ready(context: Context, observed: ObservedState) -> bool:
    """Whether the database may be migrated.

    Of a database that somebody else runs, its URL is all that the operator knows.
    """
    if context.spec.database.bundled is None:
        return True
    server = observed.get("StatefulSet", context.child(database.COMPONENT))
    return rollout(server).ready > 0


def _last_open(*, blocked: bool, database_ready: bool, migrated: JobResult) -> Stage:
    if blocked:
        # The pods would wait for ever, and old ones with a Secret that is gone go on serving.
        return Stage.FOUNDATION
    if migrated.state is JobState.SUCCEEDED:
        # Also while the database is away: everything else is kept in repair.
        return max(Stage)
    return Stage.MIGRATION if database_ready else Stage.SERVERS


def _must_apply(live: Object | None, wanted: Object) -> bool:
    if live is None or live["metadata"].get("deletionTimestamp"):
        return True
    # A Job cannot change; its name says what it is for.
    return wanted["kind"] != "Job" and differs(live, stamped(wanted))


def _retry(
    context: Context, observed: ObservedState, course: UpgradeState, now: dt.datetime
) -> tuple[Key, ...]:
    """The Job to make again; never one that takes the dashboard away, which a person decides."""
    asking = migration.name(context)
    if not course.stale:
        ended = job_result(observed.get("Job", asking)).ended
        if course.verdict not in (Verdict.FAILED, Verdict.UNKNOWN) or ended is None:
            return ()
        if (now - ended).total_seconds() < MIGRATE_AGAIN_SECONDS:
            return ()
    return (("Job", asking),)


def _prune(
    context: Context, wanted: list[DesiredState], observed: ObservedState
) -> tuple[Key, ...]:
    kept = {one.key for one in wanted}
    return tuple(
        key
        for key, made in sorted(observed.objects.items())
        if key not in kept and BY_NAME[key[0]].pruned and _is_own(context, made)
    )


def _is_own(context: Context, made: Object) -> bool:
    """Whether a child is this dashboard's, and not its CronJobs', and holds nothing to keep."""
    metadata = made["metadata"]
    kept = {names.LABEL_DATA, names.LABEL_MEMORY} & metadata.get("labels", {}).keys()
    if kept or metadata.get("deletionTimestamp"):
        return False
    return owned_by(made, context.facts.uid)
