"""`shopx migrate`: schema and reporting terms as this build and its settings want them."""

import logging
from typing import Annotated

import psycopg
import sqlalchemy.exc
import typer
from alembic.util import CommandError

from shopx_core.errors import Conflict, MaintenanceNeeded, Unavailable
from shopx_core.settings import Settings
from shopx_migrations import reader, reporting, runner


def command(
    *,
    maintenance: Annotated[
        bool,
        typer.Option(
            "--maintenance",
            help="Nothing else uses the database: also run what the release before cannot live"
            " with, all in one transaction.",
        ),
    ] = False,
) -> None:
    """Bring the database to this version's schema and reporting terms; safe to run again."""
    settings = Settings.from_env()
    dsn = settings.database.write_dsn
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # Which migrations run is worth a line; that PostgreSQL is PostgreSQL is not.
    logging.getLogger("alembic.runtime.migration").addFilter(
        lambda record: record.getMessage().startswith("Running")
    )
    try:
        # Before anything is changed, and before a maintenance that it would make longer.
        reader.check(settings.database)
        if not maintenance and (found := runner.incompatible(dsn)):
            raise MaintenanceNeeded(
                f"The release before cannot live with migration {', '.join(found)};"
                " nothing was changed.",
                hint="Stop everything that uses the database, then run"
                " `shopx migrate --maintenance`; the operator does both by itself.",
            )
        runner.upgrade(dsn, together=maintenance)
        with psycopg.connect(dsn) as connection:
            rebuild = reporting.apply(connection, settings.reporting)
        if not maintenance:
            # New tables, too. One that was alone has succeeded whoever may read them: the release
            # before could not go on with what it made.
            reader.check(settings.database)
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        raise Unavailable(
            f"The database cannot be migrated: {str(error.__cause__ or error).strip()}.",
            hint="Check that it runs, and that SHOPX_DATABASE_DSN names it.",
        ) from None
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        raise Conflict(
            f"A migration failed and changed nothing: {str(error.__cause__ or error).strip()}.",
            hint="The release before goes on working; a newer one may know better.",
        ) from error
    except CommandError as error:
        raise Conflict(
            f"The database is at a revision that this release does not know: {error}.",
            hint="Run the release that made it, or a newer one.",
        ) from None
    typer.echo(f"The database is at revision {runner.head()}.")
    if rebuild:
        typer.echo("The reporting terms changed: the fold rebuilds the rollups.")
