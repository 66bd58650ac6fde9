"""The condition of the columnar replica, from the metrics of its builder and of the API pods: pure.

Ready does not depend on it: PostgreSQL answers what the replica does not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shopx_core.scaling.measurement import Scrape
from shopx_operator.status.inputs import ConditionValue, false_condition, true_condition

SILENT_AFTER: Final = 120.0
"""Seconds after which a builder that neither builds nor looks at the database says nothing."""

BEHIND_AFTER: Final = 25_000
"""Pending lines, as far as the builder counts them."""

_MEANWHILE: Final = "Meanwhile PostgreSQL answers: exact, and slower."


@dataclass(frozen=True, slots=True)
class Builder:
    """What the builder's metrics say."""

    has_built: bool
    """Whether there is a build."""
    building: bool
    """Whether it builds now."""
    pending: float
    """Lines since the newest build, counted to `BEHIND_AFTER`."""
    silent: float
    """Seconds since it last read them."""


@dataclass(frozen=True, slots=True)
class ColumnsFacts:
    """What the pods' metrics say."""

    pods: int
    """API pods that run."""
    seen: int
    """Those whose metrics could be read."""
    ready: int
    """Those that answer from the replica."""
    builder: Builder | None
    """`None` = its metrics could not be read."""


def columns_facts(api: Iterable[str], scrapes: Mapping[str, Scrape], now: float) -> ColumnsFacts:
    """Read one round of scrapes.

    Args:
        api: The names of the API pods that run.
        scrapes: By pod; one that did not answer is absent.
        now: Seconds since 1970.
    """
    names = list(api)
    serving = [scrapes[name].gauges for name in names if name in scrapes]
    built = [one.gauges for one in scrapes.values() if "columns_pending" in one.gauges]
    return ColumnsFacts(
        pods=len(names),
        seen=len(serving),
        ready=sum(gauges.get("columns_ready") == 1 for gauges in serving),
        builder=Builder(
            has_built=built[0].get("columns_generation", 0) > 0,
            building=built[0].get("columns_building", 0) > 0,
            pending=built[0]["columns_pending"],
            silent=now - built[0].get("columns_observed", 0),
        )
        if built
        else None,
    )


def columns_condition(facts: ColumnsFacts) -> ConditionValue:
    """Whether every API pod answers from the replica, and its builder keeps up."""
    if facts.ready < facts.seen:
        return _not_ready(facts)
    if facts.seen == 0 or facts.seen < facts.pods:
        return ConditionValue(
            "Unknown",
            "NotMeasured",
            f"The metrics of {facts.pods - facts.seen} of {facts.pods} API pods could not be read.",
        )
    if facts.builder is None:
        return ConditionValue(
            "Unknown",
            "BuilderAway",
            "The API pods answer from the builds that they have; the builder does not answer, so"
            " there is no newer one. kubectl logs deployment/NAME-columns says why.",
        )
    if facts.builder.silent > SILENT_AFTER and not facts.builder.building:
        return ConditionValue(
            "Unknown",
            "BuilderSilent",
            "The API pods answer from the builds that they have; the builder cannot read the"
            " database. kubectl logs deployment/NAME-columns says why.",
        )
    return true_condition("Serving", f"All {facts.pods} API pods answer from the replica.")


def _not_ready(facts: ColumnsFacts) -> ConditionValue:
    """Why a pod does not answer from the replica."""
    builder = facts.builder
    some = f"{facts.ready} of {facts.pods} API pods answer from the replica."
    if builder is None:
        return false_condition(
            "BuilderAway",
            f"{some} The builder does not answer; kubectl logs deployment/NAME-columns says why."
            f" {_MEANWHILE}",
        )
    if not builder.has_built:
        return false_condition(
            "Building",
            f"There is no build yet. {_MEANWHILE} If it stays so, kubectl logs"
            " deployment/NAME-columns says why.",
        )
    if builder.pending >= BEHIND_AFTER:
        return false_condition(
            "Behind", f"{some} More lines are new than they read between builds. {_MEANWHILE}"
        )
    return false_condition(
        "NoBase",
        f"{some} The others have no build that belongs to the database, or cannot follow it; their"
        f" log lines begin with generation_, base_ or tail_. {_MEANWHILE}",
    )
