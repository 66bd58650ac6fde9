"""Which queries are answered from memory, and how much of it that takes."""

import asyncio
import datetime as dt
import random
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import psycopg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_core.settings import DatabaseSettings
from shopx_store.columns import array_lines, arrays, clock_sql, reading
from shopx_store.columns.array_loading import load
from shopx_store.columns.array_tables import Table
from shopx_store.columns.base import NEVER
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.engine import ColumnsEngine
from shopx_store.columns.sources import Source
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope
from shopx_store.query.session import reading as read_on
from tests.support.columns import columns_of
from tests.support.ledger_corpus import REPORTING_ZONE, START, Shop
from tests.support.postgres import Database

MONEY = frozenset({Measure.GROSS, Measure.COST})
QUERIES: dict[str, dict[str, Any]] = {
    "key figures": {"measures": frozenset(Measure)},
    "series": {"measures": frozenset(Measure), "granularity": Granularity.DAY},
    "another zone": {"measures": MONEY, "zone": "Asia/Tokyo", "granularity": Granularity.HOUR},
    "heat map": {"measures": MONEY, "hour_of_week": True},
    "regions, filtered": {
        "measures": frozenset(Measure),
        "by": (Dimension.REGION,),
        "filters": Filters(channels=(1,), reps=(0, 1)),
    },
    "segments": {"measures": frozenset(Measure), "by": (Dimension.SEGMENT,)},
    "customers": {"measures": frozenset(Measure), "by": (Dimension.CUSTOMER,)},
    "customers' types": {
        "measures": frozenset(Measure),
        "by": (Dimension.CUSTOMER_TYPE,),
        "granularity": Granularity.WEEK,
    },
    "products": {"measures": MONEY, "by": (Dimension.PRODUCT,)},
    "categories": {"measures": MONEY, "by": (Dimension.CATEGORY,)},
    "discounts": {"measures": MONEY, "by": (Dimension.DISCOUNT,)},
    "discounts, filtered": {
        "measures": MONEY,
        "by": (Dimension.DISCOUNT,),
        "filters": Filters(regions=(1, 2), customers=(1, 2, 3)),
    },
    "products, filtered": {
        "measures": MONEY,
        "by": (Dimension.PRODUCT,),
        "filters": Filters(regions=(1, 2), channels=(1,), segments=("none",)),
    },
    "categories by customers' types": {
        "measures": MONEY,
        "by": (Dimension.CATEGORY, Dimension.CUSTOMER_TYPE),
        "granularity": Granularity.MONTH,
    },
}


def query(**fields: Any) -> SalesQuery:
    given: dict[str, Any] = {
        "scope": SalesScope.EVERYTHING,
        "zone": REPORTING_ZONE,
        "start": START,
    } | fields
    return SalesQuery(**({"end": START + dt.timedelta(days=60, minutes=7)} | given))


@pytest.fixture
async def opened(
    database: Database, engine: ColumnsEngine, tmp_path: Path
) -> AsyncIterator[ColumnsEngine]:
    """An engine with a base and a tail of sales, voids and returns."""
    shop = Shop(random.Random(1))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 120)
        await built(database, tmp_path)
        await engine.refresh()
        shop.act(connection, 30)
        yield engine


async def built(database: Database, tmp_path: Path) -> None:
    settings = DatabaseSettings(dsn=database.dsn)
    limits = BuildLimits(threads=1, memory="128MB")
    await asyncio.to_thread(build, settings, tmp_path / "columns", limits)


