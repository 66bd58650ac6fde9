"""The application over a fresh database, with and without sales in it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shopx_api.app import create_inner_app
from shopx_core.access import Scope
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.postgres import Database
from tests.support.shop import Shop, open_shop


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """Open for reads, and nobody is known."""
    async with serving(create_inner_app(settings_for(database.dsn))) as made:
        yield made


@pytest.fixture
async def writer(api: Api, pool: asyncpg.Pool) -> Api:
    """The same with a token that may read and ingest."""
    token = await make_token(pool, Scope.READ, Scope.INGEST, name="writer")
    return Api(api.http, {"authorization": f"Bearer {token}"})


@pytest.fixture
async def shop(writer: Api) -> Shop:
    """Two months of sales whose figures are known."""
    return await open_shop(writer)
