"""Runs one command to its end, as a step of `shopx up`."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence

from shopx_core.errors import Unavailable
from shopx_local.console import Console
from shopx_local.restarts import describe_exit

_TAIL_LINES = 20


async def run_once(
    name: str, argv: Sequence[str], env: Mapping[str, str], console: Console
) -> None:
    """Run a command and write its lines; a cancellation ends the command as well.

    Raises:
        Unavailable: It failed; the message has its last lines.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    try:
        assert process.stdout is not None, "it is a pipe"  # noqa: S101 -- a defect, not input
        async for line in process.stdout:
            # A progress bar rewrites its line; only its last state is worth keeping.
            text = line.decode(errors="replace").rstrip().rpartition("\r")[2]
            if text:
                tail.append(text)
                console.process_line(name, text)
        code = await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
        raise
    if code:
        lines = "".join(f"\n    {line}" for line in tail)
        raise Unavailable(f"{name} {describe_exit(code)}.{lines and ' Its last lines:'}{lines}")
