"""SQL of reports: over a connection of writes, because they belong to no snapshot."""

from typing import Any

import asyncpg

from shopx_store.reports import statements

HISTORY_ROWS = 20


async def every(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Every report, by name."""
    return [dict(row) for row in await pool.fetch(statements.LIST)]


async def one(pool: asyncpg.Pool, number: int) -> dict[str, Any] | None:
    """A report."""
    return _named(await pool.fetchrow(statements.ONE, number))


async def history(pool: asyncpg.Pool, number: int) -> list[dict[str, Any]]:
    """The newest deliveries of a report."""
    return [dict(row) for row in await pool.fetch(statements.HISTORY, number, HISTORY_ROWS)]


async def create(pool: asyncpg.Pool, values: list[object]) -> dict[str, Any] | None:
    """Keep a report."""
    return _named(await pool.fetchrow(statements.CREATE, *values))


async def pause(pool: asyncpg.Pool, number: int, *, paused: bool) -> dict[str, Any] | None:
    """Pause or resume a report; `None` = there is none."""
    return _named(await pool.fetchrow(statements.PAUSE, number, paused))


async def delete(pool: asyncpg.Pool, number: int) -> bool:
    """Remove a report and its history; false = there is none."""
    return await pool.fetchrow(statements.DELETE, number) is not None


async def send_now(pool: asyncpg.Pool, number: int) -> int:
    """Make its deliveries, due now; returns how many."""
    return len(await pool.fetch(statements.SEND_NOW, number))


def _named(row: asyncpg.Record | None) -> dict[str, Any] | None:
    return None if row is None else dict(row)
