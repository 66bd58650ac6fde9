"""Whether the loss of a database server would be survived, by what Patroni reports."""

from typing import Any, Final

from shopx_operator.planning import database_servers
from shopx_operator.status.inputs import (
    ConditionValue,
    StatusInput,
    false_condition,
    troubles,
    true_condition,
)

REPLICAS_MISSING: Final = "ReplicasMissing"
_MIB: Final = 1024**2


def replication_status(inputs: StatusInput) -> dict[str, Any] | None:
    """The part of the status; `None` = there is one server."""
    bundled = inputs.context.spec.database.bundled
    if bundled is None or not inputs.context.replicated:
        return None
    found = database_servers.seen(inputs.context, inputs.observed)
    made = {
        "servers": bundled.instances,
        "leader": found.leader,
        "streaming": len(found.streaming),
        # In whole MiB: a figure that changed with every order would be written all the time.
        "lagBytes": found.lag - found.lag % _MIB if found.lag is not None else None,
    }
    return {key: value for key, value in made.items() if value is not None}


def database_replicated(inputs: StatusInput) -> ConditionValue:
    """Whether as many replicas stream as the spec asks for."""
    bundled = inputs.context.spec.database.bundled
    if bundled is None:
        return false_condition("External", "The database's own service replicates it, or does not.")
    if bundled.instances == 1:
        return false_condition("Disabled", "database.bundled.instances is 1: no server takes over.")
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    found = database_servers.seen(inputs.context, inputs.observed)
    asked = bundled.instances - 1
    count = len(found.streaming)
    if found.leader is None:
        return false_condition("NoLeader", "No server leads.")
    if count >= asked:
        return true_condition("Streaming", f"{found.leader} leads, and {count} replicas stream.")
    why = troubles(inputs, "database")
    return false_condition(
        REPLICAS_MISSING,
        f"{found.leader} leads, and {count} of {asked} replicas stream."
        f" {why or 'A new one copies the whole database first.'}",
    )


def replication_failure(inputs: StatusInput) -> ConditionValue | None:
    """The replicas that the spec asks for and that were there before, or should be by now."""
    found = database_replicated(inputs)
    if found.reason != REPLICAS_MISSING:
        return None
    return true_condition(found.reason, found.message)
