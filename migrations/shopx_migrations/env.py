"""Alembic's environment: one transaction a migration, short lock waits, no secret in a log.

With `together`, all migrations are one transaction: all or nothing.
"""

import re
from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, pool

from shopx_migrations.models.metadata import Base

# Partitions are created by functions, and have no models.
PARTITION = re.compile(r"_y\d{4}m\d{2}$")

# A migration that cannot get its lock gives up, because every query would queue behind it.
PATIENCE = "set lock_timeout = '10s'; set statement_timeout = 0;"

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


def run_online() -> None:
    """Migrate the database that the caller's `dsn` attribute names."""
    engine = create_engine(context.config.attributes["dsn"], poolclass=pool.NullPool)
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
