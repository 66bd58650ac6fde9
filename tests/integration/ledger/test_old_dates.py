"""Orders of long ago cost the database few partitions, and so few locks."""

import asyncio
import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import asyncpg
import psycopg
import pytest
from psycopg import IsolationLevel
from structlog.testing import capture_logs

from shopx_api.server.pools import read_pool
from shopx_core import cli
from shopx_core.domain.ledger_partitions import locks_of_a_transaction
from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import days_between
from shopx_core.errors import InvalidInput
from shopx_core.settings import DatabaseSettings, Settings
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemStatus
from shopx_store.ledger.record import record_orders
from shopx_store.ledger.refunds import cancel_order, refund_order
from shopx_store.partitions import existing, keep_up, lock_capacity
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope
from shopx_store.query.session import reading
from shopx_store.rollups.fold import fold
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.publish import seed
from shopx_store.verification import verify
from tests.support.postgres import Database

NOW = dt.datetime.now(dt.UTC)
OLD = NOW.year - 3
"""The last year that has one partition."""
_MONTH = """
create table {0}_y{1}m{2:02} (like {0} including defaults including constraints including indexes);
create trigger refuse_change before update or delete or truncate on {0}_y{1}m{2:02}
    for each statement execute function refuse_change();
alter table {0} attach partition {0}_y{1}m{2:02} for values from ('{1}-{2:02}-01 00:00+00')
    to ('{3}-{4:02}-01 00:00+00');
"""


def order(year: int, month: int, day: int = 3, key: str = "o") -> NewOrder:
    return NewOrder(
        key=f"{key}-{year}-{month}-{day}",
        ordered_at=dt.datetime(year, month, day, tzinfo=dt.UTC),
        region="north",
        lines=(NewLine(product="p", quantity=Decimal(1), gross=Decimal(10)),),
    )


async def book(pool: asyncpg.Pool, *orders: NewOrder) -> None:
    async with pool.acquire() as connection:
        await connection.execute(
            "insert into sources (name) values ('s') on conflict do nothing;"
            " insert into products (source_id, key, sku, name)"
            " select id, 'p', 'p', 'p' from sources on conflict do nothing"
        )
        outcomes = await record_orders(connection, "s", orders, NOW)
    assert {outcome.status for outcome in outcomes} == {ItemStatus.RECORDED}


def question(first: dt.date, last: dt.date) -> SalesQuery:
    """By product and filtered by region: no rollup has it, so the ledger is read."""
    period = days_between(first, last, "UTC")
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.GROSS, Measure.ORDERS}),
        start=period.start,
        end=period.end,
        zone="UTC",
        by=(Dimension.PRODUCT,),
        filters=Filters(regions=(1,)),
    )


def as_before(connection: psycopg.Connection, year: int) -> None:
    """Give a year monthly partitions, as the releases before made them."""
    for parent in ("orders", "order_items"):
        for month in range(1, 13):
            last, after = (year, month + 1) if month < 12 else (year + 1, 1)
            connection.execute(_MONTH.format(parent, year, month, last, after))


@contextmanager
def old_snapshot(dsn: str) -> Iterator[psycopg.Connection]:
    """A reader that took its snapshot and has read nothing of the ledger yet."""
    with psycopg.connect(dsn) as reader:
        reader.isolation_level = IsolationLevel.REPEATABLE_READ
        reader.execute("select pg_current_snapshot()")
        yield reader


