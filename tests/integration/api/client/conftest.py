"""Clients of a real API over a real database."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager

import asyncpg
import httpx
import pytest

from shopx_api.server.app import create_inner_app
from shopx_client import AsyncClient
from shopx_core.domain.api_tokens import Scope
from tests.support.api import lifespan, make_token, settings_for
from tests.support.api_process import listening, started
from tests.support.postgres import Database
from tests.support.shop_dataset import Shop

READ = "{ reporting { currency } }"


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[AsyncClient]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        token = await make_token(pool, *Scope, name="client")
    app = create_inner_app(settings_for(dsn, reports={"enabled": True}))
    async with lifespan(app):
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 40_000))
        async with AsyncClient("https://shopx", token, transport=transport) as made:
            yield made


@pytest.fixture
async def empty(database: Database) -> AsyncIterator[AsyncClient]:
    """Of a dashboard without sales."""
    async with _connected(database.dsn) as made:
        yield made


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[AsyncClient]:
    """Of a dashboard with the sales of the shop."""
    async with _connected(shop.dsn) as made:
        yield made


@pytest.fixture
def served() -> Iterator[Callable[[Database], str]]:
    """Starts a real server of a database, and gives its URL."""
    with ExitStack() as stack:

        def serve(database: Database) -> str:
            socket = stack.enter_context(listening())
            given = {"SHOPX_API_FD": str(socket.fileno())}
            stack.enter_context(started(database, (socket.fileno(),), **given))
            url = f"http://127.0.0.1:{socket.getsockname()[1]}"
            # The first answer waits for the process to start.
            httpx.post(f"{url}/graphql", json={"query": READ}, timeout=240).raise_for_status()
            return url

        yield serve
