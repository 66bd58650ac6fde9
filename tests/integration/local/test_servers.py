"""The servers that `shopx up` starts for a dashboard: real ones, in a folder of their own."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest
import redis

from shopx_core.domain.ledger_partitions import locks_at_most
from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_manifest
from shopx_local.account import unprivileged
from shopx_local.console import Console
from shopx_local.servers import Servers, choose_servers
from shopx_local.state import StateDir
from shopx_local.supervisor import Supervisor
from tests.support.folders import open_folder

HEAD = """apiVersion: analytics.shopx.io/v1beta1
kind: AnalyticsDashboard
metadata: {name: shop}
"""
MANIFEST = parse_manifest(
    HEAD
    + "spec:\n  database: {bundled: {parameters: {work_mem: 7MB}}, connectionBudget: 50}\n"
    + "  cache: {redis: {bundled: {maxMemory: 32Mi}}}\n"
)


@pytest.fixture
def state() -> Iterator[StateDir]:
    with open_folder() as folder:
        made = StateDir(folder / "state")
        made.prepare()
        yield made


@asynccontextmanager
async def _running(state: StateDir) -> AsyncIterator[Servers]:
    supervisor = Supervisor(Console(io.StringIO(), colour=False))
    servers = choose_servers(MANIFEST, state, unprivileged(state.postgres))
    try:
        await supervisor.start(await asyncio.to_thread(servers.prepare))
        assert servers.postgres is not None
        await servers.postgres.ensure_database()
        yield servers
    finally:
        await supervisor.stop()


async def test_servers_start_with_the_manifests_terms_and_data_survive(state: StateDir) -> None:
    async with _running(state) as servers:
        assert servers.data_are_new
        with psycopg.connect(servers.dsn) as connection:
            connection.execute("create table kept as select 42 as n")
            row = connection.execute(
                "select current_setting('work_mem'), current_setting('max_connections'),"
                " current_setting('data_checksums'), rolsuper,"
                " current_setting('max_locks_per_transaction')::integer"
                " from pg_roles where rolname = current_user"
            ).fetchone()
        assert row == ("7MB", "58", "on", False, locks_at_most())
        with redis.from_url(servers.redis_url) as client:
            assert client.config_get("maxmemory") == {"maxmemory": str(32 * 1024**2)}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
        first = servers.dsn
    async with _running(state) as servers:
        assert not servers.data_are_new
        with psycopg.connect(servers.dsn) as connection:
            assert connection.execute("select n from kept").fetchone() == (42,)
        password = first.split(":")[2].split("@")[0]
        assert password in servers.dsn, "secrets are made once"


async def test_nobody_gets_in_without_the_password(state: StateDir) -> None:
    async with _running(state) as servers:
        for user in ("shopx", "postgres"):
            stranger = f"postgresql://{user}:wrong@{servers.dsn.split('@')[1]}"
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(stranger)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=int(servers.redis_url.split(":")[-1].split("/")[0])).ping()


async def test_no_password_shows_in_the_process_list(state: StateDir) -> None:
    secrets = state.secrets()
    servers = choose_servers(MANIFEST, state, unprivileged(state.postgres))
    for spec in await asyncio.to_thread(servers.prepare):
        line = " ".join(spec.argv)
        assert secrets.redis_password not in line
        assert secrets.superuser_password not in line
        assert not any(secrets.database_password in value for value in spec.env.values())


def test_interrupted_first_start_is_begun_anew(state: StateDir) -> None:
    state.postgres.mkdir()
    (state.postgres / "half").touch()
    servers = choose_servers(MANIFEST, state, unprivileged(state.postgres))
    assert servers.postgres is not None
    assert servers.postgres.initialise() is True
    assert not (state.postgres / "half").exists()


@pytest.mark.parametrize(
    ("version", "says"),
    [("9", "made by PostgreSQL 9, which is not installed"), ("rubbish", "PG_VERSION is damaged")],
)
def test_foreign_data_are_left_alone(state: StateDir, version: str, says: str) -> None:
    state.postgres.mkdir()
    (state.postgres / "PG_VERSION").write_text(version, encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match=says):
        choose_servers(MANIFEST, state, None)
    assert (state.postgres / "PG_VERSION").read_text(encoding="utf-8") == version


def test_servers_that_the_manifest_names_are_not_started(state: StateDir) -> None:
    manifest = parse_manifest(
        "kind: Secret\napiVersion: v1\nmetadata: {name: urls}\n"
        "stringData: {dsn: postgresql://a@h/d, reader: postgresql://b@h/d, url: redis://h}\n"
        f"---\n{HEAD}spec:\n"
        "  database: {external: {secretRef: {name: urls},"
        " readOnlySecretRef: {name: urls, key: reader}}}\n"
        "  cache: {redis: {external: {secretRef: {name: urls}}}}\n"
    )
    servers = choose_servers(manifest, state, None)
    assert (servers.postgres, servers.valkey) == (None, None)
    assert servers.dsn == "postgresql://a@h/d"
    assert servers.readonly_dsn == "postgresql://b@h/d"
    assert servers.redis_url == "redis://h"
    assert servers.prepare() == []


def test_a_clusters_database_is_refused(state: StateDir) -> None:
    manifest = parse_manifest(f"{HEAD}spec: {{database: {{cloudNativePG: {{clusterName: pg}}}}}}\n")
    with pytest.raises(InvalidConfiguration, match="needs a cluster"):
        choose_servers(manifest, state, None)
