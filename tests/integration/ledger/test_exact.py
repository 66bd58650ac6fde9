"""Every answer equals the plain reading of the ledger, whatever is folded and whatever is not."""

import asyncio
import contextlib
import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import psycopg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity, day_start
from shopx_core.errors import Conflict, InvalidInput
from shopx_core.settings import ReportingSettings
from shopx_migrations import reporting
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemStatus
from shopx_store.ledger.record import record_orders
from shopx_store.ledger.reference import (
    CategoryRow,
    CustomerRow,
    ProductRow,
    RepRow,
    upsert_categories,
    upsert_customers,
    upsert_products,
    upsert_reps,
)
from shopx_store.ledger.refunds import RefundLine, cancel_order, refund_order
from shopx_store.query import (
    AsOf,
    Dimension,
    Filters,
    SalesQuery,
    SalesScope,
    Tier,
    calendar_agreement,
    session,
)
from shopx_store.query.calendar_agreement import Calendars
from shopx_store.query.session import current, reading
from shopx_store.rollups.fold import fold, rebuild
from shopx_store.verification import verify
from tests.support.oracle import LEDGER, answer, comparable
from tests.support.postgres import Database

START = dt.datetime(2026, 9, 25, tzinfo=dt.UTC)
DAYS = 60
NOW = START + dt.timedelta(days=DAYS)
ZONE = "America/New_York"  # the clocks change within the range
# Quarters of an hour, a midnight that is struck twice, a clock change of half an hour.
ZONES = ["UTC", "Asia/Kathmandu", "America/Havana", "Australia/Lord_Howe"]


async def stock(pool: asyncpg.Pool, zone: str = ZONE) -> None:
    """Reference data, and a reporting zone that is not UTC."""
    async with pool.acquire() as connection:
        await connection.execute("update reporting set timezone = $1, week_start = 7", zone)
        await connection.execute("select make_partitions('2026-09-01', '2026-12-01')")
        await upsert_categories(
            connection,
            "api",
            [CategoryRow(key="b", name="B", parent="a"), CategoryRow(key="a", name="A")],
        )
        await upsert_products(
            connection,
            "api",
            [
                ProductRow(
                    key=f"p{n}",
                    name=f"P{n}",
                    category=["a", "b", None][n % 3],
                    unit_cost=Decimal(n),
                )
                for n in range(7)
            ],
        )
        await upsert_customers(connection, "api", [CustomerRow(key=f"c{n}") for n in range(6)])
        await upsert_reps(connection, "api", [RepRow(key=f"r{n}", name=f"R{n}") for n in range(3)])


class Shopper:
    """Does what a busy shop does, from a seed."""

    def __init__(self, pool: asyncpg.Pool, seed: int) -> None:
        self.pool = pool
        self.random = random.Random(seed)
        self.keys: list[str] = []
        self.count = 0

    def order(self) -> NewOrder:
        """A random order."""
        self.count += 1
        r = self.random
        lines = tuple(
            NewLine(
                product=f"p{r.randrange(7)}",
                quantity=Decimal(r.randint(1, 9)),
                gross=Decimal(r.randint(0, 99999)) / 1000,
            )
            for _ in range(r.randint(1, 4))
        )
        return NewOrder(
            key=f"o{self.count}",
            ordered_at=START + dt.timedelta(minutes=r.randrange(DAYS * 1440)),
            lines=lines,
            customer=r.choice([None, *(f"c{n}" for n in range(6))]),
            rep=r.choice([None, "r0", "r1", "r2"]),
            region=r.choice([None, "north", "south"]),
            channel=r.choice([None, "web"]),
        )

    async def act(self) -> None:
        """Record, refund or cancel something."""
        r = self.random
        async with self.pool.acquire() as connection:
            what = r.random()
            if what < 0.6 or not self.keys:
                orders = [self.order() for _ in range(r.randint(1, 5))]
                outcomes = await record_orders(connection, "api", orders, NOW)
                assert {o.status for o in outcomes} == {ItemStatus.RECORDED}
                self.keys += [order.key for order in orders]
            elif what < 0.85:
                lines = [RefundLine(line=1, quantity=Decimal(1))] if r.random() < 0.7 else None
                with contextlib.suppress(InvalidInput, Conflict):  # nothing may be left of it
                    await refund_order(
                        connection,
                        "api",
                        r.choice(self.keys),
                        refund_key=str(r.random()),
                        lines=lines,
                        at=NOW - dt.timedelta(minutes=r.randrange(30)),
                        now=NOW,
                    )
            else:
                await cancel_order(connection, "api", r.choice(self.keys))


def random_queries(r: random.Random) -> list[SalesQuery]:
    """Queries that reach every source: whole days and ragged ends, every zone and dimension."""
    measures = frozenset(Measure)
    found = []
    dimensions = sorted(set(Dimension) - {Dimension.SEGMENT, Dimension.DISCOUNT})
    for _ in range(30):
        first = START + dt.timedelta(
            minutes=r.choice([0, 5 * 60, 301, 17]) + 1440 * r.randint(0, 40)
        )
        last = first + r.choice(
            [dt.timedelta(days=40), dt.timedelta(days=7), dt.timedelta(minutes=50)]
        )
        found.append(
            SalesQuery(
                scope=SalesScope.EVERYTHING,
                measures=measures,
                start=first,
                end=last,
                zone=r.choice([ZONE, ZONE, ZONE, *ZONES]),
                week_start=r.choice([1, 7]),
                granularity=r.choice([None, None, *Granularity]),
                by=tuple(r.sample(dimensions, r.choice([0, 0, 1, 1, 2]))),
                filters=Filters(
                    regions=r.choice([(), (), (0, 1)]),
                    categories=r.choice([(), (), (), (1,), (2, 0)]),
                    customers=r.choice([(), (), (), (1, 2)]),
                ),
                hour_of_week=r.random() < 0.15,
            )
        )
    return found


