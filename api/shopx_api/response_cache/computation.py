"""Computes responses: each once at a time here, and once at a time in all units while Redis is up.

After any failure the caller gets a response: an older one within the freshness limit if there is
one, else an error.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from shopx_api.compute.call import Compute, Origin, Response, failure
from shopx_api.response_cache.admission import Admission, Refused
from shopx_api.response_cache.cache_request import MAX_NAME, CacheRequest
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.decisions import Decisions
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.redis_tier import LOCK_SECONDS, Lock, RedisTier
from shopx_api.response_cache.single_flight import SingleFlight
from shopx_api.response_cache.snapshot_clock import SnapshotClock
from shopx_api.response_cache.snapshots import Snapshot, Snapshots
from shopx_api.telemetry import HttpTelemetry
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.entry import Entry
from shopx_core.caching.policy import Policy, lifetime, retention

MAX_ENTRY = 1024 * 1024
"""A longer body is sent and not cached."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked up: a request, as of now or as of one snapshot."""

    request: CacheRequest
    origin: Origin
    pin: Snapshot | None = None

    @property
    def name(self) -> bytes:
        """Equal names have equal responses."""
        key = self.request.key
        return key if self.pin is None else key + self.pin.token


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputationComponents:
    """What `Computation` works with."""

    compute: Compute
    clock: SnapshotClock
    decisions: Decisions
    memory: MemoryTier
    redis: RedisTier
    snapshots: Snapshots
    admission: Admission
    telemetry: HttpTelemetry
    policy: Callable[[], Policy]
    request_seconds: float
    """Seconds that a response may take."""


