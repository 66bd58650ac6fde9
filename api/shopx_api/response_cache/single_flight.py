"""Work that runs once at a time; concurrent callers share its result."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """Running work by its name."""

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Task[_T]] = {}

    def __contains__(self, name: bytes) -> bool:
        """Whether the work of this name is running."""
        task = self._running.get(name)
        return task is not None and not task.done()

    async def result(self, name: bytes, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Wait for running work, or start it.

        The work goes on when a caller is cancelled.

        Args:
            name: Identifies the work.
            make: Does the work.

        Raises:
            Exception: What the work raised, in every caller.
        """
        task = self._running.get(name)
        # A task that ended in this iteration of the event loop is still registered. Waiting for it
        # would not yield to the loop, so a caller that tries again would never stop.
        if task is None or task.done():
            task = self._running[name] = asyncio.create_task(make())
            task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

    def _forget(self, name: bytes, done: asyncio.Task[_T]) -> None:
        if self._running.get(name) is done:
            del self._running[name]

    async def stop(self) -> None:
        """Cancel all running work."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