async def truth(pool: asyncpg.Pool) -> tuple[list[Any], dict[int, set[int]]]:
    """The ledger as it is now, and each category with its descendants."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(LEDGER)
        parents = {
            r["id"]: r["parent_id"] for r in await connection.fetch("select * from categories")
        }
    tree: dict[int, set[int]] = {}
    for child in parents:
        above: int | None = child
        while above is not None:
            tree.setdefault(above, set()).add(child)
            above = parents[above]
    return rows, tree


async def expect_exact(
    pool: asyncpg.Pool, as_of: AsOf | None, asked: list[SalesQuery], expected: Any
) -> None:
    """Every answer as of a snapshot equals the ledger as it was then."""
    rows, tree = expected
    async with reading(pool, as_of) as reader:
        for query in asked:
            given = await reader.aggregate(query)
            assert comparable(given.rows, query) == answer(rows, query, tree), query


@pytest.mark.parametrize("seed", range(4))
async def test_every_answer_equals_the_ledger(
    pool: asyncpg.Pool, database: Database, seed: int
) -> None:
    """Now and as of earlier snapshots; before, between and after folds; after a rebuild."""
    await stock(pool)
    shopper = Shopper(pool, seed)
    r = random.Random(seed)
    asked = random_queries(r)
    snapshots: list[tuple[AsOf, Any]] = []
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        for step in range(40):
            await shopper.act()
            if r.random() < 0.3:
                await asyncio.to_thread(fold, folder)
            if step % 10 == 5:
                snapshots.append((await current(pool), await truth(pool)))
            if step % 13 == 7:
                await expect_exact(pool, None, asked, await truth(pool))
        for snapshot, expected in snapshots:
            await expect_exact(pool, snapshot, asked, expected)
        await asyncio.to_thread(fold, folder)
        for snapshot, expected in snapshots:
            await expect_exact(pool, snapshot, asked, expected)
        now = await truth(pool)
        await expect_exact(pool, None, asked, now)
        await asyncio.to_thread(rebuild, folder)
        await expect_exact(pool, None, asked, now)


async def test_another_reporting_zone_and_week(pool: asyncpg.Pool, database: Database) -> None:
    """Exact at once, out of the ledger, and exact again out of the rollups that the fold remade."""
    await stock(pool)
    shopper = Shopper(pool, 7)
    for _ in range(30):
        await shopper.act()
    asked = [
        replace(query, zone="Asia/Kathmandu") if n % 2 else query
        for n, query in enumerate(random_queries(random.Random(7)))
    ]
    expected = await truth(pool)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        fold(connection)
        await expect_exact(pool, None, asked, expected)
        terms = ReportingSettings(timezone="Asia/Kathmandu", currency="USD", week_start=3)
        assert reporting.apply(connection, terms) is True
        await expect_exact(pool, None, asked, expected)
        fold(connection)
        async with reading(pool) as reader:
            assert reader.state.rollups_valid
            assert reader.state.timezone == "Asia/Kathmandu"
        await expect_exact(pool, None, asked, expected)
        assert verify(connection).good


async def test_a_calendar_that_differs_from_the_servers_is_noticed(
    pool: asyncpg.Pool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days that PostgreSQL delimits differently come from finer sources, exact by our calendar."""
    await stock(pool)
    shopper = Shopper(pool, 8)
    for _ in range(20):
        await shopper.act()
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        fold(connection)
    # Ours knows of clocks that are put back an hour for two weeks.
    zone, first, last = ZoneInfo("Etc/GMT+5"), dt.date(2026, 10, 3), dt.date(2026, 10, 17)
    known = day_start

    def ours(day: dt.date, clocks: ZoneInfo) -> dt.datetime:
        return known(day, zone if first <= day < last else clocks)

    monkeypatch.setattr(session, "calendars", Calendars())
    monkeypatch.setattr(calendar_agreement, "day_start", ours)
    # Days are kept; here they are those of other clocks, and not for others.
    monkeypatch.setattr(calendar_agreement, "days_of", calendar_agreement.days_of.__wrapped__)
    async with reading(pool) as reader:
        odd = reader.state.ambiguous_days
    assert (odd[0], odd[-1], len(odd)) == (
        dt.datetime(2026, 10, 3, 5, tzinfo=dt.UTC),
        dt.datetime(2026, 10, 16, 5, tzinfo=dt.UTC),
        14,
    )
    # A day of that fortnight, as ours delimits it, by product: a rollup would be an hour off.
    day = SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.GROSS}),
        start=odd[3],
        end=odd[5],
        zone=ZONE,
        by=(Dimension.PRODUCT,),
    )
    await expect_exact(pool, None, [day], await truth(pool))
    async with reading(pool) as reader:
        assert (await reader.aggregate(day)).tier is Tier.BASE
        later = replace(day, start=known(dt.date(2026, 10, 20), ZoneInfo(ZONE)), end=NOW)
        assert (await reader.aggregate(later)).tier is Tier.ROLLUP


async def test_the_servers_calendar_is_ours(pool: asyncpg.Pool) -> None:
    """In zones with the oddest days: half hours, a day that never was, midnights struck twice."""
    odd = ["Pacific/Apia", "America/Havana", "Asia/Beirut", "America/Sao_Paulo", "Europe/Berlin"]
    async with pool.acquire() as connection:
        for zone in [*odd, *ZONES, ZONE]:
            assert await Calendars().ambiguous_days(connection, "this", zone) == (), zone
