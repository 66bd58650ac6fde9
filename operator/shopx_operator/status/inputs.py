"""What a status is made from, and what a condition is."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from shopx_core.caching.runtime_tuning import WriteResult
from shopx_core.scaling import Decision
from shopx_operator.manifests import api, fold, names, workers
from shopx_operator.manifests.context import Context
from shopx_operator.planning.observed_state import ObservedState
from shopx_operator.planning.plan import ReconcilePlan
from shopx_operator.planning.pod_failures import trouble
from shopx_operator.planning.problem import Problem
from shopx_operator.planning.workload_status import Rollout, rollout
from shopx_operator.status.fold import FoldState

COMPONENTS = (api.COMPONENT, workers.COMPONENT, fold.COMPONENT)
"""The components with pods that the status counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInput:
    """Everything that a status is made from."""

    context: Context
    observed: ObservedState
    plan: ReconcilePlan
    problems: list[Problem]
    """The failures of the preflight checks."""
    errors: list[Problem]
    """The API server's refusals in this reconcile."""
    now: dt.datetime
    scaling_decision: Decision | None = None
    """The scaling decision to show; `None` = there is none yet."""
    tuning_write_result: WriteResult | None = None
    """The result of the last write to the dashboard's Redis; `None` = there was none."""
    columns: "ConditionValue | None" = None
    """What the pods' metrics say about the columnar replica; `None` = none were read yet."""

    fold: FoldState | None = None
    """What the fold reports; `None` = it has not reported."""

    @property
    def blocking(self) -> Problem | None:
        """The first failure that blocks everything."""
        return next((one for one in (*self.problems, *self.errors) if one.blocks), None)

    def component(self, component: str) -> Rollout:
        """How far a component's Deployment is."""
        return rollout(self.observed.get("Deployment", self.context.child(component)))


@dataclass(frozen=True, slots=True)
class ConditionValue:
    """A condition without its times."""

    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""


def true_condition(reason: str, message: str = "") -> ConditionValue:
    """The condition holds."""
    return ConditionValue("True", reason, message)


def false_condition(reason: str, message: str = "") -> ConditionValue:
    """The condition does not hold."""
    return ConditionValue("False", reason, message)


NOT_MEASURED: Final = ConditionValue(
    "Unknown", "NotMeasured", "The operator has read no metrics of this since it started."
)
"""No metrics have been read yet."""


def troubles(inputs: StatusInput, component: str | None = None) -> str:
    """Why pods do not run, of one component or of all; at most three of them."""
    found = [
        f"{pod['metadata']['name']}: {why}"
        for pod in inputs.observed.pods
        if component in (None, pod["metadata"].get("labels", {}).get(names.LABEL_COMPONENT))
        and (why := trouble(pod))
    ]
    return "; ".join(sorted(found)[:3])
