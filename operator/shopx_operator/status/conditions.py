"""The conditions of a dashboard, each a pure function of the plan, the observation and the result.

They follow the API conventions (KEP-1623). Available is about visitors: it is True while the API
serves, also when it serves an older release because a newer one failed. Ready is about the spec: it
is True only while everything that the spec asks for runs and nothing is Degraded.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from shopx_core.caching.runtime_tuning import RedisAccess, WriteResult
from shopx_core.errors import DatabaseEmpty
from shopx_core.resource.v1alpha1.spec import columns_enabled
from shopx_core.resource.v1alpha1.storage import SecretReference
from shopx_core.scaling import Decision
from shopx_operator.manifests import api, database, fold, migration, names, redis, workers
from shopx_operator.manifests.context import Context
from shopx_operator.manifests.render import Stage
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.pod_failures import (
    error_lines,
    exit_code,
    termination_message,
    trouble,
)
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.replicas import foreign
from shopx_operator.planning.upgrade import MigrationState
from shopx_operator.planning.workload_status import JobState, Rollout, rollout
from shopx_operator.status.matviews import view_statuses

SCALED_BY_OTHERS: Final = "ScaledByOthers"
"""The reason of ScalingLimited while a foreign autoscaler sets a number of pods."""
CACHE_REFUSED: Final = "Refused"
"""The reason of CacheReady while an external Redis refuses the URL's credentials or commands."""
COMPONENTS = (api.COMPONENT, workers.COMPONENT, fold.COMPONENT)
"""The components with pods that the status counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Everything that a status is made from."""

    context: Context
    observed: ObservedState
    plan: ReconcilePlan
    problems: list[Problem]
    """The failures of the preflight checks."""
    errors: list[Problem]
    """The API server's refusals in this reconcile."""
    now: dt.datetime
    scaling_decision: Decision | None = None
    """The scaling decision to show; `None` = there is none yet."""
    tuning_write_result: WriteResult | None = None
    """The result of the last write to the dashboard's Redis; `None` = there was none."""
    columns: "ConditionValue | None" = None
    """What the pods' metrics say about the columnar replica; `None` = none were read yet."""

    @property
    def blocking(self) -> Problem | None:
        """The first failure that blocks everything."""
        return next((one for one in (*self.problems, *self.errors) if one.blocks), None)

    def component(self, component: str) -> Rollout:
        """How far a component's Deployment is."""
        return rollout(self.observed.get("Deployment", self.context.child(component)))


@dataclass(frozen=True, slots=True)
class ConditionValue:
    """A condition without its times."""

    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


def true_condition(reason: str, message: str = "") -> ConditionValue:
    """The condition holds."""
    return ConditionValue("True", reason, message)


def false_condition(reason: str, message: str = "") -> ConditionValue:
    """The condition does not hold."""
    return ConditionValue("False", reason, message)


def conditions(inputs: StatusInput) -> dict[str, ConditionValue]:
    """All conditions, by type."""
    return {
        "Available": _available(inputs),
        "Ready": _ready(inputs),
        "Progressing": _progressing(inputs),
        "Stalled": _stalled(inputs),
        "Degraded": _degraded(inputs),
        "DatabaseReady": _database(inputs),
        "CacheReady": _cache(inputs),
        "ColumnsReady": _columns(inputs),
        "Migrated": _migrated(inputs),
        "Maintenance": _maintenance(inputs),
        "Refreshed": _refreshed(inputs),
        "DatabaseBottleneck": _bottleneck(inputs.scaling_decision),
        "ScalingLimited": _limited(inputs),
    }


NOT_MEASURED: Final = ConditionValue("Unknown", "NotMeasured")
"""No metrics have been read yet."""


def _bottleneck(decision: Decision | None) -> ConditionValue:
    """Whether the database is the bottleneck, with the figures that show it."""
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.bottleneck:
        return true_condition("DatabaseSaturated", f"{decision.reason}. No pod is added meanwhile.")
    return false_condition("AsExpected")


def _limited(inputs: StatusInput) -> ConditionValue:
    """Whether the spec, or a foreign autoscaler, keeps the operator from adding pods."""
    decision = inputs.scaling_decision
    others = foreign(inputs.context, inputs.observed)
    if others:
        scalers = ", ".join(
            f"{name!r} of the {component} pods" for component, name in sorted(others.items())
        )
        return true_condition(
            SCALED_BY_OTHERS,
            f"A HorizontalPodAutoscaler that you made sets the number: {scalers}. The manifest's"
            " replicas, min, max and connectionBudget do not limit it. Remove it; for the API you"
            " can also set api.autoscaling.mode to hpa, and the operator makes one.",
        )
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.limited:
        return true_condition(
            "BoundsReached",
            f"{decision.reason}. Raise autoscaling.max, or database.connectionBudget, if the"
            " database has room.",
        )
    return false_condition("AsExpected")


