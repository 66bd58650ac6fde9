"""The second tier: responses in Redis, shared by all processes. Every call fails open."""

import asyncio
import secrets
from dataclasses import dataclass

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_core.caching.entry import Entry, decode, encode

LOCK_SECONDS = 3.0
"""The life of a lock: longer than a computation usually takes, and the end of a dead holder's."""

# KEYS: entry, lock. ARGV: token, milliseconds. Returns the entry, 1 = locked, 0 = held by another.
_GET_OR_LOCK = """
local have = redis.call('get', KEYS[1])
if have then return have end
if redis.call('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
# KEYS: lock. ARGV: token. An expired lock may have another holder by now.
_RELEASE = "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end"
PATIENCE_SECONDS = 0.25
"""The longest wait for an entry where the caller would be refused without it."""
_FIRST_POLL = 0.005
_LONGEST_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Lock:
    """The right to compute an entry for all processes."""

    name: bytes
    token: bytes


class RedisTier:
    """Entries, and the locks under which they are computed, below one prefix.

    Args:
        redis: The connection.
        prefix: From `shopx_core.caching.keys.namespace`.
    """

    def __init__(self, redis: RedisClient, prefix: bytes) -> None:
        self._redis = redis
        self._prefix = prefix

    @property
    def up(self) -> bool:
        """Whether Redis is connected."""
        return self._redis.up

    def name(self, key: bytes) -> bytes:
        """The Redis key of an entry."""
        return self._prefix + b"r:" + key

    def key(self, name: bytes) -> bytes | None:
        """The cache key of a Redis key; `None` = it is not an entry's."""
        start = self._prefix + b"r:"
        return name[len(start) :] if name.startswith(start) else None

    async def get(self, key: bytes) -> Entry | None:
        """The entry; `None` also when Redis does not reply in time."""
        try:
            raw = await self._redis.call("GET", self.name(key))
        except RedisUnavailable:
            return None
        return decode(raw) if raw is not None else None

    async def put(self, key: bytes, entry: Entry, seconds: float) -> None:
        """Store an entry for all processes, and track its changes."""
        if seconds <= 0:
            return
        name = self.name(key)
        try:
            # A write ends the tracking of the key; reading the key tracks it again.
            await asyncio.gather(
                self._redis.call("SET", name, encode(entry), "PX", max(1, int(seconds * 1000))),
                self._redis.call("EXISTS", name),
            )
        except RedisUnavailable:
            return

    async def get_or_lock(self, key: bytes, *, wait: float | None = None) -> Entry | Lock | None:
        """The entry, or else the right to compute it; `None` = another process has that right.

        Without Redis every process has it and computes its own entry.

        Args:
            key: The cache key.
            wait: Seconds that the reply may take; `None` = those of the connection.
        """
        lock = self._lock(key)
        try:
            found = await self._redis.call(
                *("EVAL", _GET_OR_LOCK, 2, self.name(key), lock.name, lock.token),
                int(LOCK_SECONDS * 1000),
                wait=wait,
            )
        except RedisUnavailable:
            return lock
        if isinstance(found, bytes):
            # Undecodable bytes count as no entry, which no process computes yet.
            return decode(found) or await self.lock(key)
        return lock if found == 1 else None

    async def lock(self, key: bytes) -> Lock | None:
        """The right to compute an entry again; see `get_or_lock`."""
        lock = self._lock(key)
        try:
            taken = await self._redis.call(
                "SET", lock.name, lock.token, "NX", "PX", int(LOCK_SECONDS * 1000)
            )
        except RedisUnavailable:
            return lock
        return lock if taken is not None else None

    def _lock(self, key: bytes) -> Lock:
        return Lock(self._prefix + b"l:" + key, secrets.token_bytes(8))

    async def release(self, lock: Lock) -> None:
        """Release the lock, unless it has expired and has another holder."""
        try:
            await self._redis.call("EVAL", _RELEASE, 1, lock.name, lock.token)
        except RedisUnavailable:
            return

    async def wait(self, key: bytes, known: Entry | None, seconds: float) -> Entry | None:
        """Wait for the entry that another process is computing.

        Args:
            key: The cache key.
            known: The entry that Redis had before.
            seconds: The longest wait, because the holder may have died.

        Returns:
            A newer entry; `None` = none came in time, or the holder has released the lock.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        pause = _FIRST_POLL
        while self.up and loop.time() < end:
            await asyncio.sleep(pause)
            held, entry = await asyncio.gather(self._held(key), self.get(key))
            if entry is not None and (
                known is None or (entry.version != known.version and not known.is_newer_than(entry))
            ):
                return entry
            if not held:
                return None
            pause = min(pause * 2, _LONGEST_POLL)
        return None

    async def _held(self, key: bytes) -> bool:
        try:
            return bool(await self._redis.call("EXISTS", self._prefix + b"l:" + key))
        except RedisUnavailable:
            return False
