"""Real servers for tests: one of each per worker process, one database per test."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_socket
import redis
from hypothesis import HealthCheck, settings

from tests.support.postgres import Database, PostgresServer, postgres_server
from tests.support.valkey import ValkeyServer, valkey_server

# The same examples each time, without a time limit for busy machines;
# `--hypothesis-profile=default` draws others.
settings.register_profile(
    "shopx", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shopx")


def pytest_runtest_setup() -> None:
    """Tests connect to this machine only."""
    pytest_socket.socket_allow_hosts(["127.0.0.0/8", "::1", "localhost"], allow_unix_socket=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests of live systems wait now and then."""
    return min(8, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests begin first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PostgresServer]:
    """PostgreSQL: the embedded 18, or the major version that SHOPX_TEST_PG names."""
    # Not pytest's own folder: another run would remove it while the server uses it.
    with (
        tempfile.TemporaryDirectory(prefix="shopx-pg-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder), os.environ.get("SHOPX_TEST_PG")) as server,
    ):
        yield server


@pytest.fixture
def database(pg_server: PostgresServer) -> Iterator[Database]:
    """A fresh database at the newest revision."""
    made = pg_server.migrated()
    yield made
    pg_server.drop(made)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the test's database."""
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=8) as made:
        yield made


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """Valkey, shared by the tests of a worker process."""
    with valkey_server(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """An empty Valkey."""
    with redis.Redis(port=valkey.port) as client:
        client.flushall()
    return valkey.url
