"""The interface of an autoscaler: from metrics to wanted pods."""

from dataclasses import dataclass
from typing import Protocol

from shopx_core.caching.tuning import CacheTuning
from shopx_tools.simulator.measure import Lens


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a policy wants; `None` = no change."""

    api: int | None = None
    workers: int | None = None
    tuning: CacheTuning | None = None
    bottleneck: bool = False
    """It reports the database as the bottleneck."""


class Policy(Protocol):
    """An autoscaler with its memory, for one run."""

    name: str
    tick: int
    """Seconds between two decisions."""

    def look(self, lens: Lens) -> Wish:
        """Decide from the current metrics."""
        ...
