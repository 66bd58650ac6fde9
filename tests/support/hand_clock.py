"""A clock that a test moves, in place of an event loop's."""

import asyncio
from collections.abc import Callable

from tests.support.held_work import settle


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[HandTimer] = []

    def time(self) -> float:
        """The instant."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None], /) -> "HandTimer":
        """Call a function when the clock is moved to an instant or past it."""
        timer = HandTimer(when, callback)
        self._due.append(timer)
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed."""
        over = asyncio.Event()
        self.call_at(self._now + seconds, over.set)
        await over.wait()

    async def move(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due."""
        await settle()
        self._now += seconds
        for timer in [timer for timer in self._due if timer.when <= self._now]:
            self._due.remove(timer)
            if not timer.cancelled:
                timer.callback()
        await settle()


class HandTimer:
    """A call that is due later."""

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Do not call."""
        self.cancelled = True
