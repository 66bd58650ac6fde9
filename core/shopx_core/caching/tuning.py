"""The tuning knobs: values of the response cache that can change while processes run.

Each field of `CacheTuning` declares one knob with its default, bounds and meaning. The manifest's
validation and schema, the settings, runtime tuning and scaling all read them from `KNOBS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal

Unit = Literal["seconds", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One value that can be tuned, with both bounds allowed."""

    default: float
    min: float
    max: float
    unit: Unit
    description: str

    def clamp(self, value: float) -> float:
        """The nearest value within the bounds."""
        return max(self.min, min(self.max, value))


def _knob(default: float, least: float, greatest: float, unit: Unit, description: str) -> Any:
    knob = Knob(default=default, min=least, max=greatest, unit=unit, description=description)
    return field(default=default, metadata={"knob": knob})


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheTuning:
    """One value of each knob."""

    live_interval: float = _knob(
        5.0, 1.0, 15.0, "seconds", "How far panels with live figures may lag behind"
    )
    ttl_min: float = _knob(30.0, 30.0, 60.0, "seconds", "A response's shortest lifetime")
    ttl_max: float = _knob(60.0, 30.0, 60.0, "seconds", "A response's longest lifetime")
    stale_while_revalidate: float = _knob(
        30.0,
        0.0,
        3600.0,
        "seconds",
        "How long past its lifetime a response is served while it is refreshed",
    )
    warm: int = _knob(
        20,
        0,
        500,
        "count",
        "How many of the most requested operations are refreshed ahead; 0 = none",
    )
    misses: int = _knob(
        8, 1, 1000, "count", "Responses that one API process computes at once; others wait"
    )
    pool: int = _knob(
        5, 1, 200, "count", "Database connections for reads that one API process opens at most"
    )

    def within(self, freshness_limit: float) -> "CacheTuning":
        """The same values, made consistent.

        Args:
            freshness_limit: Seconds that lifetime and staleness may reach together. Lifetime has
                priority, and the shortest lifetime never exceeds the longest.
        """
        ttl_max = min(self.ttl_max, freshness_limit)
        stale = min(self.stale_while_revalidate, freshness_limit - ttl_max)
        return replace(
            self,
            ttl_max=ttl_max,
            ttl_min=min(self.ttl_min, ttl_max),
            stale_while_revalidate=max(0.0, stale),
        )


KNOBS: Final[Mapping[str, Knob]] = MappingProxyType(
    {one.name: one.metadata["knob"] for one in fields(CacheTuning)}
)
"""Every knob by the name of its field in `CacheTuning`."""

DEFAULTS: Final = CacheTuning()
"""Every knob at its default."""
