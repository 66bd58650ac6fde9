"""Reads of streaming replicas, for operations as of a snapshot that the leader took.

A replica answers only in a transaction that was seen to have everything that the as-of sees
(`shopx_store.query.replication`). It is waited for a moment if it is behind. Whatever else is wrong
with it (away, slow, promoted, a query cancelled by recovery), the leader answers the whole
operation instead: later, and never otherwise.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import asyncpg

from shopx_api.data.limiter import Limiter, Overloaded
from shopx_api.telemetry import Telemetry
from shopx_core import logging
from shopx_core.errors import Unavailable
from shopx_store.query.read_state import AsOf
from shopx_store.query.replication import Mark, Seen, read_mark
from shopx_store.query.session import SnapshotReader, reader_of_replica

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

OPEN_SECONDS: Final = 1.0
"""How long a connection, and the proof that it may answer, may take."""
WAIT_SECONDS: Final = 0.2
"""How long a replica that is behind is waited for."""
_LOOK_SECONDS: Final = 0.01
"""Between two looks at a replica that is behind."""
_END_SECONDS: Final = 1.0
"""How long the end of a transaction may take before its connection is cut."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
"""Seconds for which no replica is asked after one was of no use; doubled each time."""

FAILURES: Final = (
    *(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError),
    asyncpg.InternalClientError,  # of a connection that was closed while it was idle
)
"""What a replica that is away, slow or recovering raises."""

_log = logging.get(__name__)


class Fallback(StrEnum):
    """Why the leader answers an operation that a replica might have answered."""

    BEHIND = "behind"
    """It was not seen to have all that the as-of sees, also after a wait."""
    AWAY = "away"
    """It accepted no connection, or did not answer in time."""
    BUSY = "busy"
    """All connections to replicas are in use."""
    LEADER = "leader"
    """The address leads to a server that follows no other one, such as a promoted replica."""
    CALENDAR = "calendar"
    """Its time zone database is not known to agree with the leader's."""
    CANCELLED = "cancelled"
    """It failed while it answered: ended, too slow, or a conflict with recovery."""


class _Unfit(Exception):  # noqa: N818 -- not an error: the leader answers
    """This replica may not answer now."""

    def __init__(self, reason: Fallback) -> None:
        super().__init__(reason)
        self.reason = reason


class Replicas:
    """The replicas of one process's database.

    Args:
        pool: Connections to them.
        limiter: Limits how many are in use; it lets nothing wait.
        seconds: How long a replica may take for one operation.
        telemetry: Where reads and reasons are counted.
    """

    def __init__(
        self, pool: asyncpg.Pool, limiter: Limiter, *, seconds: float, telemetry: Telemetry
    ) -> None:
        self._pool = pool
        self._limiter = limiter
        self.seconds = seconds
        self._telemetry = telemetry
        self._paused_until = 0.0
        self._pause = 0.0
        self._why = Fallback.AWAY

    @property
    def paused(self) -> float:
        """Seconds until a replica is asked again; 0 or less = at once."""
        return self._paused_until - time.monotonic()

    async def open(self, stack: contextlib.AsyncExitStack, as_of: AsOf) -> SnapshotReader | None:
        """Open a transaction of a replica that has all of a snapshot; `None` = there is none.

        Args:
            stack: Ends the transaction, and never fails by it.
            as_of: The snapshot.
        """
        if not as_of.server:
            return None
        if self.paused > 0:
            self._count(self._why)
            return None
        reason, error = Fallback.AWAY, None
        async with contextlib.AsyncExitStack() as opening:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    reader = await self._opened(opening, as_of)
            except Overloaded:
                # The others are well: the next question may find one free.
                self._count(Fallback.BUSY)
                return None
            except _Unfit as unfit:
                reason = unfit.reason
            except (*FAILURES, Unavailable) as failure:
                error = failure
            else:
                self._pause = 0.0
                self._telemetry.reads.labels("replica").inc()
                stack.push_async_exit(opening.pop_all())
                return reader
        self._set_aside(reason, error)
        return None

    def lost(self, reader: SnapshotReader, error: BaseException) -> None:
        """A replica failed while it answered.

        Args:
            reader: Its transaction, which is over.
            error: What happened.
        """
        _cut(reader.conn)
        self._count(Fallback.CANCELLED)
        _log.info("replica_failed", error=str(error) or type(error).__name__)

    def _set_aside(self, reason: Fallback, error: BaseException | None) -> None:
        if self._pause == 0.0 and error is not None:
            _log.warning("replica_away", error=str(error) or type(error).__name__)
        self._count(reason)
        self._why = reason
        # Those that fail at the same time count as one.
        if self.paused <= 0:
            self._pause = min(max(_FIRST_PAUSE, 2 * self._pause), _LONGEST_PAUSE)
            self._paused_until = time.monotonic() + self._pause

    def _count(self, reason: Fallback) -> None:
        self._telemetry.replica_fallbacks.labels(reason.value).inc()

    async def _opened(self, stack: contextlib.AsyncExitStack, as_of: AsOf) -> SnapshotReader:
        await stack.enter_async_context(self._limiter.permit())
        connection = await stack.enter_async_context(_lent(self._pool))
        try:
            return await self._proved(connection, as_of)
        except BaseException:
            # The next connection may lead to another server, where the address has several.
            _cut(connection)
            raise

    async def _proved(self, connection: "Connection", as_of: AsOf) -> SnapshotReader:
        reader = await reader_of_replica(
            connection, as_of, await self._caught_up(connection, as_of)
        )
        if reader is None:
            raise _Unfit(Fallback.CALENDAR)
        return reader

    async def _caught_up(self, connection: "Connection", as_of: AsOf) -> Seen:
        """Begin a transaction that has all that an as-of sees."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            seen = await read_mark(connection)
            if not seen.standby:
                raise _Unfit(Fallback.LEADER)
            if self._covers(seen.mark, as_of):
                return seen
            await connection.execute("ROLLBACK")
            if time.monotonic() >= deadline:
                raise _Unfit(Fallback.BEHIND)
            await asyncio.sleep(_LOOK_SECONDS)

    def _covers(self, mark: Mark | None, as_of: AsOf) -> bool:
        covered = mark is not None and mark.covers(as_of)
        if mark is not None:
            behind = 0.0 if covered else (as_of.at - mark.at).total_seconds()
            self._telemetry.replica_lag.set(max(0.0, behind))
        return covered


@contextlib.asynccontextmanager
async def _lent(pool: asyncpg.Pool) -> "AsyncIterator[Connection]":
    """A connection whose transaction ends with it; nothing that goes wrong then is reported."""
    connection = await pool.acquire(timeout=OPEN_SECONDS)
    try:
        yield connection
        await _end(connection)
    except BaseException:
        _cut(connection)
        raise
    finally:
        with contextlib.suppress(*FAILURES):
            await pool.release(connection, timeout=_END_SECONDS)


async def _end(connection: "Connection") -> None:
    try:
        async with asyncio.timeout(_END_SECONDS):
            await connection.execute("ROLLBACK")
    except FAILURES:
        _cut(connection)


def _cut(connection: "Connection") -> None:
    """End a connection without waiting for its server."""
    with contextlib.suppress(asyncpg.InterfaceError):  # it was cut before
        connection.terminate()
