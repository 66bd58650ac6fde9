"""The end of a rotation of the bundled database's password: the one before is no longer valid."""

from dataclasses import replace
from typing import Final

from shopx_operator.manifests import components, secrets
from shopx_operator.manifests.context import Context
from shopx_operator.manifests.render import render
from shopx_operator.planning.drift import differs, with_digest
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.workload_status import rollout

_CLIENTS: Final = frozenset(
    one.name for one in components.LONG_RUNNING if one in components.DATABASE_CLIENTS
)


def without_previous_password(context: Context, observed: ObservedState) -> Context:
    """The context without the previous password, if every pod uses the new one.

    Args:
        context: The dashboard; its Secrets are complete.
        observed: The observed state.
    """
    name = context.child("database")
    values = context.facts.secrets.get(name, {})
    if secrets.PREVIOUS_KEY not in values or not _follow(context, observed):
        return context
    kept = {key: value for key, value in values.items() if key != secrets.PREVIOUS_KEY}
    known = {**context.facts.secrets, name: kept}
    return replace(context, facts=replace(context.facts, secrets=known))


def _follow(context: Context, observed: ObservedState) -> bool:
    """Whether all workloads that use the database run their newest template."""
    clients = {context.child(component) for component in _CLIENTS}
    for desired in render(context):
        kind, name = desired.key
        if kind != "Deployment" or name not in clients:
            continue
        live = observed.get(kind, name)
        if live is None or differs(live, with_digest(desired.object)):
            return False
        if not rollout(live).complete:
            return False
    return True
