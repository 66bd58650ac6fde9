"""The days of a zone are compared with the server's once, however many ask at the same time."""

import asyncio
import datetime as dt
import threading
from collections.abc import Callable

import asyncpg
import pytest

from shopx_store.query import calendar_agreement
from shopx_store.query.calendar_agreement import Calendars

ZONE = "Europe/Berlin"
READERS = 4


Days = tuple[list[dt.date], list[dt.datetime]]


class Counted:
    """Notes whose days are made, and makes them when the test lets it."""

    def __init__(self, days_of: Callable[[str, dt.date], Days]) -> None:
        self.zones: list[str] = []
        self.go = threading.Event()
        self._begun = threading.Event()
        self._days_of = days_of

    def __call__(self, zone: str, last: dt.date) -> Days:
        self.zones.append(zone)
        self._begun.set()
        assert self.go.wait(30)
        return self._days_of(zone, last)

    async def begun(self) -> None:
        """Returns when the first comparison runs."""
        assert await asyncio.to_thread(self._begun.wait, 30)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted(calendar_agreement.days_of)
    monkeypatch.setattr(calendar_agreement, "days_of", made)
    return made


async def read(
    pool: asyncpg.Pool, fresh: Calendars, together: asyncio.Barrier
) -> tuple[dt.datetime, ...]:
    async with pool.acquire() as connection:
        await together.wait()
        return await fresh.ambiguous_days(connection, "this", ZONE)


async def test_the_first_reads_share_one_comparison(pool: asyncpg.Pool, counted: Counted) -> None:
    fresh, together = Calendars(), asyncio.Barrier(READERS)
    readers = [asyncio.create_task(read(pool, fresh, together)) for _ in range(READERS)]
    await counted.begun()
    counted.go.set()
    assert await asyncio.gather(*readers) == [()] * READERS
    assert counted.zones == [ZONE]


async def test_who_waits_goes_on_when_the_first_gives_up(
    pool: asyncpg.Pool, counted: Counted
) -> None:
    """A client that hangs up ends no other client's read."""
    fresh, together = Calendars(), asyncio.Barrier(READERS)
    first = asyncio.create_task(read(pool, fresh, asyncio.Barrier(1)))
    await counted.begun()
    others = [asyncio.create_task(read(pool, fresh, together)) for _ in range(READERS - 1)]
    await together.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    counted.go.set()
    assert await asyncio.gather(*others) == [()] * (READERS - 1)
    assert counted.zones == [ZONE] * 2
