"""What the rules want so far; each rule takes a plan and returns the next."""

from dataclasses import dataclass, replace

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rejected, ScalingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    """Wanted pods and tuning, before bounds, budget and rates apply."""

    api: int
    workers: int
    tuning: CacheTuning
    reasons: tuple[tuple[ScalingRule, str], ...] = ()
    """The rules that applied, in order."""
    rejected: tuple[Rejected, ...] = ()
    api_scale_up_blocked: str | None = None
    """Why API pods must not be added; `None` = they may."""
    worker_scale_up_blocked: str | None = None
    """Why worker pods must not be added; `None` = they may."""
    scale_down_blocked: str | None = None
    """Why API pods must not be removed; `None` = they may."""
    tuned: bool = False
    """A rule changed the tuning."""
    revert: bool = False
    """Fewer API pods are wanted to undo a step: that needs no stabilisation."""
    bottleneck: bool = False

    def with_reason(self, rule: ScalingRule, reason: str) -> "ScalingPlan":
        """Add a rule that applied."""
        return replace(self, reasons=(*self.reasons, (rule, reason)))

    def with_rejected(self, action: str, reason: str) -> "ScalingPlan":
        """Add an option that is not taken; only the first reason for an action is kept."""
        if any(option.action == action for option in self.rejected):
            return self
        return replace(self, rejected=(*self.rejected, Rejected(action, reason)))

    def tune(self, tuning: CacheTuning) -> "ScalingPlan":
        """Change the tuning."""
        return replace(self, tuning=tuning, tuned=True)


def initial_plan(assessment: Assessment) -> ScalingPlan:
    """No change."""
    return ScalingPlan(
        api=assessment.observation.api_replicas,
        workers=assessment.observation.worker_replicas,
        tuning=assessment.tuning,
    )
