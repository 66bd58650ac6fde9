"""Finds a response in memory, in Redis or in another process, or lets the application compute it.

A response is computed at most once at a time in each process, and by one process at a time while
Redis is available. After any failure the caller gets a response: a fresh one if it can be computed,
else an older one within the freshness limit, else an error.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from shopx_api.asgi import App
from shopx_api.data.limiter import Limiter, Overloaded
from shopx_api.data.request_state import RequestState
from shopx_api.response_cache.asgi_call import Response, call_application, failure
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.origin import Origin
from shopx_api.response_cache.redis_tier import LOCK_SECONDS, Lock, RedisTier
from shopx_api.response_cache.single_flight import SingleFlight
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshot, Snapshots
from shopx_api.telemetry import Telemetry
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.policy import (
    CacheDecision,
    Cause,
    Miss,
    Policy,
    Reason,
    Serve,
    ServeAndRefresh,
    cache_decision,
    fresh_until,
    is_current,
    lifetime,
    may_serve_if_error,
    retention,
)

MAX_ENTRY = 1024 * 1024
"""A longer body is sent and not cached."""
_PAUSE_AFTER_FAILURE = 1.0
"""Seconds before a failed request is tried again while an older response is served."""
_REFRESHES = 2
"""Concurrent refreshes; requests use the rest of the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupComponents:
    """What `Lookup` works with."""

    app: App
    clock: SnapshotClock
    memory: MemoryTier
    redis: RedisTier
    snapshots: Snapshots
    limiter: Limiter
    telemetry: Telemetry
    policy: Callable[[], Policy]
    request_seconds: float
    """Seconds that the application may take."""
    warm: Callable[[], int]
    """Cached responses that are refreshed in the background at each new epoch."""