def _database(inputs: StatusInput) -> ConditionValue:
    for problem in inputs.problems:
        if problem.blocks and "spec.database" in problem.message:
            return false_condition(problem.reason, problem.message)
    if inputs.context.spec.database.bundled is None:
        return true_condition(
            "External", "The database is external; the condition Migrated says whether it answers."
        )
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    if inputs.plan.database_ready:
        return true_condition("Serving")
    return false_condition(
        "NotServing", troubles(inputs, database.COMPONENT) or "PostgreSQL is starting."
    )


def _cache(inputs: StatusInput) -> ConditionValue:
    external = inputs.context.spec.cache.redis.external
    if external is not None:
        return _external_cache(external.secret_ref, inputs.tuning_write_result)
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    if inputs.component(redis.COMPONENT).ready:
        return true_condition("Serving")
    why = troubles(inputs, redis.COMPONENT) or "Valkey is starting."
    return false_condition("NotServing", f"{why} Meanwhile answers are correct and slower.")


def _external_cache(reference: SecretReference, tried: WriteResult | None) -> ConditionValue:
    """The state of an external Redis, from the operator's own writes to it."""
    where = f"the key {reference.key!r} of the Secret {reference.name!r}"
    if tried is not None and tried.access is RedisAccess.REFUSED:
        return false_condition(
            CACHE_REFUSED,
            f"The Redis of spec.cache.redis.external refuses the operator: {tried.reason}. Correct"
            f" the URL in {where}, or the server's permissions. Meanwhile answers are correct and"
            " slower.",
        )
    if tried is not None and tried.access is RedisAccess.UNREACHED:
        return ConditionValue(
            "Unknown",
            "NotReached",
            f"The operator cannot reach the Redis of spec.cache.redis.external: {tried.reason}."
            f" Check that it runs, that {where} holds its URL, and that the operator may connect."
            " Meanwhile the cache is not tuned; if the pods cannot reach it either, answers are"
            " correct and slower.",
        )
    return true_condition("External", "The Redis is external.")


def _columns(inputs: StatusInput) -> ConditionValue:
    """Whether the columnar replica answers; nothing else depends on it."""
    if not columns_enabled(inputs.context.spec):
        return false_condition(
            "Disabled",
            "columns.enabled is false."
            if inputs.context.spec.columns.enabled is False
            else "database.connectionBudget, or the memory limit of api.resources, has no room for"
            " it; raise it, or set columns.enabled: false.",
        )
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    return inputs.columns or NOT_MEASURED


def _migrated(inputs: StatusInput) -> ConditionValue:
    upgrade = inputs.plan.upgrade
    job = upgrade.job
    match upgrade.result.state:
        case JobState.SUCCEEDED:
            return true_condition("Succeeded")
        case JobState.FAILED:
            pods = inputs.observed.pods
            why = error_lines(termination_message(pods, migration.COMPONENT, job))
            empty = exit_code(pods, migration.COMPONENT, job) == DatabaseEmpty.exit_code
            again = (
                "Nothing was changed. Another attempt takes the dashboard away again: set another"
                " spec.version, or another spec.restartedAt to retry this one;"
                if upgrade.migration_state is MigrationState.ROLLED_BACK
                else "It is retried every five minutes;"
            )
            return false_condition(
                "DatabaseEmpty" if empty else "MigrationFailed",
                f"{why or upgrade.result.reason} {again} kubectl logs job/{job} shows the log.",
            )
        case JobState.RUNNING if upgrade.migration_state is MigrationState.EXCLUSIVE and not (
            upgrade.busy or upgrade.begin
        ):
            return false_condition("Waiting", "The migration must run alone on the database.")
        case JobState.RUNNING:
            return false_condition(
                "Migrating", troubles(inputs, migration.COMPONENT) or f"The Job {job} is running."
            )
        case JobState.ABSENT if inputs.plan.last_open_stage >= Stage.MIGRATION:
            return false_condition("Migrating", f"The Job {job} is about to start.")
        case JobState.ABSENT:
            return false_condition("Waiting", "The database must be ready first.")


