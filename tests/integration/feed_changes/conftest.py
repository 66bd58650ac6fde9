"""A shop that is followed, on a server with logical replication."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from shopx_core.settings import DatabaseSettings, ImportSettings, RedisSettings, Settings
from tests.support.feeding import Shop
from tests.support.followed_shop import (
    FollowedShop,
    followed_shop,
)
from tests.support.importing import add_rates
from tests.support.postgres import Database, PostgresServer, postgres_server


@pytest.fixture(scope="package")
def shop_server() -> Iterator[PostgresServer]:
    """The shop's."""
    options = {
        "wal_level": "logical",
        # Decoding reads what is flushed: otherwise a change shows some tenths of a second later.
        "synchronous_commit": "on",
        "max_wal_size": "64MB",
        "min_wal_size": "32MB",
    }
    # Not pytest's folder, whose rights another session resets.
    with (
        tempfile.TemporaryDirectory(prefix="shopx-shop-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder), os.environ.get("SHOPX_TEST_PG"), options=options) as server,
    ):
        yield server


@pytest.fixture
def feeds(database: Database, valkey_url: str, tmp_path: Path) -> Shop:
    add_rates(database.dsn)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    settings = Settings(
        database=DatabaseSettings(dsn=SecretStr(database.dsn)),
        redis=RedisSettings(url=SecretStr(valkey_url)),
        reporting={"currency": "USD"},
        imports=ImportSettings(credentials=str(credentials), permitted=("127.0.0.0/8",)),
    )
    return Shop(database.dsn, settings)


@pytest.fixture
def shop(
    feeds: Shop, shop_server: PostgresServer, pg_server: PostgresServer
) -> Iterator[FollowedShop]:
    with followed_shop(feeds, shop_server, pg_server) as made:
        yield made
