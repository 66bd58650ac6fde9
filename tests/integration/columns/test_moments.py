"""Moments: read once for each snapshot, after the request for exact reads, and never stale."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator

import asyncpg
import psycopg
import pytest

from shopx_core.caching.dependencies import DependencyTag
from shopx_store.columns import moment
from shopx_store.columns.moment import KEPT, Moments
from shopx_store.columns.references import ReferenceCache
from shopx_store.columns.tail import Primary
from shopx_store.query import AsOf
from shopx_store.query.session import AS_OF_LIFETIME, AsOfExpired, current
from shopx_store.query.snapshots import Snapshot
from tests.support.ledger_corpus import Shop
from tests.support.postgres import Database


@pytest.fixture
async def moments(database: Database) -> AsyncIterator[Moments]:
    made = Moments(Primary(lambda: asyncpg.connect(database.dsn)))
    yield made
    await made.close()


async def present(database: Database) -> AsOf:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        return await current(pool)


def execute(database: Database, statement: str) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(statement)


async def test_a_snapshot_has_one_moment(database: Database, moments: Moments) -> None:
    """However many ask at once, and later on."""
    as_of = await present(database)
    found = await asyncio.gather(*(moments.at(as_of) for _ in range(20)))
    assert len({id(one) for one in found}) == 1
    assert await moments.at(as_of) is found[0]
    assert found[0].as_of == as_of


async def test_only_the_last_are_kept(database: Database, moments: Moments) -> None:
    """An older one is read again."""
    first = await present(database)
    kept = await moments.at(first)
    for _ in range(KEPT):
        await moments.at(await present(database))
    assert await moments.at(first) is not kept


async def test_who_gives_up_ends_it_for_nobody_else(database: Database, moments: Moments) -> None:
    as_of = await present(database)
    impatient = asyncio.create_task(moments.at(as_of))
    patient = asyncio.create_task(moments.at(as_of))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).as_of == as_of


async def test_an_exact_moment_sees_what_was_committed_before_it_was_asked_for(
    database: Database, moments: Moments
) -> None:
    """It is shared by those who wait for their turn, but never with one who asks later."""
    for number in range(30):
        with psycopg.connect(database.dsn) as connection:
            row = connection.execute(
                "insert into reference_changes (slice) values ('terms') returning xid::text::bigint"
            ).fetchone()
        assert row is not None
        running = [asyncio.create_task(moments.now()) for _ in range(number % 4)]
        for found in [await moments.now(), *await asyncio.gather(*running)]:
            assert Snapshot.parse(found.as_of.snapshot).sees(row[0])


async def test_those_who_wait_share_an_exact_moment(moments: Moments) -> None:
    found = await asyncio.gather(*(moments.now() for _ in range(20)))
    assert len({one.as_of.snapshot for one in found}) == 1
    assert len({id(one) for one in found}) <= 2


async def test_a_moment_ends_with_its_snapshot(
    database: Database, moments: Moments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is kept."""
    as_of = await present(database)
    await moments.at(as_of)
    seconds = AS_OF_LIFETIME.total_seconds() + 1
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + seconds)
    with pytest.raises(AsOfExpired):
        await moments.at(as_of)
    with pytest.raises(AsOfExpired):
        await moments.at(AsOf(as_of.snapshot, as_of.at - dt.timedelta(seconds=seconds)))


async def test_versions_count_changes_of_each_kind(database: Database, moments: Moments) -> None:
    """Also of a transaction that ran during an earlier moment and committed after it."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
    before = (await moments.now()).versions
    assert (await moments.now()).versions == before
    with psycopg.connect(database.dsn) as slow:
        slow.execute("update products set name = name || '!'")
        execute(database, "insert into channels (name) values ('kiosk')")
        between = (await moments.now()).versions
        assert changed(before, between) == {DependencyTag.TEAM}
        slow.commit()
    after = (await moments.now()).versions
    assert changed(between, after) == {DependencyTag.CATALOGUE}


def changed(before: object, after: object) -> set[DependencyTag]:
    assert isinstance(before, type(after))
    return {tag for tag in DependencyTag if before[tag] != after[tag]}  # type: ignore[index]


async def test_another_run_of_the_server_changes_every_version(
    database: Database, moments: Moments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transactions may be others; and so may those of a pause that was too long."""
    execute(
        database,
        "insert into columns_generations"
        " (id, snapshot, restored_through, database, built_at, rows, bytes, seconds)"
        " values (gen_random_uuid(), '1:1:', 0, 'x', now(), 0, 0, 0)",
    )
    before = (await moments.now()).versions
    monkeypatch.setattr(moment, "TRUSTED_SECONDS", -1)
    after = (await moments.now()).versions
    assert changed(before, after) == set(DependencyTag)


async def test_a_connection_that_breaks_is_replaced(database: Database, moments: Moments) -> None:
    await moments.now()
    execute(
        database,
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        " and datname = current_database()",
    )
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await moments.now()
    assert (await moments.now()).state.timezone


async def test_references_are_read_again_when_they_changed_alone() -> None:
    """What was read for a later moment serves an earlier one: it is newer."""
    cache = ReferenceCache()
    loads: list[int] = []

    async def load() -> int:
        loads.append(len(loads))
        return loads[-1]

    assert [await cache.get("x", version, load) for version in (1, 1, 2, 1)] == [0, 0, 1, 1]
    assert await cache.get("y", 1, load) == 2
