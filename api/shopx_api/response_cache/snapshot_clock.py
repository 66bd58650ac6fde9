"""The shared snapshot of reads: one process advances it, all processes follow it.

Each process reads the epoch in Redis, regularly and when an invalidation arrives. When the epoch is
nine tenths of a live interval old, the holder of the lease observes PostgreSQL and replaces it by
compare-and-set, so that a holder that was suspended meanwhile overwrites nothing. Without Redis
each process advances its own epoch from the last one that it had. See
`docs/adr/0006-as-of-clock.md`.
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

EPOCH_SECONDS = 86_400
"""How long Redis keeps the epoch; without one a new chain begins."""

# ARGV: the head that Redis must have ('' = no epoch), the new epoch, its life in seconds.
_REPLACE = """
local have = redis.call('get', KEYS[1])
local head = ''
if have then head = string.match(have, '^%S+') or '?' end
if head ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
# Take or extend the lease.
_LEASE = """
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

_OBSERVATION_FAILED = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What `SnapshotSource.observe` raises."""
_RETRY = 0.25
"""Seconds between attempts to reach the database."""


class SnapshotClock:
    """The current epoch, advanced in the background.

    Args:
        redis: The connection to Redis; may be down.
        source: Observes PostgreSQL; may be unreachable too.
        prefix: From `shopx_core.caching.keys.namespace`.
        policy: Returns the policy in force.
    """

    def __init__(
        self,
        redis: RedisClient,
        source: SnapshotSource,
        prefix: bytes,
        policy: Callable[[], Policy],
    ) -> None:
        self._redis = redis
        self._source = source
        self._epoch_name = prefix + b"clock"
        self._lease_name = prefix + b"clock-lease"
        self._policy = policy
        self._holder = secrets.token_bytes(8)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leading = False
        self._taken = 0.0
        self._offset = time.time() - time.monotonic()
        self.epoch: CacheEpoch | None = None
        """The epoch to read as of; `None` = not known yet: read exactly now."""
        self.outage = False
        """Whether this process was the last to observe the database, and could not reach it."""
        self.listeners: list[Callable[[CacheEpoch], None]] = []
        """Called with each new epoch."""

    @property
    def name(self) -> bytes:
        """The Redis key of the epoch."""
        return self._epoch_name

    def now(self) -> float:
        """Seconds since 1970 on the database's clock, estimated."""
        return self._offset + time.monotonic()

    def age(self) -> float:
        """Seconds since the epoch's snapshot; `inf` without one."""
        return float("inf") if self.epoch is None else time.monotonic() - self._taken

    def current(self) -> CacheEpoch | None:
        """The epoch; `None` when it was not advanced in time: then read exactly now."""
        return self.epoch if self.age() <= self._policy().tolerance else None

    async def start(self) -> None:
        """Get a first epoch if possible, and advance or follow it from then on."""
        await self._step()
        self._task = asyncio.create_task(self._run(), name="as-of-clock")

    async def stop(self) -> None:
        """Stop, and release the lease for another process."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._leading:
            with contextlib.suppress(RedisUnavailable):
                await self._redis.call("DEL", self._lease_name)
        await self._source.stop()

    def wake(self) -> None:
        """The epoch in Redis has changed, or may have: read it now."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()
            try:
                await self._step()
            except Exception:  # noqa: BLE001 -- after a defect requests read exactly now
                _log.exception("clock_failed")
                await asyncio.sleep(_RETRY)

    def _pause(self) -> float:
        interval = self._policy().epoch_interval
        if self.outage:
            return _RETRY
        due = interval - self.age()
        if self._leading or not self._redis.up:
            return max(due, 0.01)
        # Followers get an invalidation; without one they try to lead, spread in time.
        return max(due, 0.05) + random.uniform(0.05, 0.15)  # noqa: S311 -- spreads, guards nothing

    async def _step(self) -> None:
        if self._redis.up:
            try:
                await self._follow()
            except RedisUnavailable:
                self._leading = False
            else:
                return
        if self.age() >= self._policy().epoch_interval:
            await self._advance_alone()

    async def _follow(self) -> None:
        raw, left = await asyncio.gather(
            self._redis.call("GET", self._epoch_name), self._redis.call("PTTL", self._epoch_name)
        )
        shared = decode(raw) if raw is not None else None
        if shared is not None and self._is_newer(shared):
            # The age by the key's remaining life, without comparing the clocks of two machines.
            self._adopt(shared, time.monotonic() - max(0.0, EPOCH_SECONDS - left / 1000))
        if self._due(shared) and await self._take_lease():
            await self._replace(shared, _head(raw))

    def _is_newer(self, shared: CacheEpoch) -> bool:
        own = self.epoch
        if own is None:
            return True
        # After advancing alone this process may be ahead of the others: it waits for them, unless
        # its own epoch is too old to be read, as after the database's clock was set back.
        ahead = shared.at < own.at and self.current() is not None
        return shared.version != own.version and not ahead

    def _due(self, shared: CacheEpoch | None) -> bool:
        if shared is None or self.epoch is None or shared.version != self.epoch.version:
            return True
        return self.age() >= self._policy().epoch_interval

    async def _take_lease(self) -> bool:
        milliseconds = int(self._policy().tuning.live_interval * 2000)
        taken = await self._redis.call(
            "EVAL", _LEASE, 1, self._lease_name, self._holder, str(milliseconds)
        )
        self._leading = taken == 1
        if not self._leading:
            self._source.drop()
        return self._leading

    async def _replace(self, shared: CacheEpoch | None, expected: bytes) -> None:
        began = time.monotonic()
        epoch = await self._observe(shared)
        if epoch is None:
            # Another process may reach the database.
            self._leading = False
            await self._redis.call("DEL", self._lease_name)
            return
        done = await self._redis.call(
            "EVAL", _REPLACE, 1, self._epoch_name, expected, encode(epoch), str(EPOCH_SECONDS)
        )
        if done == 1:
            self._adopt(epoch, began)
        else:
            self._wake.set()

    async def _advance_alone(self) -> None:
        began = time.monotonic()
        own = self.epoch
        if own is not None and own.parent is None:
            own = detach(own, _new_chain())
        epoch = await self._observe(own)
        if epoch is not None:
            self._adopt(epoch, began)

    async def _observe(self, before: CacheEpoch | None) -> CacheEpoch | None:
        keep = self._policy().freshness_limit
        base = before if within_retention(before, self.now(), keep) else None
        try:
            seen = await self._source.observe(base)
        except _OBSERVATION_FAILED as error:
            # Late is not away: the machine of either end may be short of time.
            late = isinstance(error, TimeoutError)
            if not self.outage:
                event = "database_answered_late" if late else "database_connection_failed"
                _log.warning(event, error=str(error) or type(error).__name__)
            self.outage = True
            return None
        return next_epoch(base, seen, _new_chain(), keep=keep)

    def _adopt(self, epoch: CacheEpoch, taken: float) -> None:
        if self.outage:
            _log.info("database_answered")
        self.outage = False
        self.epoch = epoch
        self._taken = taken
        self._offset = epoch.seconds - taken
        for listener in self.listeners:
            listener(epoch)


def _head(raw: bytes | None) -> bytes:
    """The head that `_REPLACE` finds in Redis's value."""
    found = re.match(rb"\S+", raw or b"")
    if found is None:
        return b"" if raw is None else b"?"
    return found[0]


def _new_chain() -> str:
    return secrets.token_hex(8)
