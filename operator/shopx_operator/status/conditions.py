"""The conditions of a dashboard, each a pure function of what was wanted, seen and done.

They follow the API conventions (KEP-1623). Ready is about the people who look at the dashboard: it
is True while the API serves, also when it serves an older release because a newer one failed,
which Degraded tells.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, Literal

from shopx_core.caching.runtime_tuning import RedisAccess, WriteResult
from shopx_core.resource.v1alpha1.storage import SecretReference
from shopx_core.scaling import Decision
from shopx_operator.manifests import api, database, fold, migration, names, redis, workers
from shopx_operator.manifests.context import Context
from shopx_operator.manifests.render import Stage
from shopx_operator.planning.observed_state import (
    JobState,
    ObservedState,
    Rollout,
    error_lines,
    rollout,
    termination_message,
    trouble,
)
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.preflight import PreflightFailure
from shopx_operator.planning.replicas import foreign
from shopx_operator.planning.upgrade import Verdict
from shopx_operator.status.matviews import view_statuses

SCALED_BY_OTHERS: Final = "ScaledByOthers"
"""The reason of ScalingLimited while the operator leaves numbers of pods to somebody else."""
CACHE_REFUSED: Final = "Refused"
"""The reason of CacheReady while somebody else's Redis refuses who comes with the URL."""
PARTS = (api.COMPONENT, workers.COMPONENT, fold.COMPONENT)
"""The components whose pods the status counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Everything that a status is made from."""

    context: Context
    observed: ObservedState
    plan: ReconcilePlan
    problems: list[PreflightFailure]
    """What is missing before it can run."""
    errors: list[PreflightFailure]
    """What the API server refused in this round."""
    now: dt.datetime
    scaled: Decision | None = None
    """The scaling decision to show; `None` = there is none yet."""
    redis: WriteResult | None = None
    """How the dashboard's Redis takes what the operator writes to it; `None` = not known."""

    @property
    def blocking(self) -> PreflightFailure | None:
        """The first thing without which nothing goes on."""
        return next((one for one in (*self.problems, *self.errors) if one.blocks), None)

    def part(self, part: str) -> Rollout:
        """How far a component's Deployment is."""
        return rollout(self.observed.get("Deployment", self.context.child(part)))


@dataclass(frozen=True, slots=True)
class ConditionValue:
    """A condition without its times."""

    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


def yes(reason: str, message: str = "") -> ConditionValue:
    """The condition holds."""
    return ConditionValue("True", reason, message)


def no(reason: str, message: str = "") -> ConditionValue:
    """The condition does not hold."""
    return ConditionValue("False", reason, message)


def conditions(seen: StatusInput) -> dict[str, ConditionValue]:
    """All of them, by type."""
    return {
        "Ready": _ready(seen),
        "Progressing": _progressing(seen),
        "Degraded": _degraded(seen),
        "DatabaseReady": _database(seen),
        "CacheReady": _cache(seen),
        "Migrated": _migrated(seen),
        "Maintenance": _maintenance(seen),
        "Refreshed": _refreshed(seen),
        "DatabaseBottleneck": _bottleneck(seen.scaled),
        "ScalingLimited": _limited(seen),
    }


NOT_MEASURED: Final = ConditionValue("Unknown", "NotMeasured")
"""No figures were looked at yet."""


def _bottleneck(decision: Decision | None) -> ConditionValue:
    """The database is what is slow, with the figures that say so."""
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.bottleneck:
        return yes("DatabaseSaturated", f"{decision.reason}. No pod is added meanwhile.")
    return no("AsExpected")


def _limited(seen: StatusInput) -> ConditionValue:
    """More pods are wanted than the spec allows, or somebody else sets how many there are."""
    decision = seen.scaled
    others = foreign(seen.context, seen.observed)
    if others:
        whose = ", ".join(f"{name!r} of the {part} pods" for part, name in sorted(others.items()))
        return yes(
            SCALED_BY_OTHERS,
            f"A HorizontalPodAutoscaler sets the number: {whose}. The manifest's replicas, min, max"
            " and connectionBudget do not hold it. Remove it, or, for the API's, set"
            " api.autoscaling.mode to hpa and let the operator render one.",
        )
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.limited:
        return yes(
            "BoundsReached",
            f"{decision.reason}. Raise autoscaling.max, or database.connectionBudget, if the"
            " database has room.",
        )
    return no("AsExpected")


