"""The pools of one API unit.

They connect at first use, so that a process starts without its database.
"""

import asyncpg

from shopx_core.settings import Settings

WRITE_CONNECTIONS = 3
"""Ingest runs short batches; more connections would only queue in PostgreSQL."""


class ReadConnection(asyncpg.Connection):
    """A connection that runs READ ONLY transactions only."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        """What asyncpg runs when the connection returns to the pool: nothing.

        There is nothing to reset, and a reset would cost each response a round trip.
        """
        return ""


def read_pool(settings: Settings) -> asyncpg.Pool:
    """A pool for READ ONLY transactions, as large as the tuning may make it."""
    database = settings.database
    return _pool(settings, database.read_dsn, database.pool_max or database.pool_size, reads=True)


def write_pool(settings: Settings) -> asyncpg.Pool:
    """A pool for ingest and API tokens."""
    return _pool(settings, settings.database.write_dsn, WRITE_CONNECTIONS, reads=False)


def token_pool(settings: Settings) -> asyncpg.Pool:
    """The front's one connection, for API tokens and readiness."""
    return _pool(settings, settings.database.write_dsn, 1, reads=False)


def _pool(settings: Settings, dsn: str, size: int, *, reads: bool) -> asyncpg.Pool:
    server = {
        "application_name": "shopx-api" if reads else "shopx-api-writes",
        "statement_timeout": str(int(settings.database.statement_timeout * 1000)),
        "timezone": "UTC",
        # Compiling takes longer than these statements run.
        "jit": "off",
    }
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        # After its limit is lowered, a pool closes idle connections soon.
        max_inactive_connection_lifetime=60,
        connection_class=ReadConnection if reads else asyncpg.Connection,
        timeout=settings.database.connect_timeout,
        server_settings=server,
    )
