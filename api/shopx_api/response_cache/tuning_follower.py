"""Follows the runtime tuning: the settings, with the overrides that are in Redis."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from shopx_api.response_cache.redis_client import RedisClient, RedisUnavailable
from shopx_core import logging
from shopx_core.caching.policy import Policy
from shopx_core.caching.runtime_tuning import TUNING_KEY, TUNING_SECONDS, apply_overrides
from shopx_core.caching.tuning import CacheTuning

_log = logging.get(__name__)

TUNING_INTERVAL = 1.0
"""Seconds between two reads of the overrides."""


class TuningFollower:
    """The tuning in force, and the cache policy with it.

    Args:
        configured: The tuning of the settings, in force without overrides.
        redis: The connection to Redis; may be down.
        prefix: From `shopx_core.caching.keys.namespace`; the overrides are a hash under it.
        freshness_limit: Seconds; the settings' upper bound for the age of a response.
        pool_max: The most connections that an override may allow.
    """

    def __init__(
        self,
        configured: CacheTuning,
        redis: RedisClient,
        prefix: bytes,
        *,
        freshness_limit: float,
        pool_max: int,
    ) -> None:
        self._configured = configured
        self._redis = redis
        self._name = prefix + TUNING_KEY
        self._pool_max = pool_max
        self._refused: tuple[str, ...] = ()
        self.current = configured
        """The tuning in force."""
        self.policy = Policy(tuning=configured, freshness_limit=freshness_limit)
        """The cache policy in force."""
        self.listeners: list[Callable[[CacheTuning], None]] = []
        """Called with each new tuning."""

    async def run(self) -> None:
        """Read the overrides regularly; without Redis they end after their lifetime."""
        loop = asyncio.get_running_loop()
        refreshed = loop.time()
        while True:
            try:
                self._apply(await self._redis.call("HGETALL", self._name))
                refreshed = loop.time()
            except RedisUnavailable:
                if loop.time() - refreshed > TUNING_SECONDS:
                    self._apply({})
            await asyncio.sleep(TUNING_INTERVAL)

    def _apply(self, found: dict[bytes, bytes]) -> None:
        values = {k.decode(errors="replace"): v.decode(errors="replace") for k, v in found.items()}
        tuning, refused = apply_overrides(
            self._configured,
            values,
            freshness_limit=self.policy.freshness_limit,
            pool_max=self._pool_max,
        )
        if refused != self._refused:
            self._refused = refused
            _log.warning("tuning_refused", names=list(refused))
        if tuning != self.current:
            _log.info("tuning_changed", **values)
            self.current = tuning
            self.policy = replace(self.policy, tuning=tuning)
            for listener in self.listeners:
                listener(tuning)
