"""Seeding a database: exact, repeatable, whole months or nothing, and live orders on top."""

import asyncio
import datetime as dt
import hashlib
from typing import Any

import psycopg
import pytest

from shopx_core.errors import Conflict, NotFound
from shopx_core.settings import DatabaseSettings
from shopx_store.rollups.fold import fold, fold_own
from shopx_store.seeding import publish
from shopx_store.seeding.live_orders import Trickled, TrickleOptions, trickle
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.publish import seed
from tests.support.importing import assert_exact, connected, ledger, one, rows
from tests.support.postgres import Database, PostgresServer

START = dt.datetime(2024, 10, 1, tzinfo=dt.UTC)


def options(**changes: Any) -> SeedOptions:
    base: dict[str, Any] = {
        "orders": 3_000,
        "start": START,
        "end": START + dt.timedelta(days=120),
        "products": 50,
        "currencies": ("USD", "EUR"),
    }
    return SeedOptions(**base | changes)


def fill(database: Database, **changes: Any) -> publish.Seeded:
    return seed(DatabaseSettings(dsn=database.dsn), options(**changes))


CONTENT = (
    """select i.identity, i.kind, i.booked_at, i.line_no, o.key, o.ordered_at, p.key, c.key, r.key,
        g.name, h.name, i.currency, i.quantity, i.gross, i.discount, i.cost
    from order_items i join orders o on o.id = i.order_id
    join products p on p.id = i.product_id left join customers c on c.id = i.customer_id
    join sales_reps r on r.id = i.rep_id join regions g on g.id = i.region_id
    join channels h on h.id = i.channel_id order by i.identity""",
    "select key, name, email, country from customers order by key",
    "select key, name, unit_cost, list_price from products order by key",
    "select r.key, month, amount from quotas join sales_reps r on r.id = rep_id order by 1, 2",
    "select * from rates order by 1, 2",
)


def digest(dsn: str) -> str:
    """All sales by content, without what only says when and in which order they were written."""
    found = hashlib.sha256()
    for query in CONTENT:
        for row in rows(dsn, query):
            found.update(repr(row).encode())
    return found.hexdigest()


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each month is a step, so that there is something to be interrupted between."""
    monkeypatch.setattr(publish, "STEP_ORDERS", 1)


@pytest.mark.usefixtures("small_steps")
def test_the_same_seed_gives_the_same_sales(pg_server: PostgresServer) -> None:
    """In two databases, to the last line; exact in every tier; another seed gives others."""
    first, second, other = (pg_server.migrated() for _ in range(3))
    done = fill(first)
    assert (done.orders, done.months, done.known) == (3_000, 4, 0)
    assert one(first.dsn, "select count(*) from orders") == 3_000
    assert ledger(first.dsn)["lines"] == done.lines
    assert_exact(first.dsn)
    assert rows(first.dsn, "select distinct kind::text from order_items order by 1") == [
        ("return",), ("sale",),
    ]  # fmt: skip
    assert one(
        first.dsn,
        "select count(*) from order_items r join order_items s on s.id = r.reverses"
        " and s.kind = 'sale' and s.gross = -r.gross and s.booked_at < r.booked_at"
        " where r.kind = 'return'",
    ) == one(first.dsn, "select count(*) from order_items where kind = 'return'")
    fill(second)
    fill(other, seed=7)
    assert digest(first.dsn) == digest(second.dsn) != digest(other.dsn)
    for database in (first, second, other):
        pg_server.drop(database)


def test_seeding_again_adds_nothing(database: Database) -> None:
    """And other options for the same source are refused."""
    fill(database)
    before = ledger(database.dsn)
    again = fill(database)
    assert (again.orders, again.months, again.known) == (0, 0, 4)
    assert ledger(database.dsn) == before
    with pytest.raises(Conflict, match="already has sales"):
        fill(database, orders=10)
    fill(database, orders=10, source="other")
    assert one(database.dsn, "select count(*) from orders") == 3_010


def test_the_days_out_of_the_ordinary_are_annotated_once(database: Database) -> None:
    """So the charts of a demonstration say why its sales double on Black Friday."""
    fill(database)
    fill(database)
    fill(database, orders=10, source="other")
    noted = "select first_day::text, last_day::text, text from annotations order by 1"
    assert rows(database.dsn, noted) == [
        ("2024-11-29", "2024-12-02", "Black Friday"),
        ("2024-12-01", "2024-12-24", "Before Christmas"),
        ("2024-12-25", "2025-01-14", "After Christmas"),
    ]


@pytest.mark.usefixtures("small_steps")
def test_an_interrupted_seeding_is_continued(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was published are whole months; a second run makes the others, as if in one go."""
    real, calls = fold_own, []

    def third_time_broken(connection: psycopg.Connection) -> int:
        calls.append(1)
        if len(calls) == 3:
            connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return real(connection)

    monkeypatch.setattr(publish, "fold_own", third_time_broken)
    with pytest.raises(psycopg.OperationalError):
        fill(database)
    assert_exact(database.dsn)
    whole = "select count(*), count(distinct date_trunc('month', ordered_at)) from orders"
    ((orders, months),) = rows(database.dsn, whole)
    assert 0 < orders < 3_000
    done = fill(database)
    assert (done.orders + orders, done.known) == (3_000, months)
    assert_exact(database.dsn)
    there = digest(database.dsn)
    monkeypatch.undo()
    with connected(database.dsn) as connection:
        assert fold(connection).lines == 0
    assert there == digest(database.dsn)


