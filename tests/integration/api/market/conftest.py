"""The API over a market that tests only read: made once for each worker process."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from shopx_api.server.app import create_inner_app
from tests.support.api import Api, serving, settings_for
from tests.support.market_dataset import ALL_AT_ONCE, Market, fill, refresh_views, truth
from tests.support.postgres import Database, PostgresServer


@pytest.fixture(scope="session")
def stocked(pg_server: PostgresServer) -> Database:
    """The market before anything was computed from it; it is copied without open connections."""
    made = pg_server.migrated()
    asyncio.run(fill(made.dsn))
    return made


@pytest.fixture(scope="session")
def young(pg_server: PostgresServer, stocked: Database) -> Database:
    """The market before the first refresh of its views."""
    return pg_server.create(stocked.name)


@pytest.fixture(scope="session")
def settled(pg_server: PostgresServer, stocked: Database) -> Database:
    """The market with every view refreshed, to copy."""
    made = pg_server.create(stocked.name)
    refresh_views(made.dsn)
    return made


@pytest.fixture(scope="session")
def computed(pg_server: PostgresServer, settled: Database) -> Database:
    """The same, to ask."""
    return pg_server.create(settled.name)


@pytest.fixture
def changed(pg_server: PostgresServer, settled: Database) -> Iterator[Database]:
    """The same, to change."""
    made = pg_server.create(settled.name)
    yield made
    pg_server.drop(made)


@pytest.fixture(scope="session")
def market(computed: Database) -> Market:
    """The truth about the market."""

    async def read() -> Market:
        connection = await asyncpg.connect(computed.dsn)
        try:
            return await truth(connection)
        finally:
            await connection.close()

    return asyncio.run(read())


@pytest.fixture
async def api(computed: Database) -> AsyncIterator[Api]:
    """The API over the market, without response cache."""
    async with serving(create_inner_app(settings_for(computed.dsn, api=ALL_AT_ONCE))) as made:
        yield made


@pytest.fixture
async def young_api(young: Database) -> AsyncIterator[Api]:
    """The same before the first refresh."""
    async with serving(create_inner_app(settings_for(young.dsn, api=ALL_AT_ONCE))) as made:
        yield made
