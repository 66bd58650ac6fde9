"""Finds a response in memory, in Redis or in another process, or lets the application compute it.

A response is computed at most once at a time in each process, and by one process at a time while
Redis is available. After any failure the caller gets a response: a fresh one if it can be computed,
else an older one within the freshness limit, else an error.
"""

import asyncio
import random
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from shopx_api.data.limiter import Overloaded
from shopx_api.data.request_state import RequestState
from shopx_api.response_cache.asgi_call import Response, call_application, failure
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.components import CacheResult, CacheStatus, Components
from shopx_api.response_cache.memory_tier import Origin, Record
from shopx_api.response_cache.redis_tier import LOCK_SECONDS, Lock
from shopx_api.response_cache.single_flight import SingleFlight
from shopx_api.response_cache.snapshots import Snapshot
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.policy import (
    CacheDecision,
    Cause,
    Miss,
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


class Lookup:
    """Looks responses up in the tiers, in front of the application."""

    def __init__(self, components: Components) -> None:
        self._components = components
        self._lookups = SingleFlight[CacheResult]()
        self._making = SingleFlight[CacheResult | None]()
        self._refreshing: set[bytes] = set()
        self._refresh_permits = asyncio.Semaphore(_REFRESHES)
        self._tasks: set[asyncio.Task[Any]] = set()
        components.clock.listeners.append(self._on_epoch)

    async def stop(self) -> None:
        """Cancel all work in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._lookups.stop(), self._making.stop())

    async def exact(self, origin: Origin) -> CacheResult:
        """Compute a response as of exactly now, for this caller alone."""
        self._components.telemetry.cache["none", "bypass", "no_cache"] += 1
        return await self._answer_alone(origin, RequestState())

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
            return await self._answer_alone(origin.with_token(), RequestState())
        answer = await self._answer(request, origin, snapshot)
        record = answer.record
        if record is not None and self._is_true_at(record.entry, snapshot):
            # The record may have got a newer as-of while this caller waited.
            return replace(answer, record=record.as_of(snapshot))
        return answer

    async def answer(self, request: CacheRequest, origin: Origin) -> CacheResult:
        """Respond from the nearest tier with a usable record, or compute a response."""
        return await self._answer(request, origin, None)

    async def _answer(
        self, request: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        if request.live:
            return await self._answer_live(request, origin, pin)
        record = self._components.memory.get(request.key)
        served = self._offer(record, pin, "l0") if record is not None else None
        if served is not None:
            return served
        name = _flight_name(request, pin)
        joined = name in self._lookups
        answer = await self._lookups.result(
            name, lambda: self._look_up(request, origin, record, pin)
        )
        made = answer.response
        if joined and made is not None and not (made.may_be_kept or made.failed):
            # The response proved to be for one caller alone: it cannot be shared.
            return await self._answer_live(request, origin, pin)
        return answer

    async def _answer_live(
        self, request: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        self._components.telemetry.cache["none", "bypass", "live"] += 1
        epoch = self._epoch(pin)
        answer = await self._answer_alone(origin, RequestState(epoch=epoch))
        if epoch is not None and answer.response is not None and not answer.response.failed:
            request.live = answer.response.request_state.dependencies.live
        return answer

    async def _answer_alone(self, origin: Origin, request_state: RequestState) -> CacheResult:
        try:
            async with self._components.limiter.permit():
                response = await self._call_application(origin, request_state)
        except Overloaded as error:
            response = failure(error, 503, request_state)
        return CacheResult(CacheStatus.BYPASS, response=response)

    def _epoch(self, pin: Snapshot | None) -> CacheEpoch | None:
        """The epoch to read as of; `None` = now, also when the epoch was not advanced in time."""
        return self._components.clock.current() if pin is None else pin.epoch

    def _is_true_at(self, entry: Entry, snapshot: Snapshot) -> bool:
        """Whether an entry was made at or before a snapshot, and was still true at it."""
        now = self._components.clock.now()
        return (
            entry.at <= snapshot.epoch.seconds
            and now - entry.at <= self._components.policy().freshness_limit
            and is_current(entry, snapshot.epoch)
        )

    def _offer(self, record: Record, pin: Snapshot | None, tier: str) -> CacheResult | None:
        """The result of serving a record; `None` = it may not be served."""
        if pin is not None:
            if not self._is_true_at(record.entry, pin):
                return None
            if pin is not self._components.snapshots.current:
                record.hits += 1
                self._components.telemetry.cache[tier, "hit", "none"] += 1
                return CacheResult(_hit(tier), record)
        decision = self._decision(record.request, record.entry)
        return None if isinstance(decision, Miss) else self._serve(record, decision, tier)

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

    def _serve(self, record: Record, decision: Serve | ServeAndRefresh, tier: str) -> CacheResult:
        stale = isinstance(decision, Serve) and decision.stale
        reason = "outage" if stale else "none"
        if isinstance(decision, ServeAndRefresh):
            stale = decision.cause is not Cause.EARLY
            reason = decision.cause.value
            self._refresh(record)
        self._confirm(record)
        record.hits += 1
        self._components.telemetry.cache[tier, "stale" if stale else "hit", reason] += 1
        return CacheResult(CacheStatus.STALE if stale else _hit(tier), record)

    def _confirm(self, record: Record) -> None:
        """Let the middleware serve the record alone until something can have changed."""
        snapshot = self._components.snapshots.current
        if snapshot is not None and is_current(record.entry, snapshot.epoch):
            good_until = fresh_until(record.entry, snapshot.epoch, self._components.policy())
            record.confirm(snapshot, good_until)

    def _track(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_up(
        self, request: CacheRequest, origin: Origin, record: Record | None, pin: Snapshot | None
    ) -> CacheResult:
        components = self._components
        found = await components.redis.get_or_lock(request.key) if components.redis.up else None
        if isinstance(found, Entry) and (record is None or found.at >= record.entry.at):
            record = Record(found, request, origin)
            components.memory.put(request.key, record)
            served = self._offer(record, pin, "l1")
            if served is not None:
                return served
        decision = self._decision(request, record.entry if record else None)
        # A pinned read may miss a record that is usable as of now.
        reason = decision.reason.value if isinstance(decision, Miss) else "as_of"
        components.telemetry.cache["l1", "miss", reason] += 1
        lock = found if isinstance(found, Lock) else None
        return await self._make(request, origin, record, lock, pin)

    async def _make(
        self,
        request: CacheRequest,
        origin: Origin,
        record: Record | None,
        lock: Lock | None,
        pin: Snapshot | None,
    ) -> CacheResult:
        while True:
            answer = await self._making.result(
                _flight_name(request, pin),
                lambda: self._produce(request, origin, record, lock, pin),
            )
            # A background refresh leaves the work to another process; a request retries.
            if answer is not None:
                return answer

    async def _produce(
        self,
        request: CacheRequest,
        origin: Origin,
        record: Record | None,
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
                    request.key, record.entry if record else None, LOCK_SECONDS
                )
                if entry is not None and self._is_good(request, entry, pin):
                    return CacheResult(
                        CacheStatus.HIT_L1, self._put_in_memory(request, origin, entry)
                    )
        try:
            return await self._compute(request, origin, record, pin, has_permit=background)
        finally:
            if lock is not None:
                self._track(asyncio.create_task(redis.release(lock)))

    def _is_good(self, request: CacheRequest, entry: Entry, pin: Snapshot | None) -> bool:
        if pin is not None:
            return self._is_true_at(entry, pin)
        return not isinstance(self._decision(request, entry), Miss)

    async def _compute(
        self,
        request: CacheRequest,
        origin: Origin,
        record: Record | None,
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
            return self._fall_back(request, record, response)
        if epoch is not None:
            request.live = response.request_state.dependencies.live
        if epoch is None or not response.may_be_kept or len(response.body) > MAX_ENTRY:
            return CacheResult(CacheStatus.MISS, response=response)
        entry = self._entry(request, response, epoch, loop.time() - began)
        newer = components.memory.get(request.key)
        if newer is not None and newer.entry.at > entry.at:
            # The newer record stays: this response is as of an earlier snapshot.
            return CacheResult(CacheStatus.MISS, Record(entry, request, origin))
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

    def _fall_back(
        self, request: CacheRequest, record: Record | None, response: Response
    ) -> CacheResult:
        components = self._components
        now = components.clock.now()
        if record is not None and may_serve_if_error(record.entry, now, components.policy()):
            request.failed_until = now + _PAUSE_AFTER_FAILURE
            components.telemetry.cache["l0", "stale", "error"] += 1
            return CacheResult(CacheStatus.STALE, record)
        return CacheResult(CacheStatus.MISS, response=response)

    def _put_in_memory(self, request: CacheRequest, origin: Origin, entry: Entry) -> Record:
        record = Record(entry, request, origin)
        self._confirm(record)
        self._components.memory.put(request.key, record)
        return record

    async def _call_application(self, origin: Origin, request_state: RequestState) -> Response:
        return await call_application(
            self._components.app, origin, request_state, self._components.request_seconds
        )

    def _refresh(self, record: Record) -> None:
        key = record.request.key
        if key in self._refreshing or key in self._making or self._components.clock.outage:
            return
        self._refreshing.add(key)
        task = asyncio.create_task(self._refresh_with_permit(record))
        task.add_done_callback(lambda _: self._refreshing.discard(key))
        self._track(task)

    async def _refresh_with_permit(self, record: Record) -> None:
        request, components = record.request, self._components
        async with self._refresh_permits, components.limiter.permit(background=True):
            current = components.memory.get(request.key) or record
            entry = await components.redis.get(request.key) if components.redis.up else None
            if entry is not None and entry.at > current.entry.at:
                current = self._put_in_memory(request, record.origin, entry)
            faster = current is not record and isinstance(
                self._decision(request, current.entry), Serve
            )
            if not faster and request.key not in self._making:
                await self._making.result(
                    request.key,
                    lambda: self._produce(request, record.origin, current, None, background=True),
                )

    def _on_epoch(self, epoch: CacheEpoch) -> None:
        """Refresh the most used records that the new epoch has made stale."""
        self._components.snapshots.note(epoch)
        hot: list[Record] = []
        for record in self._components.memory:
            if record.hits and not is_current(record.entry, epoch):
                hot.append(record)
            record.hits //= 2
        hot.sort(key=lambda record: record.hits, reverse=True)
        for record in hot[: self._components.warm()]:
            self._refresh(record)


def _flight_name(request: CacheRequest, pin: Snapshot | None) -> bytes:
    """The name of a single flight: a response as of now, or as of one snapshot."""
    return request.key if pin is None else request.key + pin.token


def _hit(tier: str) -> CacheStatus:
    return CacheStatus.HIT_L0 if tier == "l0" else CacheStatus.HIT_L1
