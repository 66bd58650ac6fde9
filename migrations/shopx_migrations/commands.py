"""`shopx migrate`: brings schema and reporting terms up to this release and its settings."""

import logging
from typing import Annotated

import psycopg
import sqlalchemy.exc
import typer
from alembic.util import CommandError

from shopx_core.errors import Conflict, DatabaseEmpty, MaintenanceNeeded, Unavailable
from shopx_core.settings import Settings
from shopx_migrations import pooler, reader, reporting, runner


def command(
    *,
    maintenance: Annotated[
        bool,
        typer.Option(
            "--maintenance",
            help="Nothing else uses the database: also run migrations that are incompatible with"
            " the previous release, all in one transaction.",
        ),
    ] = False,
    existing: Annotated[
        bool,
        typer.Option(
            "--existing",
            help="The database holds a dashboard's data: refuse an empty one, which has lost them.",
        ),
    ] = False,
) -> None:
    """Bring the database to this version's schema and reporting terms; safe to run again."""
    settings = Settings.from_env()
    dsn = settings.database.write_dsn
    logging.basicConfig(level=settings.log.level, format="%(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # Log the migrations that run, but not Alembic's remarks about the database.
    logging.getLogger("alembic.runtime.migration").addFilter(
        lambda record: record.getMessage().startswith("Running")
    )
    try:
        if existing and runner.revision(dsn) is None:
            raise DatabaseEmpty(
                "The database is empty, and this dashboard had one with data; nothing was changed.",
                hint="Restore a back-up into it, or set spec.database.initialize to true to begin"
                " with an empty one.",
            )
        # Before anything changes, and before it would prolong a maintenance.
        reader.check(settings.database)
        pooler.check(settings.database)
        if not maintenance and (found := runner.incompatible(dsn)):
            raise MaintenanceNeeded(
                f"Migration {', '.join(found)} is incompatible with the previous release;"
                " nothing was changed.",
                hint="Stop everything that uses the database, then run"
                " `shopx migrate --maintenance`; the operator does both.",
            )
        runner.upgrade(dsn, together=maintenance)
        with psycopg.connect(dsn) as connection:
            rebuild = reporting.apply(connection, settings.reporting)
        if not maintenance:
            # New tables too. A maintenance counts as successful in any case, because the previous
            # release could not use what it made.
            reader.check(settings.database)
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        raise Unavailable(
            f"The database cannot be migrated: {str(error.__cause__ or error).strip()}.",
            hint="Check that it runs, and that SHOPX_DATABASE_DSN names it.",
        ) from None
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        raise Conflict(
            f"A migration failed and changed nothing: {str(error.__cause__ or error).strip()}.",
            hint="The previous release still works; a newer one may fix the migration.",
        ) from error
    except CommandError as error:
        raise Conflict(
            f"The database is at a revision that this release does not know: {error}.",
            hint="Run the release that made it, or a newer one.",
        ) from None
    typer.echo(f"The database is at revision {runner.head()}.")
    if rebuild:
        typer.echo("The reporting terms changed: the fold rebuilds the rollups.")
