"""Turning the levers: a hash in the dashboard's Redis, which its API processes read each second.

A mounted ConfigMap would reach them too, a minute later. The hash is written anew at each tick and
expires by itself, so levers are never left turned by an operator that is gone.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import redis.asyncio
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from shopx_core import logging
from shopx_core.caching.keys import namespace
from shopx_core.caching.runtime_tuning import TUNING_KEY, TUNING_SECONDS, Access, WriteResult

IDLE_SECONDS: Final = 120.0
"""A server to which nothing was written for so long is no dashboard's any more."""
_TIMEOUT_SECONDS: Final = 2.0
_LONGEST_REASON: Final = 300
_ECHO: Final = re.compile(r",? with args beginning with.*", re.IGNORECASE)
"""How a server that does not know a command repeats what came with it: the password, for one."""

_log = logging.get(__name__)


_UNREADABLE: Final = WriteResult(
    Access.REFUSED,
    # The parser's own words may be a part of a password that it took for a port.
    "the URL cannot be read; what is special in a password must be percent-encoded",
)


@dataclass(slots=True)
class _Server:
    """One Redis."""

    client: Any
    used_at: float
    failing: set[str] = field(default_factory=set)
    """Hashes that could not be written last time: that is told once."""


class TuningPublisher:
    """Connections to the Redis servers of all dashboards that are there, one each.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # The one that was used last comes last.
        self._servers: OrderedDict[str, _Server] = OrderedDict()

    def __len__(self) -> int:
        """How many servers it has connections to."""
        return len(self._servers)

    async def turn(self, url: str, dsn: str, levers: Mapping[str, str]) -> WriteResult:
        """Make the hash what it should be; returns whether Redis took it, and why not.

        Args:
            url: The dashboard's Redis.
            dsn: The URL by which its API reads: it names the place in Redis.
            levers: What differs from the configuration; empty = nothing does.
        """
        try:
            server = self._server(url)
        except (ValueError, TypeError):
            return _UNREADABLE
        await self._close_idle()
        fields: dict[Any, Any] = dict(levers)
        name = (namespace(dsn) + TUNING_KEY).decode()
        try:
            async with server.client.pipeline(transaction=True) as commands:
                commands.delete(name)
                if levers:
                    commands.hset(name, mapping=fields)
                    commands.expire(name, int(TUNING_SECONDS))
                await commands.execute()
        except (RedisError, OSError, TimeoutError) as error:
            # Without Redis every process is alone with its configuration anyway.
            tried = _failed(error, server.client.connection_pool.connection_kwargs)
            if name not in server.failing:
                server.failing.add(name)
                _log.warning("levers_not_turned", access=tried.access.value, reason=tried.why)
            return tried
        server.failing.discard(name)
        return WriteResult(Access.GRANTED)

    def _server(self, url: str) -> _Server:
        now = self._clock()
        server = self._servers.get(url)
        if server is None:
            client: Any = redis.asyncio.Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                max_connections=2,
                # Nothing here needs the newer one, which tells in 60 words that a password lacks.
                protocol=2,
            )
            # What the URL asks for and no connection knows is told now, not by the first command.
            client.connection_pool.make_connection()
            server = self._servers[url] = _Server(client, now)
        server.used_at = now
        self._servers.move_to_end(url)
        return server

    async def _close_idle(self) -> None:
        """Close what belonged to dashboards that are gone, or to a password that was changed."""
        while self._servers:
            url, server = next(iter(self._servers.items()))
            if self._clock() - server.used_at <= IDLE_SECONDS:
                return
            del self._servers[url]
            await server.client.aclose()

    async def close(self) -> None:
        """End all connections."""
        while self._servers:
            _, server = self._servers.popitem()
            await server.client.aclose()


def _failed(error: Exception, options: Mapping[str, Any]) -> WriteResult:
    """What an error says.

    Args:
        error: Of a command, or of opening the connection for it.
        options: The connection's, of which the password must not be told.
    """
    refused = isinstance(error, (ResponseError, AuthenticationError, AuthorizationError))
    why = _ECHO.sub("", " ".join(str(error).split()) or type(error).__name__)
    if password := options.get("password"):
        why = why.replace(password, logging.MASK)
    why = logging.redact_text(why)[:_LONGEST_REASON].rstrip(".")
    return WriteResult(Access.REFUSED if refused else Access.UNREACHED, why)
