"""Writes tuning overrides to a dashboard's Redis, which its API processes read each second.

A mounted ConfigMap would arrive up to a minute later. The hash is replaced at each tick and expires
by itself, so a stopped operator leaves no overrides behind.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from shopx_core import logging
from shopx_core.caching.keys import namespace
from shopx_core.caching.runtime_tuning import TUNING_KEY, TUNING_SECONDS, RedisAccess, WriteResult
from shopx_core.clients.outbound import Outbound
from shopx_core.clients.redis_client import redis_client

IDLE_SECONDS: Final = 120.0
"""A connection unused for so long belongs to no dashboard any more."""
_TIMEOUT_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 5.0
"""The time limit of one write, for servers that answer byte by byte."""
_MAX_REASON: Final = 300
_ECHO: Final = re.compile(r",? with args beginning with.*", re.IGNORECASE)
"""The part of an error in which a server repeats the arguments of an unknown command, which may
hold the password."""

_log = logging.get(__name__)


_UNREADABLE: Final = WriteResult(
    RedisAccess.REFUSED,
    # The parser's own message may contain a part of the password that it took for a port.
    "the URL is invalid; special characters in a password must be percent-encoded",
)


@dataclass(slots=True)
class _Server:
    """One Redis."""

    client: Any
    used_at: float
    failing: set[str] = field(default_factory=set)
    """Hashes whose last write failed; a failure is logged once."""


class TuningPublisher:
    """Connections to the Redis servers of all dashboards, one each.

    Args:
        clock: Monotonic seconds.
        outbound: Which addresses may be connected to; `None` = all, where the URLs are the user's
            own.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, outbound: Outbound | None = None
    ) -> None:
        self._clock = clock
        self._outbound = outbound
        # By namespace and URL, ordered by last use, the newest last.
        self._servers: OrderedDict[tuple[str, str], _Server] = OrderedDict()

    def __len__(self) -> int:
        """How many servers are connected."""
        return len(self._servers)

    async def publish(
        self,
        url: str,
        dsn: str,
        overrides: Mapping[str, str],
        *,
        owner: str = "",
        prefix: str | None = None,
    ) -> WriteResult:
        """Replace the hash of overrides.

        Args:
            url: The dashboard's Redis.
            dsn: The database URL of the API's reads, from which the key is derived.
            overrides: Values that differ from the configuration; empty = none.
            owner: The dashboard's namespace, whose Services may be connected to.
            prefix: Of the dashboard's keys; `None` = from the database's URL.

        Returns:
            Whether Redis accepted the write, and reason not.
        """
        try:
            server = self._server(owner, url)
        except (ValueError, TypeError):
            return _UNREADABLE
        await self._close_idle()
        fields: dict[Any, Any] = dict(overrides)
        name = (namespace(dsn, prefix) + TUNING_KEY).decode()
        try:
            async with (
                asyncio.timeout(_LONGEST_SECONDS),
                server.client.pipeline(transaction=True) as commands,
            ):
                commands.delete(name)
                if overrides:
                    commands.hset(name, mapping=fields)
                    commands.expire(name, int(TUNING_SECONDS))
                await commands.execute()
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            # Without Redis every process uses its configuration.
            result = failed_write(error, server.client.connection_pool.connection_kwargs)
            if name not in server.failing:
                server.failing.add(name)
                _log.warning(
                    "tuning_not_published", access=result.access.value, reason=result.reason
                )
            return result
        server.failing.discard(name)
        return WriteResult(RedisAccess.GRANTED)

    def _server(self, owner: str, url: str) -> _Server:
        now = self._clock()
        server = self._servers.get((owner, url))
        if server is None:
            client = redis_client(
                url,
                outbound=self._outbound,
                owner=owner,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                max_connections=2,
                # Version 3 gives a much longer message when a password is missing.
                protocol=2,
            )
            # Raises for unknown options of the URL now, not at the first command.
            client.connection_pool.make_connection()
            server = self._servers[owner, url] = _Server(client, now)
        server.used_at = now
        self._servers.move_to_end((owner, url))
        return server

    async def _close_idle(self) -> None:
        """Close connections of deleted dashboards and of replaced URLs."""
        while self._servers:
            key, server = next(iter(self._servers.items()))
            if self._clock() - server.used_at <= IDLE_SECONDS:
                return
            del self._servers[key]
            await server.client.aclose()

    async def close(self) -> None:
        """Close all connections."""
        while self._servers:
            _, server = self._servers.popitem()
            await server.client.aclose()


def failed_write(error: Exception, options: Mapping[str, Any]) -> WriteResult:
    """The result for an error.

    Args:
        error: Of a command, or of opening its connection.
        options: Of the connection; its password is removed from the message.
    """
    refused = isinstance(error, (ResponseError, AuthenticationError, AuthorizationError))
    reason = _ECHO.sub("", " ".join(str(error).split()) or type(error).__name__)
    if password := options.get("password"):
        reason = reason.replace(password, logging.MASK)
    reason = logging.redact_text(reason)[:_MAX_REASON].rstrip(".")
    return WriteResult(RedisAccess.REFUSED if refused else RedisAccess.UNREACHED, reason)
