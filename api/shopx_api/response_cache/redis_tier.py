"""The second tier, in Redis: answers that all processes share. Every call fails open."""

import asyncio
import secrets
from dataclasses import dataclass

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_core.caching.entry import Entry, decode, encode

LOCK_SECONDS = 3.0
"""A lock outlives the longest honest computation's usual time; a dead holder's ends by itself."""

# KEYS: answer, lock. ARGV: token, milliseconds. The answer, or 1 = locked, 0 = another holds it.
_GET_OR_LOCK = """
local have = redis.call('get', KEYS[1])
if have then return have end
if redis.call('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
"""
# KEYS: lock. ARGV: token. A lock that has ended may be another's by now.
_RELEASE = "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end"
_FIRST_POLL = 0.005
_LONGEST_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Lock:
    """The right to make an answer for everybody."""

    name: bytes
    token: bytes


class RedisTier:
    """Answers, and the locks under which they are made, below one prefix.

    Args:
        link: The connection.
        prefix: From `shopx_core.caching.keys.namespace`.
    """

    def __init__(self, link: RedisClient, prefix: bytes) -> None:
        self._link = link
        self._prefix = prefix

    @property
    def up(self) -> bool:
        """Whether there is anything to ask."""
        return self._link.up

    def name(self, key: bytes) -> bytes:
        """Where the answer with this key is kept."""
        return self._prefix + b"r:" + key

    def key(self, name: bytes) -> bytes | None:
        """The key of the answer kept there; `None` = something else is."""
        start = self._prefix + b"r:"
        return name[len(start) :] if name.startswith(start) else None

    async def get(self, key: bytes) -> Entry | None:
        """The answer, if Redis has it and says so in time."""
        try:
            raw = await self._link.call("GET", self.name(key))
        except RedisUnavailable:
            return None
        return decode(raw) if raw is not None else None

    async def put(self, key: bytes, entry: Entry, seconds: float) -> None:
        """Keep an answer for everybody, and be told when somebody replaces it."""
        if seconds <= 0:
            return
        name = self.name(key)
        try:
            # A write makes Redis forget who watches the key; reading it watches again.
            await asyncio.gather(
                self._link.call("SET", name, encode(entry), "PX", max(1, int(seconds * 1000))),
                self._link.call("EXISTS", name),
            )
        except RedisUnavailable:
            return

    async def get_or_lock(self, key: bytes) -> Entry | Lock | None:
        """The answer, or else the right to make it; `None` = another process has that right.

        Without Redis everybody has it: answers are then made once a process.
        """
        lock = self._lock(key)
        try:
            found = await self._link.call(
                *("EVAL", _GET_OR_LOCK, 2, self.name(key), lock.name, lock.token),
                int(LOCK_SECONDS * 1000),
            )
        except RedisUnavailable:
            return lock
        if isinstance(found, bytes):
            # Bytes that are no answer: it is as if nothing were there, and nobody makes it yet.
            return decode(found) or await self.lock(key)
        return lock if found == 1 else None

    async def lock(self, key: bytes) -> Lock | None:
        """The right to make an answer anew; see `get_or_lock`."""
        lock = self._lock(key)
        try:
            taken = await self._link.call(
                "SET", lock.name, lock.token, "NX", "PX", int(LOCK_SECONDS * 1000)
            )
        except RedisUnavailable:
            return lock
        return lock if taken is not None else None

    def _lock(self, key: bytes) -> Lock:
        return Lock(self._prefix + b"l:" + key, secrets.token_bytes(8))

    async def release(self, lock: Lock) -> None:
        """Give the right back, unless it has ended and is another's now."""
        try:
            await self._link.call("EVAL", _RELEASE, 1, lock.name, lock.token)
        except RedisUnavailable:
            return

    async def wait(self, key: bytes, known: Entry | None, seconds: float) -> Entry | None:
        """Wait for the answer that another process is making.

        Args:
            key: Which answer.
            known: What Redis had before: not that one.
            seconds: How long at most; a holder that has died must not block anybody.

        Returns:
            The new answer; `None` = none came in time, or the holder has given up.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        pause = _FIRST_POLL
        while self.up and loop.time() < end:
            await asyncio.sleep(pause)
            held, entry = await asyncio.gather(self._held(key), self.get(key))
            if entry is not None and (known is None or entry.at > known.at):
                return entry
            if not held:
                return None
            pause = min(pause * 2, _LONGEST_POLL)
        return None

    async def _held(self, key: bytes) -> bool:
        try:
            return bool(await self._link.call("EXISTS", self._prefix + b"l:" + key))
        except RedisUnavailable:
            return False