def _database(seen: StatusInput) -> ConditionValue:
    for problem in seen.problems:
        if problem.blocks and "spec.database" in problem.message:
            return no(problem.reason, problem.message)
    if seen.context.spec.database.bundled is None:
        return yes("External", "Somebody else runs it; Migrated says whether it answers.")
    if seen.context.spec.suspend:
        return no("Suspended")
    if seen.plan.database_ready:
        return yes("Serving")
    return no("NotServing", troubles(seen, database.COMPONENT) or "PostgreSQL is starting.")


def _cache(seen: StatusInput) -> ConditionValue:
    external = seen.context.spec.cache.redis.external
    if external is not None:
        return _their_cache(external.secret_ref, seen.redis)
    if seen.context.spec.suspend:
        return no("Suspended")
    if seen.part(redis.COMPONENT).ready:
        return yes("Serving")
    why = troubles(seen, redis.COMPONENT) or "Valkey is starting."
    return no("NotServing", f"{why} Answers are right and slower meanwhile.")


def _their_cache(reference: SecretReference, tried: WriteResult | None) -> ConditionValue:
    """What the operator, which writes to it as well, hears of a Redis that somebody else runs."""
    where = f"the key {reference.key!r} of the Secret {reference.name!r}"
    if tried is not None and tried.access is RedisAccess.REFUSED:
        return no(
            CACHE_REFUSED,
            f"The Redis of spec.cache.redis.external cannot be used: {tried.reason}. Correct the"
            f" URL in {where}, or what the server allows. Answers are right and slower meanwhile.",
        )
    if tried is not None and tried.access is RedisAccess.UNREACHED:
        return ConditionValue(
            "Unknown",
            "NotReached",
            f"The operator does not reach the Redis of spec.cache.redis.external: {tried.reason}."
            f" Check that it runs, that {where} holds its URL, and that it lets the operator in."
            " The cache cannot be tuned meanwhile; if pods do not reach it either, answers are"
            " right and slower.",
        )
    return yes("External", "Somebody else runs it.")


def _migrated(seen: StatusInput) -> ConditionValue:
    course = seen.plan.course
    job = course.job
    match course.result.state:
        case JobState.SUCCEEDED:
            return yes("Succeeded")
        case JobState.FAILED:
            why = error_lines(termination_message(seen.observed.pods, migration.COMPONENT, job))
            again = (
                "It changed nothing, and would take the dashboard away again: try another version,"
                " or this one with another spec.restartedAt;"
                if course.verdict is Verdict.ROLLED_BACK
                else "It is tried again every few minutes;"
            )
            return no(
                "MigrationFailed",
                f"{why or course.result.reason} {again} kubectl logs job/{job} tells more.",
            )
        case JobState.RUNNING if course.verdict is Verdict.ALONE and not (
            course.busy or course.begin
        ):
            return no("Waiting", "The migration must have the database for itself.")
        case JobState.RUNNING:
            return no("Migrating", troubles(seen, migration.COMPONENT) or f"The Job {job} runs.")
        case JobState.ABSENT if seen.plan.open >= Stage.MIGRATION:
            return no("Migrating", f"The Job {job} is made.")
        case JobState.ABSENT:
            return no("Waiting", "The database must serve first.")


def _maintenance(seen: StatusInput) -> ConditionValue:
    """Visitors see a page, or will soon, because a migration must have the database for itself."""
    course = seen.plan.course
    version = seen.context.version
    if course.verdict is Verdict.ALONE:
        waits = f" Waiting for {', '.join(course.waits_for[:3])}." if course.waits_for else ""
        if course.busy or course.begin:
            reason, does = "Migrating", f"The Job {course.job} runs."
        elif course.shown:
            reason, does = "Draining", f"Its pods end.{waits}"
        else:
            reason, does = "Preparing", f"It serves until the page is there.{waits}"
        return yes(reason, f"The release before cannot live with a migration of {version}. {does}")
    return yes(*_AFTERWARDS[course.verdict]) if course.shown else no("AsExpected")


_ASKING: Final = ("Asking", "The database is asked at which release it is.")
_NO_ANSWER: Final = (
    "NotAnswered",
    (
        "The database does not say at which release it is; it is asked again every few minutes,"
        " and nothing that could answer wrong runs until then."
    ),
)
_AFTERWARDS: Final = {
    Verdict.DONE: ("Returning", "The database is at the release, whose pods start."),
    Verdict.ROLLED_BACK: ("Returning", "The migration changed nothing; the old pods start."),
    Verdict.FAILED: _NO_ANSWER,
    Verdict.UNKNOWN: _NO_ANSWER,
    Verdict.PENDING: _ASKING,
    Verdict.ASKING: _ASKING,
}


