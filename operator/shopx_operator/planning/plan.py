"""The plan of a reconcile: a pure function of the desired and the observed state.

Every stage has a gate. The database must be ready before the migration runs, and the migration must
succeed before the release's pods are applied: a failed one leaves the old pods serving. Changes of
what works are tried first (`shopx_operator.planning.held_changes`). There are
no other gates: neither an absent cache nor pods that do not start hold anything up.

`shopx_operator.planning.upgrade` describes migrations that must run alone.
"""

import datetime as dt
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from shopx_operator.manifests import database, migration
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.kinds import ROUTES
from shopx_operator.manifests.render import DesiredObject, Stage
from shopx_operator.planning import cache_servers, database_servers, upgrade
from shopx_operator.planning.drift import differs, with_digest
from shopx_operator.planning.held_changes import HeldChanges, hold_changes
from shopx_operator.planning.observed_state import Key, ObservedState
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.pruning import unwanted
from shopx_operator.planning.replicas import Scale, scale_changes
from shopx_operator.planning.routes import retained_routes, withdrawn_routes
from shopx_operator.planning.stuck_pods import stuck_pods
from shopx_operator.planning.upgrade import MigrationState, UpgradeState
from shopx_operator.planning.volume import plan_claim
from shopx_operator.planning.workload_status import JobResult, JobState, job_result, rollout

MIGRATE_AGAIN_SECONDS: Final = 300
"""A failed migration is retried: its cause (a full disk, a lock) may be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePlan:
    """The changes, in the order in which they are made."""

    apply: tuple[Object, ...]
    """Objects to apply, stage by stage."""
    patches: tuple[Object, ...]
    """Merge patches of objects that exist."""
    scale: tuple[Scale, ...]
    """Numbers of pods to write."""
    retry: tuple[Key, ...]
    """Failed Jobs to delete, so that they are made again."""
    replace: tuple[Key, ...]
    """Pods to delete, because their controller waits for them for ever; see `stuck_pods`."""
    discard: Object | None
    """The database's volume claim, if it has no volume and must be another one."""
    withdraw: tuple[Key, ...]
    """Routes to delete before anything else: the spec no longer exposes the dashboard."""
    prune: tuple[Key, ...]
    """Other children to delete, as far as `pruning.prunable` lets them go."""
    waits: tuple[str, ...]
    """What changes wait for, for the status."""
    refused: tuple[Problem, ...]
    """Changes that were tried and refused."""
    upgrade: UpgradeState
    """How far the release's migration is, and whether it needs maintenance."""
    database_ready: bool
    last_open_stage: Stage
    """The last stage that may be applied."""

    @property
    def changes(self) -> bool:
        """Whether there is any change besides pruning."""
        return bool(
            self.apply
            or self.patches
            or self.scale
            or self.retry
            or self.replace
            or self.discard
            or self.withdraw
        )

    @property
    def migration(self) -> JobResult:
        """How far the release's migration is."""
        return self.upgrade.result

    @property
    def all_open(self) -> bool:
        """Whether every stage may be applied."""
        return self.last_open_stage == max(Stage)


