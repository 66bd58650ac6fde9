"""Alembic's environment: one transaction a migration, short lock waits, no secret in a log.

With `together`, all migrations are one transaction: all or nothing.
"""

import os
import re
from typing import Any, Final, Literal

from alembic import context
from alembic.util import CommandError
from sqlalchemy import URL, create_engine, make_url, pool

from shopx_migrations.models.metadata import Base

# Partitions are created by functions, and have no models.
PARTITION = re.compile(r"_y\d{4}m\d{2}$")

# A migration that cannot get its lock gives up, because every query would queue behind it.
PATIENCE = "set lock_timeout = '10s'; set statement_timeout = 0;"

VARIABLES: Final = ("DATABASE_URL", "SHOPX_DATABASE_DSN")

NameType = Literal[
    "schema",
    "table",
    "column",
    "index",
    "unique_constraint",
    "foreign_key_constraint",
    "check_constraint",
]


def include_name(name: str | None, type_: NameType, _parents: Any) -> bool:
    """Leave partitions out of the comparison with the models."""
    return not (type_ == "table" and name is not None and PARTITION.search(name))


def run_offline() -> None:
    """Print the SQL, for the linter and for applying it by hand."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    context.get_context().impl.static_output(PATIENCE)
    with context.begin_transaction():
        context.run_migrations()


def _from_environment() -> URL:
    """The URL for Alembic's own command.

    Raises:
        CommandError: No variable names a database.
    """
    given = next(filter(None, map(os.environ.get, VARIABLES)), None)
    if given is None:
        raise CommandError(
            f"No database is named: set {VARIABLES[0]}=postgresql://user:password@host/name"
            " (or add --sql to see the statements)."
        )
    return make_url(given).set(drivername="postgresql+psycopg")


def run_online() -> None:
    """Migrate the database that the caller's `dsn` attribute names, or else the environment."""
    url = context.config.attributes.get("dsn") or _from_environment()
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(PATIENCE)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_name=include_name,
            transaction_per_migration=not context.config.attributes.get("together", False),
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
