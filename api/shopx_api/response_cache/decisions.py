"""Which cached response may be served now: the cache's policy, with the clock's facts."""

import random
from collections.abc import Callable

from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshot, Snapshots
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.policy import (
    CacheDecision,
    Miss,
    Policy,
    Reason,
    cache_decision,
    fresh_until,
    is_current,
    may_serve_if_error,
)

PAUSE_AFTER_FAILURE = 1.0
"""Seconds before a failed request is tried again while an older response is served."""


class Decisions:
    """Decides as of now.

    Args:
        clock: The current epoch.
        snapshots: The current snapshot, as clients know it.
        policy: Returns the policy in force.
    """

    def __init__(
        self, clock: SnapshotClock, snapshots: Snapshots, policy: Callable[[], Policy]
    ) -> None:
        self._clock = clock
        self._snapshots = snapshots
        self._policy = policy

    def epoch(self, pin: Snapshot | None) -> CacheEpoch | None:
        """The epoch to read as of; `None` = now, also when the epoch was not advanced in time."""
        return self._clock.current() if pin is None else pin.epoch

    def of(self, request: CacheRequest, entry: Entry | None) -> CacheDecision:
        """Whether to serve, refresh or compute a response as of now."""
        if self._clock.epoch is None:
            return Miss(Reason.FIRST_SEEN)
        now = self._clock.now()
        return cache_decision(
            entry,
            self._clock.epoch,
            now,
            self._policy(),
            draw=random.random(),  # noqa: S311 -- spreads refreshes, guards nothing
            kept_until=request.kept_until,
            outage=self._clock.outage or now < request.failed_until,
        )

    def is_valid_at(self, entry: Entry, snapshot: Snapshot) -> bool:
        """Whether an entry was made at or before a snapshot, and was still true at it."""
        return (
            entry.at <= snapshot.epoch.seconds
            and self._clock.now() - entry.at <= self._policy().freshness_limit
            and is_current(entry, snapshot.epoch)
        )

    def is_usable(self, request: CacheRequest, entry: Entry, pin: Snapshot | None) -> bool:
        """Whether an entry may be served, as of now or as of a snapshot."""
        if pin is not None:
            return self.is_valid_at(entry, pin)
        return not isinstance(self.of(request, entry), Miss)

    def confirm(self, cached: CachedResponse) -> None:
        """Let the middleware serve the cached response alone until something can have changed."""
        snapshot = self._snapshots.current
        if snapshot is not None and is_current(cached.entry, snapshot.epoch):
            cached.confirm(snapshot, fresh_until(cached.entry, snapshot.epoch, self._policy()))

    def may_serve_if_error(self, cached: CachedResponse | None) -> bool:
        """Whether an older response may be served, because a new one cannot be had now."""
        return cached is not None and may_serve_if_error(
            cached.entry, self._clock.now(), self._policy()
        )

    def pause(self, request: CacheRequest) -> None:
        """Serve the older response for a while before the next attempt."""
        request.failed_until = self._clock.now() + PAUSE_AFTER_FAILURE
