"""Connections for writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from shopx_api.data.connections import none_came
from shopx_api.data.context import Context
from shopx_core.errors import TooManyRequests
from shopx_core.texts import say

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection


@asynccontextmanager
async def writing(context: Context) -> AsyncIterator["Connection"]:
    """A connection for writes; later reads of the operation see what was written.

    Raises:
        TooManyRequests: Every connection is busy.
        Unavailable: The database does not answer.
    """
    seconds = context.services.settings.database.acquire_timeout
    try:
        # It is also the time limit of giving the connection back.
        connection = await context.services.writes.acquire(timeout=seconds)
    except TimeoutError:
        busy = TooManyRequests(
            say("request.writes-busy", "Every connection for writes is busy."),
            hint=say("request.send-fewer-batches-once", "Send fewer batches at once."),
        )
        raise none_came(context.services.writes, busy) from None
    try:
        yield connection
    finally:
        await context.services.writes.release(connection)
    await context.renew()
