"""A limit on concurrent work, with a bounded queue for the requests beyond it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from shopx_core.errors import TooManyRequests
from shopx_core.texts import say

_AGAIN: Final = say("again.in-a-second", "Send it again in a second.")


class Overloaded(TooManyRequests):
    """More requests wait than this process can serve soon; send the request again later."""

    code: ClassVar[str] = "OVERLOADED"


class Limiter:
    """A semaphore with an adjustable limit, a bounded queue, and a second one for background work.

    Args:
        limit: Permits at once.
        max_waiting: Requests that may wait; a further one is refused at once.
        timeout: Seconds after which a waiting request is refused.
    """

    def __init__(self, *, limit: int, max_waiting: int, timeout: float) -> None:
        self.limit = limit
        """May be changed at any time; a smaller one takes effect as running work ends."""
        self._max_waiting = max_waiting
        self._timeout = timeout
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._background: deque[asyncio.Future[None]] = deque()

    @property
    def running(self) -> int:
        """Permits in use."""
        return self._running

    @property
    def waiting(self) -> int:
        """Waiting requests."""
        return sum(1 for permit in self._waiting if not permit.done())

    @asynccontextmanager
    async def permit(self, *, background: bool = False) -> AsyncIterator[None]:
        """Do work within the limit.

        Args:
            background: Requests go before this work, and it waits without a timeout.

        Raises:
            Overloaded: The queue is full, or the timeout has passed.
        """
        if self._running >= self.limit or (background and self._waiting):
            await self._wait(background=background)
        else:
            self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._grant_next()

    async def _wait(self, *, background: bool) -> None:
        if not background and self.waiting >= self._max_waiting:
            raise Overloaded(
                say("request.too-many-waiting", "Too many requests are waiting."), hint=_AGAIN
            )
        permit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._background if background else self._waiting).append(permit)
        try:
            # `_grant_next` has counted this work as running when the wait ends.
            async with asyncio.timeout(None if background else self._timeout):
                await permit
        except TimeoutError:
            if self._is_granted(permit):
                return
            raise Overloaded(
                say(
                    "request.waited-longer",
                    "The request waited longer than {seconds} s.",
                    seconds=f"{self._timeout:g}",
                ),
                hint=_AGAIN,
            ) from None
        except BaseException:
            if self._is_granted(permit):
                self._running -= 1
                self._grant_next()
            raise

    @staticmethod
    def _is_granted(permit: asyncio.Future[None]) -> bool:
        return permit.done() and not permit.cancelled()

    def _grant_next(self) -> None:
        for queue in (self._waiting, self._background):
            while queue and self._running < self.limit:
                permit = queue.popleft()
                if not permit.done():
                    self._running += 1
                    permit.set_result(None)
