"""What is broken, the most important failure first."""

from collections.abc import Iterator

from shopx_operator.manifests import api
from shopx_operator.manifests.context import Object
from shopx_operator.planning.certificate import certificate_problems
from shopx_operator.planning.volume import claims, is_bound, storage_class
from shopx_operator.planning.workload_status import JobState
from shopx_operator.status.backup import backup_failure
from shopx_operator.status.database_replication import replication_failure
from shopx_operator.status.exposure import ROUTE_REFUSED, route_problem
from shopx_operator.status.inputs import (
    COMPONENTS,
    ConditionValue,
    StatusInput,
    false_condition,
    troubles,
    true_condition,
)
from shopx_operator.status.servers import CACHE_REFUSED, cache_failure, cache_ready, database_ready
from shopx_operator.status.upgrades import migrated


def degraded(inputs: StatusInput) -> ConditionValue:
    """Whether something is broken that a user should look at; the most important failure."""
    return next(_failures(inputs), false_condition("AsExpected"))


def _failures(inputs: StatusInput) -> Iterator[ConditionValue]:
    """All failures, the most important first."""
    for problem in (*inputs.problems, *inputs.errors, *inputs.plan.refused):
        yield true_condition(problem.reason, problem.message)
    if inputs.plan.migration.state is JobState.FAILED:
        failed = migrated(inputs)
        yield true_condition(failed.reason, failed.message)
    yield from _of_volume(inputs)
    for problem in certificate_problems(inputs.context, inputs.now):
        yield true_condition(problem.reason, problem.message)
    route = route_problem(inputs)
    if route is not None and route.reason == ROUTE_REFUSED:
        yield true_condition(route.reason, route.message)
    cache = cache_ready(inputs)
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
    away = database_ready(inputs).reason == "NotAnswering" or not inputs.plan.database_ready
    if serving and away:
        yield true_condition(
            "DatabaseAway", "Cached answers are served until the database is back."
        )
    later = (replication_failure(inputs), cache_failure(inputs), backup_failure(inputs))
    yield from (failure for failure in later if failure is not None)


def _of_volume(inputs: StatusInput) -> Iterator[ConditionValue]:
    for volume in claims(inputs.context, inputs.observed):
        if is_bound(volume):
            yield from _of_claim(inputs, volume)


def _of_claim(inputs: StatusInput, volume: Object) -> Iterator[ConditionValue]:
    bundled = inputs.context.spec.database.bundled
    if volume["metadata"].get("deletionTimestamp"):
        yield true_condition(
            "VolumeTerminating",
            f"The PersistentVolumeClaim {volume['metadata']['name']!r} is being deleted: when the"
            " database's pod ends, its data are lost. Back up the database now, and restore it"
            " into the new volume.",
        )
    wanted = bundled.storage.class_name if bundled is not None else None
    if wanted is not None and wanted != storage_class(volume):
        yield true_condition(
            "VolumeClassFixed",
            f"The volume of the database has the StorageClass {storage_class(volume)!r} and keeps"
            f" it; spec.database.bundled.storage.className asks for {wanted!r}. Leave it out, or"
            " restore into a new dashboard with the other class.",
        )
