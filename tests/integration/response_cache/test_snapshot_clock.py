"""The shared instant of reads."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
import redis

from shopx_api.response_cache.snapshot_source import SnapshotSource
from shopx_core.caching.cache_epoch import CacheEpoch, DatabaseState, decode, token
from shopx_core.caching.dependencies import DependencyTag, Span
from tests.support.cached_app import CachedApp, cached_app, settings, until
from tests.support.postgres import Database
from tests.support.sales import Sales
from tests.support.valkey import ValkeyServer


@pytest.fixture
async def three(
    database: Database, pool: asyncpg.Pool, valkey_url: str
) -> AsyncIterator[list[CachedApp]]:
    """Three processes of one installation."""
    made = settings(database.dsn, valkey_url)
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(cached_app(made, pool)) for _ in range(3)]


def shared(valkey: ValkeyServer, process: CachedApp) -> CacheEpoch:
    """What Redis has."""
    with redis.Redis(port=valkey.port) as client:
        raw = client.get(process.cache.clock.name)
    assert isinstance(raw, bytes)
    state = decode(raw)
    assert state is not None
    return state


def count_observations(processes: list[CachedApp]) -> list[int]:
    """From now on, each look at PostgreSQL appends the index of the process that looked."""
    looked: list[int] = []

    def watch(index: int, source: SnapshotSource) -> None:
        observe = source.observe

        async def counted(previous: CacheEpoch | None) -> DatabaseState:
            looked.append(index)
            return await observe(previous)

        source.observe = counted  # type: ignore[method-assign]

    for index, process in enumerate(processes):
        watch(index, process.cache.clock._source)
    return looked


async def test_one_process_advances_for_all(three: list[CachedApp]) -> None:
    """Once an interval, with any number of processes; all have the same epoch soon after."""
    looked = count_observations(three)
    for _ in range(3):
        await asyncio.gather(*(process.advanced() for process in three))
        states = {process.cache.clock.epoch for process in three}
        assert len(states) == 1
    assert len(set(looked)) == 1
    assert len(looked) <= 4


async def test_another_takes_over_when_the_leader_goes(three: list[CachedApp]) -> None:
    looked = count_observations(three)
    await three[0].advanced()
    leader = looked[0]
    others = [process for index, process in enumerate(three) if index != leader]
    await three[leader].cache.clock.stop()
    # Its last state may still be on its way to the others; the one after is theirs.
    for _ in range(2):
        await asyncio.gather(*(process.advanced() for process in others))
    assert looked[-1] != leader


async def test_a_leader_that_was_frozen_overwrites_nothing(
    three: list[CachedApp], valkey: ValkeyServer
) -> None:
    """It wakes up with what it saw before the others went on, and stores none of it."""
    frozen = three[0].cache.clock
    observe = frozen._source.observe
    woken = asyncio.Event()

    async def slowly(previous: CacheEpoch | None) -> DatabaseState:
        seen = await observe(previous)
        await woken.wait()
        return seen

    old = frozen.epoch
    assert old is not None
    await frozen.stop()
    frozen._source.observe = slowly  # type: ignore[method-assign]
    waking = asyncio.create_task(frozen._replace(old, token(old).encode()))
    await asyncio.gather(*(process.advanced() for process in three[1:]))
    newer = shared(valkey, three[0])
    woken.set()
    await waking
    assert shared(valkey, three[0]).at >= newer.at
    assert frozen.epoch == old


async def test_a_flushed_redis_begins_a_new_chain(
    three: list[CachedApp], valkey: ValkeyServer
) -> None:
    """Nothing that was made in the old chain is confirmed."""
    old = three[0].cache.clock.epoch
    assert old is not None
    with redis.Redis(port=valkey.port) as client:
        client.flushall()

    async def renewed() -> bool:
        states = [process.cache.clock.epoch for process in three]
        return all(state and state.version.chain != old.version.chain for state in states)

    await until(renewed)
    assert not shared(valkey, three[0]).unchanged_since(old.version, ())


async def test_a_process_that_starts_later_knows_how_old_the_state_is(
    three: list[CachedApp], database: Database, pool: asyncpg.Pool, valkey_url: str
) -> None:
    """It does not take an old state for a new one because it has just met it."""
    for process in three:
        await process.cache.clock.stop()
    await asyncio.sleep(0.7)
    slow = settings(database.dsn, valkey_url, cache={"live_interval": 15.0})
    async with cached_app(slow, pool) as late:
        assert late.cache.clock.age() > 0.7


async def test_a_state_names_the_hours_and_slices_that_changed(
    three: list[CachedApp], sales_hours: list[int]
) -> None:
    """Facts by the UTC hour they are booked at, reference data by kind; uncommitted ones later."""
    await three[0].advanced()

    async def received() -> bool:
        state = three[1].cache.clock.epoch
        spans = {span for span, _ in state.changes} if state else set()
        return spans >= {
            *(Span(DependencyTag.LEDGER, hour, hour) for hour in sales_hours),
            Span(DependencyTag.CATALOGUE),
            Span(DependencyTag.CUSTOMERS),
        }

    await until(received)


@pytest.fixture
async def sales_hours(three: list[CachedApp], database: Database) -> list[int]:
    """Sales on two days, made once the clock runs."""
    assert three
    days = [dt.datetime(2026, 3, day, 9, tzinfo=dt.UTC) for day in (3, 7)]
    sales = Sales()
    for day in days:
        sales.sale(day)
    await asyncio.to_thread(sales.write, database.dsn)
    return [int(day.timestamp() // 3600) for day in days]


async def test_a_transaction_is_noticed_when_it_commits_however_long_it_took(
    three: list[CachedApp], database: Database
) -> None:
    """A writer that began before several states is seen by the first state after its commit."""
    connection = await asyncpg.connect(database.dsn)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("insert into regions (name) values ('slow')")
        for _ in range(2):
            await three[0].advanced()
        state = three[0].cache.clock.epoch
        assert state is not None
        assert Span(DependencyTag.TEAM) not in {span for span, _ in state.changes}
        await transaction.commit()

        async def received() -> bool:
            now = three[0].cache.clock.epoch
            return now is not None and Span(DependencyTag.TEAM) in {span for span, _ in now.changes}

        await until(received)
    finally:
        await connection.close()


async def test_all_follow_a_database_whose_clock_was_set_back(three: list[CachedApp]) -> None:
    """By an hour: nobody waits until the hour is over."""
    ahead = dt.timedelta(hours=1)
    for process in three:
        shift(process.cache.clock._source, lambda: ahead)
    await asyncio.gather(*(process.advanced() for process in three))
    later = [process.cache.clock.epoch for process in three]
    ahead = dt.timedelta(0)

    async def followed() -> bool:
        epochs = [process.cache.clock.current() for process in three]
        return all(
            epoch is not None and before is not None and epoch.at < before.at
            for epoch, before in zip(epochs, later, strict=True)
        )

    await until(followed, 60)
    now = [process.cache.clock.epoch for process in three]
    assert {chain(epoch) for epoch in now} == {chain(epoch) for epoch in later}


def chain(epoch: CacheEpoch | None) -> str:
    assert epoch is not None
    return epoch.version.chain


def shift(source: SnapshotSource, by: Callable[[], dt.timedelta]) -> None:
    """Let the database's clock be that much ahead."""
    observe = source.observe

    async def shifted(previous: CacheEpoch | None) -> DatabaseState:
        seen = await observe(previous)
        return dataclasses.replace(seen, at=seen.at + by())

    source.observe = shifted  # type: ignore[method-assign]
