"""Work that is done once at a time, for everybody who wants it meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """What is being done, by its name."""

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Task[_T]] = {}

    def __contains__(self, name: bytes) -> bool:
        """Whether a piece of work is being done."""
        task = self._running.get(name)
        return task is not None and not task.done()

    async def result(self, name: bytes, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Wait for a piece of work that is being done, or begin it.

        A caller that goes away takes nothing from the others: the work goes on.

        Args:
            name: Which one.
            make: Does it.

        Raises:
            Exception: What the work raised, to everybody who waits for it.
        """
        task = self._running.get(name)
        # One that ended in this very turn of the event loop is still noted, and waiting for it
        # would not let the loop turn: a caller that tries again would try for ever.
        if task is None or task.done():
            task = self._running[name] = asyncio.create_task(make())
            task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

    def _forget(self, name: bytes, done: asyncio.Task[_T]) -> None:
        if self._running.get(name) is done:
            del self._running[name]

    async def stop(self) -> None:
        """End what is being done."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
