"""`verify` finds nothing in a healthy database, and one cent in a sick one."""

import asyncio

import asyncpg
import psycopg
import pytest

from shopx_core.domain.matviews import MATVIEWS
from shopx_store.matviews.refresh import refresh
from shopx_store.rollups.fold import fold
from shopx_store.verification import VIEW_QUERIES, verify
from tests.integration.ledger.test_exact import Shopper, stock
from tests.support.postgres import Database


async def busy(pool: asyncpg.Pool, database: Database) -> psycopg.Connection:
    """A database with folded and pending lines, and views that are behind."""
    await stock(pool)
    shopper = Shopper(pool, 23)
    connection = psycopg.connect(database.dsn, autocommit=True)
    for step in range(40):
        await shopper.act()
        if step == 20:
            for view in MATVIEWS:
                await asyncio.to_thread(refresh, connection, view)
        if step == 30:
            await asyncio.to_thread(fold, connection)
    return connection


async def test_a_healthy_database_verifies(pool: asyncpg.Pool, database: Database) -> None:
    """Lines not folded yet and views that are behind are no difference."""
    with await busy(pool, database) as connection:
        report = verify(connection)
        assert [check for check in report.checks if not check.good] == []
        assert len(report.checks) >= 15
        assert all(check.rows for check in report.checks if check.tier != "ledger")
        views = {check.name for check in report.checks if check.tier == "matview"}
        assert views == {check.name for check in report.checks if check.name.startswith("mv_")}
        assert views
        assert report.totals[0].pending > 0
        row = connection.execute("select sum(gross - discount) from order_items").fetchone()
        assert row == (report.totals[0].revenue,)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("rollup_sales_quarter", "gross = gross + 0.01"),
        ("rollup_sales_day", "returns = returns - 0.01"),
        ("rollup_product_day", "cost = cost + 0.01"),
        ("rollup_product_week", "units = units + 1"),
        ("rollup_customer_day", "orders = orders + 1"),
        ("rollup_customer", "last_order_at = last_order_at + interval '1 second'"),
        ("rollup_order", "sale_lines = sale_lines + 1"),
        ("customer_day_cells", "customers = customers + 1"),
    ],
)
async def test_one_cent_is_found(
    pool: asyncpg.Pool, database: Database, table: str, change: str
) -> None:
    """A single figure of a single row of any rollup."""
    with await busy(pool, database) as connection:
        connection.execute(
            f"update {table} set {change} where ctid = (select min(ctid) from {table})"
        )
        report = verify(connection)
        assert [check.name for check in report.checks if not check.good] == [table]


def test_every_view_is_verified() -> None:
    """A view without a query would pass whatever it holds."""
    assert {member for view in MATVIEWS.values() for member in view.members} == {*VIEW_QUERIES}


@pytest.mark.parametrize("view", ["mv_product_orders", "mv_product_pairs"])
async def test_baskets_that_lie_are_found(
    pool: asyncpg.Pool, database: Database, view: str
) -> None:
    """An order that its refresh did not see changes the counts of its products."""
    with await busy(pool, database) as connection:
        connection.execute(
            "update matview_refreshes set snapshot = pg_current_snapshot()::text where view = %s",
            (view,),
        )
        assert view in [check.name for check in verify(connection).checks if not check.good]


async def test_a_view_that_lies_is_found(pool: asyncpg.Pool, database: Database) -> None:
    """A view is compared with what its refresh saw, so a wrong snapshot shows."""
    with await busy(pool, database) as connection:
        connection.execute(
            "update matview_refreshes set snapshot = pg_current_snapshot()::text"
            " where view = 'mv_customer_purchases'"
        )
        assert not verify(connection).good
