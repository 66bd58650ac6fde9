"""The database session of an import, which holds the import lock of its source."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from shopx_core.errors import Conflict, InvalidConfiguration
from shopx_core.settings import DatabaseSettings
from shopx_core.texts import say
from shopx_store.connection import connect


class SourceBusy(Conflict):
    """Another session imports into the source; later it does not."""


@contextmanager
def import_session(database: DatabaseSettings, source: str) -> Iterator[psycopg.Connection]:
    """A session of the ledger's database that holds the import lock of a source.

    Raises:
        Unavailable: The database does not answer.
        InvalidConfiguration: The database has no ledger.
        SourceBusy: Another session is importing the source.
    """
    with connect(database, "shopx import") as connection:
        there = connection.execute("select to_regclass('import_runs') is not null").fetchone()
        if there != (True,):
            raise InvalidConfiguration(
                say(
                    "import.database-ledger-version", "The database has no ledger of this version."
                ),
                hint=say("import.run-shopx-migrate-first", "Run `shopx migrate` first."),
            )
        locked = connection.execute(
            "select pg_try_advisory_lock(hashtext('shopx.import'), hashtext(%s))", (source,)
        ).fetchone()
        if locked != (True,):
            raise SourceBusy(
                say(
                    "import.source-being-imported-another",
                    "The source {source} is being imported by another session.",
                    source=repr(source),
                ),
                hint=say("import.wait-until-done", "Wait until it is done."),
            )
        connection.execute("set statement_timeout = 0")
        connection.execute("set idle_in_transaction_session_timeout = 0")
        try:
            yield connection
        finally:
            if not connection.closed:
                # The server would release it too, but only some time after the session ended.
                connection.execute("select pg_advisory_unlock_all()")
