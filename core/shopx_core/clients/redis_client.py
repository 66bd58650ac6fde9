"""Connections to a Redis that a dashboard names: checked addresses, bounded answers."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

import redis.asyncio
from redis.asyncio.connection import Connection, SSLConnection

from shopx_core.clients.outbound import AddressRefused, Outbound

LARGEST_BYTES: Final = 64 * 1024
"""Of all answers to one round of commands: those to the operator's commands have a few bytes."""


def redis_client(
    url: str, *, outbound: Outbound | None = None, owner: str = "", **options: Any
) -> Any:
    """A client of one Redis; it connects at its first command.

    Args:
        url: The server.
        outbound: Which addresses may be connected to; `None` = all.
        owner: The namespace of the dashboard that names the server.
        options: Of redis-py's connections; the URL's own options do not replace them.

    Raises:
        ValueError: The URL is invalid.
        TypeError: The URL has an unknown option.
    """
    pool = redis.asyncio.ConnectionPool.from_url(url, **options)
    # redis-py lets the URL win, and these options are limits.
    pool.connection_kwargs.update({k: v for k, v in options.items() if k != "max_connections"})
    pool.max_connections = options.get("max_connections", pool.max_connections)
    if outbound is not None:
        chosen = _CHECKED.get(pool.connection_class)
        if chosen is None:
            raise ValueError("a Redis of a dashboard is reached by TCP")
        pool.connection_class = chosen
        pool.connection_kwargs.update(outbound=outbound, owner=owner)
    client: Any = redis.asyncio.Redis.from_pool(pool)
    return client


class _Checked(Connection):
    """Connects to a checked address, and reads a bounded answer."""

    def __init__(self, *, outbound: Outbound, owner: str, **options: Any) -> None:
        super().__init__(**options)
        self._outbound = outbound
        self._owner = owner
        self._address = ""

    def _connection_arguments(self) -> Mapping[str, Any]:
        given = dict(super()._connection_arguments()) | {"host": self._address}
        if "ssl" in given:
            # The certificate is that of the name, not of the address.
            given["server_hostname"] = self.host
        return given

    async def _connect(self) -> None:
        async with asyncio.timeout(self.socket_connect_timeout):
            found = await self._outbound.addresses(self.host, self.port, self._owner)
        error: OSError = AddressRefused(f"{self.host} has no address")
        for self._address in found:
            try:
                await super()._connect()  # type: ignore[no-untyped-call] # redis-py's
            except OSError as failed:
                error = failed
            else:
                bounded: Any = _BoundedReader(self._reader)
                self._reader = bounded
                return
        raise error

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
