"""Refreshes cached responses in the background: after they were served, and at each new epoch."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from shopx_api.response_cache.admission import Admission
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.computation import Computation, Question
from shopx_api.response_cache.decisions import Decisions
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.redis_tier import RedisTier
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.policy import Serve, is_current

CONCURRENT = 2
"""Concurrent refreshes, which go before requests; these have the rest of the width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshComponents:
    """What `Refresher` works with."""

    computation: Computation
    decisions: Decisions
    clock: SnapshotClock
    memory: MemoryTier
    redis: RedisTier
    admission: Admission
    warm: Callable[[], int]
    """Cached responses that are refreshed at each new epoch."""


class Refresher:
    """Refreshes a cached response at most once at a time."""

    def __init__(self, components: RefreshComponents) -> None:
        self._components = components
        self._refreshing: set[bytes] = set()
        self._permits = asyncio.Semaphore(CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()
        components.clock.listeners.append(self._on_epoch)

    async def stop(self) -> None:
        """Cancel all refreshes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def refresh(self, cached: CachedResponse) -> None:
        """Refresh a cached response, unless that is being done."""
        components, key = self._components, cached.request.key
        if key in self._refreshing or key in components.computation or components.clock.outage:
            return
        self._refreshing.add(key)
        task = asyncio.create_task(self._refresh(cached))
        task.add_done_callback(lambda _: self._refreshing.discard(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refresh(self, cached: CachedResponse) -> None:
        request, components = cached.request, self._components
        question = Question(request, cached.origin)
        async with (
            self._permits,
            components.admission.admitted_in_background(request.work),
        ):
            current = components.memory.get(request.key) or cached
            entry = await components.redis.get(request.key) if components.redis.up else None
            if entry is not None and entry.at > current.entry.at:
                current = components.computation.put_in_memory(question, entry)
            faster = current is not cached and isinstance(
                components.decisions.of(request, current.entry), Serve
            )
            if not faster and request.key not in components.computation:
                await components.computation.refreshed(question, current)

    def _on_epoch(self, epoch: CacheEpoch) -> None:
        """Refresh the most used cached responses that the new epoch has made stale."""
        hot: list[CachedResponse] = []
        for cached in self._components.memory:
            if cached.hits and not is_current(cached.entry, epoch):
                hot.append(cached)
            cached.hits //= 2
        hot.sort(key=lambda cached: cached.hits, reverse=True)
        for cached in hot[: self._components.warm()]:
            self.refresh(cached)
