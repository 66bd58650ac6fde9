"""Synchronous connections, for commands and jobs."""

import psycopg

from shopx_core.errors import Unavailable
from shopx_core.logging import redact_text
from shopx_core.settings import DatabaseSettings


def connect(database: DatabaseSettings, application: str) -> psycopg.Connection:
    """Open a connection in autocommit mode, so that every transaction is explicit.

    Args:
        database: Address and time limit.
        application: Its name in `pg_stat_activity`.

    Raises:
        Unavailable: The database cannot be reached or refuses the login.
    """
    try:
        return psycopg.connect(
            database.write_dsn,
            autocommit=True,
            # libpq reads 0 as "for ever" and takes whole seconds.
            connect_timeout=max(1, round(database.connect_timeout)),
            application_name=application,
        )
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"The database cannot be reached: {redact_text(str(error)).strip()}.",
            hint="Check that it runs, and that SHOPX_DATABASE_DSN names it.",
        ) from error
