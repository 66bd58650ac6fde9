"""How long an event loop is busy without a pause: the CPU time of each of its steps."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class LoopTime:
    """The steps of an event loop while it was watched."""

    longest: float = 0.0
    """Seconds of CPU time of the longest step."""
    step: str = ""
    """What that step ran."""

    def restart(self) -> None:
        """Forget the steps so far."""
        self.longest, self.step = 0.0, ""


@contextlib.contextmanager
def watched() -> Iterator[LoopTime]:
    """Measure every step of the running loop but those of the calling task, by CPU time.

    Other processes and other threads do not count, so the machine may be busy.
    """
    seen, own = LoopTime(), asyncio.current_task()
    original = asyncio.events.Handle._run

    def run(handle: asyncio.events.Handle) -> None:
        if _owner(handle) is own:
            original(handle)
            return
        began = time.thread_time()
        original(handle)
        took = time.thread_time() - began
        if took > seen.longest:
            seen.longest, seen.step = took, _named(handle)

    # A collection would count for whatever allocates, and take as long as a test's heap is large.
    gc.disable()
    asyncio.events.Handle._run = run  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        asyncio.events.Handle._run = original  # type: ignore[method-assign]
        gc.enable()


def _named(handle: asyncio.events.Handle) -> str:
    """What a step ran: its task's coroutine, or its callback."""
    owner = _owner(handle)
    return repr(owner.get_coro()) if isinstance(owner, asyncio.Task) else repr(handle)


def _owner(handle: asyncio.events.Handle) -> object:
    """The object whose method a step calls: a task, for what is awaited."""
    return getattr(getattr(handle, "_callback", None), "__self__", None)
