"""The connections of one API unit.

They connect at first use, so that a process starts without its database.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import asyncpg

from shopx_api.data.single_connection import SingleConnection
from shopx_core import tracing
from shopx_core.connection_strings import asyncpg_options
from shopx_core.settings import Settings

WRITE_CONNECTIONS = 3
"""Ingest runs short batches; more connections would only queue in PostgreSQL."""
ANSWER_SECONDS = 5.0
"""How much longer than its time limit a statement may take until the server's answer is here."""
LOOKUP_SECONDS = 2.0
"""How long a look-up of a token may take."""
UPLOAD_SECONDS = 20.0
"""How long storing a part of a file may take."""


class PooledConnection(asyncpg.Connection):
    """A connection that runs transactions only."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        """What asyncpg runs when the connection returns to the pool: nothing.

        There is nothing to reset, a reset would cost each response a round trip, and it would
        undo the settings that `set_session` made.
        """
        return ""


def read_pool(settings: Settings) -> asyncpg.Pool:
    """A pool for READ ONLY transactions, as large as the tuning may make it."""
    database = settings.database
    return _pool(settings, database.read_dsn, database.pool_max or database.pool_size, reads=True)


def replica_pool(settings: Settings) -> asyncpg.Pool | None:
    """A pool for READ ONLY transactions of replicas, as large; `None` = there are none."""
    database = settings.database
    if database.replica_dsn is None:
        return None
    return _pool(
        settings,
        database.replica_dsn,
        database.pool_max or database.pool_size,
        reads=True,
        # The leader is asked then: what runs on is in vain.
        seconds=min(database.statement_timeout, settings.replica_seconds),
    )


def write_pool(settings: Settings) -> asyncpg.Pool:
    """A pool for ingest, and for admins' lists of tokens."""
    return _pool(settings, settings.database.write_dsn, WRITE_CONNECTIONS, reads=False)


def token_connection(settings: Settings) -> SingleConnection:
    """A process's connection for API tokens, so that no caller's token delays reads or writes."""
    return SingleConnection(
        settings.database.write_dsn, timeout=LOOKUP_SECONDS, application="shopx-api-tokens"
    )


def upload_connection(settings: Settings) -> SingleConnection:
    """A process's connection for the parts of uploaded files; opened with the first one."""
    return SingleConnection(
        settings.database.write_dsn, timeout=UPLOAD_SECONDS, application="shopx-api-uploads"
    )


def _pool(
    settings: Settings, dsn: str, size: int, *, reads: bool, seconds: float | None = None
) -> asyncpg.Pool:
    limit = settings.database.statement_timeout if seconds is None else seconds
    values = {
        "application_name": "shopx-api" if reads else "shopx-api-writes",
        "statement_timeout": str(int(limit * 1000)),
        "timezone": "UTC",
        # Compiling takes longer than these statements run.
        "jit": "off",
    }
    return asyncpg.create_pool(
        **asyncpg_options(dsn),
        min_size=0,
        max_size=size,
        # After its limit is lowered, a pool closes idle connections soon.
        max_inactive_connection_lifetime=60,
        connection_class=PooledConnection,
        timeout=settings.database.connect_timeout,
        init=partial(_prepare, values=values),
        # A server that is stopped ends no statement by its own limit.
        command_timeout=limit + ANSWER_SECONDS,
    )


async def _prepare(connection: Any, *, values: Mapping[str, str]) -> None:
    await set_session(connection, values=values)
    if tracing.enabled():
        connection.add_query_logger(_trace_statement)


async def set_session(connection: Any, *, values: Mapping[str, str]) -> None:
    """Set parameters of a session: not in its start-up packet, where poolers refuse them."""
    await connection.execute(
        "select set_config(name, value, false)"
        " from unnest($1::text[], $2::text[]) as given(name, value)",
        [*values],
        [*values.values()],
    )


_FRAMES = ("BEGIN", "COMMIT", "ROLLBACK")
"""What asyncpg sends around a transaction: as many spans again, which say nothing."""


def _trace_statement(done: asyncpg.connection.LoggedQuery) -> None:
    """One span a statement: values are bound, so its text has none."""
    if done.query.startswith(_FRAMES):
        return
    facts = {"db.system.name": "postgresql", "db.query.text": done.query}
    tracing.record("sql", done.elapsed, facts)
