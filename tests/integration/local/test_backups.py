"""`shopx backup` and `shopx restore` on a real PostgreSQL of one machine."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shopx_core.errors import Conflict, InvalidConfiguration
from shopx_local.account import unprivileged
from shopx_local.backup_commands import backup, restore
from shopx_local.control import state_of
from shopx_local.postgres import PostgresServer
from shopx_local.servers import choose_servers
from shopx_local.state import RunRecord, StateDir
from shopx_local.supervisor import identify
from shopx_local.up import read_manifest

pytestmark = pytest.mark.timeout(300)
MANIFEST = """\
apiVersion: analytics.shopx.io/v1beta1
kind: AnalyticsDashboard
metadata: {name: kept}
spec: {backup: {destination: {pvc: {}}}}
"""


@pytest.fixture
def manifest() -> Iterator[Path]:
    # Not pytest's own folder, which the servers' account cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="shopx-"))
    folder.chmod(0o755)
    (folder / "dashboard.yaml").write_text(MANIFEST)
    yield folder / "dashboard.yaml"
    shutil.rmtree(folder)


@contextlib.contextmanager
def serving(manifest: Path, folder: StateDir) -> Iterator[PostgresServer]:
    """The dashboard's PostgreSQL alone, with what `up` notes of a run."""
    servers = choose_servers(read_manifest(manifest), folder, unprivileged(folder.postgres))
    server = servers.postgres
    assert server is not None
    server.initialise()
    spec = server.spec(20, {})
    as_account: dict[str, Any] = (
        {"user": spec.uid, "group": spec.gid, "extra_groups": []} if spec.uid else {}
    )
    process = subprocess.Popen(spec.argv, env=dict(spec.env), cwd=spec.cwd, **as_account)
    try:
        until = time.monotonic() + 60
        while not asyncio.run(server.accepts()):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        asyncio.run(server.ensure_database())
        own = identify("up", os.getpid(), 15)
        assert own is not None
        record = RunRecord("kept", str(manifest), "", own, 0.0)
        record.environment["SHOPX_DATABASE_DSN"] = server.dsn
        folder.write_record(record)
        yield server
    finally:
        process.send_signal(spec.stop_signal)
        process.wait(60)
        folder.clear_record()


def values(server: PostgresServer) -> list[str]:
    with psycopg.connect(server.dsn) as connection:
        return [row[0] for row in connection.execute("select what from kept order by what")]


def until_archived(server: PostgresServer) -> None:
    """A segment is archived within a minute of its first change, without being asked."""
    dsn = server.dsn.replace("shopx:", "postgres:", 1).replace("/shopx", "/postgres")
    secret = server.secrets.superuser_password
    dsn = dsn.replace(server.secrets.database_password, secret)
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        until = time.monotonic() + 60
        query = "select coalesce(last_archived_wal, '') >= %s from pg_stat_archiver"
        while connection.execute(query, row).fetchone() != (True,):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_data_return_to_a_moment_and_are_never_written_over(manifest: Path) -> None:
    folder = state_of(manifest, None)
    folder.prepare()
    with serving(manifest, folder) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("create table kept (what text)")
            connection.execute("insert into kept values ('before')")
            backup(manifest)
            connection.execute("insert into kept values ('since')")
            time.sleep(0.05)
            (moment,) = connection.execute("select clock_timestamp()").fetchone() or ("",)
            time.sleep(0.05)
            connection.execute("insert into kept values ('too late')")
        until_archived(server)

    with pytest.raises(Conflict, match="holds data"):
        restore(manifest)
    folder.postgres.rename(folder.path / "old")
    restore(manifest, to=moment.isoformat())
    with serving(manifest, folder) as server:
        assert values(server) == ["before", "since"]
        # The passwords of this machine are those of the restored roles, too.
        assert asyncio.run(server.accepts())


def test_a_manifest_without_backups_is_told_how(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("{backup: {destination: {pvc: {}}}}", "{}"))
    with pytest.raises(InvalidConfiguration, match=r"has no spec\.backup"):
        restore(manifest)
