"""Pure: what to do about a process that ended although nobody asked it to."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the supervisor is; durations in seconds."""

    first: float = 0.5
    """Pause before the first restart."""
    factor: float = 2.0
    """By how much each further pause is longer."""
    longest: float = 30.0
    """No pause is longer."""
    steady_after: float = 60.0
    """A process that ran this long counts as healthy again."""
    startup_attempts: int = 4
    """A process that ends this often before it was ever ready will not get better by itself."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Start it again."""

    after: float
    """Seconds to wait."""
    failures: int
    """Failures in a row, this one included."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It cannot be started; a person must look."""

    failures: int


def decide(policy: Policy, *, failures: int, ran_for: float, was_ready: bool) -> Restart | GiveUp:
    """Choose between another attempt and giving up.

    Args:
        policy: How patient to be.
        failures: Failures in a row before this one.
        ran_for: How long the process lived, in seconds.
        was_ready: Whether the process ever served; then it is restarted for ever, because what
            worked once may work again (a full disk is cleared, a database returns).
    """
    if ran_for >= policy.steady_after:
        failures = 0
    failures += 1
    if not was_ready and failures >= policy.startup_attempts:
        return GiveUp(failures)
    # Far past the longest pause a power would overflow.
    doublings = min(failures - 1, 64)
    return Restart(min(policy.first * policy.factor**doublings, policy.longest), failures)


def describe_exit(code: int) -> str:
    """How a process ended, for people; a negative code is the signal that ended it."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
