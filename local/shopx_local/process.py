"""One supervised process: started, watched, restarted, stopped; its lines are passed on."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shopx_core.errors import Unavailable
from shopx_local.console import Console
from shopx_local.restarts import GiveUp, Policy, decide, describe_exit

_TAIL_LINES = 20
_LONGEST_LINE = 64 * 1024
_READY_INTERVAL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """A process to run, and how it is supervised."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | None = None
    uid: int | None = None
    """Run as this user; `None` = as the supervisor."""
    gid: int | None = None
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 20.0
    """Seconds between the stop signal and SIGKILL."""
    ready: Callable[[], Awaitable[bool]] | None = None
    """Whether it serves; `None` = it counts as serving after `ready_after`."""
    ready_after: float = 0.5
    ready_timeout: float = 60.0
    restart: Policy = field(default_factory=Policy)
    hide: re.Pattern[str] | None = None
    """Routine lines; shown only among the last lines of a failure."""


class Process:
    """A process that is kept running.

    Attributes:
        spec: The process to run.
        pid: The running process; `None` between two runs.
        restarts: The number of restarts.
        ready: Set once it serves, cleared while it does not run.
    """

    def __init__(self, spec: ProcessSpec, console: Console) -> None:
        self.spec = spec
        self.pid: int | None = None
        self.restarts = 0
        self.ready = asyncio.Event()
        self._console = console
        self._stopping = asyncio.Event()
        self._failed: Unavailable | None = None
        self._was_ready = False
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start it; `wait_ready` waits until it serves."""
        self._task = asyncio.create_task(self._live(), name=self.spec.name)

    async def wait_ready(self) -> None:
        """Wait until it serves.

        Raises:
            Unavailable: It ended too often, or was not ready in time; with its last lines.
        """
        assert self._task is not None, "start() comes first"  # noqa: S101 -- a defect, not input
        ready = asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait(
                {ready, self._task},
                timeout=self.spec.ready_timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ready.cancel()
        if self.ready.is_set():
            return
        if self._failed is not None:
            raise self._failed
        raise self._failure(f"{self.spec.name} was not ready in {self.spec.ready_timeout:g} s")

    async def stop(self, *, at_once: bool = False) -> None:
        """Send the stop signal, kill it after its timeout, and wait until it is gone."""
        self._stopping.set()
        if self._task is None:
            return
        self._signal(signal.SIGKILL if at_once else self.spec.stop_signal)
        done, _ = await asyncio.wait({self._task}, timeout=self.spec.stop_timeout)
        if not done:
            self._console.warn(
                f"{self.spec.name} did not stop in {self.spec.stop_timeout:g} s and is killed"
            )
            self._signal(signal.SIGKILL)
            await asyncio.wait({self._task})

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _failure(self, what: str) -> Unavailable:
        tail = "".join(f"\n    {line}" for line in self._tail)
        return Unavailable(f"{what}.{tail and ' Its last lines:'}{tail}", process=self.spec.name)

    async def _live(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            self.pid = None
            self.ready.clear()
            if self._stopping.is_set():
                return
            decision = decide(
                self.spec.restart,
                failures=failures,
                ran_for=time.monotonic() - began,
                was_ready=self._was_ready,
            )
            how = describe_exit(code)
            if isinstance(decision, GiveUp):
                self._failed = self._failure(
                    f"{self.spec.name} {how}, {decision.failures} times in a row"
                )
                return
            failures = decision.failures
            self._console.warn(
                f"{self.spec.name} {how}; it restarts in {decision.after:g} s"
                + (f" (failure {failures} in a row)" if failures > 1 else "")
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), decision.after)
            self.restarts += 1

    async def _run_once(self) -> int:
        spec = self.spec
        # A pipe of our own: asyncio's would end only when every process that inherited it is gone,
        # so children that outlive their parent would hide its end.
        reading, writing = os.pipe()
        lines = asyncio.create_task(self._pass_on(reading))
        try:
            process = await asyncio.create_subprocess_exec(
                *spec.argv,
                env=dict(spec.env),
                cwd=spec.cwd,
                user=spec.uid,
                group=spec.gid,
                extra_groups=None if spec.uid is None else [],
                pass_fds=spec.pass_fds,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                # Ctrl-C in the terminal must reach the supervisor alone, which stops the processes
                # in their order.
                start_new_session=True,
            )
        except OSError as error:
            os.close(writing)
            await lines
            self._tail.append(f"{spec.argv[0]}: {error.strerror}")
            return 127
        os.close(writing)
        self.pid = process.pid
        if self._stopping.is_set():
            self._signal(spec.stop_signal)
        watcher = asyncio.create_task(self._watch_ready())
        try:
            return await process.wait()
        finally:
            watcher.cancel()
            # Children that it left behind would hold its port or its connections.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({lines}, timeout=1.0)
            lines.cancel()

    async def _watch_ready(self) -> None:
        ready = self.spec.ready
        await asyncio.sleep(self.spec.ready_after if ready is None else 0)
        while ready is not None and not await ready():  # noqa: ASYNC110 -- asks another process
            await asyncio.sleep(_READY_INTERVAL)
        self._was_ready = True
        self.ready.set()

    async def _pass_on(self, reading: int) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb")
        )
        pending = b""
        try:
            while chunk := await stream.read(_LONGEST_LINE):
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._emit(line)
                if len(pending) > _LONGEST_LINE:
                    self._emit(pending)
                    pending = b""
            if pending:
                self._emit(pending)
        finally:
            transport.close()

    def _emit(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self._tail.append(text)
            if not (self.spec.hide and self.spec.hide.search(text)):
                self._console.process_line(self.spec.name, text)
