"""Where an answer comes from: this process, Redis, another process at work, or the application.

Each question is made at most once at a time in this process, and by one process at a time where
Redis is there to agree on that. Whatever is away or slow, the caller gets an answer: the fresh one
if it can be made, else an older one within the freshness limit, else an error that says so.
"""

import asyncio
import random
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from shopx_api.data.limiter import Overloaded
from shopx_api.data.request_state import RequestState
from shopx_api.response_cache.asgi_call import Response, ask, failure
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
"""A longer body is answered and not kept."""
_PAUSE_AFTER_FAILURE = 1.0
"""Seconds before a question that failed is tried again while an older answer serves."""
_REFRESHES = 2
"""Refreshes at once: requests have the rest of the width."""


class Lookup:
    """The tiers, in front of the application."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._lookups = SingleFlight[CacheResult]()
        self._making = SingleFlight[CacheResult | None]()
        self._refreshing: set[bytes] = set()
        self._refresh_turns = asyncio.Semaphore(_REFRESHES)
        self._tasks: set[asyncio.Task[Any]] = set()
        parts.clock.listeners.append(self._on_state)

    async def stop(self) -> None:
        """End what runs in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._lookups.stop(), self._making.stop())

    async def exact(self, origin: Origin) -> CacheResult:
        """Make an answer as of exactly now, for one caller alone."""
        self._parts.telemetry.cache["none", "bypass", "no_cache"] += 1
        return await self._alone(origin, RequestState())

    async def as_of(self, question: CacheRequest, origin: Origin, token: bytes) -> CacheResult:
        """Answer as of exactly the moment of a token, whatever has become current meanwhile.

        Args:
            question: What is asked.
            origin: The request.
            token: As the client sent it.
        """
        parts = self._parts
        moment = parts.moments.find(token)
        if moment is None:
            # A moment of another process, or none at all: the application tells.
            parts.telemetry.cache["none", "bypass", "as_of"] += 1
            return await self._alone(origin.with_token(), RequestState())
        answer = await self._answer(question, origin, moment)
        record = answer.record
        if record is not None and self._was_true(record.entry, moment):
            # Others may have let the record speak for a later moment while this one waited.
            return replace(answer, record=record.as_of(moment))
        return answer

    async def answer(self, question: CacheRequest, origin: Origin) -> CacheResult:
        """Answer from the nearest tier that has a good answer, or make one."""
        return await self._answer(question, origin, None)

    async def _answer(
        self, question: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        if question.live:
            return await self._live(question, origin, pin)
        record = self._parts.local.get(question.key)
        served = self._offer(record, pin, "l0") if record is not None else None
        if served is not None:
            return served
        name = _name(question, pin)
        joined = name in self._lookups
        answer = await self._lookups.result(
            name, lambda: self._look_up(question, origin, record, pin)
        )
        made = answer.response
        if joined and made is not None and not (made.may_be_kept or made.failed):
            # Nobody knew when this one joined: what was made for one caller is not another's.
            return await self._live(question, origin, pin)
        return answer

    async def _live(
        self, question: CacheRequest, origin: Origin, pin: Snapshot | None
    ) -> CacheResult:
        self._parts.telemetry.cache["none", "bypass", "live"] += 1
        state = self._state(pin)
        answer = await self._alone(origin, RequestState(state=state))
        if state is not None and answer.response is not None and not answer.response.failed:
            question.live = answer.response.exchange.dependencies.live
        return answer

    async def _alone(self, origin: Origin, exchange: RequestState) -> CacheResult:
        try:
            async with self._parts.limiter.turn():
                response = await self._ask(origin, exchange)
        except Overloaded as error:
            response = failure(error, 503, exchange)
        return CacheResult(CacheStatus.BYPASS, response=response)

    def _state(self, pin: Snapshot | None) -> CacheEpoch | None:
        """What to read as of; `None` = now: a state that nobody advanced in time is too old."""
        return self._parts.clock.current() if pin is None else pin.state

    def _was_true(self, entry: Entry, moment: Snapshot) -> bool:
        """Whether an entry made at a moment or before it was still true at it."""
        now = self._parts.clock.now()
        return (
            entry.at <= moment.state.seconds
            and now - entry.at <= self._parts.policy().freshness_limit
            and is_current(entry, moment.state)
        )

    def _offer(self, record: Record, pin: Snapshot | None, tier: str) -> CacheResult | None:
        """Serve a record if it may be served; `None` = it may not."""
        if pin is not None:
            if not self._was_true(record.entry, pin):
                return None
            if pin is not self._parts.moments.current:
                record.hits += 1
                self._parts.telemetry.cache[tier, "hit", "none"] += 1
                return CacheResult(_hit(tier), record)
        verdict = self._verdict(record.question, record.entry)
        return None if isinstance(verdict, Miss) else self._serve(record, verdict, tier)

    def _verdict(self, question: CacheRequest, entry: Entry | None) -> CacheDecision:
        clock = self._parts.clock
        if clock.state is None:
            return Miss(Reason.FIRST_SEEN)
        now = clock.now()
        return cache_decision(
            entry,
            clock.state,
            now,
            self._parts.policy(),
            draw=random.random(),  # noqa: S311 -- spreads refreshes, guards nothing
            kept_until=question.kept_until,
            outage=clock.outage or now < question.failed_until,
        )

    def _serve(self, record: Record, verdict: Serve | ServeAndRefresh, tier: str) -> CacheResult:
        stale = isinstance(verdict, Serve) and verdict.stale
        reason = "outage" if stale else "none"
        if isinstance(verdict, ServeAndRefresh):
            stale = verdict.cause is not Cause.EARLY
            reason = verdict.cause.value
            self._refresh(record)
        self._vouch(record)
        record.hits += 1
        self._parts.telemetry.cache[tier, "stale" if stale else "hit", reason] += 1
        return CacheResult(CacheStatus.STALE if stale else _hit(tier), record)

    def _vouch(self, record: Record) -> None:
        """Let the hot path serve the record without deciding until something can have changed."""
        moment = self._parts.moments.current
        if moment is not None and is_current(record.entry, moment.state):
            good_until = fresh_until(record.entry, moment.state, self._parts.policy())
            record.vouched(moment, good_until)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_up(
        self, question: CacheRequest, origin: Origin, record: Record | None, pin: Snapshot | None
    ) -> CacheResult:
        parts = self._parts
        found = await parts.shared.get_or_lock(question.key) if parts.shared.up else None
        if isinstance(found, Entry) and (record is None or found.at >= record.entry.at):
            record = Record(found, question, origin)
            parts.local.put(question.key, record)
            served = self._offer(record, pin, "l1")
            if served is not None:
                return served
        verdict = self._verdict(question, record.entry if record else None)
        # A pinned read may miss an answer that is good for everybody else.
        reason = verdict.reason.value if isinstance(verdict, Miss) else "as_of"
        parts.telemetry.cache["l1", "miss", reason] += 1
        lock = found if isinstance(found, Lock) else None
        return await self._make(question, origin, record, lock, pin)

    async def _make(
        self,
        question: CacheRequest,
        origin: Origin,
        record: Record | None,
        lock: Lock | None,
        pin: Snapshot | None,
    ) -> CacheResult:
        while True:
            answer = await self._making.result(
                _name(question, pin),
                lambda: self._produce(question, origin, record, lock, pin),
            )
            # A refresh in the background may leave the work to another process; this must not.
            if answer is not None:
                return answer

    async def _produce(
        self,
        question: CacheRequest,
        origin: Origin,
        record: Record | None,
        lock: Lock | None,
        pin: Snapshot | None = None,
        *,
        background: bool = False,
    ) -> CacheResult | None:
        shared = self._parts.shared
        # Other processes make what is current: nothing to wait for when that is not asked.
        if lock is None and shared.up and (pin is None or pin is self._parts.moments.current):
            lock = await shared.lock(question.key)
            if lock is None:
                if background:
                    # The other process stores the answer, and this one hears of that.
                    return None
                entry = await shared.wait(
                    question.key, record.entry if record else None, LOCK_SECONDS
                )
                if entry is not None and self._is_good(question, entry, pin):
                    return CacheResult(CacheStatus.HIT_L1, self._put_local(question, origin, entry))
        try:
            return await self._compute(question, origin, record, pin, has_turn=background)
        finally:
            if lock is not None:
                self._keep(asyncio.create_task(shared.release(lock)))

    def _is_good(self, question: CacheRequest, entry: Entry, pin: Snapshot | None) -> bool:
        if pin is not None:
            return self._was_true(entry, pin)
        return not isinstance(self._verdict(question, entry), Miss)

    async def _compute(
        self,
        question: CacheRequest,
        origin: Origin,
        record: Record | None,
        pin: Snapshot | None,
        *,
        has_turn: bool,
    ) -> CacheResult:
        parts = self._parts
        loop = asyncio.get_running_loop()
        state = self._state(pin)
        try:
            async with nullcontext() if has_turn else parts.limiter.turn():
                began = loop.time()
                response = await self._ask(origin, RequestState(state=state))
        except Overloaded as error:
            response = failure(error, 503, RequestState(state=state))
            began = loop.time()
        if response.failed:
            return self._fall_back(question, record, response)
        if state is not None:
            question.live = response.exchange.dependencies.live
        if state is None or not response.may_be_kept or len(response.body) > MAX_ENTRY:
            return CacheResult(CacheStatus.MISS, response=response)
        entry = self._entry(question, response, state, loop.time() - began)
        newer = parts.local.get(question.key)
        if newer is not None and newer.entry.at > entry.at:
            # Made as of a later moment while this was asked as of an earlier one: that one stays.
            return CacheResult(CacheStatus.MISS, Record(entry, question, origin))
        made = self._put_local(question, origin, entry)
        seconds = retention(parts.policy(), entry, parts.clock.now())
        question.kept_until = parts.clock.now() + seconds
        if parts.shared.up:
            # Nobody waits for Redis; the lock is released after this on the same connection.
            self._keep(asyncio.create_task(parts.shared.put(question.key, entry, seconds)))
        return CacheResult(CacheStatus.MISS, made)

    def _entry(
        self, question: CacheRequest, response: Response, state: CacheEpoch, cost: float
    ) -> Entry:
        dependencies = response.exchange.dependencies
        life = lifetime(self._parts.policy(), random.random())  # noqa: S311 -- spreads ends of life
        return Entry(
            body=response.body,
            media=response.media,
            version=state.version,
            at=state.seconds,
            expires=state.seconds + life,
            boundary=dependencies.boundary.timestamp() if dependencies.boundary else float("inf"),
            time_dependent=dependencies.time_dependent,
            cost=cost,
            dependencies=dependencies.spans(),
            operation=response.exchange.operation or question.operation,
        )

    def _fall_back(
        self, question: CacheRequest, record: Record | None, response: Response
    ) -> CacheResult:
        parts = self._parts
        now = parts.clock.now()
        if record is not None and may_serve_if_error(record.entry, now, parts.policy()):
            question.failed_until = now + _PAUSE_AFTER_FAILURE
            parts.telemetry.cache["l0", "stale", "error"] += 1
            return CacheResult(CacheStatus.STALE, record)
        return CacheResult(CacheStatus.MISS, response=response)

    def _put_local(self, question: CacheRequest, origin: Origin, entry: Entry) -> Record:
        record = Record(entry, question, origin)
        self._vouch(record)
        self._parts.local.put(question.key, record)
        return record

    async def _ask(self, origin: Origin, exchange: RequestState) -> Response:
        return await ask(self._parts.app, origin, exchange, self._parts.request_seconds)

    def _refresh(self, record: Record) -> None:
        key = record.question.key
        if key in self._refreshing or key in self._making or self._parts.clock.outage:
            return
        self._refreshing.add(key)
        task = asyncio.create_task(self._refresh_in_turn(record))
        task.add_done_callback(lambda _: self._refreshing.discard(key))
        self._keep(task)

    async def _refresh_in_turn(self, record: Record) -> None:
        question, parts = record.question, self._parts
        async with self._refresh_turns, parts.limiter.turn(background=True):
            current = parts.local.get(question.key) or record
            entry = await parts.shared.get(question.key) if parts.shared.up else None
            if entry is not None and entry.at > current.entry.at:
                current = self._put_local(question, record.origin, entry)
            faster = current is not record and isinstance(
                self._verdict(question, current.entry), Serve
            )
            if not faster and question.key not in self._making:
                await self._making.result(
                    question.key,
                    lambda: self._produce(question, record.origin, current, None, background=True),
                )

    def _on_state(self, state: CacheEpoch) -> None:
        """Answer the hottest questions anew whose answers the new state no longer vouches for."""
        self._parts.moments.note(state)
        hot: list[Record] = []
        for record in self._parts.local:
            if record.hits and not is_current(record.entry, state):
                hot.append(record)
            record.hits //= 2
        hot.sort(key=lambda record: record.hits, reverse=True)
        for record in hot[: self._parts.warm()]:
            self._refresh(record)


def _name(question: CacheRequest, pin: Snapshot | None) -> bytes:
    """What is looked for or made once at a time: an answer as of now, or as of one moment."""
    return question.key if pin is None else question.key + pin.token


def _hit(tier: str) -> CacheStatus:
    return CacheStatus.HIT_L0 if tier == "l0" else CacheStatus.HIT_L1
