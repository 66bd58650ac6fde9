"""The supervisor over small real processes."""

import asyncio
import contextlib
import io
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from shopx_core.errors import Unavailable
from shopx_local.console import Console
from shopx_local.oneshot import run_once
from shopx_local.process import Process, ProcessSpec
from shopx_local.restarts import Policy
from shopx_local.supervisor import Supervisor, identify, is_alive, stop_left_behind

QUICK = Policy(first=0.02, longest=0.1, startup_attempts=3)


def _spec(name: str, code: str, **options: object) -> ProcessSpec:
    values: dict[str, object] = {
        "name": name,
        "argv": [sys.executable, "-uc", textwrap.dedent(code)],
        "env": dict(os.environ),
        "ready_after": 0.0,
        "restart": QUICK,
        **options,
    }
    return ProcessSpec(**values)  # type: ignore[arg-type]


async def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- watches other processes
            await asyncio.sleep(0.01)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def supervisor(output: io.StringIO) -> AsyncIterator[Supervisor]:
    made = Supervisor(Console(output, colour=False))
    yield made
    await made.hurry()
    await made.stop()


SLEEP = "import time; time.sleep(600)"


async def test_stages_stop_in_the_opposite_order(
    supervisor: Supervisor, output: io.StringIO, tmp_path: Path
) -> None:
    """Each process has ended before the one that it needs is asked to."""
    code = """
        import pathlib, signal, sys
        def end(*_):
            with open({path!r}, "a") as file:
                file.write({name!r} + " ")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print("up")
        signal.pause()
    """
    path = tmp_path / "order"
    for name in ("database", "api", "client"):
        await supervisor.start([_spec(name, code.format(path=str(path), name=name))])
        await _until(lambda name=name: f"{name:<9}│ up" in output.getvalue())  # type: ignore[misc]
    await supervisor.stop()
    assert path.read_text() == "client api database "


async def test_dead_process_is_started_again_and_said_so(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    await supervisor.start([_spec("api", SLEEP)])
    (process,) = supervisor.processes
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await _until(lambda: process.pid not in (None, first) and process.ready.is_set())
    assert process.restarts == 1
    assert "! api was killed by SIGKILL; it restarts in 0.02 s" in output.getvalue()
    assert [item.name for item in supervisor.running()] == ["api"]


async def test_process_that_cannot_start_is_given_up_with_its_last_words(
    supervisor: Supervisor,
) -> None:
    never = asyncio.Event()

    async def ready() -> bool:
        return never.is_set()

    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start([_spec("api", "import sys; sys.exit('no config')", ready=ready)])
    (error,) = caught.value.exceptions
    assert isinstance(error, Unavailable)
    assert "api exited with code 1, 3 times in a row" in error.message
    assert "no config" in error.message


async def test_missing_program_is_explained(supervisor: Supervisor) -> None:
    spec = _spec("api", "", argv=["/nonexistent/program"], ready_after=5)
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start([spec])
    assert "/nonexistent/program: No such file" in str(caught.value.exceptions[0])


async def test_process_that_is_never_ready_is_reported(supervisor: Supervisor) -> None:
    async def ready() -> bool:
        return False

    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.start([_spec("api", SLEEP, ready=ready, ready_timeout=0.2)])
    assert "api was not ready in 0.2 s" in str(caught.value.exceptions[0])


async def test_process_that_will_not_stop_is_killed(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    code = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf")
        while True: signal.pause()
    """
    await supervisor.start([_spec("worker", code, stop_timeout=0.2)])
    await _until(lambda: "deaf" in output.getvalue())
    (process,) = supervisor.processes
    pid = process.pid
    assert pid is not None
    await supervisor.stop()
    assert not psutil.pid_exists(pid)
    assert "did not stop in 0.2 s and is killed" in output.getvalue()


async def test_children_of_a_dead_process_do_not_outlive_it(output: io.StringIO) -> None:
    """They hold its output open too, which must not hide its death."""
    code = """
        import os, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("child", child.pid)
        sys.stdin.read()
        os._exit(3)
    """
    spec = _spec("worker", code, restart=Policy(first=60))
    process = Process(spec, Console(output, colour=False))
    process.start()
    await _until(lambda: "exited with code 3" in output.getvalue())
    child = int(output.getvalue().partition("child ")[2].split()[0])
    await _until(lambda: not _runs(child))
    await process.stop()


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


async def test_lines_are_prefixed_whole_and_without_secrets(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    code = """
        import sys, time
        sys.stdout.write("half ")
        sys.stdout.flush()
        sys.stdout.write("line\\nlast postgresql://u:hunter2@h/d")
        sys.stdout.flush()
        sys.stdout.buffer.write(b"\\n\\xff" + b"x" * 200_000 + b"\\n")
        time.sleep(600)
    """
    await supervisor.start([_spec("api.1", code)])
    await _until(lambda: output.getvalue().count("x") >= 200_000)
    lines = output.getvalue().splitlines()
    assert lines[0] == "api.1    │ half line"
    assert lines[1] == "api.1    │ last postgresql://u:***@h/d"
    assert all(line.startswith("api.1    │ ") for line in lines)


async def test_what_a_killed_supervisor_left_is_ended_and_strangers_are_not() -> None:
    ours = await asyncio.create_subprocess_exec(sys.executable, "-c", SLEEP)
    record = identify("api", ours.pid, signal.SIGTERM)
    assert record is not None
    assert is_alive(record)
    stranger = type(record)("api", ours.pid, record.created - 100, signal.SIGTERM)
    assert await asyncio.to_thread(stop_left_behind, [stranger]) == []
    assert is_alive(record)
    assert await asyncio.to_thread(stop_left_behind, [record]) == ["api"]
    await ours.wait()
    assert not is_alive(record)


async def test_step_that_fails_shows_its_last_lines(output: io.StringIO) -> None:
    console = Console(output, colour=False)
    argv = [sys.executable, "-c", "print('working'); raise SystemExit('disk full')"]
    with pytest.raises(Unavailable, match=r"(?s)seed exited with code 1.*disk full"):
        await run_once("seed", argv, dict(os.environ), console)
    assert "seed     │ working" in output.getvalue()


async def test_step_is_ended_when_somebody_stops_the_start(output: io.StringIO) -> None:
    argv = [sys.executable, "-uc", f"import os; print('pid', os.getpid()); {SLEEP}"]
    step = asyncio.create_task(
        run_once("seed", argv, dict(os.environ), Console(output, colour=False))
    )
    await _until(lambda: "pid " in output.getvalue())
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    assert not psutil.pid_exists(int(output.getvalue().partition("pid ")[2].split()[0]))
