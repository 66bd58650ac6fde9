"""Other runs of the same cluster: recovery to a point in time, and hot standbys."""

import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from shopx_store.columns.choice import Refusal
from tests.integration.columns.test_faults import Stand
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database, PostgresServer, free_port, postgres_server

pytestmark = pytest.mark.slow


@contextmanager
def archiving() -> Iterator[tuple[PostgresServer, Path]]:
    """A server that archives its WAL, and the folder beside its data."""
    # Not pytest's own folder, which other runs close to other accounts.
    with (
        tempfile.TemporaryDirectory(prefix="shopx-pg-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder)) as server,
    ):
        archive = Path(folder) / "archive"
        archive.mkdir()
        shutil.chown(archive, server.data.stat().st_uid)
        with (server.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                "full_page_writes = on\nfsync = on\narchive_mode = on\n"
                f"archive_command = 'cp %p {archive}/%f'\n"
            )
        server.process.args = [
            word
            for word in command(server)
            if not word.startswith(("-cfull_page_writes", "-cfsync"))
        ]
        server.stop()
        start(server)
        yield server, archive


def command(server: PostgresServer) -> list[str]:
    """The command that started it."""
    return [str(word) for word in server.process.args]  # type: ignore[union-attr]


def base_backup(server: PostgresServer, into: Path) -> None:
    """Copy the running server, as an administrator would."""
    into.mkdir(mode=0o700)
    shutil.chown(into, server.data.stat().st_uid)
    subprocess.run(
        [server.bin / "pg_basebackup", "-D", into, "-d", server.dsn("postgres"), "-c", "fast",
         "-X", "stream"],
        user=server.data.stat().st_uid, cwd="/", check=True, capture_output=True,
    )  # fmt: skip


def start(server: PostgresServer) -> None:
    """Start it again over its folder, and wait until it accepts writes or is a standby."""
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    server.process = subprocess.Popen(
        command(server),
        user=server.data.stat().st_uid,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    standby = (server.data / "standby.signal").exists()
    for _ in range(300):
        try:
            with psycopg.connect(server.dsn("postgres"), connect_timeout=2) as connection:
                row = connection.execute("select pg_is_in_recovery()").fetchone()
            if row == (standby,):
                return
        except psycopg.OperationalError:
            pass
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start again")


def stocked(server: PostgresServer, folder: Path) -> Stand:
    made = server.migrated()
    with psycopg.connect(made.dsn, autocommit=True) as connection:
        Shop.stock(connection)
    stand = Stand(made, folder)
    stand.act(20)
    return stand


async def test_recovery_to_before_the_build(tmp_path: Path) -> None:
    """A base backup and archived WAL up to before the build; then transactions past the base's.

    The same cluster, database and files: only the generation's row is missing.
    """
    with archiving() as (server, archive):
        stand = stocked(server, tmp_path / "columns")
        backup = server.data.with_name("backup")
        base_backup(server, backup)
        stand.act(10)
        with psycopg.connect(stand.database.dsn, autocommit=True) as connection:
            row = connection.execute("select pg_create_restore_point('before')::text").fetchone()
            lines = connection.execute("select count(*) from order_items").fetchone()
        assert row is not None
        await stand.build()
        await stand.engine.refresh()
        await stand.expect_served()
        with psycopg.connect(stand.database.dsn, autocommit=True) as connection:
            connection.execute("select pg_switch_wal()")
            newest = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
        server.stop()
        shutil.rmtree(server.data)
        backup.rename(server.data)
        (server.data / "recovery.signal").touch()
        with (server.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"restore_command = 'cp {archive}/%f %p'\n"
                "recovery_target_name = 'before'\nrecovery_target_action = 'promote'\n"
            )
        start(server)
        other = Shop(random.Random(6))
        with psycopg.connect(stand.database.dsn, autocommit=True) as connection:
            assert connection.execute("select count(*) from order_items").fetchone() == lines
            for _ in range(60):
                other.act(connection)
            now = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
        assert now is not None
        assert newest is not None
        assert now[0] > newest[0], "transactions past the base's"
        await stand.expect_refused(Refusal.NO_BASE)
        await stand.build()
        await stand.engine.refresh()
        await stand.expect_served()
        await stand.engine.close()


async def test_a_hot_standby_is_answered_by_postgresql(tmp_path: Path) -> None:
    """Its snapshots do not list what runs on the primary."""
    with archiving() as (server, _):
        stand = stocked(server, tmp_path / "columns")
        await stand.build()
        await stand.engine.refresh()
        await stand.expect_served()
        data = server.data.with_name("standby")
        base_backup(server, data)
        (data / "standby.signal").touch()
        port = free_port()
        arguments = [
            word.replace(str(server.data), str(data)).replace(f"port={server.port}", f"port={port}")
            for word in command(server)
        ]
        standby = PostgresServer(port=port, process=server.process, data=data, bin=server.bin)
        standby.process = subprocess.Popen(["true"])
        standby.process.wait()
        standby.process.args = arguments
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"primary_conninfo = 'host=127.0.0.1 port={server.port} user=postgres'\n"
            )
        start(standby)
        try:
            reader = Stand(
                Database(dsn=standby.dsn(stand.database.name), name=stand.database.name),
                tmp_path / "columns",
            )
            await reader.engine.refresh()
            await reader.expect_refused(Refusal.STANDBY)
            await reader.engine.close()
        finally:
            standby.stop()
        await stand.expect_served()
        await stand.engine.close()
