"""What this machine gives a test just now: so that limits of time hold on slow and busy ones."""

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_REFERENCE: Final = 0.0035
"""CPU seconds of `_work` on an idle machine of 2 cores, for which the tests' limits were set."""
_BEAT: Final = 0.01


def _work() -> float:
    """CPU seconds of a fixed piece of Python: making, hashing and encoding small objects."""
    began = time.thread_time()
    kept = {f"k{n}": (n, str(n)) for n in range(8000)}
    assert sum(len(text) for _, text in kept.values()) == 30_890
    return time.thread_time() - began


def slowness() -> float:
    """How many times the CPU time of the reference machine the same work takes now; at least 1."""
    return max(1.0, statistics.median(_work() for _ in range(5)) / _REFERENCE)


@dataclass
class Lateness:
    """How late a thread that only sleeps was woken."""

    worst: float = 0.0
    """Seconds."""


@contextlib.contextmanager
def lateness() -> Iterator[Lateness]:
    """Measure a machine's pauses in the background: time that nothing here could have used."""
    measured, ended = Lateness(), threading.Event()

    def beat() -> None:
        last = time.monotonic()
        while not ended.wait(_BEAT):
            now = time.monotonic()
            measured.worst = max(measured.worst, now - last - _BEAT)
            last = now

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield measured
    finally:
        ended.set()
        thread.join()
