"""What the fold's metrics say about the database, and about its own lag: pure.

The fold reads the database each second, wherever that runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shopx_core.scaling.measurement import Scrape

ANSWERED_WITHIN: Final = 30.0
"""Seconds since the last answer, besides those between two readings of the metrics."""
LAG_WITHIN: Final = 60.0
"""Seconds that the rollups may be behind; reads add what is missing, and are slower for it."""


@dataclass(frozen=True, slots=True)
class FoldState:
    """The state of the fold, as the status shows it."""

    answered: bool
    """Whether the database has answered it within the limit."""
    behind: bool
    """Whether the rollups are behind for longer than the limit."""
    archive_lag: float | None = None
    """Seconds that a finished segment of the log has waited for the archive; `None` = unknown, or
    nothing is archived."""


@dataclass(slots=True)
class FoldObserver:
    """What the fold last reported."""

    _answered_at: float | None = None
    _behind: bool = False
    _archive_lag: float | None = None

    def observe(
        self, scrapes: Mapping[str, Scrape], now: float, interval: float
    ) -> FoldState | None:
        """Read one round of scrapes.

        Args:
            scrapes: By pod; one that did not answer is absent.
            now: Seconds since 1970.
            interval: Seconds between two rounds.

        Returns:
            The state; `None` = the fold has never reported.
        """
        for scrape in scrapes.values():
            at = scrape.gauges.get("fold_observed")
            if at is not None and at >= (self._answered_at or 0.0):
                self._answered_at = at
                self._behind = scrape.gauges.get("fold_lag", 0.0) > LAG_WITHIN
                self._archive_lag = scrape.gauges.get("archive_lag")
        if self._answered_at is None:
            return None
        answered = now - self._answered_at <= ANSWERED_WITHIN + interval
        # What an earlier answer said about the archive may have changed.
        return FoldState(answered, self._behind, self._archive_lag if answered else None)
