"""The shared instant of reads: advanced by one process, followed by all, by each alone if need be.

Each process looks at the state in Redis, also when it is told that it has changed. When the state
is a live interval old, whoever holds the lease asks PostgreSQL for a snapshot and for what changed
since the state's, and replaces the state by compare-and-set: a holder that was frozen meanwhile
overwrites nothing. Without Redis a process goes on alone from the last state it knew.
`docs/adr/0006-as-of-clock.md` has the reasoning.
"""

import asyncio
import contextlib
import random
import re
import secrets
import time
from collections.abc import Callable

import asyncpg

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_core import logging
from shopx_core.caching.cache_epoch import (
    CacheEpoch,
    decode,
    detach,
    encode,
    next_epoch,
    within_retention,
)
from shopx_core.caching.policy import Policy

_log = logging.get(__name__)

STATE_SECONDS = 86_400
"""How long Redis keeps the state: a state that is gone begins a new chain, it never reads as 0."""

# ARGV: the token that must be there ('' = nothing), the new state, its life.
_REPLACE = """
local have = redis.call('get', KEYS[1])
local head = ''
if have then head = string.match(have, '^%S+') or '?' end
if head ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
# Take the lease, or keep it.
_LEASE = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_DATABASE_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_RETRY = 0.25
"""Seconds before the database is asked again after it could not be."""


class SnapshotClock:
    """The current state, kept up in the background.

    Args:
        link: Redis; may be away.
        source: PostgreSQL; may be away too.
        prefix: From `shopx_core.caching.keys.namespace`.
        policy: Returns the policy in force.
    """

    def __init__(
        self, link: RedisClient, source: SnapshotSource, prefix: bytes, policy: Callable[[], Policy]
    ) -> None:
        self._link = link
        self._source = source
        self._state_name = prefix + b"clock"
        self._lease_name = prefix + b"clock-lease"
        self._policy = policy
        self._me = secrets.token_bytes(8)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leading = False
        self._taken = 0.0
        self._offset = time.time() - time.monotonic()
        self.state: CacheEpoch | None = None
        """What answers are made as of; `None` = not known yet: read exactly now."""
        self.outage = False
        """This process asked the database last and could not reach it."""
        self.listeners: list[Callable[[CacheEpoch], None]] = []
        """Called with each new state."""

    @property
    def name(self) -> bytes:
        """Where Redis keeps the state."""
        return self._state_name

    def now(self) -> float:
        """Seconds since 1970 on the database's clock, as far as this process can tell."""
        return self._offset + time.monotonic()

    def age(self) -> float:
        """Seconds that the state lies behind now; `inf` without one."""
        return float("inf") if self.state is None else time.monotonic() - self._taken

    def current(self) -> CacheEpoch | None:
        """The state, unless nobody has advanced it in time: then read exactly now."""
        return self.state if self.age() <= self._policy().tolerance else None

    async def start(self) -> None:
        """Get a first state if that is possible now, and keep it up from then on."""
        await self._step()
        self._task = asyncio.create_task(self._run(), name="as-of-clock")

    async def stop(self) -> None:
        """Stop following, and let another process lead at once."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._leading:
            with contextlib.suppress(RedisUnavailable):
                await self._link.call("DEL", self._lease_name)
        self._source.drop()

    def look(self) -> None:
        """The state in Redis has changed, or may have."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()
            try:
                await self._step()
            except Exception:  # noqa: BLE001 -- the product outlives a defect: it reads exactly now
                _log.exception("clock_failed")
                await asyncio.sleep(_RETRY)

    def _pause(self) -> float:
        interval = self._policy().tuning.live_interval
        if self.outage:
            return _RETRY
        due = interval - self.age()
        if self._leading or not self._link.up:
            return max(due, 0.01)
        # Followers are told of a new state; one that hears nothing tries to lead, not all at once.
        return max(due, 0.05) + random.uniform(0.05, 0.15)  # noqa: S311 -- spreads, guards nothing

    async def _step(self) -> None:
        if self._link.up:
            try:
                await self._follow()
            except RedisUnavailable:
                self._leading = False
            else:
                return
        if self.age() >= self._policy().tuning.live_interval:
            await self._go_alone()

    async def _follow(self) -> None:
        raw, left = await asyncio.gather(
            self._link.call("GET", self._state_name), self._link.call("PTTL", self._state_name)
        )
        shared = decode(raw) if raw is not None else None
        if shared is not None and self._is_news(shared):
            # How long ago it was written, without comparing the clocks of two machines.
            self._adopt(shared, time.monotonic() - max(0.0, STATE_SECONDS - left / 1000))
        if self._due(shared) and await self._lead():
            await self._replace(shared, _head(raw))

    def _is_news(self, shared: CacheEpoch) -> bool:
        mine = self.state
        if mine is None:
            return True
        # After a time alone this process may be ahead of the others: it waits for them.
        return shared.version != mine.version and shared.at >= mine.at

    def _due(self, shared: CacheEpoch | None) -> bool:
        if shared is None or self.state is None or shared.version != self.state.version:
            return True
        return self.age() >= self._policy().tuning.live_interval

    async def _lead(self) -> bool:
        milliseconds = int(self._policy().tuning.live_interval * 2000)
        taken = await self._link.call(
            "EVAL", _LEASE, 1, self._lease_name, self._me, str(milliseconds)
        )
        self._leading = taken == 1
        if not self._leading:
            self._source.drop()
        return self._leading

    async def _replace(self, shared: CacheEpoch | None, expected: bytes) -> None:
        began = time.monotonic()
        state = await self._observe(shared)
        if state is None:
            # Somebody else may reach the database.
            self._leading = False
            await self._link.call("DEL", self._lease_name)
            return
        done = await self._link.call(
            "EVAL", _REPLACE, 1, self._state_name, expected, encode(state), str(STATE_SECONDS)
        )
        if done == 1:
            self._adopt(state, began)
        else:
            self._wake.set()

    async def _go_alone(self) -> None:
        began = time.monotonic()
        mine = self.state
        if mine is not None and mine.parent is None:
            mine = detach(mine, _new_chain())
        state = await self._observe(mine)
        if state is not None:
            self._adopt(state, began)

    async def _observe(self, before: CacheEpoch | None) -> CacheEpoch | None:
        keep = self._policy().freshness_limit
        base = before if within_retention(before, self.now(), keep) else None
        try:
            seen = await self._source.observe(base)
        except _DATABASE_AWAY as error:
            if not self.outage:
                _log.warning("database_away", error=str(error) or type(error).__name__)
            self.outage = True
            return None
        return next_epoch(base, seen, _new_chain(), keep=keep)

    def _adopt(self, state: CacheEpoch, taken: float) -> None:
        if self.outage:
            _log.info("database_back")
        self.outage = False
        self.state = state
        self._taken = taken
        self._offset = state.seconds - taken
        for listener in self.listeners:
            listener(state)


def _head(raw: bytes | None) -> bytes:
    """The token that `_REPLACE` finds in what Redis has."""
    found = re.match(rb"\S+", raw or b"")
    if found is None:
        return b"" if raw is None else b"?"
    return found[0]


def _new_chain() -> str:
    return secrets.token_hex(8)