def _maintenance(inputs: StatusInput) -> ConditionValue:
    """Whether visitors see a page, or will soon, because a migration must run alone."""
    upgrade = inputs.plan.upgrade
    version = inputs.context.version
    if upgrade.migration_state is MigrationState.EXCLUSIVE:
        waits = f" Waiting for {', '.join(upgrade.waits_for[:3])}." if upgrade.waits_for else ""
        if upgrade.busy or upgrade.begin:
            reason, does = "Migrating", f"The Job {upgrade.job} is running."
        elif upgrade.routed_to_page:
            reason, does = "Draining", f"Its pods are stopping.{waits}"
        else:
            reason, does = "Preparing", f"It serves until the maintenance page is ready.{waits}"
        return true_condition(
            reason, f"A migration of {version} is not compatible with the old release. {does}"
        )
    return (
        true_condition(*_AFTERWARDS[upgrade.migration_state])
        if upgrade.routed_to_page
        else false_condition("AsExpected")
    )


_CHECKING: Final = ("Asking", "The operator checks which release the database is at.")
_NO_ANSWER: Final = (
    "NotAnswered",
    (
        "The check of the database's release failed. It is retried every five minutes; until then"
        " no pod runs that could give wrong answers."
    ),
)
_AFTERWARDS: Final = {
    MigrationState.DONE: (
        "Returning",
        "The database is at the new release; its pods are starting.",
    ),
    MigrationState.ROLLED_BACK: (
        "Returning",
        "The migration changed nothing; the old pods are starting.",
    ),
    MigrationState.FAILED: _NO_ANSWER,
    MigrationState.UNKNOWN: _NO_ANSWER,
    MigrationState.PENDING: _CHECKING,
    MigrationState.CHECKING: _CHECKING,
}


def _refreshed(inputs: StatusInput) -> ConditionValue:
    views = view_statuses(inputs.context, inputs.observed)
    failed = [f"{view['name']}: {view['message']}" for view in views if "message" in view]
    if failed:
        return false_condition("RefreshFailed", "; ".join(failed))
    waiting = [view["name"] for view in views if "lastSuccessTime" not in view]
    if waiting:
        return ConditionValue("Unknown", "NotYet", f"Not refreshed yet: {', '.join(waiting)}.")
    return true_condition("Succeeded")


def _degraded(inputs: StatusInput) -> ConditionValue:
    """Whether something is broken that a user should look at; the most important failure."""
    return next(_failures(inputs), false_condition("AsExpected"))


def _failures(inputs: StatusInput) -> Iterator[ConditionValue]:
    """All failures, the most important first."""
    for problem in (*inputs.problems, *inputs.errors):
        yield true_condition(problem.reason, problem.message)
    if inputs.plan.migration.state is JobState.FAILED:
        migrated = _migrated(inputs)
        yield true_condition(migrated.reason, migrated.message)
    volume = inputs.observed.get("PersistentVolumeClaim", inputs.context.child(database.COMPONENT))
    if volume is not None and volume["metadata"].get("deletionTimestamp"):
        yield true_condition(
            "VolumeTerminating",
            f"The PersistentVolumeClaim {volume['metadata']['name']!r} is being deleted: when the"
            " database's pod ends, its data are lost. Back up the database now, and restore it"
            " into the new volume.",
        )
    cache = _cache(inputs)
    if cache.reason == CACHE_REFUSED:
        # It makes the workers fail, too.
        yield true_condition("CacheRefused", cache.message)
    stuck = [
        f"{component}: {why}"
        for component in COMPONENTS
        if (why := inputs.component(component).stuck)
    ]
    if broken := troubles(inputs) or "; ".join(stuck):
        yield true_condition("PodsFailing", broken)
    serving = inputs.component(api.COMPONENT).ready and not inputs.context.spec.suspend
    if serving and not inputs.plan.database_ready:
        yield true_condition(
            "DatabaseAway", "Cached answers are served until the database is back."
        )


def _progressing(inputs: StatusInput) -> ConditionValue:
    if inputs.blocking is not None:
        return false_condition("Blocked", inputs.blocking.message)
    if inputs.context.spec.suspend:
        running = any(inputs.component(component).ready for component in COMPONENTS)
        return true_condition("Suspending") if running else false_condition("Suspended")
    return _in_maintenance(inputs) or _getting_ready(inputs) or _rolling_out(inputs)


def _stalled(inputs: StatusInput) -> ConditionValue:
    """Whether nothing more happens until a user does something; kstatus reads it as a failure."""
    progressing = _progressing(inputs)
    if progressing.status == "True" or progressing.reason in ("Complete", "Suspended"):
        return false_condition("AsExpected")
    return true_condition(progressing.reason, progressing.message)


