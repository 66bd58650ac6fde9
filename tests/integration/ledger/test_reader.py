"""A URL for reads is tried by `shopx migrate`, on a real database."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from shopx_core.errors import (
    Conflict,
    Forbidden,
    InvalidConfiguration,
    ShopxError,
    Unavailable,
)
from shopx_migrations import commands
from tests.support.postgres import Database, PostgresServer, free_port
from tests.support.streaming_postgres import streaming

ROLE = f"reader of {os.getpid()}"
PASSWORD = "Zq8-alone"


@pytest.fixture
def empty(pg_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database before its first migration, and a role that may do nothing in it."""
    made = pg_server.create()
    monkeypatch.setenv("SHOPX_DATABASE_DSN", made.dsn)
    _run(made, f'create role "{ROLE}" login', "revoke all on schema public from public")
    monkeypatch.setenv("SHOPX_DATABASE_READONLY_DSN", _as_reader(made))
    yield made
    pg_server.drop(made)
    with psycopg.connect(pg_server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f'drop role "{ROLE}"')


def _as_reader(database: Database) -> str:
    return database.dsn.replace("//postgres@", f"//{ROLE.replace(' ', '%20')}:{PASSWORD}@")


def _run(database: Database, *statements: str) -> None:
    with psycopg.connect(database.dsn) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _refused() -> ShopxError:
    """What the command says instead of succeeding; never a password."""
    with pytest.raises(ShopxError) as found:
        commands.command()
    assert PASSWORD not in str(found.value)
    return found.value


def test_the_rights_that_lack_are_told_and_the_hint_gives_them(empty: Database) -> None:
    """Also those on tables of releases to come; nothing is wrong with what was migrated."""
    refused = _refused()
    assert isinstance(refused, Forbidden)
    assert f'The role "{ROLE}" of the read-only URL may not read alembic_version' in str(refused)
    assert refused.hint is not None
    hint = refused.hint.partition(": ")[2]
    _run(empty, *(one for one in hint.split(";") if one))
    commands.command()
    _run(
        empty,
        "create table newer (like folded_xids including all)",
        "drop table folded_xids",
        "alter table newer rename to folded_xids",
    )
    commands.command()


@pytest.mark.parametrize("table", ["orders", "mv_cohorts", "reference_changes"])
def test_one_right_that_lacks_is_enough(empty: Database, table: str) -> None:
    """A panel would fail, or a change would go unnoticed."""
    _run(
        empty,
        f'grant usage on schema public to "{ROLE}"',
        f'alter default privileges in schema public grant select on tables to "{ROLE}"',
    )
    commands.command()
    _run(empty, f'revoke select on {table} from "{ROLE}"')
    refused = _refused()
    assert refused.message.endswith(f"may not read {table}.")


def test_who_is_not_let_in_is_told_before_anything_is_changed(empty: Database) -> None:
    _run(empty, f'alter role "{ROLE}" nologin')
    refused = _refused()
    assert isinstance(refused, Unavailable)
    assert "The read-only URL cannot be used" in refused.message
    assert "is not permitted to log in" in refused.message
    assert "SHOPX_DATABASE_READONLY_DSN" in str(refused.hint)
    with psycopg.connect(empty.dsn) as connection:
        row = connection.execute("select to_regclass('alembic_version')").fetchone()
    assert row == (None,)


def test_a_server_that_does_not_answer_is_told(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    away = f"postgresql://r:{PASSWORD}@127.0.0.1:{port}/{empty.name}"
    monkeypatch.setenv("SHOPX_DATABASE_READONLY_DSN", away)
    refused = _refused()
    assert isinstance(refused, Unavailable)
    assert str(port) in refused.message


def test_a_replica_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has shown may not be all that the leader has."""
    with streaming() as (leader, replica):
        made = leader.migrated()
        replica.caught_up(leader)
        monkeypatch.setenv("SHOPX_DATABASE_DSN", made.dsn)
        monkeypatch.setenv("SHOPX_DATABASE_READONLY_DSN", replica.server.dsn(made.name))
        refused = _refused()
    assert isinstance(refused, InvalidConfiguration)
    assert "leads to a replica" in refused.message
    assert "SHOPX_DATABASE_REPLICA_ADDRESS" in str(refused.hint)


@pytest.mark.usefixtures("empty")
def test_another_database_is_told(
    pg_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = pg_server.dsn("postgres")
    monkeypatch.setenv("SHOPX_DATABASE_READONLY_DSN", other)
    refused = _refused()
    assert isinstance(refused, Conflict)
    assert "The database of the read-only URL has no alembic_version" in refused.message


@pytest.mark.parametrize("password", [f"{PASSWORD}%zz", f"{PASSWORD}/d"], ids=["percent", "slash"])
def test_a_url_that_cannot_be_read_is_not_shown(
    empty: Database, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    url = empty.dsn.replace("postgres@", f"r:{password}@")
    monkeypatch.setenv("SHOPX_DATABASE_READONLY_DSN", url)
    assert isinstance(_refused(), InvalidConfiguration)


@pytest.mark.usefixtures("empty")
def test_a_migration_that_was_alone_has_succeeded_whoever_may_read() -> None:
    """The release before could not go on with what it made, so there is no way back."""
    commands.command(maintenance=True)
    assert isinstance(_refused(), Forbidden)
