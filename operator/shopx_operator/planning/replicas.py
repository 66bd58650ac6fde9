"""How many pods each workload has, and who decides.

Applied objects never say a number, so that a HorizontalPodAutoscaler, `kubectl scale` or a later
decision keeps what it set. What this module returns is written to the scale subresource alone.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from shopx_core.resource.v1alpha1.spec import api_pods_at_most, worker_pods_at_most
from shopx_operator.manifests import api, components, database, maintenance, redis, workers
from shopx_operator.manifests.context import Context
from shopx_operator.planning.observed_state import Key, ObservedState, rollout
from shopx_operator.planning.upgrade import BEHIND, FRONT, UpgradeState

_SERVERS: Final = (("StatefulSet", database.COMPONENT), ("Deployment", redis.COMPONENT))
_SINGLE: Final = components.names(components.SINGLE)
_CLIENTS: Final = components.names(components.LONG_RUNNING)
"""What runs for long and uses the servers."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A number to write."""

    kind: str
    name: str
    replicas: int


def scale_changes(
    context: Context,
    observed: ObservedState,
    made: Container[Key],
    course: UpgradeState,
    *,
    database_ready: bool,
) -> list[Scale]:
    """The numbers that differ from what is there.

    Args:
        context: The dashboard.
        observed: What is there.
        made: Workloads that are made before these numbers are written; the API server gives
            them one pod.
        course: Where an upgrade is.
        database_ready: Whether the database serves.
    """
    wanted = (
        _suspended(context, observed, course)
        if context.spec.suspend
        else _running(context, observed, course, database_ready=database_ready)
    )
    found = []
    for kind, part, replicas in wanted:
        name = context.child(part)
        workload = observed.get(kind, name)
        if course.shown and part in (*FRONT, *BEHIND) and (kind, name) in made:
            # The database has changed: no pod of the template before may start any more, and
            # whether the new one was taken is seen in the next round.
            continue
        if workload is None and (kind, name) not in made:
            continue
        if (_current(workload) if workload else 1) != replicas:
            found.append(Scale(kind, name, replicas))
    return found


def _current(workload: dict[str, object]) -> int:
    spec = workload.get("spec")
    return int(spec.get("replicas", 1)) if isinstance(spec, dict) else 1


def _suspended(
    context: Context, observed: ObservedState, course: UpgradeState
) -> list[tuple[str, str, int]]:
    """Everything stops; the servers when nobody uses them any more."""
    busy = course.busy or any(
        (observed.get("Deployment", context.child(part)) or {}).get("status", {}).get("replicas", 0)
        for part in _CLIENTS
    )
    stopped = [("Deployment", part, 0) for part in (*_CLIENTS, maintenance.COMPONENT)]
    return stopped if busy else [*stopped, *((kind, part, 0) for kind, part in _SERVERS)]


def _running(
    context: Context, observed: ObservedState, course: UpgradeState, *, database_ready: bool
) -> list[tuple[str, str, int]]:
    servers = [(kind, part, 1) for kind, part in (*_SERVERS, ("Deployment", maintenance.COMPONENT))]
    numbers = dict.fromkeys(_SINGLE, 1) | {
        api.COMPONENT: _api(context, observed, course),
        workers.COMPONENT: _workers(context, observed, course),
    }
    numbers |= dict.fromkeys(course.stopped, 0)
    return servers + [
        ("Deployment", part, number)
        for part, number in numbers.items()
        # Coming back from suspension, the servers come first.
        if database_ready or _desired(context, observed, part) > 0
    ]


def _desired(context: Context, observed: ObservedState, part: str) -> int:
    return rollout(observed.get("Deployment", context.child(part))).desired


def foreign(context: Context, observed: ObservedState) -> dict[str, str]:
    """Components whose number of pods somebody else sets without the manifest saying so.

    Returns:
        By component, the name of the HorizontalPodAutoscaler that does.
    """
    scaling = context.spec.api.autoscaling
    given = {api.COMPONENT} if scaling is not None and scaling.mode != "native" else set()
    return {
        part: observed.autoscaled[context.child(part)]
        for part in (api.COMPONENT, workers.COMPONENT)
        if part not in given and context.child(part) in observed.autoscaled
    }


def _found(context: Context, observed: ObservedState, course: UpgradeState, part: str) -> int:
    """How many there are, or were before the upgrade stopped them."""
    return _desired(context, observed, part) or course.before.get(part, 0)


def _api(context: Context, observed: ObservedState, course: UpgradeState) -> int:
    scaling = context.spec.api.autoscaling
    current = _found(context, observed, course, api.COMPONENT)
    given = scaling is not None and scaling.mode != "native"
    if current > 0 and (given or api.COMPONENT in foreign(context, observed)):
        # Somebody else's, who also brings it back between its bounds. Zero switches it off.
        return current
    if scaling is None:
        return context.spec.api.replicas
    return min(max(current, scaling.min), api_pods_at_most(context.spec))


def _workers(context: Context, observed: ObservedState, course: UpgradeState) -> int:
    scaling = context.spec.workers.autoscaling
    current = _found(context, observed, course, workers.COMPONENT)
    if current > 0 and workers.COMPONENT in foreign(context, observed):
        return current
    if scaling is None:
        return context.spec.workers.replicas
    return min(max(current, scaling.min), worker_pods_at_most(context.spec))
