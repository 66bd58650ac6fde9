"""The process's one connection to Redis: multiplexed, pipelined, fail-fast.

redis-py's asyncio client takes a connection out of a pool for each command and does not support
client-side tracking: at one look-up a request it reaches a third of this client's throughput. Here
all commands of one iteration of the event loop leave in one write, replies come back in order, and
pushed invalidations arrive on the same connection. A late reply counts against a circuit breaker;
while the breaker is open, every call raises `RedisUnavailable` at once.

Where the URL names Sentinels, each connection goes to the server that they call the primary. A
server that says it is one no more is left at once.

Late replies do not show that Redis is away: Redis, the network or this process may be short of
time. So what is logged and counted is what is known: lateness, or a connection that failed.
"""

import asyncio
import contextlib
import ssl
from collections import Counter, deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

import hiredis
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection, parse_url

from shopx_core import logging
from shopx_core.caching.circuit_breaker import CircuitBreaker
from shopx_core.clients.sentinels import is_primary, primary_of
from shopx_core.redis_urls import sentinel_url

_log = logging.get(__name__)

_LATE_TOGETHER_SECONDS = 0.05
"""Replies that are late within it count as one failure: a busy processor makes such pauses."""
_IS_REPLICA = "READONLY "
"""Begins the error of a server that became a replica."""
_NOTHING = object()
Argument = bytes | str | int | float


class Failure(StrEnum):
    """What is known about a failure."""

    LATE = "late"
    """A reply, or a connection, took longer than it may."""
    CLOSED = "closed"
    """An open connection was closed."""
    REFUSED = "refused"
    """No connection could be made: nothing listens there, or Redis refused this client."""


class RedisUnavailable(Exception):  # noqa: N818 -- a state that callers expect, not a defect
    """Redis cannot be used now; the caller goes on without it."""


class _Connection(asyncio.Protocol):
    """The bytes of one connection: commands out in order, replies back in the same order."""

    def __init__(
        self, pushed: Callable[[list[Any]], None], lost: Callable[["_Connection"], None]
    ) -> None:
        self._pushed = pushed
        self._lost = lost
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._outgoing: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, *command: Argument) -> asyncio.Future[Any]:
        """Queue a command; it is sent at the end of this iteration of the event loop."""
        reply: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(reply)
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        # The stub types the tuple as one of a single element.
        self._outgoing.append(hiredis.pack_command(command))  # type: ignore[arg-type]
        return reply

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(outgoing))

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _NOTHING:
            if isinstance(reply, hiredis.PushNotification):
                self._pushed(reply)
                continue
            future = self._waiting.popleft()
            if future.done():
                continue
            if isinstance(reply, hiredis.HiredisError):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        waiting, self._waiting = self._waiting, deque()
        for future in waiting:
            if not future.done():
                future.set_exception(RedisUnavailable(str(exc or "The connection was closed.")))
                # A cancelled caller never awaits its future: mark the exception as retrieved.
                future.exception()
        self._lost(self)

    @property
    def closed(self) -> bool:
        """Whether no further reply can arrive."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Drop the connection and all unsent commands."""
        if self._transport is not None:
            self._transport.abort()


