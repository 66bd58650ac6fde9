"""What may be turned while the product runs: a hash of texts over the configured values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from shopx_core.caching.policy import Policy

TUNING_KEY = b"levers"
"""Below the prefix of `shopx_core.caching.keys.namespace`: the hash of levers in Redis."""
TUNING_SECONDS = 60.0
"""How long turned levers outlive whoever turns them: the hash expires, and a process that cannot
read it any more goes back to its configuration."""


class Access(StrEnum):
    """Whether a Redis lets somebody in."""

    GRANTED = "granted"
    REFUSED = "refused"
    """It answered with an error, or there is no understanding its URL."""
    UNREACHED = "unreached"
    """Nobody answered, or nobody who speaks as Redis does."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What came of turning levers."""

    access: Access
    why: str = ""
    """The error, in one line and without secrets; empty when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeTuning:
    """The values in force."""

    policy: Policy
    misses: int
    """Answers made at once by one process."""
    warm: int = 0
    """The hottest questions that are answered anew before anybody asks."""
    pool: int = 1
    """Database connections for reads of one process."""
    most_pool: int = 1
    """The widest that the pool can be made while the process runs; no lever."""


def tuning_values(levers: RuntimeTuning) -> dict[str, float]:
    """The value in force of each lever."""
    return {
        name: float(getattr(levers if hasattr(levers, name) else levers.policy, name))
        for name in BOUNDS
    }


BOUNDS: dict[str, tuple[float, float]] = {
    "live_interval": (1.0, 15.0),
    "ttl_min": (30.0, 60.0),
    "ttl_max": (30.0, 60.0),
    "stale_while_revalidate": (0.0, 3600.0),
    "warm": (0.0, 500.0),
    "misses": (1.0, 1000.0),
    "pool": (1.0, 200.0),
}
"""The levers, with the least and greatest value of each; seconds, or a count."""


def with_tuning(
    base: RuntimeTuning, wanted: Mapping[str, str]
) -> tuple[RuntimeTuning, tuple[str, ...]]:
    """Apply a hash of levers.

    Args:
        base: What the configuration says; a lever that is not in the hash has that value.
        wanted: Lever names and numbers as text.

    Returns:
        The values in force, always consistent: values are cut to their bounds, a life's least
        never exceeds its greatest, and life and staleness together stay within the freshness
        limit. And the names that are unknown or no number, which change nothing.
    """
    refused: list[str] = []
    values: dict[str, float] = {}
    for name, text in wanted.items():
        value = _number(text)
        if name not in BOUNDS or value is None:
            refused.append(name)
            continue
        least, greatest = BOUNDS[name]
        values[name] = min(max(value, least), greatest)
    misses = int(values.pop("misses", base.misses))
    warm = int(values.pop("warm", base.warm))
    pool = min(int(values.pop("pool", base.pool)), base.most_pool)
    policy = replace(base.policy, **values)
    ttl_max = min(policy.ttl_max, policy.freshness_limit)
    policy = replace(
        policy,
        ttl_max=ttl_max,
        ttl_min=min(policy.ttl_min, ttl_max),
        stale_while_revalidate=min(policy.stale_while_revalidate, policy.freshness_limit - ttl_max),
    )
    made = replace(base, policy=policy, misses=misses, warm=warm, pool=pool)
    return made, tuple(sorted(refused))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
