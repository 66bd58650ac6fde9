"""The conditions of an upgrade: the migration, and the maintenance that it may need."""

from typing import Final

from shopx_core.errors import DatabaseEmpty
from shopx_operator.manifests import migration
from shopx_operator.manifests.render import Stage
from shopx_operator.planning.pod_failures import error_lines, exit_code, termination_message
from shopx_operator.planning.upgrade import MigrationState
from shopx_operator.planning.workload_status import JobState
from shopx_operator.status.inputs import (
    ConditionValue,
    StatusInput,
    false_condition,
    troubles,
    true_condition,
)


def migrated(inputs: StatusInput) -> ConditionValue:
    """Whether the database is at the release."""
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


def maintenance(inputs: StatusInput) -> ConditionValue:
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
