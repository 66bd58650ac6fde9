"""What one decision leaves to the next; small, because it is stored with every decision."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shopx_core.scaling.facts import CacheTuning


class Direction(StrEnum):
    """Where the number of pods last went."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Sample:
    """The load at one decision."""

    at: float
    in_flight: float
    cores: float
    """CPU in use over all pods, in pods' requests."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """How many pods one decision wanted, before it was held back."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class ScaleEvent:
    """One change of a number of pods."""

    at: float
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The past of one component's number of pods."""

    wanted: tuple[Recommendation, ...] = ()
    """Of the longer stabilisation window."""
    moves: tuple[ScaleEvent, ...] = ()
    """Of the longest period that limits them, and the last one always."""
    direction: Direction | None = None
    reversals: tuple[float, ...] = ()
    """When the direction changed, within the period that limits it."""

    def wants(self, now: float, count: int, window: float) -> "Track":
        """Remember a wish, and forget those before the window."""
        kept = tuple(wish for wish in self.wanted if now - window <= wish.at <= now)
        return replace(self, wanted=(*kept, Recommendation(now, count)))

    def moved(self, move: ScaleEvent, period: float) -> "Track":
        """Remember a change."""
        direction = Direction.UP if move.after > move.before else Direction.DOWN
        turned = self.direction not in {None, direction}
        reversals = tuple(at for at in self.reversals if move.at - at < period)
        return replace(
            self,
            direction=direction,
            moves=(*(past for past in self.moves if move.at - past.at < period), move),
            reversals=(*reversals, move.at) if turned else reversals,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is normal here: slow averages of healthy times; `None` = not known yet."""

    at: float | None = None
    query_seconds: float | None = None
    db_active: float | None = None
    hit_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A step up whose effect is still to be judged."""

    at: float
    before: int
    after: int
    rps: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingState:
    """Everything that is remembered."""

    levers: CacheTuning | None = None
    """As last set; `None` = as configured."""
    samples: tuple[Sample, ...] = ()
    api: Track = Track()
    workers: Track = Track()
    baseline: Baseline = Baseline()
    trial: Probe | None = None
    cooldowns: float = 1.0
    """Factor on the cooldown; doubles after a step in vain."""
    failures: int = 0
    """Unusable observations in a row."""
    figures: tuple[float, ...] = ()
    """Of the last observation, to see a source that repeats itself."""
    repeats: int = 0
    """How often in a row they came again."""
    lever_at: float | None = None
    """When a lever was last turned."""
    calm_since: float | None = None
    """Since when all is well enough to take levers back."""
    cold_since: float | None = None
    """Since when the cache fills after a sudden loss."""
    bottleneck_at: float | None = None
    """When the database was last what is slow."""
