"""Finds a response in memory or in Redis, or has it computed.

What needs no computation is never refused, and neither is joining what is being computed. Work for
anything else is refused before it costs a look-up, while too much waits.
"""

import asyncio
from dataclasses import dataclass, replace

from shopx_api.compute.call import Origin
from shopx_api.response_cache.admission import Admission
from shopx_api.response_cache.cache_request import CacheRequest
from shopx_api.response_cache.cache_result import CacheResult, CacheStatus
from shopx_api.response_cache.cached_response import CachedResponse
from shopx_api.response_cache.computation import Computation, Question, refusal
from shopx_api.response_cache.decisions import Decisions
from shopx_api.response_cache.memory_tier import MemoryTier
from shopx_api.response_cache.redis_tier import PATIENCE_SECONDS, Lock, RedisTier
from shopx_api.response_cache.refresh import Refresher
from shopx_api.response_cache.single_flight import SingleFlight
from shopx_api.response_cache.snapshots import Snapshot, Snapshots
from shopx_api.telemetry import HttpTelemetry
from shopx_core.caching.entry import Entry
from shopx_core.caching.policy import Cause, Miss, Serve, ServeAndRefresh


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupComponents:
    """What `Lookup` works with."""

    decisions: Decisions
    computation: Computation
    refresher: Refresher
    admission: Admission
    memory: MemoryTier
    redis: RedisTier
    snapshots: Snapshots
    telemetry: HttpTelemetry


class Lookup:
    """Looks responses up in the tiers, in front of the computation."""

    def __init__(self, components: LookupComponents) -> None:
        self._components = components
        self._flights = SingleFlight[CacheResult]()

    async def stop(self) -> None:
        """Cancel all work."""
        components = self._components
        await asyncio.gather(
            components.refresher.stop(), self._flights.stop(), components.computation.stop()
        )

    async def exact(self, request: CacheRequest, origin: Origin) -> CacheResult:
        """Compute a response as of exactly now, for this caller alone."""
        self._components.telemetry.cache["none", "bypass", "no_cache"] += 1
        return await self._components.computation.alone(origin, request.work, None)

    async def by_token(self, request: CacheRequest, origin: Origin) -> CacheResult:
        """Compute a response as of the token in the origin, which this process does not know.

        It is of another process, or invalid: the application decodes it.
        """
        self._components.telemetry.cache["none", "bypass", "as_of"] += 1
        return await self._components.computation.alone(origin, request.work, None)

    async def as_of(self, request: CacheRequest, origin: Origin, snapshot: Snapshot) -> CacheResult:
        """Respond as of a snapshot, even if a newer one is current."""
        result = await self._respond(Question(request, origin, snapshot))
        cached = result.cached
        if cached is not None and self._components.decisions.is_valid_at(cached.entry, snapshot):
            # The cached response may have got a newer as-of while this caller waited.
            return replace(result, cached=cached.as_of(snapshot))
        return result

    def in_memory(self, request: CacheRequest, caller: str) -> CacheResult | None:
        """What memory has and may be served as of now, perhaps while it is refreshed.

        Under overload that is also what would otherwise be computed first, as long as it is within
        the freshness limit: its refresh goes before queries that were never sent before.
        """
        components = self._components
        cached = None if request.live else components.memory.get(request.key)
        if cached is None:
            return None
        decision = components.decisions.of(request, cached.entry)
        if not isinstance(decision, Miss):
            return self._serve(cached, decision, "l0")
        refused = components.admission.refusal(caller)
        if refused is None or not components.decisions.may_serve_if_error(cached):
            return None
        components.refresher.refresh(cached)
        cached.hits += 1
        components.telemetry.cache["l0", "stale", "overload"] += 1
        return CacheResult(CacheStatus.STALE, cached)

    async def respond(self, request: CacheRequest, origin: Origin) -> CacheResult:
        """Respond from the nearest tier with a usable cached response, or compute a response."""
        return self.in_memory(request, origin.caller) or await self._respond(
            Question(request, origin)
        )

    async def _respond(self, question: Question) -> CacheResult:
        components, request = self._components, question.request
        if request.live:
            return await self._live(question)
        cached = components.memory.get(request.key)
        served = self._reuse(question, cached, "l0") if cached is not None else None
        if served is not None:
            return served
        joined = question.name in self._flights
        refused = None if joined else components.admission.refusal(question.origin.caller)
        # What was computed here before may be in Redis; anything else would have to be computed.
        if refused is not None and request.kept_until is None:
            return components.computation.older_or(question, cached, refusal(refused))
        # A late response is better than a refusal.
        wait = PATIENCE_SECONDS if refused is not None else None
        result = await self._flights.result(
            question.name, lambda: self._find(question, cached, wait)
        )
        made = result.response
        if joined and made is not None and not (made.may_be_kept or made.failed):
            # The response proved to be for one caller alone: it cannot be shared.
            return await self._live(question)
        return result

    async def _live(self, question: Question) -> CacheResult:
        components, request = self._components, question.request
        components.telemetry.cache["none", "bypass", "live"] += 1
        epoch = components.decisions.epoch(question.pin)
        result = await components.computation.alone(question.origin, request.work, epoch)
        if epoch is not None and result.response is not None and not result.response.failed:
            request.live = result.response.notes.live
        return result

    async def _find(
        self, question: Question, cached: CachedResponse | None, redis_wait: float | None
    ) -> CacheResult:
        components, request = self._components, question.request
        found = None
        if components.redis.up:
            found = await components.redis.get_or_lock(request.key, wait=redis_wait)
        if isinstance(found, Entry) and not (cached and cached.entry.is_newer_than(found)):
            cached = CachedResponse(found, request, question.origin)
            components.memory.put(request.key, cached)
            served = self._reuse(question, cached, "l1")
            if served is not None:
                return served
        decision = components.decisions.of(request, cached.entry if cached else None)
        # A pinned read may miss a cached response that is usable as of now.
        reason = decision.reason.value if isinstance(decision, Miss) else "as_of"
        components.telemetry.cache["l1", "miss", reason] += 1
        lock = found if isinstance(found, Lock) else None
        return await components.computation.shared(question, cached, lock)

    def _reuse(self, question: Question, cached: CachedResponse, tier: str) -> CacheResult | None:
        """The result of serving a cached response; `None` = it may not be served."""
        components, pin = self._components, question.pin
        if pin is not None:
            if not components.decisions.is_valid_at(cached.entry, pin):
                return None
            if pin is not components.snapshots.current:
                cached.hits += 1
                components.telemetry.cache[tier, "hit", "none"] += 1
                return CacheResult(_hit(tier), cached)
        decision = components.decisions.of(cached.request, cached.entry)
        return None if isinstance(decision, Miss) else self._serve(cached, decision, tier)

    def _serve(
        self, cached: CachedResponse, decision: Serve | ServeAndRefresh, tier: str
    ) -> CacheResult:
        stale = isinstance(decision, Serve) and decision.stale
        reason = "outage" if stale else "none"
        if isinstance(decision, ServeAndRefresh):
            stale = decision.cause is not Cause.EARLY
            reason = decision.cause.value
            self._components.refresher.refresh(cached)
        self._components.decisions.confirm(cached)
        cached.hits += 1
        self._components.telemetry.cache[tier, "stale" if stale else "hit", reason] += 1
        return CacheResult(CacheStatus.STALE if stale else _hit(tier), cached)


def _hit(tier: str) -> CacheStatus:
    return CacheStatus.HIT_MEMORY if tier == "l0" else CacheStatus.HIT_REDIS
