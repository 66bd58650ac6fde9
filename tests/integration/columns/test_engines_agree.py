"""Both engines answer the same, and as the plain reading of the ledger does."""

import asyncio
import contextlib
import datetime as dt
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import psycopg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity
from shopx_core.settings import DatabaseSettings
from shopx_store.columns import array_ranking
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.engine import ColumnsEngine
from shopx_store.columns.reading import ColumnsReading
from shopx_store.columns.sources import Names, Source, source_of
from shopx_store.matviews.refresh import refresh
from shopx_store.query import AsOf, Dimension, Filters, SalesQuery, SalesScope, session
from shopx_store.query.deferred_sums import DeferredSums
from shopx_store.query.session import current, reading
from shopx_store.rollups.fold import fold
from tests.support.columns import columns_of
from tests.support.ledger_corpus import REPORTING_ZONE, START, Shop, prepared, queries, rates
from tests.support.oracle import LEDGER, answer, comparable
from tests.support.postgres import Database

CASES = int(os.environ.get("SHOPX_COLUMNS_CASES", "200"))
"""2,000 in a long run."""
ROUNDS = 4
LIMITS = BuildLimits(threads=1, memory="256MB")


def rows_of(query: SalesQuery, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows without buckets in which everything adds up to nothing.

    Whether PostgreSQL returns such a bucket depends on the source that it reads.
    """
    measures = [measure.value for measure in query.measures]
    return [dict(row) for row in rows if not query.keys or any(row[name] for name in measures)]


async def opened(engines: Sequence[ColumnsEngine]) -> None:
    """Open what was built, with arrays and without."""
    for engine in engines:
        await engine.refresh()


async def deferred(columns: ColumnsReading, query: SalesQuery, expected: list[Any]) -> int:
    """Ask the same with an order, and compare what is added up later; returns whether any was."""
    amounts = [m for m in Measure if m in query.measures and m not in _COUNTED]
    if not amounts or query.measures & _CUSTOMERS:
        return 0
    ranks = ((amounts[0], 1), *((measure, -1) for measure in amounts[1:3]))
    whole = await columns.answer(replace(query, ranks=ranks))
    again = await columns.answer(replace(query, ranks=ranks))
    assert whole is not None, query
    assert again is not None, query
    assert whole.rows == expected, query
    if again.columns is None or not isinstance(again.columns.measures, DeferredSums):
        return 0
    sums = again.columns.measures
    combined = sum((sums[measure] * factor for measure, factor in ranks), np.int64(0))
    assert sums.leading.tolist() == np.asarray(combined).tolist(), query
    rows = np.arange(len(expected))[::-2]
    for measure, column in sums.at(rows).items():
        assert column.tolist() == sums[measure][rows].tolist(), query
        assert sums.total(measure) == int(sums[measure].sum()), query
    return 1


_CUSTOMERS = {Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}
_COUNTED = {Measure.LINES, Measure.ORDERS, *_CUSTOMERS}


class Truth:
    """The ledger at a snapshot, and what goes with it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        self.rows = cursor.execute(LEDGER).fetchall()
        self.rates = rates(connection)
        self.segments: dict[int, str] = dict(
            connection.execute("select customer_id, segment from mv_customer_rfm").fetchall()
        )
        parents: dict[int, int | None] = dict(
            connection.execute("select id, parent_id from categories").fetchall()
        )
        self.tree: dict[int, set[int]] = {}
        for child in parents:
            above: int | None = child
            while above is not None:
                self.tree.setdefault(above, set()).add(child)
                above = parents[above]

    def answer(self, query: SalesQuery) -> dict[tuple[Any, ...], dict[Any, Any]]:
        """What the oracle says."""
        lines = prepared(self.rows, query, self.rates, self.segments)
        return answer(lines, query, self.tree)


async def expect_agreement(
    pool: asyncpg.Pool,
    engines: Sequence[ColumnsEngine],
    as_of: AsOf | None,
    requested: Sequence[SalesQuery],
    truth: Truth,
) -> int:
    """Compare the engines; returns how many answers were added up later."""
    later = 0
    async with reading(pool, as_of) as reader:
        arrays, columns = [await columns_of(engine, reader) for engine in engines]
        for query in requested:
            ours = await arrays.answer(query)
            assert ours is not None, query
            read = await columns.answer(query)
            assert read is not None, query
            theirs = await reader.aggregate(query)
            assert rows_of(query, ours.rows) == rows_of(query, read.rows), query
            assert rows_of(query, ours.rows) == rows_of(query, theirs.rows), query
            for one, other in zip(ours.rows, theirs.rows, strict=False):
                assert [type(v) for v in one.values()] == [type(v) for v in other.values()], query
            later += await deferred(arrays, query, ours.rows)
            if not query.filters.segments:
                assert comparable(ours.rows, query) == truth.answer(query), query
    return later


@pytest.fixture(autouse=True)
def _few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that also small answers are added up when they are read."""
    monkeypatch.setattr(array_ranking, "MANY", 1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_both_engines_answer_the_same(
    pool: asyncpg.Pool,
    database: Database,
    engines: Sequence[ColumnsEngine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Now and as of earlier snapshots, over several bases, with writers that run meanwhile.

    A writer begins before a base's snapshot and commits after it, so its lines are in no base and
    below its xmax; another one rolls back.
    """
    # A long run asks its last queries many minutes after the first snapshot.
    monkeypatch.setattr(session, "AS_OF_LIFETIME", dt.timedelta(hours=1))
    r = random.Random(seed)
    shop = Shop(r)
    folder = tmp_path / "columns"
    settings = DatabaseSettings(dsn=database.dsn)
    per_look = max(1, CASES // ROUNDS // 8)
    as_ofs: list[tuple[AsOf, Truth]] = []
    with contextlib.ExitStack() as stack:
        connection, slow, folder_of = (
            stack.enter_context(psycopg.connect(database.dsn, autocommit=True)) for _ in range(3)
        )
        Shop.stock(connection)
        shop.act(connection, 150)
        await asyncio.to_thread(refresh, connection, "mv_customer_rfm", concurrently=False)
        for step in range(3):
            late = Shop(r)  # it knows of none of the others' orders
            with slow.transaction():
                late.book(slow, 25)
                await asyncio.to_thread(build, settings, folder, LIMITS)
                await opened(engines)
                shop.act(connection, 5)
                as_ofs.append((await current(pool), Truth(connection)))
                await expect_agreement(pool, engines, None, queries(r, per_look), as_ofs[-1][1])
            with contextlib.suppress(psycopg.Rollback), slow.transaction():
                Shop(r).book(slow, 2)
                raise psycopg.Rollback
            shop.act(connection, 10)
            await asyncio.to_thread(fold, folder_of)
            await expect_agreement(pool, engines, None, queries(r, per_look), Truth(connection))
            if step == 1:
                shop.act(connection, 30)
        for as_of, truth in as_ofs:
            await expect_agreement(pool, engines, as_of, queries(r, per_look), truth)


DAY = dt.timedelta(days=1)
SUMMED = frozenset({Measure.UNITS, Measure.RETURNED_UNITS, Measure.LINES, Measure.ORDERS})
"""What needs no rates: the shop sells in several currencies."""
REGIONS_AND_CHANNELS = Filters(regions=(1, 2), channels=(1,))
ROUTES: dict[str, tuple[Source, dict[str, Any]]] = {
    "days": (Source.SALES_DAYS, {"zone": REPORTING_ZONE}),
    "days, two filters": (
        Source.SALES_DAYS,
        {"zone": REPORTING_ZONE, "by": (Dimension.REP,), "filters": REGIONS_AND_CHANNELS},
    ),
    "days in buckets": (
        Source.SALES_DAYS,
        {"zone": REPORTING_ZONE, "by": (Dimension.CURRENCY,), "granularity": Granularity.WEEK},
    ),
    "quarter-hours": (Source.QUARTERS, {"zone": "Asia/Kathmandu", "hour_of_week": True}),
    "quarter-hours in buckets": (
        Source.QUARTERS,
        {"zone": REPORTING_ZONE, "granularity": Granularity.HOUR},
    ),
    "orders": (Source.SALES, {"zone": REPORTING_ZONE, "by": (Dimension.CUSTOMER,)}),
    "orders by customers' type": (
        Source.SALES,
        {
            "zone": REPORTING_ZONE,
            "by": (Dimension.CUSTOMER_TYPE,),
            "granularity": Granularity.WEEK,
        },
    ),
    "orders by customers' type, filtered, by hour of the week": (
        Source.SALES,
        {
            "zone": "Asia/Tokyo",
            "by": (Dimension.CUSTOMER_TYPE, Dimension.REGION),
            "filters": REGIONS_AND_CHANNELS,
            "hour_of_week": True,
        },
    ),
    "lines by customers' type": (
        Source.LINES,
        {"zone": REPORTING_ZONE, "by": (Dimension.CATEGORY, Dimension.CUSTOMER_TYPE)},
    ),
    "orders, two filters": (
        Source.SALES,
        {"zone": "Asia/Tokyo", "by": (Dimension.REGION,), "filters": REGIONS_AND_CHANNELS},
    ),
    "orders by customer, ranked": (
        Source.SALES,
        {"zone": REPORTING_ZONE, "by": (Dimension.CUSTOMER,), "measures": SUMMED},
    ),
    "products, ranked": (
        Source.PRODUCT_DAYS,
        {"zone": REPORTING_ZONE, "by": (Dimension.PRODUCT,), "measures": SUMMED},
    ),
    "products": (Source.PRODUCT_DAYS, {"zone": REPORTING_ZONE, "by": (Dimension.PRODUCT,)}),
    "products, in stretches of days": (
        Source.PRODUCT_DAYS,
        {"zone": REPORTING_ZONE, "by": (Dimension.PRODUCT, Dimension.CURRENCY)},
    ),
    "categories in buckets": (
        Source.PRODUCT_DAYS,
        {
            "zone": REPORTING_ZONE,
            "by": (Dimension.CATEGORY,),
            "granularity": Granularity.MONTH,
        },
    ),
    "discounts": (Source.BAND_DAYS, {"zone": REPORTING_ZONE, "by": (Dimension.DISCOUNT,)}),
    "lines, two filters": (
        Source.LINES,
        {
            "zone": REPORTING_ZONE,
            "by": (Dimension.PRODUCT,),
            "filters": REGIONS_AND_CHANNELS,
        },
    ),
}


def test_every_source_has_a_route() -> None:
    assert {source for source, _ in ROUTES.values()} == set(Source)


@pytest.mark.parametrize("name", ROUTES)
async def test_every_source_agrees_with_ragged_ends_and_a_tail(
    pool: asyncpg.Pool,
    database: Database,
    engines: Sequence[ColumnsEngine],
    tmp_path: Path,
    name: str,
) -> None:
    """From whole days, from ranges that begin and end within one, and from ranges within one."""
    source, fields = ROUTES[name]
    r = random.Random(name)
    shop = Shop(r)
    requested = [
        SalesQuery(
            scope=SalesScope.EVERYTHING,
            start=START + start,
            end=START + end,
            **{"measures": frozenset(Measure)} | fields,
        )
        for start, end in (
            (-3 * DAY, 100 * DAY),
            (4 * DAY + dt.timedelta(minutes=17), 61 * DAY + dt.timedelta(microseconds=7)),
            (9 * DAY + dt.timedelta(minutes=3), 9 * DAY + dt.timedelta(minutes=500)),
        )
    ]
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
        shop.act(connection, 150)
        await asyncio.to_thread(
            build, DatabaseSettings(dsn=database.dsn), tmp_path / "columns", LIMITS
        )
        await opened(engines)
        base = engines[0].replicas[0].base
        for query in requested:
            assert source_of(query, base.zone, Names(None, REPORTING_ZONE)) is source
        later = await expect_agreement(pool, engines, None, requested, Truth(connection))
        shop.act(connection, 40)
        later += await expect_agreement(pool, engines, None, requested, Truth(connection))
    assert (later > 0) == name.endswith("ranked")
