"""Changes that wait: for a check of their own, or for another server's restart.

What works is replaced only by what was tried: settings of PostgreSQL by a Job that starts an empty
server with them, a URL of an external Redis by a Job that uses it. And the servers restart one
after the other. A server that does not serve is changed at once: nothing can be lost.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from shopx_operator.manifests import database, names, redis_check, replication
from shopx_operator.manifests.context import Context, Object
from shopx_operator.manifests.render import DesiredObject, Stage
from shopx_operator.planning import cache_servers, database_servers
from shopx_operator.planning.drift import differs, with_digest
from shopx_operator.planning.observed_state import Key, ObservedState
from shopx_operator.planning.pod_failures import error_lines, termination_message
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.workload_status import JobState, job_result, rollout

CHECK_AGAIN_SECONDS: Final = 60
"""A failed check is retried: its cause, such as a server that restarts, may be gone."""


@dataclass(frozen=True, slots=True)
class HeldChanges:
    """The desired objects with the Jobs that check them, and what must wait."""

    desired: list[DesiredObject]
    held: Mapping[Key, bool] = field(default_factory=dict)
    """Objects that are not applied now, and whether their change was refused."""
    waits: tuple[str, ...] = ()
    """What is waited for, for the status."""
    refused: tuple[Problem, ...] = ()
    """Failed checks."""
    retry: tuple[Key, ...] = ()
    """Failed Jobs to delete, so that they run again."""


def hold_changes(
    context: Context, desired: list[DesiredObject], observed: ObservedState, now: dt.datetime
) -> HeldChanges:
    """Decide what waits.

    Args:
        context: The dashboard.
        desired: The desired objects.
        observed: The observed state.
        now: The present, aware.
    """
    checked = _check_redis(context, desired, observed, now)
    tried = _check_database(context, checked, observed, now)
    replaced = _replace_caches_in_turn(
        context, _replace_in_turn(context, tried, observed), observed
    )
    return _restart_in_turn(context, replaced, observed)


def _check_database(
    context: Context, before: HeldChanges, observed: ObservedState, now: dt.datetime
) -> HeldChanges:
    bundled = context.spec.database.bundled
    if bundled is None or not _serves(context, observed):
        return before
    wanted = {one.key: one.object for one in before.desired}
    servers = [key for key in database_servers.keys(context) if key in observed.objects]
    changed = [key for key in servers if _settings(observed.objects[key]) != _settings(wanted[key])]
    if not changed:
        return before
    job = database.check_job(context, bundled)
    outcome = _outcome(observed, job, "ParametersRefused", now)
    desired = [*before.desired, DesiredObject(Stage.SERVERS, job)]
    if outcome is None:
        # Its result is kept until all servers have the settings.
        return replace(before, desired=desired)
    # What the servers follow without a restart changes with them.
    followed = ("ConfigMap", replication.state_name(context, replication.CONFIG))
    kept = [*changed, *([followed] if followed in observed.objects else ())]
    problem = _message(outcome, "PostgreSQL refuses its new settings, and runs with the old ones")
    return HeldChanges(
        desired,
        {**before.held, **dict.fromkeys(kept, outcome.problem is not None)},
        (*before.waits, *_waits(job, outcome)),
        (*before.refused, *problem),
        (*before.retry, *outcome.retry),
    )


def _serves(context: Context, observed: ObservedState) -> bool:
    if database_servers.first_is_replicated(context, observed):
        return database_servers.seen(context, observed).leader is not None
    return bool(rollout(observed.get("StatefulSet", context.child(database.COMPONENT))).ready)


def _settings(server: Object) -> tuple[object, ...]:
    template = server["spec"]["template"]
    container = template["spec"]["containers"][0]
    annotations = template["metadata"].get("annotations", {})
    settings = annotations.get(names.ANNOTATION_SETTINGS)
    return container.get("image"), container.get("args"), settings


def _replace_in_turn(context: Context, before: HeldChanges, observed: ObservedState) -> HeldChanges:
    """Of several servers, one is replaced at a time, and the leader last.

    The leader waits for a replica that can take over. A server that does not serve is replaced at
    once.
    """
    if not database_servers.first_is_replicated(context, observed):
        return before
    wanted = {one.key: one.object for one in before.desired}
    states = {
        key: rollout(observed.objects[key])
        for key in database_servers.keys(context)
        if key in observed.objects
    }
    changed = [
        key
        for key, state in states.items()
        if key not in before.held
        and state.ready
        and differs(observed.objects[key], with_digest(wanted[key]))
    ]
    if not changed:
        return before
    found = database_servers.seen(context, observed)
    leading = [key for key in changed if f"{key[1]}-0" == found.leader]
    following = [key for key in changed if key not in leading]
    settled = all(state.complete for state in states.values())
    others = [f"{key[1]}-0" for key in states if f"{key[1]}-0" != found.leader]
    may_stop = len(states) == 1 or database_servers.can_lead(context, observed, others)
    next_ = following[:1] or (leading if may_stop else [])
    waiting = [key for key in changed if not settled or key not in next_]
    if not waiting:
        return before
    return _waiting_too(
        before, waiting, "The database's servers restart one after the other, the leader last."
    )


def _check_redis(
    context: Context, desired: list[DesiredObject], observed: ObservedState, now: dt.datetime
) -> HeldChanges:
    changed = {
        one.key: used
        for one in desired
        if (used := _used_redis(observed.objects.get(one.key)))
        and used != _used_redis(one.object)
        and rollout(observed.objects[one.key]).ready
    }
    if context.spec.cache.redis.external is None or not changed:
        return HeldChanges(desired)
    job = redis_check.job(context)
    outcome = _outcome(observed, job, "CacheRefused", now)
    if outcome is None:
        return HeldChanges(desired)
    kept = [
        DesiredObject(one.stage, _with_redis(one.object, changed[one.key]))
        if one.key in changed
        else one
        for one in desired
    ]
    where = "The new URL of spec.cache.redis.external cannot be used, and the pods stay as they are"
    return HeldChanges(
        [*kept, DesiredObject(Stage.SERVERS, job)],
        waits=_waits(job, outcome),
        refused=_message(outcome, where),
        retry=outcome.retry,
    )


def _used_redis(workload: Object | None) -> str:
    """The digest of the URL that a Deployment's pods were started for; empty = none is known."""
    if workload is None or workload["kind"] != "Deployment":
        return ""
    annotations = workload["spec"]["template"]["metadata"].get("annotations", {})
    found: str = annotations.get(names.ANNOTATION_REDIS, "")
    return found