def _in_maintenance(inputs: StatusInput) -> ConditionValue | None:
    values = _maintenance(inputs)
    if values.status != "True":
        return None
    if inputs.plan.upgrade.migration_state in (MigrationState.FAILED, MigrationState.UNKNOWN):
        failed = _migrated(inputs)
        return false_condition(failed.reason, failed.message)
    return true_condition("Maintenance", values.message)


def _getting_ready(inputs: StatusInput) -> ConditionValue | None:
    """What precedes the release's pods; `None` when it is done."""
    if inputs.plan.all_open:
        return None
    if inputs.plan.migration.state is JobState.FAILED:
        failed = _migrated(inputs)
        return false_condition(failed.reason, failed.message)
    return (
        true_condition("Migrating")
        if inputs.plan.last_open_stage >= Stage.MIGRATION
        else true_condition("StartingDatabase")
    )


def _rolling_out(inputs: StatusInput) -> ConditionValue:
    behind = [component for component in COMPONENTS if not inputs.component(component).complete]
    if _old_database(inputs):
        behind.append(database.COMPONENT)
    if behind:
        return true_condition("RollingOut", f"Pods are being replaced: {', '.join(behind)}.")
    return false_condition("Complete")


def _old_database(inputs: StatusInput) -> bool:
    """Whether the bundled PostgreSQL does not run its newest template yet."""
    server = inputs.observed.get("StatefulSet", inputs.context.child(database.COMPONENT))
    return server is not None and not rollout(server).complete


def _ready(inputs: StatusInput) -> ConditionValue:
    """Whether everything that the spec asks for runs; if not, the first reason."""
    available = _available(inputs)
    if available.status != "True":
        return available
    degraded = _degraded(inputs)
    if degraded.status == "True":
        return false_condition(degraded.reason, degraded.message)
    progressing = _progressing(inputs)
    if not inputs.plan.all_open:
        return false_condition(progressing.reason, progressing.message)
    for component, least in _least(inputs).items():
        state = inputs.component(component)
        if state.current < least:
            return false_condition(
                "RollingOut",
                f"{state.current} of at least {least} {component} pods of this release are ready.",
            )
    return available


def _least(inputs: StatusInput) -> dict[str, int]:
    """The pods of this release that must be ready, by component."""
    spec = inputs.context.spec
    least = {api.COMPONENT: inputs.component(api.COMPONENT).desired, fold.COMPONENT: 1}
    if spec.api.autoscaling is not None:
        # More are wanted for their load, and one that is not ready yet harms nothing.
        least[api.COMPONENT] = min(least[api.COMPONENT], spec.api.autoscaling.min)
    return least


def _available(inputs: StatusInput) -> ConditionValue:
    """Whether visitors are answered, perhaps by an older release."""
    if inputs.context.spec.suspend:
        return false_condition("Suspended", "spec.suspend is true.")
    state = inputs.component(api.COMPONENT)
    if inputs.plan.upgrade.routed_to_page:
        return false_condition("Maintenance", _maintenance(inputs).message)
    if state.ready:
        return true_condition("Serving", f"{state.ready} of {state.desired} API pods serve.")
    if inputs.blocking is not None:
        return false_condition(inputs.blocking.reason, inputs.blocking.message)
    if inputs.plan.all_open and state.desired == 0:
        return false_condition("NoReplicas", "spec.api.replicas is 0.")
    waiting = _progressing(inputs)
    reason = "NotServing" if waiting.reason == "Complete" else waiting.reason
    return false_condition(reason, troubles(inputs) or waiting.message)


def troubles(inputs: StatusInput, component: str | None = None) -> str:
    """Why pods do not run, of one component or of all; at most three of them."""
    found = [
        f"{pod['metadata']['name']}: {why}"
        for pod in inputs.observed.pods
        if component in (None, pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT))
        and (why := trouble(pod))
    ]
    return "; ".join(sorted(found)[:3])


def timed(
    values: dict[str, ConditionValue],
    generation: int,
    before: list[dict[str, Any]],
    now: dt.datetime,
) -> list[dict[str, Any]]:
    """Conditions with their times, as they are stored.

    Args:
        values: The conditions, by type.
        generation: The generation of the spec that they are about.
        before: The stored conditions: one with an unchanged status keeps its time.
        now: The present, aware.
    """
    known = {condition["type"]: condition for condition in before}
    text = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {
            "type": kind,
            "status": one.status,
            "reason": one.reason,
            "message": one.message[:2048],
            "observedGeneration": generation,
            "lastTransitionTime": known[kind]["lastTransitionTime"]
            if kind in known and known[kind]["status"] == one.status
            else text,
        }
        for kind, one in sorted(values.items())
    ]
