"""Work that runs once at a time; concurrent callers share its result."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


@dataclass(slots=True)
class _Flight(Generic[_T]):
    task: asyncio.Task[_T]
    callers: int = 0


class SingleFlight(Generic[_T]):
    """Running work by its name."""

    def __init__(self) -> None:
        self._running: dict[bytes, _Flight[_T]] = {}

    def __contains__(self, name: bytes) -> bool:
        """Whether the work of this name is running."""
        flight = self._running.get(name)
        return flight is not None and not flight.task.done()

    async def result(self, name: bytes, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Wait for running work, or start it.

        The work goes on when a caller is cancelled, and is cancelled with the last one.

        Args:
            name: Identifies the work.
            make: Does the work.

        Raises:
            Exception: What the work raised, in every caller.
        """
        flight = self._running.get(name)
        # A task that ended in this iteration of the event loop is still registered. Waiting for it
        # would not yield to the loop, so a caller that tries again would never stop.
        if flight is None or flight.task.done():
            flight = self._start(name, make)
        flight.callers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.callers -= 1
            if not flight.callers and not flight.task.done():
                # A later caller starts anew.
                self._forget(name, flight)
                flight.task.cancel()

    def _start(self, name: bytes, make: Callable[[], Coroutine[Any, Any, _T]]) -> _Flight[_T]:
        flight = self._running[name] = _Flight(asyncio.create_task(make()))
        flight.task.add_done_callback(lambda _: self._forget(name, flight))
        return flight

    def _forget(self, name: bytes, flight: _Flight[_T]) -> None:
        if self._running.get(name) is flight:
            del self._running[name]

    async def stop(self) -> None:
        """Cancel all running work."""
        tasks = [flight.task for flight in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
