"""The work queue of dashboards: each is worked on once, and never twice at the same time.

A key that is added while it is worked on is worked on again afterwards. One that fails is retried
with growing delays, and delays no other key.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 300.0


def retry_delay(failures: int) -> float:
    """Seconds before the next attempt after so many failures in a row: 1, 2, 4 … 300."""
    return min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 30))


class WorkQueue(Generic[K]):
    """Keys that wait, that are being worked on, and that come later."""

    def __init__(self) -> None:
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._busy: dict[K, float] = {}
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._later: dict[K, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: K) -> None:
        """Work on a key as soon as possible."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            self._cancel_later(key)
            self._waiting.add(key)
            self._ready.put_nowait(key)

    def add_later(self, key: K, seconds: float) -> None:
        """Work on a key after a while, unless it is added sooner."""
        self._cancel_later(key)
        loop = asyncio.get_running_loop()
        self._later[key] = loop.call_later(seconds, self.add, key)

    def forget(self, key: K) -> None:
        """Drop everything pending about a key that is gone."""
        self._failures.pop(key, None)
        self._cancel_later(key)

    def longest_seconds(self) -> float:
        """How long the longest current work has lasted; 0 = there is none."""
        now = asyncio.get_running_loop().time()
        return max((now - since for since in self._busy.values()), default=0.0)

    async def work(self, do: Callable[[K], Awaitable[float | None]]) -> None:
        """Take keys one after the other until cancelled; run several of these in parallel.

        Args:
            do: Works on one key; returns the seconds until the next time, `None` = when the key is
                added. Any exception is a failure of the key.
        """
        while True:
            key = await self._ready.get()
            self._waiting.discard(key)
            self._busy[key] = asyncio.get_running_loop().time()
            try:
                later = await do(key)
            except Exception:  # noqa: BLE001 -- `do` reports; one key must not stop the others
                self._failures[key] = self._failures.get(key, 0) + 1
                later = retry_delay(self._failures[key])
            else:
                self._failures.pop(key, None)
            finally:
                self._busy.pop(key, None)
            if key in self._again:
                self._again.discard(key)
                self._after(key)
            elif later is not None:
                self.add_later(key, later)

    def _after(self, key: K) -> None:
        """Enqueue a key that was added meanwhile: at once, or after the retry delay if it fails."""
        failures = self._failures.get(key, 0)
        if failures:
            self.add_later(key, retry_delay(failures))
        else:
            self.add(key)

    def _cancel_later(self, key: K) -> None:
        handle = self._later.pop(key, None)
        if handle is not None:
            handle.cancel()
