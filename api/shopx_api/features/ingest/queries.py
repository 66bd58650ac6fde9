"""SQL of ingest, besides the ledger's own."""

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection


async def now(connection: "Connection") -> dt.datetime:
    """The database's clock, as for reads: the clocks of two machines differ."""
    instant: dt.datetime = await connection.fetchval("select clock_timestamp()")
    return instant
