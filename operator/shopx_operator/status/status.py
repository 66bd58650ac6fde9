"""The status of a dashboard: a pure function of the plan, the observation and the result."""

import datetime as dt
import re
from typing import Any, Final

from shopx_operator.manifests import api, migration, names, routes
from shopx_operator.planning.pod_failures import termination_message
from shopx_operator.planning.volume import claim, is_bound, size, storage_class
from shopx_operator.planning.workload_status import JobState
from shopx_operator.status.backup import backup_status
from shopx_operator.status.conditions import conditions, timed
from shopx_operator.status.database_replication import replication_status
from shopx_operator.status.inputs import (
    COMPONENTS,
    NOT_MEASURED,
    StatusInput,
    false_condition,
    true_condition,
)
from shopx_operator.status.matviews import view_statuses
from shopx_operator.status.scaling_conditions import SCALED_BY_OTHERS
from shopx_operator.status.scaling_decision import scaling_status

_REVISION: Final = re.compile(r"at revision (\w+)")

_FIGURES: Final = ("cache", "latency", "lastDecision")
"""Fields that follow from metrics."""

Status = dict[str, Any]


def status(inputs: StatusInput, previous: Status) -> Status:
    """The whole status, as server-side apply sends it.

    Args:
        inputs: Everything that the status is made from.
        previous: The stored status, of which some fields stay.
    """
    context = inputs.context
    generation = context.dashboard.metadata.generation
    before = previous.get("conditions", [])
    serves = (
        inputs.component(api.COMPONENT).complete
        and inputs.plan.all_open
        and not inputs.plan.upgrade.routed_to_page
    )
    # A restarted operator has no decision yet: until then the last operator's stays.
    stands = inputs.scaling_decision is None and not context.spec.suspend
    values = conditions(inputs)
    kept = [
        one
        for one in before
        if stands
        and one["reason"] != SCALED_BY_OTHERS
        and values.get(one["type"]) == NOT_MEASURED
        and (one["status"] != "Unknown" or one["reason"] == NOT_MEASURED.reason)
        # Another reason than a missing measurement is no longer true.
        and (one["type"] != "Ready" or one["status"] == "True")
    ]
    for one in kept:
        del values[one["type"]]
    every = [*kept, *timed(values, generation, before, inputs.now)]
    made: Status = {
        "observedGeneration": generation,
        "conditions": sorted(every, key=lambda one: str(one["type"])),
        "url": routes.url(context),
        "version": context.version if serves else previous.get("version"),
        "schemaRevision": _revision(inputs) or previous.get("schemaRevision"),
        "databaseAddress": migration.address(context)
        if inputs.plan.migration.state is JobState.SUCCEEDED
        else previous.get("databaseAddress"),
        "volume": _volume(inputs),
        "database": replication_status(inputs),
        "backup": backup_status(inputs),
        "replicas": inputs.component(api.COMPONENT).ready,
        "selector": names.selector_text(context.name, api.COMPONENT),
        "views": view_statuses(context, inputs.observed),
    }
    if inputs.scaling_decision is not None:
        made |= scaling_status(inputs.scaling_decision)
    elif stands:
        made |= {key: previous[key] for key in _FIGURES if key in previous}
    for component in COMPONENTS:
        state = inputs.component(component)
        made[component] = {"desired": state.desired, "ready": state.ready, "updated": state.updated}
    return {key: value for key, value in made.items() if value is not None}


def invalid(message: str, generation: int, previous: Status, now: dt.datetime) -> Status:
    """The status of an object that the API server accepted although it is invalid.

    Args:
        message: What is invalid.
        generation: The object's generation.
        previous: The stored status; what it says about the children stays.
        now: The present, aware.
    """
    before = previous.get("conditions", [])
    values = {
        "Degraded": true_condition("InvalidSpec", message),
        "Progressing": false_condition("InvalidSpec", "Nothing changes until the spec is valid."),
        "Stalled": true_condition("InvalidSpec", message),
        "Ready": false_condition("InvalidSpec", message),
    }
    if not any(condition["type"] == "Available" for condition in before):
        values["Available"] = false_condition("InvalidSpec", message)
    kept = [condition for condition in before if condition["type"] not in values]
    return previous | {
        "observedGeneration": generation,
        "conditions": [*kept, *timed(values, generation, before, now)],
    }


def _volume(inputs: StatusInput) -> dict[str, str] | None:
    live = claim(inputs.context, inputs.observed)
    if live is None or not is_bound(live) or not size(live):
        return None
    found = {"size": size(live), "className": storage_class(live)}
    return {key: value for key, value in found.items() if value}


def _revision(inputs: StatusInput) -> str | None:
    message = termination_message(
        inputs.observed.pods, migration.COMPONENT, inputs.plan.upgrade.job
    )
    match = _REVISION.search(message)
    return match[1] if match else None
