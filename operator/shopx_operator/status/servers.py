"""The conditions of the servers that the pods use: database, cache, columnar replica."""

from typing import Final

from shopx_core.caching.runtime_tuning import RedisAccess, WriteResult
from shopx_core.resource.v1beta1.spec import columns_enabled
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import database, migration, redis, sentinels
from shopx_operator.planning import cache_servers
from shopx_operator.planning.volume import claim, is_bound, storage_class
from shopx_operator.status.inputs import (
    NOT_MEASURED,
    ConditionValue,
    StatusInput,
    false_condition,
    troubles,
    true_condition,
)

REPLICA_BEHIND: Final = frozenset({"Behind", "BuilderAway", "BuilderSilent"})
"""The reasons of ColumnsReady while the replica is not kept up to date."""
CACHE_REFUSED: Final = "Refused"
"""The reason of CacheReady while an external Redis refuses the URL's credentials or commands."""

CACHE_REPLICAS_MISSING: Final = "CacheReplicasMissing"
"""The reason of Degraded while not all of a cache's several servers serve."""


def database_ready(inputs: StatusInput) -> ConditionValue:
    """Whether the database serves."""
    for problem in inputs.problems:
        if problem.blocks and "spec.database" in problem.message:
            return false_condition(problem.reason, problem.message)
    if inputs.context.spec.database.bundled is None:
        return _external_database(inputs)
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    if inputs.plan.database_ready:
        return true_condition("Serving")
    why = troubles(inputs, database.COMPONENT) or "PostgreSQL is starting."
    return false_condition("NotServing", f"{_no_volume(inputs)}{why}")


def _external_database(inputs: StatusInput) -> ConditionValue:
    """Of its answers to the fold, which reads it each second."""
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    if inputs.fold is None:
        return NOT_MEASURED
    if not inputs.fold.answered:
        return false_condition(
            "NotAnswering",
            f"The database {migration.address(inputs.context)} has not answered the fold within the"
            f" last 30 s; kubectl logs deployment/{inputs.context.child('fold')} says why.",
        )
    return true_condition("External", "The database is external, and answers.")


def _no_volume(inputs: StatusInput) -> str:
    live = claim(inputs.context, inputs.observed)
    if live is None or is_bound(live):
        return ""
    where = f" of the StorageClass {storage_class(live)!r}" if storage_class(live) else ""
    name = live["metadata"]["name"]
    return f"The PersistentVolumeClaim {name!r} has no volume{where} yet. "


def cache_ready(inputs: StatusInput) -> ConditionValue:
    """Whether the cache serves; without it answers are correct and slower."""
    external = inputs.context.spec.cache.redis.external
    if external is not None:
        return _external_cache(external.secret_ref, inputs.tuning_write_result)
    if inputs.context.spec.suspend:
        return false_condition("Suspended")
    if sentinels.replicated(inputs.context):
        return _replicated_cache(inputs)
    if inputs.component(redis.COMPONENT).ready:
        return true_condition("Serving")
    why = troubles(inputs, redis.COMPONENT) or "Valkey is starting."
    return false_condition("NotServing", f"{why} Meanwhile answers are correct and slower.")


def _replicated_cache(inputs: StatusInput) -> ConditionValue:
    """Of the servers that serve: each is the primary, or follows it."""
    found = cache_servers.seen(inputs.context, inputs.observed)
    said = f"{found.serving} of {found.asked} servers of the cache serve."
    why = troubles(inputs, redis.COMPONENT)
    if found.decided:
        missing = "" if found.serving == found.asked else f" {why or 'One is starting.'}"
        return true_condition("Serving", f"{said}{missing}")
    return false_condition(
        "NotServing",
        f"{said} {why or 'They are starting.'} Without two it takes no writes: meanwhile answers"
        " are correct and slower, and jobs wait.",
    )


def cache_failure(inputs: StatusInput) -> ConditionValue | None:
    """The servers of the cache that the spec asks for and that do not serve."""
    if not sentinels.replicated(inputs.context) or inputs.context.spec.suspend:
        return None
    found = cache_servers.seen(inputs.context, inputs.observed)
    if found.serving == found.asked:
        return None
    return true_condition(CACHE_REPLICAS_MISSING, cache_ready(inputs).message)


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


def columns_ready(inputs: StatusInput) -> ConditionValue:
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
