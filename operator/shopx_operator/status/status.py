"""The status of a dashboard: a pure function of what was wanted, seen and done."""

import datetime as dt
import re
from typing import Any, Final

from shopx_operator.manifests import api, migration, names, routes
from shopx_operator.planning.observed_state import termination_message
from shopx_operator.status.conditions import (
    NOT_MEASURED,
    PARTS,
    SCALED_BY_OTHERS,
    StatusInput,
    conditions,
    no,
    timed,
    yes,
)
from shopx_operator.status.matviews import view_statuses
from shopx_operator.status.scaling_decision import scaling_status

_REVISION: Final = re.compile(r"at revision (\w+)")

_FIGURES: Final = ("cache", "latency", "lastDecision")
"""Fields that follow from the figures."""

Status = dict[str, Any]


def status(seen: StatusInput, previous: Status) -> Status:
    """The whole status, as server-side apply sends it.

    Args:
        seen: What is.
        previous: The status that is stored, for what stays true.
    """
    context = seen.context
    generation = context.dashboard.metadata.generation
    before = previous.get("conditions", [])
    serves = seen.part(api.COMPONENT).complete and seen.plan.all_open and not seen.plan.course.shown
    # A new operator has yet to look: until then what the last one found stands.
    stands = seen.scaled is None and not context.spec.suspend
    told = conditions(seen)
    kept = [
        one
        for one in before
        if stands and one["reason"] != SCALED_BY_OTHERS and told.get(one["type"]) == NOT_MEASURED
    ]
    for one in kept:
        del told[one["type"]]
    every = [*kept, *timed(told, generation, before, seen.now)]
    made: Status = {
        "observedGeneration": generation,
        "conditions": sorted(every, key=lambda one: str(one["type"])),
        "url": routes.url(context),
        "version": context.version if serves else previous.get("version"),
        "schemaRevision": _revision(seen) or previous.get("schemaRevision"),
        "replicas": seen.part(api.COMPONENT).ready,
        "selector": names.selector_text(context.name, api.COMPONENT),
        "views": view_statuses(context, seen.observed),
    }
    if seen.scaled is not None:
        made |= scaling_status(seen.scaled)
    elif stands:
        made |= {key: previous[key] for key in _FIGURES if key in previous}
    for part in PARTS:
        state = seen.part(part)
        made[part] = {"desired": state.desired, "ready": state.ready, "updated": state.updated}
    return {key: value for key, value in made.items() if value is not None}


def invalid(message: str, generation: int, previous: Status, now: dt.datetime) -> Status:
    """The status of an object that the API server took and that is not valid all the same.

    Args:
        message: What is wrong with it.
        generation: Of the object.
        previous: The status that is stored; what it says about the children stays true.
        now: The present, aware.
    """
    before = previous.get("conditions", [])
    told = {
        "Degraded": yes("InvalidSpec", message),
        "Progressing": no("InvalidSpec", "Nothing changes until the spec is valid."),
    }
    if not any(condition["type"] == "Ready" for condition in before):
        told["Ready"] = no("InvalidSpec", message)
    kept = [condition for condition in before if condition["type"] not in told]
    return previous | {
        "observedGeneration": generation,
        "conditions": [*kept, *timed(told, generation, before, now)],
    }


def _revision(seen: StatusInput) -> str | None:
    message = termination_message(seen.observed.pods, migration.COMPONENT, seen.plan.course.job)
    match = _REVISION.search(message)
    return match[1] if match else None
