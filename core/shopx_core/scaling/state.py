"""The state between two decisions; small, because each `DecisionRecord` contains it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shopx_core.caching.tuning import CacheTuning


class ScaleDirection(StrEnum):
    """The direction of the last change of a number of pods."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LoadSample:
    """The load at one decision."""

    at: float
    in_flight: float
    cores: float
    """CPU in use over all pods, in units of one pod's request."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """How many pods one decision wanted, before the limits."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """One change of a number of pods."""

    at: float
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaHistory:
    """The recent past of one component's number of pods."""

    recommendations: tuple[Recommendation, ...] = ()
    """Those of the longer stabilisation window."""
    events: tuple[ScaleEvent, ...] = ()
    """Those of the longest limited period, and always the last one."""
    direction: ScaleDirection | None = None
    reversals: tuple[float, ...] = ()
    """When the direction changed, within the limited period."""

    def with_recommendation(self, now: float, count: int, window: float) -> "ReplicaHistory":
        """Add a recommendation, and drop those before the window."""
        recent = tuple(one for one in self.recommendations if now - window <= one.at <= now)
        return replace(self, recommendations=(*recent, Recommendation(now, count)))

    def with_event(self, event: ScaleEvent, period: float) -> "ReplicaHistory":
        """Add a change, and drop those before the period."""
        direction = ScaleDirection.UP if event.after > event.before else ScaleDirection.DOWN
        is_reversal = self.direction not in {None, direction}
        reversals = tuple(at for at in self.reversals if event.at - at < period)
        return replace(
            self,
            direction=direction,
            events=(*(past for past in self.events if event.at - past.at < period), event),
            reversals=(*reversals, event.at) if is_reversal else reversals,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Normal values: slow averages over healthy times; `None` = not known yet."""

    at: float | None = None
    query_seconds: float | None = None
    db_active: float | None = None
    hit_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A scale-up whose effect is being measured."""

    at: float
    before: int
    after: int
    rps: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingState:
    """The state after a decision."""

    tuning: CacheTuning | None = None
    """The tuning in force; `None` = as configured."""
    samples: tuple[LoadSample, ...] = ()
    api: ReplicaHistory = ReplicaHistory()
    workers: ReplicaHistory = ReplicaHistory()
    baseline: Baseline = Baseline()
    probe: Probe | None = None
    cooldown_factor: float = 1.0
    """Factor on the cooldown; doubles after a step without effect."""
    failures: int = 0
    """Consecutive unusable observations."""
    observed_values: tuple[float, ...] = ()
    """Values of the last observation, to detect a source that repeats itself."""
    repeats: int = 0
    """How often they were repeated exactly."""
    tuned_at: float | None = None
    """When the tuning last changed."""
    low_load_since: float | None = None
    """Since when load is low enough to restore the configured tuning."""
    cold_since: float | None = None
    """Since when the cache refills after a sudden loss."""
    bottleneck_at: float | None = None
    """When the database was last the bottleneck."""