@pytest.mark.parametrize("name", QUERIES)
async def test_is_answered_without_a_statement(
    pool: asyncpg.Pool, opened: ColumnsEngine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """DuckDB's planning would cost more than the answer."""
    monkeypatch.setattr(reading, "statements", None)
    async with read_on(pool, None) as reader:
        columns = await columns_of(opened, reader)
        assert await columns.answer(query(**QUERIES[name])) is not None


async def test_days_that_are_not_in_memory_are_read_once(
    pool: asyncpg.Pool, opened: ColumnsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines, of which no table fits."""
    (replica,) = opened.replicas
    assert replica.arrays is not None
    monkeypatch.setattr(replica.arrays, "_newest", {})
    loaded: list[int] = []
    keep = arrays.Arrays.keep

    def counted(self: arrays.Arrays, missing: arrays.NotLoaded, chunk: Table) -> None:
        loaded.append(missing.number)
        keep(self, missing, chunk)

    monkeypatch.setattr(arrays.Arrays, "keep", counted)
    async with read_on(pool, None) as reader:
        columns = await columns_of(opened, reader)
        for _ in range(2):
            assert await columns.answer(query(measures=MONEY, by=(Dimension.PRODUCT,)))
    assert loaded
    assert len(loaded) == len(set(loaded))


async def test_the_newest_lines_are_in_memory_where_not_all_fit(
    pool: asyncpg.Pool, opened: ColumnsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They answer as far back as they go, and DuckDB what begins earlier."""
    monkeypatch.setattr(array_lines, "ORDERS", 7)
    monkeypatch.setattr(arrays, "KEPT_CHUNKS", 0)
    (replica,) = opened.replicas
    connection = replica.base.connection
    whole = load(connection.cursor(), 2**20)
    assert whole.newest == {Source.LINES: NEVER}
    part = load(connection.cursor(), whole.bytes - 200)
    assert part.bytes < whole.bytes
    since = part.newest[Source.LINES]
    assert since > NEVER
    monkeypatch.setattr(opened, "_replicas", [replace(replica, arrays=part)])
    first = clock_sql.instant(since)
    async with read_on(pool, None) as reader:
        columns = await columns_of(opened, reader)
        for start, fits in ((first, True), (first - dt.timedelta(days=9), False)):
            asked = query(
                measures=MONEY,
                by=(Dimension.PRODUCT,),
                filters=Filters(regions=(0, 1)),
                start=start,
            )
            with monkeypatch.context() as patch:
                if fits:
                    patch.setattr(reading, "statements", None)
                answer = await columns.answer(asked)
            assert answer is not None
            assert answer.rows == (await reader.aggregate(asked)).rows


async def test_only_the_newest_base_is_in_memory(
    database: Database, opened: ColumnsEngine, tmp_path: Path
) -> None:
    await built(database, tmp_path)
    await opened.refresh()
    assert [replica.arrays is not None for replica in opened.replicas] == [True, False]


async def test_an_engine_is_closed_while_tables_are_read(
    database: Database, engine: ColumnsEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends without an error."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
    await built(database, tmp_path)
    reads = threading.Event()

    def forever(connection: duckdb.DuckDBPyConnection, _: int) -> arrays.Arrays:
        reads.set()
        connection.execute("select sum(a.range * b.range) from range(9999999) a, range(9999999) b")
        raise AssertionError

    monkeypatch.setattr("shopx_store.columns.engine.load", forever)
    opening = asyncio.create_task(engine.refresh())
    await asyncio.to_thread(reads.wait)
    opening.cancel()
    await asyncio.sleep(0.1)
    await asyncio.wait_for(engine.close(), 20)
    assert not engine.replicas


async def test_memory_is_bounded(opened: ColumnsEngine) -> None:
    """What does not fit is left out, the least useful tables first."""
    connection = opened.replicas[0].base.connection
    whole = load(connection.cursor(), 2**20)
    assert set(whole.sources) == set(Source) - {Source.LINES}
    for limit in (0, whole.bytes // 3, whole.bytes // 2):
        part = load(connection.cursor(), limit)
        assert part.bytes <= limit
        assert set(part.sources) < set(whole.sources)


async def test_sums_that_could_leave_64_bits_are_not_in_memory(
    database: Database, engine: ColumnsEngine, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        Shop(random.Random(2)).act(connection, 60)
        connection.execute("alter table order_items disable trigger user")
        connection.execute("update order_items set gross = 99999999999 where kind = 'sale'")
    await built(database, tmp_path)
    await engine.refresh()
    (replica,) = engine.replicas
    assert replica.arrays is not None
    assert not replica.arrays.sources
    async with read_on(pool, None) as reader:
        columns = await columns_of(engine, reader)
        asked = query(measures=MONEY, by=(Dimension.REGION, Dimension.CURRENCY))
        answer = await columns.answer(asked)
        assert answer is not None
        assert answer.rows == (await reader.aggregate(asked)).rows