async def test_live_orders(database: Database) -> None:
    """They come through the ledger's own door, in the number asked for, with refunds among them."""
    fill(database, orders=50)
    reported: list[int] = []
    wanted = TrickleOptions(rate=500, orders=120)
    done = await trickle(
        database.dsn, wanted, stop=asyncio.Event(), on_order=lambda d: reported.append(d.orders)
    )
    assert (done.orders, reported[-1]) == (120, 120)
    assert done.refunds > 0
    assert one(database.dsn, "select count(*) from orders where key like 'live-%'") == 120
    recorded = ledger(database.dsn, "kind = 'sale' and order_id in"
                      " (select id from orders where key like 'live-%')")  # fmt: skip
    assert recorded["net"] == done.amount
    with connected(database.dsn) as connection:
        fold(connection)
    assert_exact(database.dsn)


async def test_live_orders_follow_the_history(database: Database) -> None:
    """Three thousand a year are one in three hours: none within a second."""
    fill(database, orders=3_000)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(1, stop.set)
    done = await trickle(database.dsn, TrickleOptions(), stop=stop, on_order=lambda _: None)
    assert done.orders == 0


async def test_live_orders_stop_when_asked(database: Database) -> None:
    """At once, also while waiting for the next."""
    fill(database, orders=10)
    stop = asyncio.Event()

    def on_order(done: Trickled) -> None:
        if done.orders == 3:
            stop.set()

    done = await asyncio.wait_for(
        trickle(database.dsn, TrickleOptions(rate=50), stop=stop, on_order=on_order), 30
    )
    assert done.orders == 3


async def test_live_orders_survive_a_lost_connection(database: Database) -> None:
    """A server that restarts costs one order, not the demonstration."""
    fill(database, orders=10)

    def on_order(done: Trickled) -> None:
        if done.orders == 3:
            with connected(database.dsn) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )

    wanted = TrickleOptions(rate=200, orders=20)
    done = await trickle(database.dsn, wanted, stop=asyncio.Event(), on_order=on_order)
    assert done.orders == 19


async def test_live_orders_need_products(database: Database) -> None:
    """A source without any is said so."""
    with pytest.raises(NotFound, match="has no products to sell"):
        await trickle(
            database.dsn,
            TrickleOptions(rate=100, orders=1),
            stop=asyncio.Event(),
            on_order=lambda _: None,
        )