async def test_decades_of_orders_leave_room_for_readers(pool: asyncpg.Pool) -> None:
    """An order a month from 1970 on makes a period a year but for the last three.

    Readers of all of it hold few locks each.
    """
    months = [(year, month) for year in range(1970, NOW.year) for month in range(1, 13)]
    await book(pool, *(order(*month) for month in months))
    yearly, monthly = NOW.year - 2 - 1970, 3 * 12 + 3
    async with pool.acquire() as connection:
        periods = await connection.fetchval(
            "select count(*) from pg_inherits where inhparent = 'order_items'::regclass"
        )
    assert periods <= yearly + monthly

    async def ask() -> tuple[int, int]:
        async with reading(pool) as reader:
            found = await reader.aggregate(question(dt.date(1970, 1, 1), NOW.date()))
            locks = await reader.conn.fetchval(
                "select count(*) from pg_locks where pid = pg_backend_pid()"
            )
            return next(iter(found.rows))["orders"], locks

    answers = await asyncio.gather(*(ask() for _ in range(6)))
    assert {orders for orders, _ in answers} == {len(months)}
    assert max(locks for _, locks in answers) <= locks_of_a_transaction(periods)


async def test_closed_months_are_pruned_when_planned(
    pool: asyncpg.Pool, database: Database
) -> None:
    """A question about two months locks and plans those.

    After repetition too: a generic plan would lock every partition.
    """
    await book(pool, *(order(NOW.year - 1, month) for month in range(1, 13)))
    settings = Settings.from_env({"SHOPX_DATABASE_DSN": database.dsn, "SHOPX_REDIS_URL": ""})
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        fold(connection)
    asked = question(dt.date(NOW.year - 1, 4, 1), dt.date(NOW.year - 1, 5, 31))
    async with read_pool(settings) as readers:
        for _ in range(12):
            async with reading(readers) as reader:
                statement = reader.statement(asked)[0].render()
                await reader.aggregate(asked)
                locked = await reader.conn.fetch(
                    "select c.relname from pg_locks l join pg_class c on c.oid = l.relation"
                    " where l.pid = pg_backend_pid() and c.relispartition and c.relkind = 'r'"
                )
        async with readers.acquire() as connection:
            prepared = await connection.prepare(statement.text)
            plan = str(await prepared.explain(*statement.args))
    months = {f"order_items_y{NOW.year - 1}m{month:02}" for month in (4, 5)}
    assert set(re.findall(r"order_items_y\d{4}m\d\d", plan)) == months
    assert set(re.findall(r"'Subplans Removed': (\d+)", plan)) <= {"0"}, "none when it is run"
    assert {row["relname"] for row in locked} == months


