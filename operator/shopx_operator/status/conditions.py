"""The conditions of a dashboard, each a pure function of the plan, the observation and the result.

They follow the API conventions (KEP-1623). Available is about visitors: it is True while the API
serves, also when it serves an older release because a newer one failed. Ready is about the spec: it
is True only while everything that the spec asks for runs and nothing is Degraded.
"""

import datetime as dt
from typing import Any

from shopx_operator.manifests import api, database, fold
from shopx_operator.manifests.render import Stage
from shopx_operator.planning import database_servers
from shopx_operator.planning.upgrade import MigrationState
from shopx_operator.planning.workload_status import JobState, Rollout, rollout
from shopx_operator.status.backup import backup_ready
from shopx_operator.status.database_replication import database_replicated
from shopx_operator.status.exposure import route_problem
from shopx_operator.status.failures import degraded
from shopx_operator.status.fold import LAG_WITHIN
from shopx_operator.status.inputs import (
    COMPONENTS,
    NOT_MEASURED,
    ConditionValue,
    StatusInput,
    false_condition,
    troubles,
    true_condition,
)
from shopx_operator.status.matviews import view_statuses
from shopx_operator.status.scaling_conditions import bottleneck, limited
from shopx_operator.status.servers import REPLICA_BEHIND, cache_ready, columns_ready, database_ready
from shopx_operator.status.upgrades import maintenance, migrated


def conditions(inputs: StatusInput) -> dict[str, ConditionValue]:
    """All conditions, by type."""
    return {
        "Available": _available(inputs),
        "Ready": _ready(inputs),
        "Progressing": _progressing(inputs),
        "Stalled": _stalled(inputs),
        "Degraded": degraded(inputs),
        "DatabaseReady": database_ready(inputs),
        "DatabaseReplicated": database_replicated(inputs),
        "CacheReady": cache_ready(inputs),
        "ColumnsReady": columns_ready(inputs),
        "Migrated": migrated(inputs),
        "Maintenance": maintenance(inputs),
        "Refreshed": _refreshed(inputs),
        "BackupReady": backup_ready(inputs),
        "DatabaseBottleneck": bottleneck(inputs.scaling_decision),
        "ScalingLimited": limited(inputs),
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
    values = maintenance(inputs)
    if values.status != "True":
        return None
    if inputs.plan.upgrade.migration_state in (MigrationState.FAILED, MigrationState.UNKNOWN):
        failed = migrated(inputs)
        return false_condition(failed.reason, failed.message)
    return true_condition("Maintenance", values.message)


def _getting_ready(inputs: StatusInput) -> ConditionValue | None:
    """What precedes the release's pods; `None` when it is done."""
    if inputs.plan.waits:
        return true_condition("RollingOut", " ".join(inputs.plan.waits))
    if inputs.plan.all_open:
        return None
    if inputs.plan.migration.state is JobState.FAILED:
        failed = migrated(inputs)
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
        does = "Pods are being replaced" if _had_release(inputs) else "Pods are starting"
        return true_condition("RollingOut", f"{does}: {', '.join(behind)}.")
    return false_condition("Complete")


def _had_release(inputs: StatusInput) -> bool:
    """Whether there are pods of an older template."""
    states = [inputs.component(component) for component in COMPONENTS]
    return any(state.older for state in (*states, *_database(inputs)))


def _old_database(inputs: StatusInput) -> bool:
    """Whether the bundled PostgreSQL does not run its newest template yet."""
    return any(not state.complete for state in _database(inputs))


def _database(inputs: StatusInput) -> list[Rollout]:
    """How far the servers of the bundled PostgreSQL are."""
    found = [inputs.observed.objects.get(key) for key in database_servers.keys(inputs.context)]
    return [rollout(server) for server in found if server is not None]


def _ready(inputs: StatusInput) -> ConditionValue:
    """Whether everything that the spec asks for runs; if not, the first reason."""
    available = _available(inputs)
    if available.status != "True":
        return available
    failure = degraded(inputs)
    if failure.status == "True":
        return false_condition(failure.reason, failure.message)
    progressing = _progressing(inputs)
    if inputs.plan.waits or not inputs.plan.all_open:
        return false_condition(progressing.reason, progressing.message)
    for component, least in _least(inputs).items():
        state = inputs.component(component)
        if state.current < least:
            return false_condition(
                "RollingOut",
                f"{state.current} of at least {least} {component} pods of this release are ready.",
            )
    return route_problem(inputs) or _behind(inputs) or available


def _behind(inputs: StatusInput) -> ConditionValue | None:
    """What runs and does not keep up, or is not known to; `None` = nothing."""
    if inputs.context.spec.database.bundled is None and inputs.fold is None:
        # A restarted operator keeps what the last one said.
        return NOT_MEASURED
    if inputs.fold is not None and inputs.fold.behind:
        return false_condition(
            "FoldBehind",
            f"The rollups are more than {LAG_WITHIN:g} s behind: answers are correct and slower."
            f" kubectl logs deployment/{inputs.context.child(fold.COMPONENT)} says why.",
        )
    replica = columns_ready(inputs)
    if replica.reason in REPLICA_BEHIND:
        return false_condition(replica.reason, replica.message)
    return None


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
        return false_condition("Maintenance", maintenance(inputs).message)
    if state.ready:
        return true_condition("Serving", f"{state.ready} of {state.desired} API pods serve.")
    if inputs.blocking is not None:
        return false_condition(inputs.blocking.reason, inputs.blocking.message)
    if inputs.plan.all_open and state.desired == 0:
        return false_condition("NoReplicas", "spec.api.replicas is 0.")
    waiting = _progressing(inputs)
    reason = "NotServing" if waiting.reason == "Complete" else waiting.reason
    return false_condition(reason, troubles(inputs) or waiting.message)


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
