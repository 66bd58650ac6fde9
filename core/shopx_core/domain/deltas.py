"""The change of a figure against a comparison, correct also when there is no base value."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shopx_core.domain.metrics import Better
from shopx_core.domain.money import EXACT, ZERO, share


class Direction(StrEnum):
    """The direction of the change, independent of which one is better."""

    UP = "up"
    DOWN = "down"
    FLAT = "flat"


class Verdict(StrEnum):
    """Whether the change is good, which decides its colour."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


class DeltaStatus(StrEnum):
    """How the change is displayed."""

    CHANGED = "changed"
    """A percentage: `Delta.ratio` is set and not 0."""
    NO_CHANGE = "no_change"
    NEW = "new"
    """The previous value was 0 and the current one is not, so there is no percentage."""
    NOT_APPLICABLE = "not_applicable"
    """There is no meaningful percentage: a value is missing, or the sign changed (a profit after a
    loss)."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A change from `previous` to `current`."""

    absolute: Decimal | None
    """`current` minus `previous`; `None` when a side is missing."""
    ratio: Decimal | None
    """`absolute` divided by |`previous`|: `None` = not meaningful."""
    direction: Direction
    verdict: Verdict
    status: DeltaStatus


_MISSING = Delta(None, None, Direction.FLAT, Verdict.NEUTRAL, DeltaStatus.NOT_APPLICABLE)


def delta(current: Decimal | None, previous: Decimal | None, better: Better) -> Delta:
    """Compare two values of one metric; `None` is a value that does not exist (0 ÷ 0).

    A previous 0 never yields a percentage: the change is `NEW` when the value became positive and
    `NOT_APPLICABLE` when it became negative.
    """
    if current is None or previous is None:
        return _MISSING
    absolute = EXACT.subtract(current, previous)
    if not absolute:
        ratio = ZERO if previous else None
        return Delta(ZERO, ratio, Direction.FLAT, Verdict.NEUTRAL, DeltaStatus.NO_CHANGE)
    direction = Direction.UP if absolute > 0 else Direction.DOWN
    verdict = _verdict(direction, better)
    if not previous:
        status = DeltaStatus.NEW if current > 0 else DeltaStatus.NOT_APPLICABLE
        return Delta(absolute, None, direction, verdict, status)
    if current and (current > 0) != (previous > 0):
        return Delta(absolute, None, direction, verdict, DeltaStatus.NOT_APPLICABLE)
    return Delta(absolute, share(absolute, abs(previous)), direction, verdict, DeltaStatus.CHANGED)


def _verdict(direction: Direction, better: Better) -> Verdict:
    if better is Better.NEUTRAL:
        return Verdict.NEUTRAL
    rising_is_good = better is Better.HIGHER
    return Verdict.GOOD if (direction is Direction.UP) == rising_is_good else Verdict.BAD
