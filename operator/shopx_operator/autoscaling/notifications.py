"""When the status, events and metrics change because of scaling: pure."""

from dataclasses import dataclass
from typing import Final

from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.scaling import Decision, ScalingRule, TickResult
from shopx_core.scaling.state import ScaleDirection
from shopx_operator.status.events import Event
from shopx_operator.status.inputs import ConditionValue

PUBLISH_SECONDS: Final = 60.0
"""How often at most the status follows the figures; a changed condition is published at once."""


@dataclass(frozen=True, slots=True)
class PublishedDecision:
    """The decision that the status shows."""

    decision: Decision
    since: float
    """When the status began to show it, in seconds since 1970."""


def published_decision(
    before: PublishedDecision | None, decision: Decision, now: float
) -> PublishedDecision:
    """What the status shows from now on: the same object as before, or the new decision."""
    if before is None or _condition(before.decision) != _condition(decision):
        return PublishedDecision(decision, now)
    if now - before.since >= PUBLISH_SECONDS:
        return PublishedDecision(decision, now)
    return before


@dataclass(frozen=True, slots=True)
class RedisReport:
    """The result of writing to a dashboard's Redis, as the status shows it."""

    result: WriteResult
    since: float
    """When the status began to show it, in seconds since 1970."""


def redis_report(
    before: RedisReport | None, result: WriteResult | None, now: float
) -> RedisReport | None:
    """What the status shows from now on: the same object as before, or the new result.

    A change of access is published at once, another wording of the same error at times. Without a
    result, because nothing was written, there is no report.
    """
    if result is None:
        return None
    if before is None or before.result.access != result.access:
        return RedisReport(result, now)
    if before.result != result and now - before.since >= PUBLISH_SECONDS:
        return RedisReport(result, now)
    return before


@dataclass(frozen=True, slots=True)
class ColumnsReport:
    """The condition of the columnar replica, as the status shows it."""

    condition: ConditionValue
    since: float
    """When the status began to show it, in seconds since 1970."""


def columns_report(
    before: ColumnsReport | None, condition: ConditionValue, now: float
) -> ColumnsReport:
    """What the status shows from now on: the same object as before, or the new condition.

    Another status or reason is published at once, another wording at times.
    """
    if before is None or (before.condition.status, before.condition.reason) != (
        condition.status,
        condition.reason,
    ):
        return ColumnsReport(condition, now)
    if before.condition != condition and now - before.since >= PUBLISH_SECONDS:
        return ColumnsReport(condition, now)
    return before


def _condition(decision: Decision) -> tuple[bool, bool, bool]:
    return decision.bottleneck, decision.limited, decision.data_missing


def direction_event(step: TickResult) -> Event | None:
    """The event of a change of direction of the API's pods; further steps in it have none."""
    if step.new_direction is None:
        return None
    (change,) = [one for one in step.decision.changes if one.what == "api"]
    up = step.new_direction is ScaleDirection.UP
    return Event(
        warning=False,
        reason="ScalingUp" if up else "ScalingDown",
        message=f"API pods {change.before:g} → {change.after:g}: {step.decision.reason}",
    )


def decision_counts(decision: Decision) -> list[tuple[str, ScalingRule]]:
    """What `shopx_operator_decisions_total` counts: the actions, with the rule that decided."""
    rule = decision.rule
    if not decision.changes:
        return [("hold", rule)]
    return [
        (
            f"{'add' if one.after > one.before else 'remove'}_{one.what}"
            if one.what in {"api", "workers"}
            else f"tune_{one.what}",
            rule,
        )
        for one in decision.changes
    ]
