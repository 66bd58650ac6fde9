"""An open-loop load: requests leave when they are due, however slow the answers are."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

AT_ONCE = 32
"""Most requests in flight: a further one is dropped and counted, so that a load has an end."""


@dataclass(slots=True)
class OfferedLoad:
    """The results of the requests so far."""

    answered: int = 0
    failed: int = 0
    dropped: int = 0
    seconds: list[float] = field(default_factory=list)
    """How long each answer took."""

    def p95(self, last: int) -> float:
        """Of the last so many answers, in seconds."""
        recent = sorted(self.seconds[-last:])
        return recent[int(len(recent) * 0.95)]


@contextmanager
def offered(ask: Callable[[int], bool], rate: float) -> Iterator[OfferedLoad]:
    """Send requests at a rate until the block ends.

    Args:
        ask: Sends one request; gets its number and returns whether it was answered.
        rate: Requests a second.
    """
    load, stop, slots = OfferedLoad(), threading.Event(), threading.Semaphore(AT_ONCE)
    lock = threading.Lock()

    def one(number: int) -> None:
        began = time.monotonic()
        try:
            good = ask(number)
        except OSError:
            good = False
        with lock:
            load.answered += good
            load.failed += not good
            if good:
                load.seconds.append(time.monotonic() - began)
        slots.release()

    def keep() -> None:
        number, due = 0, time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + 1.0 / rate, time.monotonic() - 1.0)
            number += 1
            if slots.acquire(blocking=False):
                pool.submit(one, number)
            else:
                load.dropped += 1

    with ThreadPoolExecutor(AT_ONCE) as pool:
        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            yield load
        finally:
            stop.set()
            keeper.join()
