"""Connections that people have, on every path, against servers with TLS."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
from celery import Celery

from shopx_api.response_cache.redis_client import RedisClient
from shopx_api.server.pools import read_pool, write_pool
from shopx_core.caching.runtime_tuning import RedisAccess
from shopx_core.clients.outbound import Outbound, OutboundPolicy
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_core.connection_strings import asyncpg_options, libpq_url
from shopx_core.errors import InvalidConfiguration
from shopx_core.settings import DatabaseSettings, Settings
from shopx_migrations import pooler, runner
from shopx_store.connection import connect
from shopx_workers.app import make_app
from shopx_workers.queue_metrics import QueueCollector
from tests.support import tls
from tests.support.tls import QUOTED, Certificates

pytestmark = tls.marks()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tls.shared_folder() as made:
        yield made


@pytest.fixture(scope="module")
def certificates(folder: Path) -> Certificates:
    return Certificates.make(folder)


@pytest.fixture(scope="module")
def port(folder: Path, certificates: Certificates) -> Iterator[int]:
    (folder / "pg").mkdir()
    with tls.postgres(folder / "pg", certificates) as made:
        yield made


def settings(url: str, redis: str | None = None) -> Settings:
    values = {"SHOPX_DATABASE_DSN": url} | ({"SHOPX_REDIS_URL": redis} if redis else {})
    return Settings.from_env(values)


async def assert_works(url: str) -> None:
    """With each driver, as the processes connect."""
    made = settings(url)
    pooler.check(made.database)
    assert runner.incompatible(made.database.write_dsn) == []
    with connect(made.database, "test") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    for pool in (read_pool(made), write_pool(made)):
        async with pool:
            for _ in range(2):
                assert await pool.fetchval("show jit") == "off"
                assert await pool.fetchval("show statement_timeout") == "20s"
                assert await pool.fetchval("show timezone") == "UTC"


async def test_a_private_authority(port: int, certificates: Certificates) -> None:
    base = f"postgresql://owner:{QUOTED}@localhost:{port}/postgres"
    authority = f"sslrootcert={certificates.path('ca.crt')}"
    await assert_works(f"{base}?sslmode=verify-full&{authority}")
    await assert_works(f"{base}?sslmode=verify-ca&{authority}")
    await assert_works(f"{base}?sslmode=require")
    await assert_works(base)
    # What Neon's console shows.
    await assert_works(f"{base}?sslmode=require&channel_binding=require&{authority}")


@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("localhost", "sslmode=verify-full&sslrootcert={other}"),
        ("localhost", "sslmode=require&sslrootcert={other}"),
        ("localhost", "sslmode=require&channel_binding=require&sslrootcert={other}"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={ca}"),
        ("localhost", "sslmode=verify-full"),
        ("localhost", "sslmode=disable"),
    ],
    ids=["authority", "implied", "binding", "name", "system", "plain"],
)
async def test_a_wrong_certificate_is_refused_by_every_driver(
    port: int, certificates: Certificates, host: str, query: str
) -> None:
    names = {name: certificates.path(f"{name}.crt") for name in ("ca", "other")}
    url = f"postgresql://owner:{QUOTED}@{host}:{port}/postgres?{query.format(**names)}"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(libpq_url(url))
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asyncpg.connect(**asyncpg_options(url))


async def test_a_clients_certificate(port: int, certificates: Certificates) -> None:
    """Instead of a password."""
    certificates.path("client.key").chmod(0o600)
    await assert_works(
        f"postgresql://owner@localhost:{port}/certified?sslmode=verify-full"
        f"&sslrootcert={certificates.path('ca.crt')}"
        f"&sslcert={certificates.path('client.crt')}&sslkey={certificates.path('client.key')}"
    )


async def test_a_pooler_in_session_mode(port: int, folder: Path) -> None:
    """PgBouncer refuses parameters in the start-up packet that it does not track."""
    (folder / "session").mkdir()
    with tls.pgbouncer(folder / "session", port, "session") as own:
        await assert_works(f"postgresql://owner:{QUOTED}@localhost:{own}/postgres")


async def test_a_pooler_in_transaction_mode_is_refused_with_the_reason(
    port: int, folder: Path
) -> None:
    """By the migration, which runs before anything else."""
    (folder / "transaction").mkdir()
    with tls.pgbouncer(folder / "transaction", port, "transaction") as own:
        url = f"postgresql://owner:{QUOTED}@localhost:{own}/postgres"
        with pytest.raises(InvalidConfiguration, match="SHOPX_DATABASE_DSN leads to a connection"):
            pooler.check(DatabaseSettings(dsn=url))
        direct = f"postgresql://owner:{QUOTED}@localhost:{port}/postgres?sslmode=require"
        with pytest.raises(InvalidConfiguration, match="SHOPX_DATABASE_READONLY_DSN leads"):
            pooler.check(DatabaseSettings(dsn=direct, readonly_dsn=url))


async def test_redis_with_tls_certificates_and_an_acl_user(
    folder: Path, certificates: Certificates
) -> None:
    """The API's client, the workers' broker, the queue's metrics and the operator."""
    (folder / "redis").mkdir()
    with tls.redis_server(folder / "redis", certificates) as port:
        files = f"ssl_certfile={certificates.path('client.crt')}"
        files += f"&ssl_keyfile={certificates.path('client.key')}"
        base = f"rediss://shop:drawn@localhost:{port}/1?{files}"
        url = f"{base}&ssl_ca_certs={certificates.path('ca.crt')}"
        made = settings("postgresql://h/d", url)

        client = RedisClient(made.redis.cache_url, timeout=10.0, invalidated=lambda _: None)
        await client.start()
        assert client.up
        await client.stop()

        app: Celery = make_app(made)
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=30)
        assert list(QueueCollector(url, "").collect())

        board = TuningPublisher(outbound=Outbound(OutboundPolicy.of(["127.0.0.0/8", "::1"])))
        for where, access in ((url, "granted"), (base, "unreached")):
            result = await board.publish(where, "postgresql://h/d", {"ttl_min": "5"}, owner="shop")
            assert result.access is RedisAccess(access)
        await board.close()
