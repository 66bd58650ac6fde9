"""Admits work within a width, shares it fairly, and refuses what would wait too long.

Refreshes of cached responses go before requests: what is refreshed is asked for again and again, so
one computation answers many.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol, TypeAlias

from shopx_api.data.limiter import Overloaded
from shopx_api.response_cache.fair_queue import Account, FairQueue, Waiting
from shopx_core.caching.admission import (
    SHORT,
    ServiceTimes,
    expected_wait,
    longest_wait,
    newest_first,
    retry_after,
    share_of_width,
    side_by_side,
)

COMING_SECONDS: Final = 0.25
"""What has not arrived so long after the last request was let by does not come."""
SEVERAL_SECONDS: Final = 10.0
"""How long after another caller's request a caller leaves room for others."""

KEPT_FROM_WIDTH: Final = 4
"""The least width of which a place is kept for callers of which nothing is computed."""


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


_Permit: TypeAlias = asyncio.Future[Refused | None]
_Account: TypeAlias = Account[Refused | None]
_Waiting: TypeAlias = Waiting[Refused | None]


class Admission:
    """Bounds the responses that are computed at once, and the wait for it.

    Callers have equal shares of the time: the one that was served the least goes next, and while
    there are several, none computes so much at once that a newcomer would have to wait, or would
    get few of the processors. Of a width of four and more, a sole caller's slow work has all places
    but one.

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
        self._queue = FairQueue[Refused | None]()
        self._background: deque[_Permit] = deque()
        self._coming = Counter[str]()
        self._last_coming = float("-inf")
        self._latest: str | None = None
        self._several = float("-inf")
        self._refused = float("-inf")
        """When a caller was last refused of which nothing waited."""
        self._timer: Timer | None = None

    @property
    def running(self) -> int:
        """Responses that are being computed."""
        return self._running

    @property
    def waiting(self) -> int:
        """Waiting requests."""
        return len(self._queue)

    def refusal(self, caller: str) -> Refused | None:
        """Why a caller's next request would be refused now; `None` = it would be admitted, or wait.

        Args:
            caller: Whom the request counts for; see `Principal.caller`.
        """
        account = self._queue.known(caller)
        if not self._queue or self._has_room(account, self.times.mean("")):
            return None
        return self._refusal(account, 0.0)

    def let_by(self, caller: str) -> Refused | None:
        """The same for a request that gets here later, such as after a look-up.

        A caller's requests that were let by and are not here yet count as waiting: a thousand may
        arrive in one iteration of the event loop, before the first of them waits.

        Args:
            caller: As for `refusal`.
        """
        now = self._clock.time()
        if now - self._last_coming > COMING_SECONDS:
            self._coming.clear()
        mean, coming = self.times.mean(""), self._coming[caller]
        account = self._queue.known(caller)
        refused = (
            None if self._has_room(account, mean, coming) else self._refusal(account, coming * mean)
        )
        if refused is None:
            self._coming[caller] += 1
            self._last_coming = now
        return refused

    def _refusal(self, account: _Account | None, coming: float) -> Refused | None:
        """Why a request would be refused, with so many more seconds of work before it."""
        wait = self._wait_of(account) + expected_wait(coming, self._used_width())
        refused = max(self._refused, account.refused if account is not None else self._refused)
        longest = longest_wait(self._limit, self._clock.time() - refused)
        return self._refuse(account, wait) if wait > longest else None

    @asynccontextmanager
    async def admitted(self, operation: str, caller: str) -> AsyncIterator[None]:
        """Do a caller's work within the width, and measure how long it takes.

        Args:
            operation: Work of one operation takes about as long each time.
            caller: Whom the work counts for; see `Principal.caller`.

        Raises:
            Refused: It would wait too long, or has.
        """
        self._note(caller)
        if self._coming[caller]:
            self._coming[caller] -= 1
        expected = self.times.mean(operation)
        if self._has_room(self._queue.known(caller), expected):
            account = self._queue.account(caller)
            self._start(account, expected)
        else:
            refusal = self.refusal(caller)
            if refusal is not None:
                raise refusal
            account = self._queue.account(caller)
            await self._wait(account, expected)
        began = self._clock.time()
        try:
            yield
            # What failed or was cancelled says nothing about how long others take.
            self.times.observe(operation, self._clock.time() - began)
        finally:
            self._queue.end(account, self._clock.time() - began - expected)
            self._end()

    @asynccontextmanager
    async def admitted_in_background(self, operation: str) -> AsyncIterator[None]:
        """The same for a refresh: it goes first, and no wait is too long, for no request waits.

        The caller bounds how many there are at once.

        Args:
            operation: As for `admitted`.
        """
        if self._running < self.width:
            self._running += 1
        else:
            permit: _Permit = asyncio.get_running_loop().create_future()
            self._background.append(permit)
            try:
                await permit
            except BaseException:
                if permit.done() and not permit.cancelled():
                    self._end()
                raise
        began = self._clock.time()
        try:
            yield
            self.times.observe(operation, self._clock.time() - began)
        finally:
            self._end()

    @property
    def _clock(self) -> Clock:
        return self._given or asyncio.get_running_loop()

    def _note(self, caller: str) -> None:
        if caller != self._latest:
            if self._latest is not None:
                self._several = self._clock.time()
            self._latest = caller

    def _has_room(self, account: _Account | None, seconds: float, coming: int = 0) -> bool:
        """Whether a caller's next work, of so many seconds, starts at once, after what comes."""
        running = coming + (account.running if account is not None else 0)
        return self._running + coming < self.width and running < self._may_run(seconds, coming)

    def _may_run(self, seconds: float, coming: int = 0) -> int:
        """How much of one caller may be computed, of pieces of so many seconds.

        Beside slow work the last place is for a caller of which nothing is computed: one that
        begins to ask while a single caller's questions have the others would wait for one of them
        to end. What is known to be short ends soon, and has all places.
        """
        keeps = self.width >= KEPT_FROM_WIDTH and (seconds > SHORT or not self.times.known)
        last = self.width - 1 if keeps else self.width
        return 1 if self._running + coming >= last else self._at_once(seconds)

    def _at_once(self, seconds: float) -> int:
        """How much of one caller may be computed at once, where a piece takes so many seconds."""
        if self._clock.time() - self._several > SEVERAL_SECONDS:
            return self.width
        return side_by_side(share_of_width(self.width, self._queue.callers), seconds)

    def _wait_of(self, account: _Account | None) -> float:
        before = self._queue.before(account, self.times.mean(""))
        return expected_wait(before, self._used_width())

    def _used_width(self) -> int:
        at_once = self._at_once(self.times.mean(""))
        return min(self.width, at_once * max(1, self._queue.callers))

    async def _wait(self, account: _Account, expected: float) -> None:
        permit: _Permit = asyncio.get_running_loop().create_future()
        waiting = self._queue.push(account, permit, self._clock.time(), expected)
        if self._timer is None:
            self._expect(waiting)
        try:
            # `_grant` has counted this work as running when the wait ends well.
            refusal = await permit
        except BaseException:
            if not permit.done() or permit.cancelled():
                self._remove(waiting)
            elif permit.result() is None:
                self._queue.end(account, -expected)
                self._end()
            raise
        if refusal is not None:
            raise refusal

    def _start(self, account: _Account, expected: float) -> None:
        self._running += 1
        self._queue.begin(account, expected)

    def _end(self) -> None:
        self._running -= 1
        self._grant()

    def _remove(self, waiting: _Waiting) -> None:
        # `_grant` may have come upon it first.
        if self._queue.remove(waiting):
            self._queue.leave(waiting.account)
            self._stop_timer()

    def _stop_timer(self) -> None:
        if not self._queue and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, account: _Account | None, wait: float) -> Refused:
        # A caller whose own work waits says nothing about how long others would wait.
        if account is not None and account.waiting:
            account.refused = self._clock.time()
        else:
            self._refused = self._clock.time()
        return Refused(retry_after(wait))

    def _expect(self, oldest: _Waiting) -> None:
        self._timer = self._clock.call_at(oldest.since + self._limit, self._refuse_late)

    def _refuse_late(self) -> None:
        """Refuse what has waited for as long as it may."""
        self._timer = None
        latest = self._clock.time() - self._limit
        while self._queue and self._queue.oldest.since <= latest:
            late = self._queue.oldest
            self._queue.remove(late)
            if not late.permit.done():
                late.permit.set_result(self._refuse(late.account, self._wait_of(late.account)))
            self._queue.leave(late.account)
        if self._queue:
            self._expect(self._queue.oldest)

    def _grant(self) -> None:
        while self._running < self.width:
            if self._background:
                permit = self._background.popleft()
                if not permit.done():
                    self._running += 1
                    permit.set_result(None)
                continue
            waiting = self._queue.take(self._may_run, self._is_late)
            if waiting is not None:
                self._stop_timer()
                # Not one that was cancelled in this iteration of the event loop.
                if waiting.permit.done():
                    self._queue.leave(waiting.account)
                else:
                    self._start(waiting.account, waiting.seconds)
                    waiting.permit.set_result(None)
            else:
                return

    def _is_late(self, account: _Account) -> bool:
        """Whether the newest work of a caller goes next."""
        oldest = self._clock.time() - next(iter(account.waiting)).since
        newest = next(reversed(account.waiting)).seconds
        wait = expected_wait(self._queue.before(account, 0.0) - newest, self._used_width())
        return newest_first(oldest, wait, self._limit)