class RedisClient:
    """The process's connection, restored in the background when it is lost.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it, or of Sentinels; `None` =
            never connected.
        timeout: Seconds that a reply may take.
        invalidated: Called with each key that another client changed or the server dropped; `None`
            = all keys, also when the connection is lost.
    """

    def __init__(
        self, url: str | None, *, timeout: float, invalidated: Callable[[bytes | None], None]
    ) -> None:
        self._url = url
        self._timeout = timeout
        self._invalidated = invalidated
        self._breaker = CircuitBreaker()
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        self._logged: Failure | None = None
        self._late_until = 0.0
        """Until then late replies count as one failure, on the loop's clock."""
        self.failures = Counter[str]({kind.value: 0 for kind in Failure})
        """Failures since the start, by what is known of them."""

    @property
    def up(self) -> bool:
        """Whether the connection is open."""
        return self._connection is not None

    async def start(self) -> None:
        """Connect, or keep trying in the background; never fails."""
        if self._url is None:
            return
        self._broken.set()
        first_try = asyncio.Event()
        self._connecting = asyncio.create_task(
            self._stay_connected(self._url, first_try), name="redis-connection"
        )
        await first_try.wait()

    async def stop(self) -> None:
        """Disconnect and do not connect again."""
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
            self._connecting = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    async def call(self, *command: Argument, wait: float | None = None) -> Any:
        """Send one command and wait for its reply.

        Args:
            command: The command's name and arguments.
            wait: Seconds that the reply may take; `None` = those of the client.

        Raises:
            RedisUnavailable: Redis is unreachable, too slow, or replied with an error.
        """
        connection = self._connection
        if connection is None:
            raise RedisUnavailable("Redis is not connected.")
        loop = asyncio.get_running_loop()
        reply = connection.send(*command)
        timer = loop.call_later(wait or self._timeout, self._time_out, connection, reply)
        try:
            value = await reply
        except hiredis.HiredisError as error:
            self._leave_replica(connection, str(error))
            raise RedisUnavailable(f"Redis refused {command[0]!r}: {error}") from error
        finally:
            timer.cancel()
        if self._breaker.failures:
            self._breaker = self._breaker.succeeded()
        return value

    def _time_out(self, connection: _Connection, reply: asyncio.Future[Any]) -> None:
        if reply.done():
            return
        reply.set_exception(RedisUnavailable("Redis did not reply in time."))
        self.failures[Failure.LATE] += 1
        now = asyncio.get_running_loop().time()
        # Replies come in order, so those that waited at the same time were late together.
        if connection is self._connection and now >= self._late_until:
            self._late_until = now + max(self._timeout, _LATE_TOGETHER_SECONDS)
            self._breaker = self._breaker.failed(now)
            if self._breaker.open_until is not None:
                self._log_failure(
                    Failure.LATE, replies=self._breaker.failures, seconds=self._timeout
                )
                self._drop(connection)
                connection.close()

    def _leave_replica(self, connection: _Connection, error: str) -> None:
        """Connect anew after an error of a server that is the primary no more."""
        if error.startswith(_IS_REPLICA) and connection is self._connection:
            self.failures[Failure.REFUSED] += 1
            self._log_failure(Failure.REFUSED, error=error)
            self._drop(connection)
            connection.close()

    def _on_push(self, push: list[Any]) -> None:
        if push and push[0] == b"invalidate":
            keys = push[1]
            if keys is None:
                self._invalidated(None)
            else:
                for key in keys:
                    self._invalidated(key)

    def _on_lost(self, connection: _Connection) -> None:
        if connection is self._connection:
            self.failures[Failure.CLOSED] += 1
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        """Use a connection no more, and connect anew."""
        if connection is self._connection:
            self._connection = None
            self._breaker = self._breaker.broke(asyncio.get_running_loop().time())
            # Invalidations may have been missed: the new connection tracks no key yet.
            self._invalidated(None)
            self._broken.set()

    def _log_failure(self, kind: Failure, **facts: Any) -> None:
        """Log a failure, once until the connection is back or more is known."""
        if kind is not self._logged:
            self._logged = kind
            event = "redis_replied_late" if kind is Failure.LATE else "redis_connection_failed"
            _log.warning(event, **facts)

    async def _stay_connected(self, url: str, first_try: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._broken.wait()
            await asyncio.sleep(self._breaker.wait(loop.time()))
            try:
                await self._connect(url)
            except (OSError, RedisUnavailable, hiredis.HiredisError, ValueError) as error:
                self._breaker = self._breaker.broke(loop.time())
                late = isinstance(error, TimeoutError)
                kind = Failure.LATE if late else Failure.REFUSED
                self.failures[kind] += 1
                facts = {"seconds": self._connect_timeout} if late else {"error": str(error)}
                self._log_failure(kind, **facts)
            else:
                self._broken.clear()
                self._breaker = self._breaker.succeeded()
                if self._logged is not None:
                    self._logged = None
                    _log.info("redis_reconnected")
            first_try.set()

    async def _connect(self, url: str) -> None:
        server = await self._server(url)
        options = parse_url(server)
        async with asyncio.timeout(self._connect_timeout):
            connection = await self._open(options)
            try:
                await _handshake(connection, options)
                if server != url:
                    await _refuse_replica(connection)
            except BaseException:
                connection.close()
                raise
        if connection.closed:
            raise RedisUnavailable("Redis closed the connection at once.")
        self._connection = connection

    async def _server(self, url: str) -> str:
        """The URL of the server: the one that is the primary now, where there are Sentinels."""
        sentinels = sentinel_url(url)
        if sentinels is None:
            return url
        answer = await primary_of(sentinels, self._connect_timeout)
        return sentinels.server(answer.host, answer.port)

    @property
    def _connect_timeout(self) -> float:
        return max(self._timeout, 0.25)

    async def _open(self, options: Any) -> _Connection:
        loop = asyncio.get_running_loop()

        def protocol() -> _Connection:
            return _Connection(self._on_push, self._on_lost)

        kind = options.get("connection_class")
        if kind is UnixDomainSocketConnection:
            return (await loop.create_unix_connection(protocol, options["path"]))[1]
        tls: ssl.SSLContext | None = None
        if kind is SSLConnection:
            given = {name: value for name, value in options.items() if name.startswith("ssl_")}
            tls = SSLConnection(**given).ssl_context.get()
        host, port = options.get("host", "localhost"), options.get("port", 6379)
        return (await loop.create_connection(protocol, host, port, ssl=tls))[1]


async def _handshake(connection: _Connection, options: Any) -> None:
    """Switch to RESP3, authenticate, select the database, and enable client-side tracking."""
    hello: list[Argument] = ["HELLO", 3]
    if options.get("password"):
        hello += ["AUTH", options.get("username") or "default", options["password"]]
    await connection.send(*hello)
    if options.get("db"):
        await connection.send("SELECT", options["db"])
    await connection.send("CLIENT", "TRACKING", "ON", "NOLOOP")


async def _refuse_replica(connection: _Connection) -> None:
    """Check what the Sentinels say: they may not know yet that it is the primary no more."""
    if not is_primary(await connection.send("ROLE")):
        raise RedisUnavailable("The server that the Sentinels call the primary is none.")
