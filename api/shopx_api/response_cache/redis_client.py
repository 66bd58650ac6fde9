"""One connection to Redis for everybody in this process: multiplexed, pipelined, fail-fast.

redis-py's asyncio client takes a connection out of a pool for each command and does not know
client-side tracking: at one look-up a request it answers a third of what this does. Here all
commands of one turn of the event loop leave in one write, replies come back in order, and pushed
invalidations arrive on the same connection. A reply that is late counts against a breaker, which
leaves the server alone for a while; whoever asks meanwhile is told `RedisUnavailable` at once.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection, parse_url

from shopx_core import logging
from shopx_core.caching.circuit_breaker import CircuitBreaker

_log = logging.get(__name__)

_NOTHING = object()
Argument = bytes | str | int | float


class RedisUnavailable(Exception):  # noqa: N818 -- a state of affairs that callers expect, no defect
    """Redis cannot be asked now: the caller goes on without it."""


class _Wire(asyncio.Protocol):
    """The bytes of one connection: commands out in order, replies back in the same order."""

    def __init__(
        self, pushed: Callable[[list[Any]], None], lost: Callable[["_Wire"], None]
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
        """Queue a command; it leaves at the end of this turn of the event loop."""
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
                future.set_exception(RedisUnavailable(str(exc or "the connection was closed")))
                # A command whose sender has gone away leaves a future that nobody awaits.
                future.exception()
        self._lost(self)

    @property
    def closed(self) -> bool:
        """Whether replies can still come."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """Drop the connection, and what was still to be sent."""
        if self._transport is not None:
            self._transport.abort()


class RedisClient:
    """The process's connection, kept up in the background.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it; `None` = never up.
        timeout: Seconds that a reply may take.
        invalidated: Called with the key that another client changed or the server dropped; `None`
            = all of them, which is also what a lost connection means.
    """

    def __init__(
        self, url: str | None, *, timeout: float, invalidated: Callable[[bytes | None], None]
    ) -> None:
        self._url = url
        self._timeout = timeout
        self._invalidated = invalidated
        self._breaker = CircuitBreaker()
        self._wire: _Wire | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._broken = asyncio.Event()
        self._said_down = False

    @property
    def up(self) -> bool:
        """Whether commands are being taken."""
        return self._wire is not None

    async def start(self) -> None:
        """Connect, or begin to try; never fails."""
        if self._url is None:
            return
        self._broken.set()
        first_try = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(self._url, first_try), name="redis-link")
        await first_try.wait()

    async def stop(self) -> None:
        """Disconnect for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.close()

    async def call(self, *command: Argument, patience: float | None = None) -> Any:
        """Send one command and wait for its reply.

        Args:
            command: The command's name and arguments.
            patience: Seconds that this reply may take instead of the link's own.

        Raises:
            Unavailable: Redis is away, too slow, or answered with an error.
        """
        wire = self._wire
        if wire is None:
            raise RedisUnavailable("Redis is not connected")
        loop = asyncio.get_running_loop()
        reply = wire.send(*command)
        timer = loop.call_later(patience or self._timeout, self._late, wire, reply)
        try:
            answer = await reply
        except hiredis.HiredisError as error:
            raise RedisUnavailable(f"Redis refused {command[0]!r}: {error}") from error
        finally:
            timer.cancel()
        if self._breaker.failures:
            self._breaker = self._breaker.succeeded()
        return answer

    def _late(self, wire: _Wire, reply: asyncio.Future[Any]) -> None:
        if reply.done():
            return
        reply.set_exception(RedisUnavailable("Redis took too long"))
        if wire is self._wire:
            self._breaker = self._breaker.failed(asyncio.get_running_loop().time())
            if self._breaker.open_until is not None:
                wire.close()
                self._on_lost(wire)

    def _on_push(self, push: list[Any]) -> None:
        if push and push[0] == b"invalidate":
            keys = push[1]
            if keys is None:
                self._invalidated(None)
            else:
                for key in keys:
                    self._invalidated(key)

    def _on_lost(self, wire: _Wire) -> None:
        if wire is self._wire:
            self._wire = None
            self._breaker = self._breaker.broke(asyncio.get_running_loop().time())
            # Invalidations may have been missed: nothing that was read here is watched any more.
            self._invalidated(None)
            self._broken.set()

    async def _keep(self, url: str, first_try: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._broken.wait()
            await asyncio.sleep(self._breaker.wait(loop.time()))
            try:
                await self._connect(url)
            except (OSError, RedisUnavailable, hiredis.HiredisError, ValueError) as error:
                self._breaker = self._breaker.broke(loop.time())
                if not self._said_down:
                    self._said_down = True
                    _log.warning("redis_away", error=str(error) or type(error).__name__)
            else:
                self._broken.clear()
                self._breaker = self._breaker.succeeded()
                if self._said_down:
                    self._said_down = False
                    _log.info("redis_back")
            first_try.set()

    async def _connect(self, url: str) -> None:
        options = parse_url(url)
        patience = max(self._timeout, 0.25)
        async with asyncio.timeout(patience):
            wire = await self._dial(options)
            try:
                await _greet(wire, options)
            except BaseException:
                wire.close()
                raise
        if wire.closed:
            raise RedisUnavailable("the connection was closed at once")
        self._wire = wire

    async def _dial(self, options: Any) -> _Wire:
        loop = asyncio.get_running_loop()

        def protocol() -> _Wire:
            return _Wire(self._on_push, self._on_lost)

        kind = options.get("connection_class")
        if kind is UnixDomainSocketConnection:
            return (await loop.create_unix_connection(protocol, options["path"]))[1]
        tls: ssl.SSLContext | None = None
        if kind is SSLConnection:
            tls = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
        host, port = options.get("host", "localhost"), options.get("port", 6379)
        return (await loop.create_connection(protocol, host, port, ssl=tls))[1]


async def _greet(wire: _Wire, options: Any) -> None:
    """Speak RESP3, identify, choose the database, and ask to be told of changes by others."""
    hello: list[Argument] = ["HELLO", 3]
    if options.get("password"):
        hello += ["AUTH", options.get("username") or "default", options["password"]]
    await wire.send(*hello)
    if options.get("db"):
        await wire.send("SELECT", options["db"])
    await wire.send("CLIENT", "TRACKING", "ON", "NOLOOP")
