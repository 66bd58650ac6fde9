"""A decision: what is wanted, why, and what was rejected."""

from dataclasses import dataclass, field
from enum import StrEnum

from shopx_core.caching.tuning import CacheTuning
from shopx_core.scaling.inputs import Observation, ScalingSpec
from shopx_core.scaling.state import ScalingState


class ScalingRule(StrEnum):
    """The rules, in the order in which they are applied."""

    DATA_GATE = "DataGate"
    ERRORS_HIGH = "ErrorsHigh"
    REVERTED_IN_VAIN = "RevertedInVain"
    COLD_CACHE = "ColdCache"
    DATABASE_BOTTLENECK = "DatabaseBottleneck"
    POOL_TOO_SMALL = "PoolTooSmall"
    MISS_BOUND = "MissBound"
    APP_BOUND = "AppBound"
    WORKERS = "Workers"
    TUNING_RESTORED = "TuningRestored"
    ON_TARGET = "OnTarget"
    UNATTRIBUTED = "Unattributed"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changes."""

    what: str
    """`api`, `workers`, or the name of a tuning knob."""
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """One option that was not taken."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of one evaluation."""

    at: float
    """Seconds since 1970."""
    rule: ScalingRule
    """The first rule that applied."""
    reason: str
    """Why, as a sentence."""
    api: int
    """API pods wanted."""
    workers: int
    """Worker pods wanted."""
    tuning: CacheTuning
    """Tuning wanted."""
    changes: tuple[Change, ...] = ()
    """What differs from before; empty = nothing changes."""
    rejected: tuple[Rejected, ...] = ()
    """Options that were not taken."""
    inputs: dict[str, float] = field(default_factory=dict)
    """The plausible values that it is based on."""
    bottleneck: bool = False
    """The condition DatabaseBottleneck holds."""
    limited: bool = False
    """The condition ScalingLimited holds: more pods are wanted than bounds or budget allow."""
    data_missing: bool = False
    """The data has been unusable for several evaluations."""
    next_at: float
    """When to evaluate again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A decision with its complete input, so that it can be replayed."""

    observation: Observation
    spec: ScalingSpec
    state: ScalingState
    """Before the decision."""
    now: float
    decision: Decision
