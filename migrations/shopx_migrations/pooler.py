"""Checks that a URL leads to a session of its own, and not to a pooler in transaction mode.

The fold's and the migrations' locks, prepared statements and session parameters live as long as a
session. In transaction mode each transaction may run on another one, and they are lost in silence.
"""

from typing import Final

import psycopg

from shopx_core.errors import InvalidConfiguration
from shopx_core.settings import DatabaseSettings

_BACKEND: Final = "select pg_backend_pid()"


def check(database: DatabaseSettings) -> None:
    """Try both URLs.

    Raises:
        InvalidConfiguration: One leads to a pooler in transaction mode.
        psycopg.Error: The database does not answer.
    """
    urls = {database.read_dsn: "SHOPX_DATABASE_READONLY_DSN"}
    urls[database.write_dsn] = "SHOPX_DATABASE_DSN"
    for url, name in urls.items():
        if _shares_backends(url):
            raise InvalidConfiguration(
                f"{name} leads to a connection pooler in transaction mode: two connections got the"
                " same session of the server, which locks and prepared statements do not survive.",
                hint="Give the server's own address, or the pooler's in session mode (Supabase:"
                " port 5432; Neon: the host without -pooler; PgBouncer: pool_mode = session)."
                " The product keeps pools of its own.",
            )


def _shares_backends(url: str) -> bool:
    """Whether two connections, both open, are served by one backend."""
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        first = one.execute(_BACKEND).fetchone()
        one.commit()
        return other.execute(_BACKEND).fetchone() == first
