"""A TCP proxy that a test can cut or slow, so that one client loses a server that others share."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

RETRANSMISSION = 0.2
"""Seconds after which Linux sends a lost packet again, at least."""


class Proxy:
    """Forwards connections to a port of this machine until it is cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.port = 0
        """Where to connect; stays the same."""
        self.delay = 0.0
        """Seconds that each piece of data waits."""
        self.loss = 0.0
        """The share of pieces that arrive as late as after the loss of a packet."""

    async def mend(self) -> None:
        """Forward connections from now on."""
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection."""
        task = asyncio.current_task()
        if task is not None:
            self._pipes.add(task)
            task.add_done_callback(self._pipes.discard)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._forward(reader, writer)
        finally:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer))
                both.create_task(self._pump(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                lost = random.random() < self.loss
                if self.delay or lost:
                    await asyncio.sleep(self.delay + lost * RETRANSMISSION)
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            # A reset of one side is one of the other, which would else wait for ever.
            writer.transport.abort()


@contextlib.asynccontextmanager
async def proxied(target: int) -> AsyncIterator[Proxy]:
    """A proxy to a port of this machine."""
    proxy = Proxy(target)
    await proxy.mend()
    try:
        yield proxy
    finally:
        await proxy.cut()
