"""Runs processes in stages and stops them in the opposite order."""

import asyncio
import time
from collections.abc import Sequence

import psutil

from shopx_core.errors import Unavailable
from shopx_local.console import Console
from shopx_local.process import Process, ProcessSpec
from shopx_local.state import RunningProcess, StateDir


class Supervisor:
    """Owns every process of one dashboard."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stages: list[list[Process]] = []
        self._at_once = False

    @property
    def processes(self) -> list[Process]:
        """All processes, in the order in which they were started."""
        return [process for stage in self._stages for process in stage]

    async def start(self, specs: Sequence[ProcessSpec]) -> None:
        """Start one stage and wait until all of its processes serve.

        Raises:
            Unavailable: One of them cannot be started.
        """
        stage = [Process(spec, self._console) for spec in specs]
        self._stages.append(stage)
        for process in stage:
            process.start()
        async with asyncio.TaskGroup() as group:
            for process in stage:
                group.create_task(process.wait_ready())

    async def add(self, spec: ProcessSpec, *, beside: str) -> None:
        """Start one more process in the stage of another, and wait until it serves.

        Args:
            spec: The process.
            beside: The name of a running process.

        Raises:
            Unavailable: It cannot be started; then it is removed.
        """
        stage = next(stage for stage in self._stages if any(p.spec.name == beside for p in stage))
        process = Process(spec, self._console)
        stage.append(process)
        process.start()
        try:
            await process.wait_ready()
        except Unavailable:
            await self.remove(spec.name)
            raise

    async def remove(self, name: str) -> None:
        """Stop one process for good; it finishes its work."""
        for stage in self._stages:
            for process in [one for one in stage if one.spec.name == name]:
                await process.stop()
                stage.remove(process)

    async def stop(self) -> None:
        """Stop everything, the last stage first."""
        while self._stages:
            stage = self._stages[-1]
            names = ", ".join(process.spec.name for process in stage)
            began = time.monotonic()
            await asyncio.gather(*(process.stop(at_once=self._at_once) for process in stage))
            self._stages.pop()
            self._console.step(f"stopped {names} ({time.monotonic() - began:.1f} s)")

    async def hurry(self) -> None:
        """Kill everything, after a second Ctrl-C."""
        self._at_once = True
        await asyncio.gather(*(process.stop(at_once=True) for process in self.processes))

    def running(self) -> list[RunningProcess]:
        """The running processes, for the run record."""
        found = []
        for process in self.processes:
            if process.pid is not None:
                identified = identify(process.spec.name, process.pid, process.spec.stop_signal)
                if identified is not None:
                    found.append(identified)
        return found

    def restarts(self) -> dict[str, int]:
        """The number of restarts of each process."""
        return {process.spec.name: process.restarts for process in self.processes}


def identify(name: str, pid: int, stop_signal: int) -> RunningProcess | None:
    """A process with its time of creation; `None` when it is gone."""
    try:
        return RunningProcess(name, pid, psutil.Process(pid).create_time(), int(stop_signal))
    except psutil.NoSuchProcess:
        return None


def is_alive(process: RunningProcess) -> bool:
    """Whether this process runs, and not another one with its number."""
    try:
        found = psutil.Process(process.pid)
        return (
            abs(found.create_time() - process.created) < 1
            and found.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False


def clear_left_behind(folder: StateDir, console: Console) -> bool:
    """Stop the processes of a killed run and forget it; whether there were any."""
    record = folder.read_record()
    if record is None or is_alive(record.supervisor):
        return False
    ended = stop_left_behind(record.processes)
    folder.clear_record()
    if ended:
        console.step(f"stopped processes of a killed run: {', '.join(ended)}")
    return bool(ended)


def stop_left_behind(processes: Sequence[RunningProcess], timeout: float = 30.0) -> list[str]:
    """End what a killed supervisor left running, the last started first.

    Returns:
        The names of the ended processes.
    """
    ended = []
    for process in reversed(processes):
        if not is_alive(process):
            continue
        found = psutil.Process(process.pid)
        children = found.children(recursive=True)
        try:
            found.send_signal(process.stop_signal)
            found.wait(timeout)
        except psutil.TimeoutExpired:
            found.kill()
        except psutil.NoSuchProcess:
            pass
        for child in children:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        ended.append(process.name)
    return ended
