"""Checks that the read-only URL works and that its role may read what the API reads.

The migration checks it, because API processes that cannot read never get ready, with less to show
for it.
"""

from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from shopx_core.caching.table_dependencies import TABLES
from shopx_core.errors import Conflict, Forbidden, InvalidConfiguration, Unavailable
from shopx_core.logging import redact_text
from shopx_core.settings import DatabaseSettings

_WHERE: Final = (
    "SHOPX_DATABASE_READONLY_DSN (on a cluster: the Secret of database.external.readOnlySecretRef)"
)
_READ: Final = (
    *(*TABLES, "alembic_version", "columns_generations"),
    *("reference_changes", "replication_mark"),
)
"""What the API reads; some are functions, and some tables are yet to be created."""

_NAMED: Final = 2
"""How many tables a message names; with its hint it must fit into a condition."""

_THERE: Final = """
select array_agg(name), (
    select relnamespace::regnamespace::text from pg_class
    where oid = to_regclass('alembic_version')
)
from unnest(%s::text[]) as name
where to_regclass(name) is not null
"""
_MAY: Final = """
select quote_ident(current_user), has_schema_privilege(to_regnamespace(%s), 'usage'),
    array_agg(name) filter (where not has_table_privilege(to_regclass(name), 'select')),
    array_agg(name) filter (where to_regclass(name) is null)
from unnest(%s::text[]) as name
"""


def check(database: DatabaseSettings) -> None:
    """Try the read-only URL, if there is one: existing tables must be readable.

    Args:
        database: The URLs, and the time limit of connecting.

    Raises:
        psycopg.Error: The database of the URL for writes does not answer.
        InvalidConfiguration: The read-only URL cannot be parsed, or leads to a replica.
        Unavailable: Its server does not answer, or refuses the login.
        Forbidden: Its role may not read everything.
        Conflict: It names another database.
    """
    if database.readonly_dsn is None:
        return
    with psycopg.connect(database.write_dsn) as connection:
        there, schema = _row(connection, _THERE, [*_READ])
    try:
        with _connect(database) as connection:
            connection.read_only = True
            (standby,) = _row(connection, "select pg_is_in_recovery()")
            role, usage, denied, absent = _row(connection, _MAY, schema, there or [])
    except psycopg.Error as error:
        raise Unavailable(
            f"The read-only URL cannot be used: {redact_text(' '.join(str(error).split()))}.",
            hint=f"Correct {_WHERE}, or the server's access rules.",
        ) from None
    if standby:
        raise InvalidConfiguration(
            "The read-only URL leads to a replica, which may lack what the leader has shown.",
            hint=f"Let {_WHERE} name the leader, and name the replicas in"
            " SHOPX_DATABASE_REPLICA_ADDRESS (on a cluster: spec.database.reads).",
        )
    if usage is False:
        denied = there
    if denied:
        raise Forbidden(
            f"The role {role} of the read-only URL may not read {_few(denied)}.",
            hint=f"As their owner: GRANT USAGE ON SCHEMA {schema} TO {role};"
            f" GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};"
            f" ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};",
        )
    if absent:
        raise Conflict(
            f"The database of the read-only URL has no {_few(absent)}.",
            hint=f"{_WHERE} must name the same database as SHOPX_DATABASE_DSN.",
        )


def _connect(database: DatabaseSettings) -> psycopg.Connection:
    try:
        ports = str(conninfo_to_dict(database.read_dsn).get("port") or "0").split(",")
    except psycopg.ProgrammingError:
        ports = [""]
    if not all(port.isdecimal() for port in ports):
        # libpq's message may contain the part of the password that it cannot parse.
        raise InvalidConfiguration(
            "The read-only URL cannot be parsed.",
            hint=f"Percent-encode special characters of the password in {_WHERE}.",
        )
    return psycopg.connect(
        database.read_dsn,
        # libpq reads 0 as "for ever" and takes whole seconds.
        connect_timeout=max(1, round(database.connect_timeout)),
    )


def _row(connection: psycopg.Connection, statement: str, *values: Any) -> tuple[Any, ...]:
    row = connection.execute(statement, values).fetchone()
    assert row is not None, "aggregates have one row"  # noqa: S101 -- a defect, not input
    return row


def _few(names: list[str]) -> str:
    """The first names, and how many more there are."""
    first, more = sorted(names)[:_NAMED], len(names) - _NAMED
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
