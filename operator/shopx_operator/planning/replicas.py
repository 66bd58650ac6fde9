"""The number of pods of each workload.

Applied objects contain no number, so that a HorizontalPodAutoscaler, `kubectl scale` or a later
decision keeps what it set. The numbers of this module are written to the scale subresource alone.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from shopx_core.resource.v1beta1.spec import api_pods_at_most, worker_pods_at_most
from shopx_operator.manifests import (
    api,
    components,
    database,
    maintenance,
    redis,
    replication,
    sentinels,
    workers,
)
from shopx_operator.manifests.context import Context
from shopx_operator.planning.observed_state import Key, ObservedState
from shopx_operator.planning.upgrade import BACKGROUND, USER_FACING, UpgradeState
from shopx_operator.planning.workload_status import rollout

_SINGLE: Final = components.names(components.SINGLE)
_CLIENTS: Final = components.names(components.LONG_RUNNING)
"""Long-running components that use the servers."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A number of pods to write."""

    kind: str
    name: str
    replicas: int


def scale_changes(
    context: Context,
    observed: ObservedState,
    made: Container[Key],
    upgrade: UpgradeState,
    *,
    database_ready: bool,
) -> list[Scale]:
    """The numbers that differ from the observed ones.

    Args:
        context: The dashboard.
        observed: The observed state.
        made: Workloads that are applied before these numbers are written; the API server creates
            them with one pod.
        upgrade: The state of an upgrade.
        database_ready: Whether the database is ready.
    """
    desired = (
        _suspended(context, observed, upgrade)
        if context.spec.suspend
        else _running(context, observed, upgrade, database_ready=database_ready)
    )
    changes = []
    for kind, component, replicas in desired:
        name = context.child(component)
        workload = observed.get(kind, name)
        stops = upgrade.routed_to_page and component in (*USER_FACING, *BACKGROUND)
        if stops and (kind, name) in made:
            # The database has changed: no pod of the old template may start any more. The next
            # reconcile observes whether the new template was applied.
            continue
        if workload is None and (kind, name) not in made:
            continue
        if (_current(workload) if workload else 1) != replicas:
            changes.append(Scale(kind, name, replicas))
    return changes


def _current(workload: dict[str, object]) -> int:
    spec = workload.get("spec")
    return int(spec.get("replicas", 1)) if isinstance(spec, dict) else 1


def _suspended(
    context: Context, observed: ObservedState, upgrade: UpgradeState
) -> list[tuple[str, str, int]]:
    """Everything stops; the servers stop when no client runs any more."""
    deployments = (observed.get("Deployment", context.child(client)) for client in _CLIENTS)
    busy = upgrade.busy or any(
        (deployment or {}).get("status", {}).get("replicas", 0) for deployment in deployments
    )
    stopped = [("Deployment", component, 0) for component in (*_CLIENTS, maintenance.COMPONENT)]
    return stopped if busy else [*stopped, *((*one, 0) for one in _servers(context))]


def _servers(context: Context) -> list[tuple[str, str]]:
    """Kind and component of what the pods connect to."""
    further = range(2, replication.servers(context) + 1)
    caches = range(2, sentinels.servers(context) + 1)
    return [
        ("StatefulSet", database.COMPONENT),
        *(("StatefulSet", f"{database.COMPONENT}-{number}") for number in further),
        ("Deployment", redis.COMPONENT),
        *(("Deployment", f"{redis.COMPONENT}-{number}") for number in caches),
    ]


def _running(
    context: Context, observed: ObservedState, upgrade: UpgradeState, *, database_ready: bool
) -> list[tuple[str, str, int]]:
    page = ("Deployment", maintenance.COMPONENT)
    servers = [(kind, component, 1) for kind, component in (*_servers(context), page)]
    numbers = dict.fromkeys(_SINGLE, 1) | {
        api.COMPONENT: _api(context, observed, upgrade),
        workers.COMPONENT: _workers(context, observed, upgrade),
    }
    numbers |= dict.fromkeys(upgrade.stopped, 0)
    return servers + [
        ("Deployment", component, number)
        for component, number in numbers.items()
        # After a suspension the servers start first.
        if database_ready or _desired(context, observed, component) > 0
    ]


def _desired(context: Context, observed: ObservedState, component: str) -> int:
    return rollout(observed.get("Deployment", context.child(component))).desired


def foreign(context: Context, observed: ObservedState) -> dict[str, str]:
    """Components with a foreign autoscaler that the manifest does not mention.

    Returns:
        The names of the HorizontalPodAutoscalers, by component.
    """
    scaling = context.spec.api.autoscaling
    given = {api.COMPONENT} if scaling is not None and scaling.mode != "native" else set()
    return {
        component: observed.autoscaled[context.child(component)]
        for component in (api.COMPONENT, workers.COMPONENT)
        if component not in given and context.child(component) in observed.autoscaled
    }


def _found(context: Context, observed: ObservedState, upgrade: UpgradeState, component: str) -> int:
    """The current number of pods, or that before the upgrade stopped them."""
    return _desired(context, observed, component) or upgrade.before.get(component, 0)


def _api(context: Context, observed: ObservedState, upgrade: UpgradeState) -> int:
    scaling = context.spec.api.autoscaling
    current = _found(context, observed, upgrade, api.COMPONENT)
    given = scaling is not None and scaling.mode != "native"
    if current > 0 and (given or api.COMPONENT in foreign(context, observed)):
        # A foreign autoscaler also restores its bounds. Zero would switch it off.
        return current
    if scaling is None:
        return context.spec.api.replicas
    return min(max(current, scaling.min), api_pods_at_most(context.spec))


def _workers(context: Context, observed: ObservedState, upgrade: UpgradeState) -> int:
    scaling = context.spec.workers.autoscaling
    current = _found(context, observed, upgrade, workers.COMPONENT)
    if current > 0 and workers.COMPONENT in foreign(context, observed):
        return current
    if scaling is None:
        return context.spec.workers.replicas
    return min(max(current, scaling.min), worker_pods_at_most(context.spec))