class Lookup:
    """Looks responses up in the tiers, in front of the application."""

    def __init__(self, components: LookupComponents) -> None:
        self._components = components
        self._lookups = SingleFlight[CacheResult]()
        self._computing = SingleFlight[CacheResult | None]()
        self._refreshing: set[bytes] = set()
        self._refresh_permits = asyncio.Semaphore(_REFRESHES)
        self._tasks: set[asyncio.Task[Any]] = set()
        components.clock.listeners.append(self._on_epoch)

    async def stop(self) -> None:
        """Cancel all work in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._lookups.stop(), self._computing.stop())

    async def exact(self, origin: Origin) -> CacheResult:
        """Compute a response as of exactly now, for this caller alone."""
        self._components.telemetry.cache["none", "bypass", "no_cache"] += 1
        return await self._bypass(origin, RequestState())

    async def as_of(self, request: CacheRequest, origin: Origin, token: bytes) -> CacheResult:
        """Respond as of the snapshot of a token, even if a newer one is current.

        Args:
            request: The cache request.
            origin: The HTTP request.
            token: As the client sent it.
        """
        components = self._components
        snapshot = components.snapshots.find(token)
        if snapshot is None:
            # The token of another process, or an invalid one: the application decodes it.
            components.telemetry.cache["none", "bypass", "as_of"] += 1
            return await self._bypass(origin.with_token(), RequestState())
        result = await self._respond(request, origin, snapshot)
        cached = result.cached
        if cached is not None and self._is_valid_at(cached.entry, snapshot):
            # The cached response may have got a newer as-of while this caller waited.
            return replace(result, cached=cached.as_of(snapshot))
        return result

    async def respond(self, request: CacheRequest, origin: Origin) -> CacheResult:
        """Respond from the nearest tier with a usable cached response, or compute a response."""
        return await self._respond(request, origin, None)

    async def _respond(
        self, request: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        if request.live:
            return await self._bypass_live(request, origin, pin)
        cached = self._components.memory.get(request.key)
        served = self._reuse(cached, pin, "l0") if cached is not None else None
        if served is not None:
            return served
        name = _flight_name(request, pin)
        joined = name in self._lookups
        result = await self._lookups.result(
            name, lambda: self._look_up(request, origin, cached, pin)
        )
        made = result.response
        if joined and made is not None and not (made.may_be_kept or made.failed):
            # The response proved to be for one caller alone: it cannot be shared.
            return await self._bypass_live(request, origin, pin)
        return result

    async def _bypass_live(
        self, request: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        self._components.telemetry.cache["none", "bypass", "live"] += 1
        epoch = self._epoch(pin)
        result = await self._bypass(origin, RequestState(epoch=epoch))
        if epoch is not None and result.response is not None and not result.response.failed:
            request.live = result.response.request_state.dependencies.live
        return result

    async def _bypass(self, origin: Origin, request_state: RequestState) -> CacheResult:
        try:
            async with self._components.limiter.permit():
                response = await self._call_application(origin, request_state)
        except Overloaded as error:
            response = failure(error, 503, request_state)
        return CacheResult(CacheStatus.BYPASS, response=response)

    def _epoch(self, pin: Snapshot | None) -> CacheEpoch | None:
        """The epoch to read as of; `None` = now, also when the epoch was not advanced in time."""
        return self._components.clock.current() if pin is None else pin.epoch

    def _is_valid_at(self, entry: Entry, snapshot: Snapshot) -> bool:
        """Whether an entry was made at or before a snapshot, and was still true at it."""
        now = self._components.clock.now()
        return (
            entry.at <= snapshot.epoch.seconds
            and now - entry.at <= self._components.policy().freshness_limit
            and is_current(entry, snapshot.epoch)
        )

    def _reuse(self, cached: CachedResponse, pin: Snapshot | None, tier: str) -> CacheResult | None:
        """The result of serving a cached response; `None` = it may not be served."""
        if pin is not None:
            if not self._is_valid_at(cached.entry, pin):
                return None
            if pin is not self._components.snapshots.current:
                cached.hits += 1
                self._components.telemetry.cache[tier, "hit", "none"] += 1
                return CacheResult(_hit(tier), cached)
        decision = self._decision(cached.request, cached.entry)
        return None if isinstance(decision, Miss) else self._serve(cached, decision, tier)

    def _decision(self, request: CacheRequest, entry: Entry | None) -> CacheDecision:
        clock = self._components.clock
        if clock.epoch is None:
            return Miss(Reason.FIRST_SEEN)
        now = clock.now()
        return cache_decision(
            entry,
            clock.epoch,
            now,
            self._components.policy(),
            draw=random.random(),  # noqa: S311 -- spreads refreshes, guards nothing
            kept_until=request.kept_until,
            outage=clock.outage or now < request.failed_until,
        )

    def _serve(
        self, cached: CachedResponse, decision: Serve | ServeAndRefresh, tier: str
    ) -> CacheResult:
        stale = isinstance(decision, Serve) and decision.stale
        reason = "outage" if stale else "none"
        if isinstance(decision, ServeAndRefresh):
            stale = decision.cause is not Cause.EARLY
            reason = decision.cause.value
            self._refresh(cached)
        self._confirm(cached)
        cached.hits += 1
        self._components.telemetry.cache[tier, "stale" if stale else "hit", reason] += 1
        return CacheResult(CacheStatus.STALE if stale else _hit(tier), cached)

    def _confirm(self, cached: CachedResponse) -> None:
        """Let the middleware serve the cached response alone until something can have changed."""
        snapshot = self._components.snapshots.current
        if snapshot is not None and is_current(cached.entry, snapshot.epoch):
            cached.confirm(
                snapshot, fresh_until(cached.entry, snapshot.epoch, self._components.policy())
            )

    def _track(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_up(
        self,
        request: CacheRequest,
        origin: Origin,
        cached: CachedResponse | None,
        pin: Snapshot | None,
    ) -> CacheResult:
        components = self._components
        found = await components.redis.get_or_lock(request.key) if components.redis.up else None
        if isinstance(found, Entry) and (cached is None or found.at >= cached.entry.at):
            cached = CachedResponse(found, request, origin)
            components.memory.put(request.key, cached)
            served = self._reuse(cached, pin, "l1")
            if served is not None:
                return served
        decision = self._decision(request, cached.entry if cached else None)
        # A pinned read may miss a cached response that is usable as of now.
        reason = decision.reason.value if isinstance(decision, Miss) else "as_of"
        components.telemetry.cache["l1", "miss", reason] += 1
        lock = found if isinstance(found, Lock) else None
        return await self._compute_once(request, origin, cached, lock, pin)

    async def _compute_once(
        self,
        request: CacheRequest,
        origin: Origin,
        cached: CachedResponse | None,
        lock: Lock | None,
        pin: Snapshot | None,
    ) -> CacheResult:
        while True:
            result = await self._computing.result(
                _flight_name(request, pin),
                lambda: self._compute_or_wait(request, origin, cached, lock, pin),
            )
            # A background refresh leaves the work to another process; a request retries.
            if result is not None:
                return result

    async def _compute_or_wait(
        self,
        request: CacheRequest,
        origin: Origin,
        cached: CachedResponse | None,
        lock: Lock | None,
        pin: Snapshot | None = None,
        *,
        background: bool = False,
    ) -> CacheResult | None:
        redis = self._components.redis
        # Other processes compute the current snapshot only: a pinned read has nothing to wait for.
        if lock is None and redis.up and (pin is None or pin is self._components.snapshots.current):
            lock = await redis.lock(request.key)
            if lock is None:
                if background:
                    # The other process stores the entry, and an invalidation arrives here.
                    return None
                entry = await redis.wait(
                    request.key, cached.entry if cached else None, LOCK_SECONDS
                )
                if entry is not None and self._is_usable(request, entry, pin):
                    return CacheResult(
                        CacheStatus.HIT_REDIS, self._put_in_memory(request, origin, entry)
                    )
        try:
            return await self._compute(request, origin, cached, pin, has_permit=background)
        finally:
            if lock is not None:
                self._track(asyncio.create_task(redis.release(lock)))

    def _is_usable(self, request: CacheRequest, entry: Entry, pin: Snapshot | None) -> bool:
        if pin is not None:
            return self._is_valid_at(entry, pin)
        return not isinstance(self._decision(request, entry), Miss)

    async def _compute(
        self,
        request: CacheRequest,
        origin: Origin,
        cached: CachedResponse | None,
        pin: Snapshot | None,
        *,
        has_permit: bool,
    ) -> CacheResult:
        components = self._components
        loop = asyncio.get_running_loop()
        epoch = self._epoch(pin)
        try:
            async with nullcontext() if has_permit else components.limiter.permit():
                began = loop.time()
                response = await self._call_application(origin, RequestState(epoch=epoch))
        except Overloaded as error:
            response = failure(error, 503, RequestState(epoch=epoch))
            began = loop.time()
        if response.failed:
            return self._serve_if_error(request, cached, response)
        if epoch is not None:
            request.live = response.request_state.dependencies.live
        if epoch is None or not response.may_be_kept or len(response.body) > MAX_ENTRY:
            return CacheResult(CacheStatus.MISS, response=response)
        entry = self._entry(request, response, epoch, loop.time() - began)
        newer = components.memory.get(request.key)
        if newer is not None and newer.entry.at > entry.at:
            # The newer response stays: this response is as of an earlier snapshot.
            return CacheResult(CacheStatus.MISS, CachedResponse(entry, request, origin))
        made = self._put_in_memory(request, origin, entry)
        seconds = retention(components.policy(), entry, components.clock.now())
        request.kept_until = components.clock.now() + seconds
        if components.redis.up:
            # In the background; the lock is released after this on the same connection.
            self._track(asyncio.create_task(components.redis.put(request.key, entry, seconds)))
        return CacheResult(CacheStatus.MISS, made)

    def _entry(
        self, request: CacheRequest, response: Response, epoch: CacheEpoch, cost: float
    ) -> Entry:
        dependencies = response.request_state.dependencies
        life = lifetime(self._components.policy(), random.random())  # noqa: S311 -- spreads ends of life
        return Entry(
            body=response.body,
            media=response.media,
            version=epoch.version,
            at=epoch.seconds,
            expires=epoch.seconds + life,
            boundary=dependencies.boundary.timestamp() if dependencies.boundary else float("inf"),
            time_dependent=dependencies.time_dependent,
            cost=cost,
            dependencies=dependencies.spans(),
            operation=response.request_state.operation or request.operation,
        )

    def _serve_if_error(
        self, request: CacheRequest, cached: CachedResponse | None, response: Response
    ) -> CacheResult:
        components = self._components
        now = components.clock.now()
        if cached is not None and may_serve_if_error(cached.entry, now, components.policy()):
            request.failed_until = now + _PAUSE_AFTER_FAILURE
            components.telemetry.cache["l0", "stale", "error"] += 1
            return CacheResult(CacheStatus.STALE, cached)
        return CacheResult(CacheStatus.MISS, response=response)

    def _put_in_memory(self, request: CacheRequest, origin: Origin, entry: Entry) -> CachedResponse:
        cached = CachedResponse(entry, request, origin)
        self._confirm(cached)
        self._components.memory.put(request.key, cached)
        return cached

    async def _call_application(self, origin: Origin, request_state: RequestState) -> Response:
        return await call_application(
            self._components.app, origin, request_state, self._components.request_seconds
        )

    def _refresh(self, cached: CachedResponse) -> None:
        key = cached.request.key
        if key in self._refreshing or key in self._computing or self._components.clock.outage:
            return
        self._refreshing.add(key)
        task = asyncio.create_task(self._refresh_with_permit(cached))
        task.add_done_callback(lambda _: self._refreshing.discard(key))
        self._track(task)

    async def _refresh_with_permit(self, cached: CachedResponse) -> None:
        request, components = cached.request, self._components
        async with self._refresh_permits, components.limiter.permit(background=True):
            current = components.memory.get(request.key) or cached
            entry = await components.redis.get(request.key) if components.redis.up else None
            if entry is not None and entry.at > current.entry.at:
                current = self._put_in_memory(request, cached.origin, entry)
            faster = current is not cached and isinstance(
                self._decision(request, current.entry), Serve
            )
            if not faster and request.key not in self._computing:
                await self._computing.result(
                    request.key,
                    lambda: self._compute_or_wait(
                        request, cached.origin, current, None, background=True
                    ),
                )

    def _on_epoch(self, epoch: CacheEpoch) -> None:
        """Refresh the most used cached responses that the new epoch has made stale."""
        self._components.snapshots.note(epoch)
        hot: list[CachedResponse] = []
        for cached in self._components.memory:
            if cached.hits and not is_current(cached.entry, epoch):
                hot.append(cached)
            cached.hits //= 2
        hot.sort(key=lambda cached: cached.hits, reverse=True)
        for cached in hot[: self._components.warm()]:
            self._refresh(cached)


def _flight_name(request: CacheRequest, pin: Snapshot | None) -> bytes:
    """The name of a single flight: a response as of now, or as of one snapshot."""
    return request.key if pin is None else request.key + pin.token


def _hit(tier: str) -> CacheStatus:
    return CacheStatus.HIT_MEMORY if tier == "l0" else CacheStatus.HIT_REDIS
