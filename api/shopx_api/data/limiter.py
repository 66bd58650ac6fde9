"""How many answers are made at once: the rest wait in a line that has an end."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from shopx_core.errors import TooManyRequests


class Overloaded(TooManyRequests):
    """More answers have to be made than this process makes at once; ask again in a moment."""

    code: ClassVar[str] = "OVERLOADED"


class Limiter:
    """A semaphore whose width may change, with a bounded line and a second one for background work.

    Args:
        width: Answers made at once.
        line: Requests that may wait; the next one is refused at once.
        patience: Seconds that a request waits before it is refused.
    """

    def __init__(self, *, width: int, line: int, patience: float) -> None:
        self.width = width
        """May be changed at any time; a smaller one takes hold as running work ends."""
        self._line = line
        self._patience = patience
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()

    @property
    def running(self) -> int:
        """Answers being made."""
        return self._running

    @property
    def waiting(self) -> int:
        """Requests in line."""
        return sum(1 for turn in self._waiting if not turn.done())

    @asynccontextmanager
    async def turn(self, *, background: bool = False) -> AsyncIterator[None]:
        """Do work within the width.

        Args:
            background: Nobody waits for it: requests go first, and it waits without end.

        Raises:
            Overloaded: The line is full, or the wait took too long.
        """
        if self._running >= self.width or (background and self._waiting):
            await self._wait(background=background)
        else:
            self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._next()

    async def _wait(self, *, background: bool) -> None:
        if not background and self.waiting >= self._line:
            raise Overloaded(
                "Too many questions are being answered at once.", hint="Ask again in a second."
            )
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._background if background else self._waiting).append(mine)
        try:
            # Whoever ends the wait has counted this work as running.
            async with asyncio.timeout(None if background else self._patience):
                await mine
        except TimeoutError:
            if self._was_let_in(mine):
                return
            raise Overloaded(
                f"No turn came within {self._patience:g} s.", hint="Ask again in a second."
            ) from None
        except BaseException:
            if self._was_let_in(mine):
                self._running -= 1
                self._next()
            raise

    @staticmethod
    def _was_let_in(mine: asyncio.Future[None]) -> bool:
        return mine.done() and not mine.cancelled()

    def _next(self) -> None:
        for line in (self._waiting, self._background):
            while line and self._running < self.width:
                turn = line.popleft()
                if not turn.done():
                    self._running += 1
                    turn.set_result(None)
