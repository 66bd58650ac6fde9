"""Migrations that are incompatible with the previous release, on a real database."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shopx_core.errors import Conflict, DatabaseEmpty, MaintenanceNeeded
from shopx_migrations import commands, runner
from tests.support.postgres import Database, PostgresServer

INCOMPATIBLE = """\
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
COMPATIBLE_WITH_OLDER = {compatible}


def upgrade() -> None:
    op.execute("{statement}")
"""


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a release that is yet to come."""
    folder = tmp_path / "migrations"
    shutil.copytree(runner.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(runner, "FOLDER", folder)
    return folder / "versions"


def add(versions: Path, statement: str, *, compatible: bool) -> str:
    """One more migration; returns its revision."""
    before = runner.head()
    revision = f"{int(before) + 1:03}"
    text = INCOMPATIBLE.format(
        revision=revision, before=before, statement=statement, compatible=compatible
    )
    (versions / f"{revision}_further.py").write_text(text)
    return revision


def revision_of(database: Database) -> str:
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute("select version_num from alembic_version").fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture
def configured(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that the command migrates."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)
    return database


def test_it_is_refused_before_anything_is_changed(versions: Path, configured: Database) -> None:
    """Also the migration before it, which the older release could live with."""
    head = runner.head()
    add(versions, "alter table orders add column note text", compatible=True)
    named = add(versions, "alter table orders rename column note to remark", compatible=False)
    with pytest.raises(MaintenanceNeeded, match=f"Migration {named}"):
        commands.command()
    assert revision_of(configured) == head
    commands.command(maintenance=True)
    assert revision_of(configured) == named
    commands.command()


def test_alone_it_is_all_or_nothing(versions: Path, configured: Database) -> None:
    """The operator brings the release before back, which must find its database as it was."""
    head = runner.head()
    add(versions, "alter table orders rename column ordered_at to happened_at", compatible=False)
    add(versions, "alter table orders drop column nothing_like_it", compatible=True)
    with pytest.raises(Conflict, match=r"changed nothing.*nothing_like_it"):
        commands.command(maintenance=True)
    assert revision_of(configured) == head
    with psycopg.connect(configured.dsn) as connection:
        connection.execute("select ordered_at from orders")


def test_every_other_migration_needs_nothing(versions: Path, configured: Database) -> None:
    named = add(versions, "alter table orders add column note text", compatible=True)
    commands.command()
    assert revision_of(configured) == named


def test_a_database_of_a_newer_release_is_told_as_such(configured: Database) -> None:
    """Before anything else about it is asked."""
    with psycopg.connect(configured.dsn) as connection:
        connection.execute("update alembic_version set version_num = '999'")
    with pytest.raises(Conflict, match="a revision that this release does not know"):
        commands.command()


@pytest.fixture
def empty(pg_server: PostgresServer) -> Iterator[Database]:
    """A database without a schema."""
    made = pg_server.create()
    yield made
    pg_server.drop(made)


@pytest.mark.parametrize("maintenance", [False, True])
def test_a_new_database_has_no_release_before(
    versions: Path, empty: Database, monkeypatch: pytest.MonkeyPatch, maintenance: bool
) -> None:
    """Whether its migrations are one transaction or many."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", empty.dsn)
    named = add(
        versions, "alter table orders rename column ordered_at to happened_at", compatible=False
    )
    commands.command(maintenance=maintenance)
    assert revision_of(empty) == named


def test_an_empty_database_is_refused_where_data_were(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOPX_DATABASE_DSN", empty.dsn)
    with pytest.raises(DatabaseEmpty) as caught:
        commands.command(existing=True)
    assert "initialize" in (caught.value.hint or "")
    assert runner.revision(empty.dsn) is None
    commands.command()
    commands.command(existing=True)
    assert runner.revision(empty.dsn) == runner.head()


@pytest.mark.parametrize("error", [MaintenanceNeeded, DatabaseEmpty])
def test_the_exit_code_is_its_own(error: type[Conflict]) -> None:
    """By which the operator tells it from every failure; a shell's `&&` hands it on."""
    script = (
        "from shopx_core import cli, errors\n"
        f"def refuse(words): raise errors.{error.__name__}('no', hint='yes')\n"
        "cli.build = lambda words: lambda **_: refuse(words)\n"
        "cli.main(['migrate'])\n"
    )
    done = subprocess.run(
        [
            *("/bin/sh", "-c", '"$0" -c "$1" && echo more', sys.executable, script),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == error.exit_code
    assert done.stderr == "error: no\nhint: yes\n"