@pytest.mark.parametrize("at", ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
async def test_a_refund_of_ancient_times_is_refused(pool: asyncpg.Pool, at: str) -> None:
    await book(pool, order(1970, 1))
    async with pool.acquire() as connection:
        with pytest.raises(InvalidInput, match="before 1970"):
            await refund_order(
                connection,
                "s",
                order(1970, 1).key,
                refund_key="r",
                lines=None,
                at=dt.datetime.fromisoformat(at),
                now=NOW,
            )


@pytest.mark.parametrize("year", [1969, NOW.year + 3])
def test_the_database_makes_no_partition_for_a_mistyped_year(database: Database, year: int) -> None:
    """So a line inserted by SQL finds none either."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        before = existing(connection)
        with pytest.raises(psycopg.errors.DatetimeFieldOverflow, match=f"no order .* {year}-05"):
            connection.execute("select make_partitions(%s, %s)", [dt.date(year, 5, 1)] * 2)
        assert existing(connection) == before


@pytest.mark.parametrize(("first", "last"), [(1969, 1971), (2025, NOW.year + 3)])
def test_a_seeding_outside_of_what_may_be_booked_is_refused(
    database: Database, first: int, last: int
) -> None:
    options = SeedOptions(
        orders=10,
        start=dt.datetime(first, 1, 1, tzinfo=dt.UTC),
        end=dt.datetime(last, 1, 1, tzinfo=dt.UTC),
    )
    with pytest.raises(InvalidInput, match=r"before 1970|ahead"):
        seed(DatabaseSettings(dsn=database.dsn), options)


async def test_months_of_an_old_year_are_merged_while_others_read(
    pool: asyncpg.Pool, database: Database
) -> None:
    """Nothing is lost, changed or seen twice, also by a reader whose snapshot is older.

    What is booked in the year later goes into its partition.
    """
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        as_before(connection, OLD)
        await book(pool, *(order(OLD, month, day) for month in range(1, 13) for day in (1, 28)))
        fold(connection)
        everything = "select * from order_items order by id"
        before = connection.execute(everything).fetchall()
        assert len(before) == 24
        with old_snapshot(database.dsn) as reader:
            assert keep_up(connection, 3).merged == (OLD,)
            assert reader.execute(everything).fetchall() == before
        assert connection.execute(everything).fetchall() == before
        names = existing(connection)
        assert {f"orders_y{OLD}", f"order_items_y{OLD}"} <= names
        assert not any(name.startswith(f"orders_y{OLD}m") for name in names)
        assert keep_up(connection, 3).merged == ()
        async with pool.acquire() as other:
            await cancel_order(other, "s", order(OLD, 5, 1).key)
        await book(pool, order(OLD, 6, 6))
        fold(connection)
        assert verify(connection).good
        for change in ("delete from", "truncate"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                connection.execute(f"{change} order_items_y{OLD}")
        with pytest.raises(psycopg.errors.RestrictViolation, match="xid"):
            connection.execute(
                "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
                " source_id, product_id, currency, quantity, gross, discount, cost, xid)"
                f" values ('{OLD}-06-02', 'sale', false, 1, 1, gen_random_uuid(), 1, 1, 'USD',"
                " 1, 1, 0, 0, '5')"
            )


async def test_a_year_with_a_line_that_a_reader_does_not_see_yet_is_left(
    pool: asyncpg.Pool, database: Database
) -> None:
    """The exchange would show that reader a line too early."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        as_before(connection, OLD)
        await book(pool, order(OLD, 1))
        with old_snapshot(database.dsn) as reader, capture_logs() as logged:
            await book(pool, order(OLD, 2))
            assert keep_up(connection, 3).merged == ()
            assert reader.execute("select count(*) from order_items").fetchone() == (1,)
        assert "partitions_not_merged" in {entry["event"] for entry in logged}
        assert keep_up(connection, 3).merged == (OLD,)
        assert connection.execute("select count(*) from order_items").fetchone() == (2,)


async def test_a_year_that_a_transaction_writes_to_is_left(
    pool: asyncpg.Pool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange waits half a second at a time, and gives up; nothing has changed."""
    monkeypatch.setattr("shopx_store.partition_merge.ATTEMPTS", 2)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        as_before(connection, OLD)
        await book(pool, order(OLD, 1))
        with psycopg.connect(database.dsn) as writer:
            writer.execute("lock table order_items in row exclusive mode")
            with capture_logs() as logged:
                assert keep_up(connection, 3).merged == ()
        assert "partitions_not_merged" in {entry["event"] for entry in logged}
        assert f"order_items_y{OLD}m01" in existing(connection)
        assert f"order_items_y{OLD}" not in existing(connection)
        assert keep_up(connection, 3).merged == (OLD,)


async def test_scarce_room_for_locks_is_told(
    pool: asyncpg.Pool,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The suite's server has PostgreSQL's default of 64 for each connection."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        assert lock_capacity(connection).suffices
        await book(pool, *(order(NOW.year - 1, month) for month in range(1, 13)))
        assert not lock_capacity(connection).suffices
        with capture_logs() as logged:
            keep_up(connection, 3)
        # Counted afterwards: upkeep makes a month more where a new one has begun since migration.
        capacity = lock_capacity(connection)
        assert capacity.needed == locks_of_a_transaction(capacity.periods) * 100
        told = next(entry for entry in logged if entry["event"] == "locks_scarce")
        advised = f"set max_locks_per_transaction to {capacity.needed // 100}"
        assert advised in told["advice"]
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)
    with pytest.raises(SystemExit, match="0"):
        await asyncio.to_thread(cli.main, ["verify"])
    assert advised in " ".join(capsys.readouterr().out.split())
