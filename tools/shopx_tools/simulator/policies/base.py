"""What every policy does: look, and wish."""

from dataclasses import dataclass
from typing import Protocol

from shopx_core.caching.tuning import CacheTuning
from shopx_tools.simulator.measure import Lens


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a policy asks for; `None` = leave it."""

    api: int | None = None
    workers: int | None = None
    tuning: CacheTuning | None = None
    bottleneck: bool = False
    """It reports the database as the bottleneck."""


class Policy(Protocol):
    """An autoscaler with its memory, for one run."""

    name: str
    tick: int
    """Seconds between two looks."""

    def look(self, lens: Lens) -> Wish:
        """Decide from what can be seen now."""
        ...
