"""Folding in ranges: the same rollups as statement by statement, whatever the ranges are."""

import asyncio

import asyncpg
import psycopg
import pytest

from shopx_store.rollups import fold_batch
from shopx_store.rollups.fold import fold, fold_own, rebuild
from shopx_store.verification import verify
from tests.integration.ledger.test_exact import NOW, START, Shopper, stock
from tests.integration.ledger.test_fold import exact_now
from tests.support.postgres import Database

ROLLUPS = {
    "rollup_sales_quarter": "bucket, currency, region_id, channel_id, rep_id",
    "rollup_sales_day": "day, currency, region_id, channel_id, rep_id",
    "rollup_product_day": "day, currency, product_id",
    "rollup_product_week": "week, currency, product_id",
    "rollup_customer_day": "customer_id, day, currency",
    "rollup_customer": "customer_id, currency",
    "rollup_order": "order_id",
    "customer_day_cells": "day, previous_day",
}


def rollups(connection: psycopg.Connection) -> dict[str, list[dict[str, object]]]:
    """Every row of every rollup, but those that say nothing (any more)."""
    found = {}
    for table, keys in ROLLUPS.items():
        query = f"select to_jsonb(t) from {table} t order by {keys}"
        rows: list[dict[str, object]] = [row for (row,) in connection.execute(query)]
        measures = rows[0].keys() - set(keys.split(", "))
        found[table] = [row for row in rows if any(row[name] for name in measures)]
    return found


@pytest.fixture
def ranges_of_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fold is one of many lines, and takes several ranges."""
    monkeypatch.setattr(fold_batch, "FEW_LINES", 0)
    monkeypatch.setattr(fold_batch, "LINES_PER_RANGE", 9)


@pytest.mark.usefixtures("ranges_of_nine")
async def test_ranges_add_up(pool: asyncpg.Pool, database: Database) -> None:
    """Orders of any day, refunds and cancellations, folded in ranges: exact at every step.

    A later range finds rows of earlier ones, orders that cease to count and customers whose first
    order is gone.
    """
    await stock(pool)
    shopper = Shopper(pool, 23)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        for step in range(36):
            await shopper.act()
            if step % 3 == 2:
                await asyncio.to_thread(fold, folder)
            if step % 9 == 8:
                await exact_now(pool, step)
        await asyncio.to_thread(fold, folder)
        assert [check for check in verify(folder).checks if not check.good] == []


async def test_a_rebuild_in_slices_makes_the_same_rows(
    pool: asyncpg.Pool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row by row what one statement over the whole ledger makes."""
    await stock(pool)
    shopper = Shopper(pool, 29)
    for _ in range(30):
        await shopper.act()
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        whole = await asyncio.to_thread(rebuild, folder)
        expected = rollups(folder)
        monkeypatch.setattr(fold_batch, "FEW_LINES", 0)
        monkeypatch.setattr(fold_batch, "LINES_PER_RANGE", 9)
        assert (await asyncio.to_thread(rebuild, folder)).lines == whole.lines
        found = rollups(folder)
        for table, rows in expected.items():
            assert (table, found[table]) == (table, rows)
    assert all(expected.values())


@pytest.mark.usefixtures("ranges_of_nine")
async def test_a_publication_in_slices_is_folded_once(
    pool: asyncpg.Pool, database: Database
) -> None:
    """Lines that their own transaction folded in ranges are neither pending nor folded again.

    The session's own time zone, whose clocks change meanwhile, has no part in the ranges.
    """
    await stock(pool)
    shopper = Shopper(pool, 31)
    for _ in range(6):
        await shopper.act()
    with psycopg.connect(database.dsn) as importer, importer.transaction():
        importer.execute("set local timezone to 'America/New_York'")
        importer.execute(
            "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
            " source_id, product_id, customer_id, currency, quantity, gross, discount, cost)"
            " select least(%s + n * interval '5 hours', %s), 'sale', false, 5000 + n, 1,"
            " gen_random_uuid(), 1, 1 + n %% 7, 1 + n %% 6, 'USD', 1, n, 0, 0"
            " from generate_series(1, 200) n",
            (START, NOW),
        )
        assert fold_own(importer) == 200
    await exact_now(pool)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        await asyncio.to_thread(fold, folder)
    await exact_now(pool)


@pytest.mark.usefixtures("ranges_of_nine")
async def test_a_day_that_comes_back(pool: asyncpg.Pool, database: Database) -> None:
    """Where the clocks were set back over midnight, a later instant may lie in an earlier day."""
    await stock(pool, "America/St_Johns")
    await pool.execute("select make_partitions('2010-11-01', '2010-11-01')")
    # A minute past midnight it was 23:01 again.
    tomorrow, today_again = "2010-11-07 02:30:30+00", "2010-11-07 03:00+00"
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        for number, instants in enumerate([[today_again], [tomorrow, today_again]]):
            folder.execute(
                "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
                " source_id, product_id, customer_id, currency, quantity, gross, discount, cost)"
                " select at::timestamptz, 'sale', false, 5000 + %s + n, 1, gen_random_uuid(), 1, 1,"
                " 1, 'USD', 1, n, 0, 0 from unnest(%s::text[]) with ordinality x (at, n)",
                (number * 10, instants),
            )
            assert (await asyncio.to_thread(fold, folder)).lines == len(instants)
        days = folder.execute(
            "select day::text, lines from rollup_product_day order by day"
        ).fetchall()
        assert days == [("2010-11-06", 2), ("2010-11-07", 1)]


@pytest.mark.usefixtures("ranges_of_nine")
async def test_ranges_that_miss_a_line_fold_nothing(
    pool: asyncpg.Pool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted once more at the end: a wrong rollup is never committed."""
    await stock(pool)
    shopper = Shopper(pool, 37)
    for _ in range(12):
        await shopper.act()
    real = fold_batch.ranges
    monkeypatch.setattr(fold_batch, "ranges", lambda days: list(real(days))[1:])
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        with pytest.raises(fold_batch.LedgerChanged, match="nothing was folded"):
            await asyncio.to_thread(fold, folder)
        monkeypatch.undo()
        await exact_now(pool)
        await asyncio.to_thread(fold, folder)
    await exact_now(pool)
