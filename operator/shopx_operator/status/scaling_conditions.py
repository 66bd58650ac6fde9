"""The conditions of scaling: whether the database, or a bound, keeps pods from being added."""

from typing import Final

from shopx_core.scaling import Decision
from shopx_operator.planning.replicas import foreign
from shopx_operator.status.inputs import (
    NOT_MEASURED,
    ConditionValue,
    StatusInput,
    false_condition,
    true_condition,
)

SCALED_BY_OTHERS: Final = "ScaledByOthers"
"""The reason of ScalingLimited while a foreign autoscaler sets a number of pods."""


def bottleneck(decision: Decision | None) -> ConditionValue:
    """Whether the database is the bottleneck, with the figures that show it."""
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.bottleneck:
        return true_condition("DatabaseSaturated", f"{decision.reason}. No pod is added meanwhile.")
    return false_condition("AsExpected")


def limited(inputs: StatusInput) -> ConditionValue:
    """Whether the spec, or a foreign autoscaler, keeps the operator from adding pods."""
    decision = inputs.scaling_decision
    others = foreign(inputs.context, inputs.observed)
    if others:
        scalers = ", ".join(
            f"{name!r} of the {component} pods" for component, name in sorted(others.items())
        )
        return true_condition(
            SCALED_BY_OTHERS,
            f"A HorizontalPodAutoscaler that you made sets the number: {scalers}. The manifest's"
            " replicas, min, max and connectionBudget do not limit it. Remove it; for the API you"
            " can also set api.autoscaling.mode to hpa, and the operator makes one.",
        )
    if decision is None:
        return NOT_MEASURED
    if decision.data_missing:
        return ConditionValue("Unknown", "Blind", decision.reason)
    if decision.limited:
        return true_condition(
            "BoundsReached",
            f"{decision.reason}. Raise autoscaling.max, or database.connectionBudget, if the"
            " database has room.",
        )
    return false_condition("AsExpected")