def make_plan(
    context: Context,
    desired: list[DesiredObject],
    observed: ObservedState,
    problems: list[Problem],
    now: dt.datetime,
) -> ReconcilePlan:
    """Make the plan.

    Args:
        context: The dashboard.
        desired: The result of `render`.
        observed: The observed state.
        problems: The failures of the preflight checks.
        now: The present, aware.
    """
    database_ready = is_database_ready(context, observed)
    state = upgrade.upgrade_state(context, observed)
    desired = upgrade.desired_objects(context, desired, state, observed)
    claim = plan_claim(context, desired, observed)
    changes = hold_changes(context, claim.desired, observed, now)
    desired = changes.desired
    differing = [
        one
        for one in desired
        if one.key not in changes.held and _must_apply(observed.objects.get(one.key), one.object)
    ]
    last = _last_open(
        blocked=any(problem.blocks for problem in problems),
        database_settled=database_ready
        and _database_settled(context, observed, {one.key for one in differing}, changes),
        migrated=state.result,
    )
    # A route that is there follows the spec at once: an old host must not be served any longer.
    exposed = any(kind in ROUTES for kind, _ in observed.objects)
    changed = [
        one for one in differing if one.stage <= last or (exposed and one.stage is Stage.ROUTES)
    ]
    made = {one.key for one in changed}
    dropped = (
        *unwanted(context, desired, observed),
        *database_servers.left_over(context, observed),
    )
    needed = database_servers.needed(context, observed, dropped)
    dropped = tuple(key for key in dict.fromkeys(dropped) if key not in needed)
    withdraw = withdrawn_routes(desired, dropped)
    retained = retained_routes(desired, dropped, observed, now)
    return ReconcilePlan(
        apply=tuple(with_digest(one.object) for one in changed),
        patches=(
            *upgrade.suspend_patches(context, state, observed),
            *database_servers.former_leaders(context, observed),
            *cache_servers.unnumbered(context, observed),
        ),
        scale=tuple(scale_changes(context, observed, made, state, database_ready=database_ready)),
        retry=(*_retry(context, observed, state, now), *changes.retry),
        replace=stuck_pods(observed, made),
        discard=claim.discard,
        withdraw=tuple(sorted(withdraw)),
        prune=(
            *(
                key
                for key in dropped
                if key not in withdraw | retained and (last == max(Stage) or key[0] in ROUTES)
            ),
            *(() if last == max(Stage) else upgrade.page_to_remove(context, state, observed)),
        ),
        waits=(*changes.waits, *_handovers(retained)),
        refused=changes.refused,
        upgrade=state,
        database_ready=database_ready,
        last_open_stage=last,
    )


def _handovers(retained: Collection[Key]) -> list[str]:
    return [
        f"The {kind} {name} stays until the route that replaces it leads to the dashboard."
        for kind, name in sorted(retained)
    ]


def is_database_ready(context: Context, observed: ObservedState) -> bool:
    """Whether the database may be migrated.

    Of an external database the operator knows only the URL.
    """
    if context.spec.database.bundled is None:
        return True
    if database_servers.first_is_replicated(context, observed):
        return database_servers.seen(context, observed).leader is not None
    name = context.child(database.COMPONENT)
    # A server whose claim is gone has lost its volume, or is about to.
    claimed = observed.get("PersistentVolumeClaim", name) is not None
    return claimed and rollout(observed.get("StatefulSet", name)).ready > 0


def _database_settled(
    context: Context, observed: ObservedState, changed: AbstractSet[Key], changes: HeldChanges
) -> bool:
    """Whether no restart of the bundled database is under way, or about to be."""
    if context.spec.database.bundled is None:
        return True
    keys = database_servers.keys(context)
    waits = any(key in changes.held and not changes.held[key] for key in keys)
    if waits or not changed.isdisjoint(keys):
        return False
    # A replica that is away holds up no release.
    return context.replicated or rollout(observed.objects.get(keys[0])).complete


def _last_open(*, blocked: bool, database_settled: bool, migrated: JobResult) -> Stage:
    if blocked:
        # New pods would wait forever, and old ones with the removed Secret go on serving.
        return Stage.FOUNDATION
    if migrated.state is JobState.SUCCEEDED:
        # Also while the database is away: everything else stays in repair.
        return max(Stage)
    return Stage.MIGRATION if database_settled else Stage.SERVERS


def _must_apply(live: Object | None, desired: Object) -> bool:
    if live is None or live["metadata"].get("deletionTimestamp"):
        return True
    # A Job cannot change; its name identifies its content.
    return desired["kind"] != "Job" and differs(live, with_digest(desired))


def _retry(
    context: Context, observed: ObservedState, state: UpgradeState, now: dt.datetime
) -> tuple[Key, ...]:
    """The check Job, if it must run again; a user decides on another exclusive Job."""
    check_job = migration.name(context)
    if not state.stale:
        ended = job_result(observed.get("Job", check_job)).ended
        failed = state.migration_state in (MigrationState.FAILED, MigrationState.UNKNOWN)
        if not failed or ended is None:
            return ()
        if (now - ended).total_seconds() < MIGRATE_AGAIN_SECONDS:
            return ()
    return (("Job", check_job),)
