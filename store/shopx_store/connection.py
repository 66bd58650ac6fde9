"""Synchronous connections, for processes that do one thing at a time: commands and jobs."""

import psycopg

from shopx_core.errors import Unavailable
from shopx_core.logging import redact_text
from shopx_core.settings import DatabaseSettings


def connect(database: DatabaseSettings, application: str) -> psycopg.Connection:
    """Open a connection in autocommit mode: transactions are begun on purpose.

    Args:
        database: Where and how patiently.
        application: What `pg_stat_activity` shows.

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
            hint="SHOPX_DATABASE_DSN says where it is.",
        ) from error