class Computation:
    """Lets the compute process respond, and keeps what it responds."""

    def __init__(self, components: ComputationComponents) -> None:
        self._components = components
        self._flights = SingleFlight[CacheResult | None]()
        self._writes: set[asyncio.Task[None]] = set()

    def __contains__(self, name: bytes) -> bool:
        """Whether a question of this name is being computed."""
        return name in self._flights

    async def stop(self) -> None:
        """Cancel all work."""
        for task in self._writes:
            task.cancel()
        await asyncio.gather(*self._writes, return_exceptions=True)
        await self._flights.stop()

    async def alone(self, origin: Origin, work: str, epoch: CacheEpoch | None) -> CacheResult:
        """Compute a response for one caller, which is not kept."""
        try:
            async with self._components.admission.admitted(work, origin.caller):
                response = await self._respond(origin, epoch)
        except Refused as refused:
            response = refusal(refused)
        return CacheResult(CacheStatus.BYPASS, response=response)

    async def shared(
        self, question: Question, cached: CachedResponse | None, lock: Lock | None
    ) -> CacheResult:
        """Compute a response for all who ask the same, here and in other units.

        Args:
            question: What is asked.
            cached: An earlier response, which may not be served as it is.
            lock: The right to compute it for all units, where this one has it already.
        """
        while True:
            result = await self._flights.result(
                question.name, lambda: self._compute_or_wait(question, cached, lock)
            )
            # A background refresh leaves the work to another unit; a request retries.
            if result is not None:
                return result

    async def refreshed(self, question: Question, cached: CachedResponse) -> None:
        """Compute a response in the background; the caller has been admitted."""
        await self._flights.result(
            question.name,
            lambda: self._compute_or_wait(question, cached, None, background=True),
        )

    def put_in_memory(self, question: Question, entry: Entry) -> CachedResponse:
        """Keep an entry in this process."""
        cached = CachedResponse(entry, question.request, question.origin)
        self._components.decisions.confirm(cached)
        self._components.memory.put(question.request.key, cached)
        return cached

    def older_or(
        self, question: Question, cached: CachedResponse | None, response: Response
    ) -> CacheResult:
        """An older response if there is one within the freshness limit, else this failure."""
        decisions = self._components.decisions
        if cached is not None and decisions.may_serve_if_error(cached):
            decisions.pause(question.request)
            self._components.telemetry.cache["l0", "stale", "error"] += 1
            return CacheResult(CacheStatus.STALE, cached)
        return CacheResult(CacheStatus.MISS, response=response)

    async def _compute_or_wait(
        self,
        question: Question,
        cached: CachedResponse | None,
        lock: Lock | None,
        *,
        background: bool = False,
    ) -> CacheResult | None:
        components, key, pin = self._components, question.request.key, question.pin
        redis = components.redis
        # Other units compute the current snapshot only: a pinned read has nothing to wait for.
        if lock is None and redis.up and (pin is None or pin is components.snapshots.current):
            lock = await redis.lock(key)
            if lock is None:
                if background:
                    # The other unit stores the entry, and an invalidation arrives here.
                    return None
                entry = await redis.wait(key, cached.entry if cached else None, LOCK_SECONDS)
                if entry is not None and components.decisions.is_usable(
                    question.request, entry, pin
                ):
                    return CacheResult(CacheStatus.HIT_REDIS, self.put_in_memory(question, entry))
        try:
            return await self._compute(question, cached, admitted=background)
        finally:
            if lock is not None:
                self._write(redis.release(lock))

    async def _compute(
        self, question: Question, cached: CachedResponse | None, *, admitted: bool
    ) -> CacheResult:
        components, request = self._components, question.request
        loop = asyncio.get_running_loop()
        epoch = components.decisions.epoch(question.pin)
        try:
            async with (
                nullcontext()
                if admitted
                else components.admission.admitted(request.work, question.origin.caller)
            ):
                began = loop.time()
                response = await self._respond(question.origin, epoch)
                seconds = loop.time() - began
        except Refused as refused:
            return self.older_or(question, cached, refusal(refused))
        if response.failed:
            return self.older_or(question, cached, response)
        if epoch is not None:
            request.live = response.notes.live
        if epoch is None or not response.may_be_kept or len(response.body) > MAX_ENTRY:
            return CacheResult(CacheStatus.MISS, response=response)
        return CacheResult(CacheStatus.MISS, self._keep(question, response, epoch, seconds))

    def _keep(
        self, question: Question, response: Response, epoch: CacheEpoch, seconds: float
    ) -> CachedResponse:
        components, request = self._components, question.request
        entry = self._entry(request, response, epoch, seconds)
        newer = components.memory.get(request.key)
        if newer is not None and newer.entry.is_newer_than(entry):
            # The newer response stays: this response is as of an earlier snapshot.
            return CachedResponse(entry, request, question.origin)
        made = self.put_in_memory(question, entry)
        kept = retention(components.policy(), entry, components.clock.now())
        request.kept_until = components.clock.now() + kept
        if components.redis.up:
            # In the background; the lock is released after this on the same connection.
            self._write(components.redis.put(request.key, entry, kept))
        return made

    def _entry(
        self, request: CacheRequest, response: Response, epoch: CacheEpoch, cost: float
    ) -> Entry:
        notes = response.notes
        life = lifetime(self._components.policy(), random.random())  # noqa: S311 -- spreads ends of life
        return Entry(
            body=response.body,
            media=response.media,
            version=epoch.version,
            at=epoch.seconds,
            expires=epoch.seconds + life,
            boundary=notes.boundary,
            time_dependent=notes.time_dependent,
            cost=cost,
            dependencies=notes.spans,
            as_of_span=notes.as_of_span,
            etag=notes.etag,
            operation=(notes.operation or request.operation)[:MAX_NAME],
        )

    async def _respond(self, origin: Origin, epoch: CacheEpoch | None) -> Response:
        components = self._components
        return await components.compute.respond(origin, epoch, components.request_seconds)

    def _write(self, command: Coroutine[Any, Any, None]) -> None:
        """Send a command to Redis in the background."""
        task = asyncio.create_task(command)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)


def refusal(refused: Refused) -> Response:
    """The response to a request that was not admitted."""
    return failure(refused, 503, retry_after=refused.seconds)
