"""The connections of one API unit.

They connect at first use, so that a process starts without its database.
"""

import asyncpg

from shopx_api.data.single_connection import SingleConnection
from shopx_core.settings import Settings

WRITE_CONNECTIONS = 3
"""Ingest runs short batches; more connections would only queue in PostgreSQL."""
ANSWER_SECONDS = 5.0
"""How much longer than its time limit a statement may take until the server's answer is here."""
LOOKUP_SECONDS = 2.0
"""How long a look-up of a token may take."""


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
    """A pool for ingest, and for admins' lists of tokens."""
    return _pool(settings, settings.database.write_dsn, WRITE_CONNECTIONS, reads=False)


def token_connection(settings: Settings) -> SingleConnection:
    """A process's connection for API tokens, so that no caller's token delays reads or writes."""
    return SingleConnection(
        settings.database.write_dsn, timeout=LOOKUP_SECONDS, application="shopx-api-tokens"
    )


def _pool(settings: Settings, dsn: str, size: int, *, reads: bool) -> asyncpg.Pool:
    server = {
        "application_name": "shopx-api" if reads else "shopx-api-writes",
        "statement_timeout": str(int(settings.database.statement_timeout * 1000)),
        "timezone": "UTC",
        # Compiling takes longer than these statements run.
        "jit": "off",
    }
    if reads:
        # Sales queries differ only in their values: planning each shape once is enough.
        server["plan_cache_mode"] = "force_generic_plan"
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        # After its limit is lowered, a pool closes idle connections soon.
        max_inactive_connection_lifetime=60,
        connection_class=ReadConnection if reads else asyncpg.Connection,
        timeout=settings.database.connect_timeout,
        # A server that is stopped ends no statement by its own limit.
        command_timeout=settings.database.statement_timeout + ANSWER_SECONDS,
        server_settings=server,
    )