def _with_redis(workload: Object, used: str) -> Object:
    spec = workload["spec"]
    metadata = spec["template"]["metadata"]
    annotations = metadata["annotations"] | {names.ANNOTATION_REDIS: used}
    template = spec["template"] | {"metadata": metadata | {"annotations": annotations}}
    return workload | {"spec": spec | {"template": template}}


def _replace_caches_in_turn(
    context: Context, before: HeldChanges, observed: ObservedState
) -> HeldChanges:
    """Of the cache's servers, one is replaced at a time."""
    wanted = {item.key: item.object for item in before.desired}
    waiting = cache_servers.waiting(context, wanted, observed)
    if not waiting:
        return before
    return _waiting_too(
        before, waiting, "The cache's servers restart one after the other, the first one last."
    )


def _restart_in_turn(context: Context, before: HeldChanges, observed: ObservedState) -> HeldChanges:
    """The cache's server waits for the database's."""
    servers = [key for key in database_servers.keys(context) if key in observed.objects]
    wanted = {item.key: item.object for item in before.desired}
    seconds = [
        key
        for key in cache_servers.keys(context)
        if key in wanted
        and rollout(observed.objects.get(key)).ready
        and differs(observed.objects[key], with_digest(wanted[key]))
    ]
    if not servers or not seconds:
        return before
    changes = any(
        first in wanted
        and not before.held.get(first, False)
        and differs(observed.objects[first], with_digest(wanted[first]))
        for first in servers
    )
    if not changes and all(rollout(observed.objects[first]).complete for first in servers):
        return before
    return _waiting_too(before, seconds, "The cache's server restarts after the database's.")


def _waiting_too(before: HeldChanges, keys: Iterable[Key], text: str) -> HeldChanges:
    """The same, and these wait as well; none of them is refused."""
    return replace(
        before,
        held={**before.held, **dict.fromkeys(keys, False)},
        waits=(*before.waits, text),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A check that has not succeeded."""

    problem: Problem | None
    """Why it failed; `None` = it runs."""
    retry: tuple[Key, ...] = ()


def _outcome(
    observed: ObservedState, job: Object, reason: str, now: dt.datetime
) -> _Outcome | None:
    """How far a check is; `None` = it succeeded."""
    name = job["metadata"]["name"]
    result = job_result(observed.get("Job", name))
    if result.state is JobState.SUCCEEDED:
        return None
    if result.state is not JobState.FAILED:
        return _Outcome(None)
    component = job["metadata"]["labels"][names.LABEL_COMPONENT]
    why = error_lines(termination_message(observed.pods, component, name)) or result.reason
    message = f"{why.rstrip('.')}. kubectl logs job/{name} shows the log."
    over = result.ended is not None and (now - result.ended).total_seconds() >= CHECK_AGAIN_SECONDS
    return _Outcome(Problem(reason, message, blocks=False), (("Job", name),) if over else ())


def _waits(job: Object, outcome: _Outcome) -> tuple[str, ...]:
    if outcome.problem is not None:
        return ()
    return (f"The Job {job['metadata']['name']} tries the change first.",)


def _message(outcome: _Outcome, what: str) -> tuple[Problem, ...]:
    problem = outcome.problem
    if problem is None:
        return ()
    return (Problem(problem.reason, f"{what}: {problem.message}", blocks=False),)
