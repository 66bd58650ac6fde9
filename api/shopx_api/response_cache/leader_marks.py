"""Marks on the leader, by which its replicas prove what they have of it.

One follows each snapshot that reads are as of, unless the last one shows already that nothing was
committed in between: a database at rest is not written to.
"""

import asyncio
from typing import Final

import asyncpg

from shopx_api.data.single_connection import SingleConnection
from shopx_core import logging
from shopx_store.query.read_state import AsOf
from shopx_store.query.replication import WRITE_MARK, Mark, mark_of

_APPLICATION: Final = "shopx-marks"
_TRIES: Final = 3
"""A mark that was on its way when a snapshot was taken may not cover it; the next one does."""

_log = logging.get(__name__)


class LeaderMarks:
    """Writes the marks of one process.

    Args:
        dsn: The leader, as a role that may write.
        timeout: Seconds that writing one may take.
    """

    def __init__(self, dsn: str, *, timeout: float) -> None:
        self._connection = SingleConnection(dsn, timeout=timeout, application=_APPLICATION)
        self._mark: Mark | None = None
        self._wanted: AsOf | None = None
        self._writing: asyncio.Task[None] | None = None
        self._failed = False

    def cover(self, as_of: AsOf) -> None:
        """Have a mark that shows a snapshot soon; returns at once.

        Args:
            as_of: The snapshot, which names the leader's run.
        """
        self._wanted = as_of
        if self._writing is None and not self._covered(as_of):
            self._writing = asyncio.create_task(self._write(), name="leader-marks")
            self._writing.add_done_callback(self._ended)

    def rest(self) -> None:
        """Drop the connection: another process takes the snapshots now."""
        self._connection.drop()

    async def stop(self) -> None:
        """End what runs, and the connection."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        self._connection.close()

    async def _write(self) -> None:
        for _ in range(_TRIES):
            try:
                row = await self._connection.row(WRITE_MARK)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not self._failed:
                    _log.warning("mark_not_written", error=str(error) or type(error).__name__)
                self._failed = True
                return
            self._failed = False
            assert row is not None, "the statement returns its row"  # noqa: S101 -- a defect
            self._mark = mark_of(row)
            if self._wanted is None or self._covered(self._wanted):
                return

    def _covered(self, as_of: AsOf) -> bool:
        return self._mark is not None and self._mark.covers(as_of)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("mark_failed", exc_info=error)
