"""What the rules want so far; each rule takes a plan and returns the next."""

from dataclasses import dataclass, replace

from shopx_core.scaling.assessment import Assessment
from shopx_core.scaling.decision import Rejected, Rule
from shopx_core.scaling.facts import CacheTuning


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    """Wishes, not yet held within bounds, budget and rates."""

    api: int
    workers: int
    levers: CacheTuning
    why: tuple[tuple[Rule, str], ...] = ()
    """The rules that spoke, in their order."""
    rejected: tuple[Rejected, ...] = ()
    grow_api: str | None = None
    """Why API pods must not be added; `None` = they may."""
    grow_workers: str | None = None
    """Why worker pods must not be added; `None` = they may."""
    shrink: str | None = None
    """Why no pod must be taken away; `None` = it may."""
    turned: bool = False
    """A lever was turned by a rule."""
    revert: bool = False
    """The wish for fewer API pods takes back a step: it needs no stabilisation."""
    bottleneck: bool = False

    def because(self, rule: Rule, reason: str) -> "ScalingPlan":
        """Add a rule that spoke."""
        return replace(self, why=(*self.why, (rule, reason)))

    def without(self, action: str, reason: str) -> "ScalingPlan":
        """Add an option that is not taken; of the same action the first reason stays."""
        if any(option.action == action for option in self.rejected):
            return self
        return replace(self, rejected=(*self.rejected, Rejected(action, reason)))

    def turn(self, levers: CacheTuning) -> "ScalingPlan":
        """Turn levers."""
        return replace(self, levers=levers, turned=True)


def start(situation: Assessment) -> ScalingPlan:
    """Hold everything."""
    return ScalingPlan(
        api=situation.observation.api_replicas,
        workers=situation.observation.worker_replicas,
        levers=situation.levers,
    )
