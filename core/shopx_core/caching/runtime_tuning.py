"""Overrides of the configured tuning: a hash in Redis that every API process reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite
from typing import Any

from shopx_core.caching.tuning import KNOBS, CacheTuning

TUNING_KEY = b"tuning"
"""The hash of overrides in Redis, below the prefix of `shopx_core.caching.keys.namespace`."""
TUNING_SECONDS = 60.0
"""Lifetime of the hash. When it has expired, or could not be read for so long, a process uses its
configuration again."""


class RedisAccess(StrEnum):
    """Whether a Redis accepts commands."""

    GRANTED = "granted"
    REFUSED = "refused"
    """It answered with an error, or its URL is invalid."""
    UNREACHED = "unreached"
    """It did not answer, or did not speak the protocol."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of writing the overrides."""

    access: RedisAccess
    reason: str = ""
    """The error in one line, without secrets; empty = none."""


def apply_overrides(
    configured: CacheTuning,
    overrides: Mapping[str, str],
    *,
    freshness_limit: float,
    pool_max: int,
) -> tuple[CacheTuning, tuple[str, ...]]:
    """Apply a hash of overrides.

    Args:
        configured: The values of knobs that are not overridden.
        overrides: Numbers as text, by the name of the knob.
        freshness_limit: Seconds that lifetime and staleness may reach together.
        pool_max: Connections that the pool was created for.

    Returns:
        The values in force, within their bounds and consistent; and the names that are no knob or
        have no finite number, which are ignored.
    """
    refused: list[str] = []
    values: dict[str, Any] = {}
    for name, text in overrides.items():
        knob, value = KNOBS.get(name), _number(text)
        if knob is None or value is None:
            refused.append(name)
            continue
        clamped = knob.clamp(value)
        values[name] = int(clamped) if knob.unit == "count" else clamped
    tuning = replace(configured, **values).within(freshness_limit)
    return replace(tuning, pool=min(tuning.pool, pool_max)), tuple(sorted(refused))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
