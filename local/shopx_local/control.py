"""`shopx status`, `shopx down` and `shopx exec`: commands for a dashboard that `up` runs."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil

from shopx_core.errors import NotFound, Unavailable
from shopx_local.account import unprivileged
from shopx_local.console import Console
from shopx_local.plan import shopx
from shopx_local.state import RunRecord, StateDir, locate
from shopx_local.supervisor import clear_left_behind, is_alive
from shopx_local.up import read_manifest

_LONGEST_STOP = 120.0


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a running dashboard."""

    record: RunRecord
    alive: dict[str, bool]
    answers: bool
    build: Path | None = None
    """The newest build of the columnar replica; `None` = there is none."""

    @property
    def good(self) -> bool:
        """Whether every process runs and the API answers."""
        return self.answers and all(self.alive.values())


def state_of(manifest: Path, state: Path | None) -> StateDir:
    """The state folder that `up` uses for a manifest."""
    name = read_manifest(manifest).dashboard.metadata.name
    return StateDir(locate(manifest, name, unprivileged(Path("/nonexistent")), state))


def running(folder: StateDir) -> RunRecord:
    """What runs in a state folder.

    Raises:
        NotFound: Nothing does.
    """
    record = folder.read_record()
    if record is None or not is_alive(record.supervisor):
        raise NotFound(
            f"No dashboard of this manifest runs here (state folder {folder.path}).",
            hint="Start it with `shopx up -f FILE`.",
        )
    return record


def health(folder: StateDir) -> Health:
    """Check a running dashboard.

    Raises:
        NotFound: It does not run.
    """
    record = running(folder)
    try:
        with urllib.request.urlopen(f"{record.url}/readyz", timeout=5) as answer:  # noqa: S310 -- an own http URL
            answers = bool(answer.status < 400)  # noqa: PLR2004 -- HTTP's first error status
    except (urllib.error.URLError, OSError):
        answers = False
    alive = {item.name: is_alive(item) for item in record.processes}
    return Health(record, alive, answers, newest_build(folder.columns))


def newest_build(folder: Path) -> Path | None:
    """The newest build of the columnar replica in a folder, if there is one."""
    return max(folder.glob("*.duckdb"), key=lambda path: path.stat().st_mtime, default=None)


def show(found: Health, console: Console) -> None:
    """Print one line per process, and the URL."""
    record = found.record
    minutes = (time.time() - record.started) / 60
    state = "healthy" if found.good else "not healthy"
    console.line(f"{record.name}  {state}  up {minutes:.0f} min  {record.url}")
    for item in record.processes:
        alive = found.alive[item.name]
        memory = _memory(item.pid) if alive else 0
        restarts = record.restarts.get(item.name, 0)
        console.line(
            f"  {item.name:<10} {'running' if alive else 'gone':<8} pid {item.pid:<8}"
            f" {memory / 1024**2:6.0f} MB  restarts {restarts}"
        )
    if "columns" in found.alive:
        console.line(f"  columnar replica: {_described(found.build)}")
    if not found.answers:
        console.warn(f"{record.url}/readyz reports that it is not ready")


def _described(build: Path | None) -> str:
    if build is None:
        return "no build yet; PostgreSQL answers"
    state = build.stat()
    minutes = (time.time() - state.st_mtime) / 60
    return f"built {minutes:.0f} min ago, {state.st_size / 1024**2:.0f} MB"


def _memory(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def down(folder: StateDir, console: Console) -> None:
    """Stop a running dashboard and wait until it is gone; clean up after a killed one.

    Raises:
        NotFound: No dashboard runs.
        Unavailable: It did not stop in time.
    """
    if clear_left_behind(folder, console):
        return
    record = running(folder)
    os.kill(record.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + _LONGEST_STOP
    while is_alive(record.supervisor):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The dashboard did not stop in {_LONGEST_STOP:g} s"
                f" (process {record.supervisor.pid}).",
                hint="The output of `shopx up` says what it waits for.",
            )
        time.sleep(0.1)
    console.step(f"{record.name} is stopped; its data stay in {folder.path}")


def execute(folder: StateDir, words: Sequence[str]) -> NoReturn:
    """Replace this process by another `shopx` command, with the running dashboard's settings.

    Raises:
        NotFound: It does not run.
    """
    record = running(folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOPX_")}
    sys.stdout.flush()
    argv = shopx(*words)
    os.execve(argv[0], argv, kept | record.environment)  # noqa: S606 -- this Python, chosen words
