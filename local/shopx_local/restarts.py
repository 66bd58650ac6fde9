"""Pure: what to do about a process that ended unexpectedly."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """When to restart and when to give up; durations in seconds."""

    first: float = 0.5
    """The pause before the first restart."""
    factor: float = 2.0
    """The factor by which each further pause is longer."""
    longest: float = 30.0
    """The longest pause."""
    steady_after: float = 60.0
    """A process that ran this long counts as healthy again."""
    startup_attempts: int = 4
    """A process that ends this often before it was ever ready is given up."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart it."""

    after: float
    """Seconds to wait."""
    failures: int
    """Failures in a row, this one included."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Give it up; a user must act."""

    failures: int


def decide(policy: Policy, *, failures: int, ran_for: float, was_ready: bool) -> Restart | GiveUp:
    """Choose between another attempt and giving up.

    Args:
        policy: The policy.
        failures: Failures in a row before this one.
        ran_for: How long the process ran, in seconds.
        was_ready: Whether the process ever served. Such a process is restarted for ever, because
            its problem may pass (a full disk is cleared, a database returns).
    """
    if ran_for >= policy.steady_after:
        failures = 0
    failures += 1
    if not was_ready and failures >= policy.startup_attempts:
        return GiveUp(failures)
    # Beyond the longest pause the power could overflow.
    doublings = min(failures - 1, 64)
    return Restart(min(policy.first * policy.factor**doublings, policy.longest), failures)


def describe_exit(code: int) -> str:
    """How a process ended, as text; a negative code is the signal that ended it."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
