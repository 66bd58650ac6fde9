"""Turning the levers: a hash in the dashboard's Redis, which its API processes read each second.

A mounted ConfigMap would reach them too, a minute later. The hash is written anew at each tick and
expires by itself, so levers are never left turned by an operator that is gone.
"""

from collections.abc import Mapping
from typing import Any, Final

import redis.asyncio
from redis.exceptions import RedisError

from shopx_core import logging
from shopx_core.caching.keys import namespace
from shopx_core.caching.levers import LEVERS_KEY, LEVERS_SECONDS

_TIMEOUT_SECONDS: Final = 2.0

_log = logging.get(__name__)


class LeverBoard:
    """Connections to the Redis servers of all dashboards, one each."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self._failing: set[str] = set()
        """Hashes that could not be written last time: that is told once."""

    async def turn(self, url: str, dsn: str, levers: Mapping[str, str]) -> bool:
        """Make the hash what it should be; returns whether Redis took it.

        Args:
            url: The dashboard's Redis.
            dsn: The URL by which its API reads: it names the place in Redis.
            levers: What differs from the configuration; empty = nothing does.
        """
        client = self._clients.get(url)
        if client is None:
            client = self._clients[url] = redis.asyncio.Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                max_connections=2,
            )
        fields: dict[Any, Any] = dict(levers)
        name = (namespace(dsn) + LEVERS_KEY).decode()
        try:
            async with client.pipeline(transaction=True) as commands:
                commands.delete(name)
                if levers:
                    commands.hset(name, mapping=fields)
                    commands.expire(name, int(LEVERS_SECONDS))
                await commands.execute()
        except (RedisError, OSError, TimeoutError) as error:
            # Without Redis every process is alone with its configuration anyway.
            if name not in self._failing:
                self._failing.add(name)
                _log.warning("levers_not_turned", reason=str(error) or type(error).__name__)
            return False
        self._failing.discard(name)
        return True

    async def close(self) -> None:
        """End all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()
