"""What a decision says: what is wanted, why, and what was not done."""

from dataclasses import dataclass, field
from enum import StrEnum

from shopx_core.scaling.facts import CacheTuning, Observation, ScalingSpec
from shopx_core.scaling.memory import ScalingState


class Rule(StrEnum):
    """The rules, in the order in which they are asked."""

    DATA_GATE = "DataGate"
    ERRORS = "ErrorsHigh"
    VERIFY = "RevertedInVain"
    COLD_CACHE = "ColdCache"
    DATABASE = "DatabaseBottleneck"
    POOL = "PoolTooSmall"
    CACHE = "MissBound"
    APP = "AppBound"
    WORKERS = "Workers"
    CALM = "LeversReturn"
    IDLE = "OnTarget"
    UNATTRIBUTED = "Unattributed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing turned."""

    what: str
    """`api`, `workers`, or the name of a lever."""
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """One thing that could have been done."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of one evaluation."""

    at: float
    """Seconds since 1970."""
    rule: Rule
    """The first rule that changed something; without a change, the first that had a reason."""
    reason: str
    """Why, for people."""
    api: int
    """API pods wanted."""
    workers: int
    """Worker pods wanted."""
    levers: CacheTuning
    """Levers wanted."""
    changes: tuple[Change, ...] = ()
    """What differs from before; empty = hold."""
    rejected: tuple[Rejected, ...] = ()
    """What was not done, and why."""
    inputs: dict[str, float] = field(default_factory=dict)
    """The figures that it was made from; those unknown or absurd are absent."""
    bottleneck: bool = False
    """The condition DatabaseBottleneck."""
    limited: bool = False
    """The condition ScalingLimited: more pods are wanted than bounds or budget allow."""
    blind: bool = False
    """The figures have been unusable for several evaluations."""
    next_at: float
    """When to evaluate again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A decision with all that it was made from, so that it can be made again."""

    observation: Observation
    spec: ScalingSpec
    state: ScalingState
    """Before the decision."""
    now: float
    decision: Decision
