"""Admits work within a width, refuses what would wait too long, and lets the newest go first."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shopx_api.data.limiter import Overloaded
from shopx_core.caching.admission import (
    PATIENCE,
    ServiceTimes,
    expected_wait,
    newest_first,
    retry_after,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    permit: asyncio.Future[None]
    since: float
    seconds: float
    """The mean service time of its operation."""


class Refused(Overloaded):
    """The request would wait too long.

    Args:
        seconds: After which the same request may be admitted.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many requests are waiting.", hint=f"Send it again in {seconds} s.")
        self.seconds = seconds


class Admission:
    """Bounds the responses that are computed at once, and the wait for it.

    Args:
        width: Responses at once.
        limit: Seconds that a request may be expected to wait; beyond that it is refused at once.
    """

    def __init__(self, *, width: int, limit: float) -> None:
        self.width = width
        """May be changed at any time; a smaller one takes effect as running work ends."""
        self.times = ServiceTimes()
        self._limit = limit
        self._running = 0
        self._waiting: deque[_Waiting] = deque()
        self._waiting_seconds = 0.0
        self._background: deque[_Waiting] = deque()

    @property
    def running(self) -> int:
        """Responses that are being computed."""
        return self._running

    @property
    def waiting(self) -> int:
        """Waiting requests."""
        return len(self._waiting)

    def refusal(self) -> Refused | None:
        """Why a newcomer would be refused now; `None` = it would be admitted, or wait."""
        wait = expected_wait(self._waiting_seconds, self.width)
        return Refused(retry_after(wait)) if wait > self._limit else None

    @asynccontextmanager
    async def admitted(self, operation: str, *, background: bool = False) -> AsyncIterator[None]:
        """Do work within the width, and measure how long it takes.

        Args:
            operation: Work of one operation takes about as long each time.
            background: Requests go before this work, and it waits without a limit.

        Raises:
            Refused: It would wait too long, or has.
        """
        if self._running >= self.width or (background and self._waiting):
            await self._wait(operation, background=background)
        else:
            self._running += 1
        began = _now()
        try:
            yield
            # What failed or was cancelled says nothing about how long others take.
            self.times.observe(operation, _now() - began)
        finally:
            self._running -= 1
            self._grant()

    async def _wait(self, operation: str, *, background: bool) -> None:
        refusal = None if background else self.refusal()
        if refusal is not None:
            raise refusal
        permit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(permit, _now(), self.times.mean(operation))
        if background:
            self._background.append(waiting)
        else:
            self._waiting.append(waiting)
            self._waiting_seconds += waiting.seconds
        try:
            # `_grant` has counted this work as running when the wait ends.
            async with asyncio.timeout(None if background else PATIENCE * self._limit):
                await permit
        except BaseException as error:
            if permit.done() and not permit.cancelled():
                if isinstance(error, TimeoutError):
                    return
                self._running -= 1
                self._grant()
            else:
                self._leave(waiting, background=background)
            if isinstance(error, TimeoutError):
                wait = expected_wait(self._waiting_seconds, self.width)
                raise Refused(retry_after(wait)) from None
            raise

    def _leave(self, waiting: _Waiting, *, background: bool) -> None:
        # Absent where `_grant` came upon it first.
        if background:
            if waiting in self._background:
                self._background.remove(waiting)
        elif waiting in self._waiting:
            self._waiting.remove(waiting)
            self._took(waiting)

    def _took(self, waiting: _Waiting) -> None:
        # Without anything left the sum is exactly zero, whatever was rounded.
        self._waiting_seconds = self._waiting_seconds - waiting.seconds if self._waiting else 0.0

    def _grant(self) -> None:
        while self._running < self.width and (self._waiting or self._background):
            if self._waiting:
                late = newest_first(_now() - self._waiting[0].since, self._limit)
                waiting = self._waiting.pop() if late else self._waiting.popleft()
                self._took(waiting)
            else:
                waiting = self._background.popleft()
            # Not one that was cancelled in this iteration of the event loop.
            if not waiting.permit.done():
                self._running += 1
                waiting.permit.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