def _refreshed(seen: StatusInput) -> ConditionValue:
    views = view_statuses(seen.context, seen.observed)
    failed = [f"{view['name']}: {view['message']}" for view in views if "message" in view]
    if failed:
        return no("RefreshFailed", "; ".join(failed))
    waiting = [view["name"] for view in views if "lastSuccessTime" not in view]
    if waiting:
        return ConditionValue("Unknown", "NotYet", f"Not refreshed yet: {', '.join(waiting)}.")
    return yes("Succeeded")


def _degraded(seen: StatusInput) -> ConditionValue:
    """Something is broken that somebody should look at; the most important thing is told."""
    for problem in (*seen.problems, *seen.errors):
        return yes(problem.reason, problem.message)
    if seen.plan.migration.state is JobState.FAILED:
        return yes("MigrationFailed", _migrated(seen).message)
    cache = _cache(seen)
    if cache.reason == CACHE_REFUSED:
        # Workers fail because of it.
        return yes("CacheRefused", cache.message)
    stuck = [f"{part}: {seen.part(part).stuck}" for part in PARTS if seen.part(part).stuck]
    broken = troubles(seen) or "; ".join(stuck)
    if broken:
        return yes("PodsFailing", broken)
    serving = seen.part(api.COMPONENT).ready and not seen.context.spec.suspend
    if serving and not seen.plan.database_ready:
        return yes("DatabaseAway", "What is cached is served until the database is back.")
    return no("AsExpected")


def _progressing(seen: StatusInput) -> ConditionValue:
    if seen.blocking is not None:
        return no("Blocked", seen.blocking.message)
    if seen.context.spec.suspend:
        running = any(seen.part(part).ready for part in PARTS)
        return yes("Suspending") if running else no("Suspended")
    return _in_maintenance(seen) or _getting_ready(seen) or _rolling_out(seen)


def _in_maintenance(seen: StatusInput) -> ConditionValue | None:
    told = _maintenance(seen)
    if told.status != "True":
        return None
    if seen.plan.course.verdict in (Verdict.FAILED, Verdict.UNKNOWN):
        return no("MigrationFailed", _migrated(seen).message)
    return yes("Maintenance", told.message)


def _getting_ready(seen: StatusInput) -> ConditionValue | None:
    """What comes before the release's pods; `None` when it is done."""
    if seen.plan.all_open:
        return None
    if seen.plan.migration.state is JobState.FAILED:
        return no("MigrationFailed", _migrated(seen).message)
    return yes("Migrating") if seen.plan.open >= Stage.MIGRATION else yes("StartingDatabase")


def _rolling_out(seen: StatusInput) -> ConditionValue:
    behind = [part for part in PARTS if not seen.part(part).complete]
    if behind:
        return yes("RollingOut", f"Pods are being replaced: {', '.join(behind)}.")
    return no("Complete")


def _ready(seen: StatusInput) -> ConditionValue:
    if seen.context.spec.suspend:
        return no("Suspended", "spec.suspend is true.")
    state = seen.part(api.COMPONENT)
    if seen.plan.course.shown:
        return no("Maintenance", _maintenance(seen).message)
    if state.ready:
        return yes("Serving", f"{state.ready} of {state.desired} API pods serve.")
    if seen.blocking is not None:
        return no(seen.blocking.reason, seen.blocking.message)
    if seen.plan.all_open and state.desired == 0:
        return no("NoReplicas", "spec.api.replicas is 0.")
    waiting = _progressing(seen)
    reason = "NotServing" if waiting.reason == "Complete" else waiting.reason
    return no(reason, troubles(seen) or waiting.message)


def troubles(seen: StatusInput, component: str | None = None) -> str:
    """What keeps pods from running, of one component or of all; the first few."""
    found = [
        f"{pod['metadata']['name']}: {why}"
        for pod in seen.observed.pods
        if component in (None, pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT))
        and (why := trouble(pod))
    ]
    return "; ".join(sorted(found)[:3])


def timed(
    told: dict[str, ConditionValue],
    generation: int,
    before: list[dict[str, Any]],
    now: dt.datetime,
) -> list[dict[str, Any]]:
    """Conditions with their times, as they are stored.

    Args:
        told: What they say, by type.
        generation: The generation of the spec that they were said about.
        before: The stored ones: a status that stays keeps its time.
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
        for kind, one in sorted(told.items())
    ]
