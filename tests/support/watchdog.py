"""How long an event loop is busy without a pause: the CPU time of each of its steps."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class LoopTime:
    """The steps of an event loop while it was watched."""

    longest: float = 0.0
    """Seconds of CPU time of the longest step."""
    step: str = ""
    """What that step ran."""
    steps: list[float] = field(default_factory=list)


@contextlib.contextmanager
def watched() -> Iterator[LoopTime]:
    """Measure every step of the running loop, by the CPU time of its thread.

    Other processes and other threads do not count, so the machine may be busy.
    """
    seen = LoopTime()
    original = asyncio.events.Handle._run

    def run(handle: asyncio.events.Handle) -> None:
        began = time.thread_time()
        original(handle)
        took = time.thread_time() - began
        seen.steps.append(took)
        if took > seen.longest:
            seen.longest, seen.step = took, repr(handle)

    # A collection counts for whatever allocated last.
    gc.collect()
    gc.freeze()
    asyncio.events.Handle._run = run  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        asyncio.events.Handle._run = original  # type: ignore[method-assign]
        gc.unfreeze()
