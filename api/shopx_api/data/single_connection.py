"""One connection to the database of which every use has a time limit, for what must not wait."""

import asyncio
from typing import Any

import asyncpg

from shopx_core.connection_strings import asyncpg_options


class SingleConnection:
    """A connection that is opened at first use, and dropped when a call fails or takes too long.

    A pool would wait for a server that no longer answers when it takes a connection back.

    Args:
        dsn: The database.
        timeout: Seconds that a call may take: waiting for its turn, connecting, the statement.
        application: Its name in `pg_stat_activity`.
    """

    def __init__(self, dsn: str, *, timeout: float, application: str) -> None:
        self._dsn = dsn
        self._timeout = timeout
        self._application = application
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection[Any] | None = None
        self._closed = False

    async def row(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        """The first row of a statement; `None` without one.

        Raises:
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: The database is
                unreachable or does not answer in time; the next call connects again.
        """
        async with asyncio.timeout(self._timeout), self._turn:
            try:
                return await (await self._connected()).fetchrow(statement, *arguments)
            except BaseException:
                self.drop()
                raise

    def close(self) -> None:
        """Drop the connection without waiting for the server; later calls fail."""
        self._closed = True
        self.drop()

    def drop(self) -> None:
        """Drop the connection, which is broken or not needed; the next call opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> "asyncpg.Connection[Any]":
        self._expect_open()
        if self._connection is None or self._connection.is_closed():
            connection = await asyncpg.connect(
                **asyncpg_options(self._dsn),
                timeout=self._timeout,
                # A transaction pooler in between may switch the server connection.
                statement_cache_size=0,
                server_settings={"application_name": self._application},
            )
            self._connection = connection
            self._expect_open()
        return self._connection

    def _expect_open(self) -> None:
        if self._closed:
            self.drop()
            raise asyncpg.InterfaceError("the connection was closed")
