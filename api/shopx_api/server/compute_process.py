"""Starts and supervises the compute process of an API unit.

It is started anew when it ends, and killed when it has shown no sign of life for a while. The two
are connected by a pair of sockets, of which the child inherits one: no path, so a read-only root
file system will do, and when the front ends in whatever way, the kernel closes its socket.
"""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator

from shopx_api.compute.call import Origin, Response
from shopx_api.compute.client import ComputeClient
from shopx_api.compute.connection import Connection
from shopx_core import logging
from shopx_core.caching.cache_epoch import CacheEpoch

START_SECONDS = 60.0
"""Seconds that a new process may take until its first sign of life."""
SILENT_SECONDS = 30.0
"""Seconds without a sign of life after which the process is killed: longer than a request may
take, so that a machine that is short of CPU time loses nothing that would have been answered."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Bounds of the pause before a restart, which doubles each time."""
STABLE_SECONDS = 30.0
"""A process that ran for so long is restarted after the first pause again."""
END_SECONDS = 5.0
"""Seconds that the process may take to end by itself."""

_log = logging.get(__name__)


class ComputeProcess:
    """The compute process, and what it computes."""

    def __init__(self) -> None:
        self._client = ComputeClient(self._alive)
        self._metrics = b""
        self._seen = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self.ready = False
        """Whether it has started and can be called."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the process, and end it; calls fail until it is ready."""
        supervising = asyncio.create_task(self._supervise(), name="compute-process")
        try:
            yield
        finally:
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)

    @property
    def pid(self) -> int | None:
        """The id of the process; `None` = none runs."""
        return self._process.pid if self._process is not None else None

    def processes(self) -> Iterator[int]:
        """The ids of the unit's processes, the front first."""
        yield os.getpid()
        if self.pid is not None:
            yield self.pid

    def metrics(self) -> bytes:
        """The last text of its metrics; empty while none runs."""
        return self._metrics

    def limit_pool(self, connections: int) -> None:
        """Set how many database connections it may use."""
        self._client.limit_pool(connections)

    def on_revoked(self, forget: Callable[[], None]) -> None:
        """Call a function when a token was revoked there."""
        self._client.token_revoked = forget

    async def respond(self, origin: Origin, epoch: CacheEpoch | None, seconds: float) -> Response:
        """Let the process respond; see `Compute.respond`."""
        return await self._client.respond(origin, epoch, seconds)

    def _alive(self, metrics: bytes) -> None:
        self._metrics = metrics
        self._seen = time.monotonic()
        self.ready = True

    async def _supervise(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                await self._run()
            except OSError:
                _log.exception("compute_process_not_started")
            if time.monotonic() - began >= STABLE_SECONDS:
                pause = FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self) -> None:
        """Run one process until it ends or is killed for its silence."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 -- the standard library's signature
        with theirs:
            self._process = process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "shopx_api", f"--compute={theirs.fileno()}"),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        loop = asyncio.get_running_loop()
        self._seen = time.monotonic() + START_SECONDS - SILENT_SECONDS
        connection = Connection(self._client.received, self._client.disconnect)
        try:
            await loop.create_connection(lambda: connection, sock=ours)
            self._client.connect(connection)
            code = await self._ended(process)
            _log.error("compute_process_ended", code=code)
        finally:
            self.ready, self._metrics = False, b""
            self._client.disconnect()
            connection.close()
            await _end(process)
            self._process = None

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        ending = asyncio.ensure_future(process.wait())
        try:
            while True:
                done, _ = await asyncio.wait((ending,), timeout=1.0)
                if done:
                    return ending.result()
                if time.monotonic() - self._seen > SILENT_SECONDS:
                    _log.error("compute_process_silent", pid=process.pid)
                    process.kill()
        finally:
            ending.cancel()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Wait until the process has ended: by itself when its socket closes, else killed."""
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
