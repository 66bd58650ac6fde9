"""The application over a fresh database, with and without sales in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import psycopg
import pytest

from shopx_api.server.app import create_inner_app
from shopx_core.domain.api_tokens import Scope
from shopx_store.rollups.fold import fold
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database, PostgresServer
from tests.support.shop_dataset import Line, Shop, open_shop

SENDS = {"enabled": True}
"""Settings of reports, so that every mutation can be asked for."""


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """Open for reads, without any token."""
    async with serving(create_inner_app(settings_for(database.dsn, reports=SENDS))) as made:
        yield made


@pytest.fixture
async def writer(api: Api, pool: asyncpg.Pool) -> Api:
    """The same with a token that may read and ingest."""
    token = await make_token(pool, Scope.READ, Scope.INGEST, name="writer")
    return Api(api.http, {"authorization": f"Bearer {token}"})


@asynccontextmanager
async def _writing(database: Database) -> AsyncIterator[Api]:
    """An application and a token for it."""
    async with (
        asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool,
        serving(create_inner_app(settings_for(database.dsn))) as api,
    ):
        token = await make_token(pool, Scope.READ, Scope.INGEST, name="writer")
        yield Api(api.http, {"authorization": f"Bearer {token}"})


@pytest.fixture(scope="session")
def shop_template(pg_server: PostgresServer) -> Iterator[tuple[Database, list[Line]]]:
    """A database with a shop's sales, folded, to be copied; and what was sold."""
    database = pg_server.migrated()

    async def fill() -> list[Line]:
        async with _writing(database) as api:
            return (await open_shop(api)).lines

    lines = asyncio.run(fill())
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        fold(connection)
    yield database, lines
    pg_server.drop(database)


@pytest.fixture
async def shop(
    pg_server: PostgresServer, shop_template: tuple[Database, list[Line]]
) -> AsyncIterator[Shop]:
    """Two months of sales with known sums, in a database of the test's own."""
    template, lines = shop_template
    database = pg_server.create(template.name)
    async with _writing(database) as api:
        yield Shop(api, database.dsn, list(lines))
    pg_server.drop(database)
