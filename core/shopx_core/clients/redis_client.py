"""Connections to a Redis that a dashboard names: checked addresses, bounded answers.

Where its URL names Sentinels, each connection goes to the server that they call the primary at that
moment. They and that server are checked alike: a Sentinel can aim the operator at no address that
the dashboard itself could not name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import redis.asyncio
from redis.asyncio.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError

from shopx_core.clients.outbound import AddressRefused, Outbound
from shopx_core.clients.sentinels import is_primary, primary_of
from shopx_core.redis_urls import SentinelUrl, sentinel_url

LARGEST_BYTES: Final = 64 * 1024
"""Of all answers to one round of commands: those to the operator's commands have a few bytes."""
_SENTINEL_SECONDS: Final = 1.0

Find = Callable[[], Awaitable[tuple[str, int]]]
"""Finds the host and port of the primary."""


def redis_client(
    url: str, *, outbound: Outbound | None = None, owner: str = "", **options: Any
) -> Any:
    """A client of one Redis; it connects at its first command.

    Args:
        url: The server, or the Sentinels that know it.
        outbound: Which addresses may be connected to; `None` = all.
        owner: The namespace of the dashboard that names the server.
        options: Of redis-py's connections; the URL's own options do not replace them.

    Raises:
        ValueError: The URL is invalid.
        TypeError: The URL has an unknown option.
    """
    sentinels = sentinel_url(url)
    # The name in the second URL is a placeholder: each connection asks for the server.
    pool = _pool(
        url if sentinels is None else sentinels.server(sentinels.primary, 1),
        outbound,
        owner,
        options,
    )
    if sentinels is not None:
        pool.connection_kwargs["find"] = _finder(sentinels, outbound, owner, options)
        pool.connection_class = _CHECKED.get(pool.connection_class, pool.connection_class)
    client: Any = redis.asyncio.Redis.from_pool(pool)
    return client


def _pool(url: str, outbound: Outbound | None, owner: str, options: Mapping[str, Any]) -> Any:
    pool: Any = redis.asyncio.ConnectionPool.from_url(url, **options)
    # redis-py lets the URL win, and these options are limits.
    pool.connection_kwargs.update({k: v for k, v in options.items() if k != "max_connections"})
    pool.max_connections = options.get("max_connections", pool.max_connections)
    if outbound is not None:
        chosen = _CHECKED.get(pool.connection_class)
        if chosen is None:
            raise ValueError("a Redis of a dashboard is reached by TCP")
        pool.connection_class = chosen
        pool.connection_kwargs.update(outbound=outbound, owner=owner)
    return pool


def _finder(
    sentinels: SentinelUrl, outbound: Outbound | None, owner: str, options: Mapping[str, Any]
) -> Find:
    def connect(url: str) -> Any:
        return _pool(url, outbound, owner, options).make_connection()

    async def find() -> tuple[str, int]:
        answer = await primary_of(sentinels, _SENTINEL_SECONDS, connect)
        return answer.host, answer.port

    return find


class _Checked(Connection):
    """Connects to a checked address, and reads a bounded answer."""

    def __init__(
        self,
        *,
        outbound: Outbound | None = None,
        owner: str = "",
        find: Find | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._outbound = outbound
        self._owner = owner
        self._find = find
        self._address = ""

    def _connection_arguments(self) -> Mapping[str, Any]:
        given = dict(super()._connection_arguments()) | {"host": self._address}
        if "ssl" in given:
            # The certificate is that of the name, not of the address.
            given["server_hostname"] = self.host
        return given

    async def _connect(self) -> None:
        if self._find is not None:
            try:
                self.host, self.port = await self._find()
            except OSError as failed:
                # Otherwise redis-py adds the address of an earlier primary.
                raise RedisConnectionError(str(failed)) from failed
        error: OSError = AddressRefused(f"{self.host} has no address")
        for address in await self._addresses():
            self._address = address
            try:
                await super()._connect()  # type: ignore[no-untyped-call] # redis-py's
            except OSError as failed:
                error = failed
            else:
                bounded: Any = _BoundedReader(self._reader)
                self._reader = bounded
                return
        raise error

    async def _addresses(self) -> Iterable[str]:
        if self._outbound is None:
            return (self.host,)
        async with asyncio.timeout(self.socket_connect_timeout):
            return await self._outbound.addresses(self.host, self.port, self._owner)

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        """Log in, and refuse a server that is the primary no more."""
        await super().on_connect_check_health(check_health)
        if self._find is None:
            return
        await self.send_command("ROLE", check_health=False)
        if not is_primary(await self.read_response()):
            raise RedisConnectionError(
                f"{self.host}:{self.port}, which the Sentinels call the primary, is none"
            )

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """Read one reply; a server that became a replica is left, so that the next is found."""
        try:
            return await super().read_response(*args, **options)
        except ReadOnlyError as error:
            if self._find is None:
                raise
            await self.disconnect()
            raise RedisConnectionError(f"{self.host} is the primary no more") from error

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        reader: Any = self._reader
        if isinstance(reader, _BoundedReader):
            reader.left = LARGEST_BYTES
        await super().send_packed_command(command, check_health)


class _CheckedSSL(_Checked, SSLConnection):
    """The same over TLS."""


_CHECKED: Final[dict[type[Any], type[_Checked]]] = {
    Connection: _Checked,
    SSLConnection: _CheckedSSL,
}


class _BoundedReader:
    """A stream that ends with an error when an answer is larger than it can be."""

    def __init__(self, reader: Any) -> None:
        self._stream = reader
        self.left = LARGEST_BYTES

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _counted(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ConnectionError(f"its answer has more than {LARGEST_BYTES} bytes")

    async def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        data: bytes = await self._stream.read(size)
        self._counted(len(data))
        return data

    async def readexactly(self, size: int) -> bytes:
        """`size` bytes, refused before they are read."""
        self._counted(size)
        data: bytes = await self._stream.readexactly(size)
        return data

    async def readline(self) -> bytes:
        """One line."""
        data: bytes = await self._stream.readline()
        self._counted(len(data))
        return data
