"""SQL of reports: over a connection of writes, because they belong to no snapshot."""

import asyncpg

from shopx_store.reports import statements

HISTORY_ROWS = 20


async def every(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    """Every report, by name."""
    return list(await pool.fetch(statements.LIST))


async def one(pool: asyncpg.Pool, number: int) -> asyncpg.Record | None:
    """A report."""
    return await pool.fetchrow(statements.ONE, number)


async def history(pool: asyncpg.Pool, number: int) -> list[asyncpg.Record]:
    """The newest deliveries of a report."""
    return list(await pool.fetch(statements.HISTORY, number, HISTORY_ROWS))


async def create(pool: asyncpg.Pool, values: list[object]) -> asyncpg.Record | None:
    """Keep a report."""
    return await pool.fetchrow(statements.CREATE, *values)


async def pause(pool: asyncpg.Pool, number: int, *, paused: bool) -> asyncpg.Record | None:
    """Pause or resume a report; `None` = there is none."""
    return await pool.fetchrow(statements.PAUSE, number, paused)


async def delete(pool: asyncpg.Pool, number: int) -> bool:
    """Remove a report and its history; false = there is none."""
    return await pool.fetchrow(statements.DELETE, number) is not None


async def send_now(pool: asyncpg.Pool, number: int) -> int:
    """Make its deliveries, due now; returns how many."""
    return len(await pool.fetch(statements.SEND_NOW, number))
