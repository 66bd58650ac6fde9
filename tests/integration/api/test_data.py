"""The transaction of one operation ends with it."""

import asyncpg
import pytest

from shopx_api.data.limiter import Limiter
from shopx_api.data.operation_data import OperationData
from shopx_api.telemetry import Telemetry
from shopx_core.errors import Unavailable
from shopx_store.sql import raw


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
