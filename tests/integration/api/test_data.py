"""The transaction of one operation ends with it."""

import socket

import asyncpg
import pytest

from shopx_api.data.limiter import Limiter
from shopx_api.data.operation_data import OperationData
from shopx_api.telemetry import Telemetry
from shopx_core.errors import TooManyRequests, Unavailable
from shopx_store.sql import raw
from tests.support.postgres import Database


async def test_a_field_that_outlives_its_operation_takes_no_connection(pool: asyncpg.Pool) -> None:
    """What is left running after the answer is refused."""
    one = Limiter(limit=1, max_waiting=9, timeout=9)
    data = OperationData(
        pool, None, limiter=one, acquire_timeout=5, telemetry=Telemetry(), operation="Page"
    )
    async with data:
        assert (await data.fetch(raw("select 1")))[0][0] == 1
    with pytest.raises(Unavailable):
        await data.fetch(raw("select 1"))
    assert pool.get_idle_size() == pool.get_size()


async def test_a_server_that_accepts_no_connection_is_not_called_busy() -> None:
    """It listens and never answers."""
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    one = Limiter(limit=1, max_waiting=9, timeout=9)
    async with (
        asyncpg.create_pool(f"postgresql://shopx@127.0.0.1:{port}/shopx", min_size=0) as pool,
        OperationData(
            pool, None, limiter=one, acquire_timeout=0.1, telemetry=Telemetry(), operation="Page"
        ) as data,
    ):
        with pytest.raises(Unavailable, match="accepted no connection in time"):
            await data.fetch(raw("select 1"))
    silent.close()


async def test_connections_that_others_use_are_called_busy(database: Database) -> None:
    one = Limiter(limit=2, max_waiting=9, timeout=9)
    async with (
        asyncpg.create_pool(database.dsn, min_size=0, max_size=1) as pool,
        pool.acquire(),
        OperationData(
            pool, None, limiter=one, acquire_timeout=0.1, telemetry=Telemetry(), operation="Page"
        ) as data,
    ):
        with pytest.raises(TooManyRequests, match="busy"):
            await data.fetch(raw("select 1"))
