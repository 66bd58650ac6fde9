"""How far the watches lag behind a list of the dashboards.

A watch can be dead while its connection is open, and no request fails. A list shows it.
"""

from typing import Final

from shopx_operator.runtime.informer import NamespacedName

STALE_SECONDS: Final = 90.0
"""How long the watches may lag behind a list."""


class WatchLag:
    """Compares what the watches delivered with a list; the clock is an argument."""

    def __init__(self) -> None:
        self._missing: dict[NamespacedName, tuple[str, float]] = {}

    def compare(
        self, listed: dict[NamespacedName, str], watched: dict[NamespacedName, str], now: float
    ) -> None:
        """Note what the watches have not delivered.

        Args:
            listed: A mark of each dashboard's version, from a list.
            watched: A mark of each dashboard's version, from the watches.
            now: Monotonic seconds.
        """
        missing = {owner: mark for owner, mark in listed.items() if watched.get(owner) != mark}
        missing |= dict.fromkeys(watched.keys() - listed.keys(), "gone")
        self._missing = {
            owner: self._missing[owner]
            if owner in self._missing and self._missing[owner][0] == mark
            else (mark, now)
            for owner, mark in missing.items()
        }

    def is_stale(self, now: float) -> bool:
        """Whether something has been missing for too long."""
        return any(now - since > STALE_SECONDS for _, since in self._missing.values())
