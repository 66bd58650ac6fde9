"""Admits work within a width, refuses what would wait too long, and decides what goes first.

Refreshes of cached responses go before requests: what is refreshed is asked for again and again, so
one computation answers many. A request goes before the others when it is the newest of too many.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from shopx_api.data.limiter import Overloaded
from shopx_core.caching.admission import (
    ServiceTimes,
    expected_wait,
    longest_wait,
    newest_first,
    retry_after,
)

COMING_SECONDS = 0.25
"""What has not arrived so long after the last request was let by does not come."""


class Refused(Overloaded):
    """The request would wait too long, or has.

    Args:
        seconds: After which the same request may be admitted.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many requests are waiting.", hint=f"Send it again in {seconds} s.")
        self.seconds = seconds


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Do not call."""
        ...


class Clock(Protocol):
    """What an event loop knows of time."""

    def time(self) -> float:
        """Monotonic seconds."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Call a function at an instant."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    permit: asyncio.Future[Refused | None]
    since: float
    seconds: float
    """The mean service time of its operation."""


class Admission:
    """Bounds the responses that are computed at once, and the wait for it.

    Args:
        width: Responses at once.
        limit: Seconds that a request may wait. One that is expected to wait longer is refused at
            once, and one that has waited for so long is refused at that moment.
        clock: `None` = the running event loop.
    """

    def __init__(self, *, width: int, limit: float, clock: Clock | None = None) -> None:
        self.width = width
        """May be changed at any time; a smaller one takes effect as running work ends."""
        self.times = ServiceTimes()
        self._limit = limit
        self._given = clock
        self._running = 0
        self._waiting: deque[_Waiting] = deque()
        self._waiting_seconds = 0.0
        self._last_refusal = float("-inf")
        self._timer: Timer | None = None
        self._background: deque[_Waiting] = deque()
        self._coming = 0
        self._last_coming = float("-inf")

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
        return self._refusal(self._waiting_seconds) if self._waiting else None

    def let_by(self) -> Refused | None:
        """The same for a newcomer that gets here later, such as after a look-up.

        Those that were let by and are not here yet count as waiting: a thousand requests may arrive
        in one iteration of the event loop, before the first of them waits.
        """
        now = self._clock.time()
        if now - self._last_coming > COMING_SECONDS:
            self._coming = 0
        coming = self._coming * self.times.mean("")
        refused = self._refusal(self._waiting_seconds + coming)
        if refused is None:
            self._coming += 1
            self._last_coming = now
        return refused

    def _refusal(self, seconds: float) -> Refused | None:
        """See `refusal`, where so many seconds of work wait."""
        wait = expected_wait(seconds, self.width)
        since = self._clock.time() - self._last_refusal
        return self._refuse(wait) if wait > longest_wait(self._limit, since) else None

    @asynccontextmanager
    async def admitted(self, operation: str, *, background: bool = False) -> AsyncIterator[None]:
        """Do work within the width, and measure how long it takes.

        Args:
            operation: Work of one operation takes about as long each time.
            background: It is a refresh, for which nobody waits: it goes before requests, and waits
                without a limit. The caller bounds how many there are at once.

        Raises:
            Refused: It would wait too long, or has.
        """
        if self._coming and not background:
            self._coming -= 1
        if self._running >= self.width:
            await self._wait(operation, background=background)
        else:
            self._running += 1
        began = self._clock.time()
        try:
            yield
            # What failed or was cancelled says nothing about how long others take.
            self.times.observe(operation, self._clock.time() - began)
        finally:
            self._running -= 1
            self._grant()

    @property
    def _clock(self) -> Clock:
        return self._given or asyncio.get_running_loop()

    async def _wait(self, operation: str, *, background: bool) -> None:
        refusal = None if background else self.refusal()
        if refusal is not None:
            raise refusal
        permit: asyncio.Future[Refused | None] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(permit, self._clock.time(), self.times.mean(operation))
        if background:
            self._background.append(waiting)
        else:
            self._enqueue(waiting)
        try:
            # `_grant` has counted this work as running when the wait ends well.
            refusal = await permit
        except BaseException:
            if not permit.done() or permit.cancelled():
                self._leave(waiting)
            elif permit.result() is None:
                self._running -= 1
                self._grant()
            raise
        if refusal is not None:
            raise refusal

    def _refuse(self, wait: float) -> Refused:
        self._last_refusal = self._clock.time()
        return Refused(retry_after(wait))

    def _enqueue(self, waiting: _Waiting) -> None:
        if not self._waiting:
            self._expect(waiting)
        self._waiting.append(waiting)
        self._waiting_seconds += waiting.seconds

    def _leave(self, waiting: _Waiting) -> None:
        # Absent where `_grant` came upon it first.
        if waiting in self._background:
            self._background.remove(waiting)
        elif waiting in self._waiting:
            self._waiting.remove(waiting)
            self._took(waiting)

    def _took(self, waiting: _Waiting) -> None:
        if self._waiting:
            self._waiting_seconds -= waiting.seconds
            return
        # Without anything left the sum is exactly zero, whatever was rounded.
        self._waiting_seconds = 0.0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expect(self, oldest: _Waiting) -> None:
        self._timer = self._clock.call_at(oldest.since + self._limit, self._refuse_late)

    def _refuse_late(self) -> None:
        """Refuse what has waited for as long as it may."""
        self._timer = None
        latest = self._clock.time() - self._limit
        while self._waiting and self._waiting[0].since <= latest:
            late = self._waiting.popleft()
            self._took(late)
            if not late.permit.done():
                wait = expected_wait(self._waiting_seconds, self.width)
                late.permit.set_result(self._refuse(wait))
        if self._waiting:
            self._expect(self._waiting[0])

    def _grant(self) -> None:
        while self._running < self.width and (self._waiting or self._background):
            waiting = self._background.popleft() if self._background else self._next()
            # Not one that was cancelled in this iteration of the event loop.
            if not waiting.permit.done():
                self._running += 1
                waiting.permit.set_result(None)

    def _next(self) -> _Waiting:
        oldest = self._clock.time() - self._waiting[0].since
        before = self._waiting_seconds - self._waiting[-1].seconds
        wait = expected_wait(before, self.width)
        late = newest_first(oldest, wait, self._limit)
        waiting = self._waiting.pop() if late else self._waiting.popleft()
        self._took(waiting)
        return waiting
