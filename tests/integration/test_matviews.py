"""The materialized views say what the ledger's lines say, counted in Python."""

import datetime as dt
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from shopx_core.domain import rfm
from shopx_core.domain.matviews import MATVIEWS
from shopx_core.domain.money import total
from shopx_core.domain.periods import Granularity
from shopx_core.domain.periods.buckets import calendar_floor
from shopx_store.matviews.refresh import refresh
from shopx_store.verification import verify
from tests.support.postgres import Database
from tests.support.sales import Item, Line, Sales

CDNOW = Path(__file__).parents[3] / "shared" / "datasets" / "cdnow" / "CDNOW_master.txt"
RATES = {dt.date(2024, 1, 1): Decimal("1.0837"), dt.date(2024, 6, 1): Decimal("1.091")}


def random_sales(seed: int) -> Sales:
    """Two years of everything that a ledger may hold."""
    choose = random.Random(seed)
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    sales = Sales()
    for _ in range(400):
        at = start + dt.timedelta(minutes=choose.randrange(2 * 365 * 24 * 60))
        # Few customers and few amounts, so that scores meet ties.
        customer = choose.choice([None, *range(1, 41), *range(1, 6), *range(1, 6)])
        currency = choose.choice(["USD", "USD", "EUR"])
        items = [
            Item(
                product=choose.randint(1, 15),
                gross=Decimal(choose.choice(["10.00", "25.50", "99.995"])),
                discount=Decimal(choose.choice(["0", "0.125"])),
                cost=Decimal("7.01"),
            )
            for _ in range(choose.choice([1, 2, 3, 6]))
        ]
        document = sales.giveback if choose.random() < 0.15 else sales.sale
        lines = document(at, items, customer=customer, currency=currency)
        fate = choose.random()
        if fate < 0.08:
            sales.reverse(lines)
        elif fate < 0.16:
            sales.reverse(choose.sample(lines, choose.randint(1, len(lines))), "correction")
    return sales


class Counted:
    """The same figures from the lines, by the words of their definitions."""

    def __init__(self, sales: Sales, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.lines = sales.lines
        taken_back = {line.reverses for line in sales.lines}
        self.surviving = [
            line for line in sales.lines if line.kind == "sale" and line.id not in taken_back
        ]
        self.documents: dict[int, list[Line]] = defaultdict(list)
        for line in self.surviving:
            self.documents[line.order_id].append(line)

    def day(self, at: dt.datetime) -> dt.date:
        return at.astimezone(self.zone).date()

    def converted(self, amount: Decimal, line: Line) -> Decimal:
        if line.currency == "USD":
            return amount
        day = self.day(line.booked_at)
        return amount * RATES[max((known for known in RATES if known <= day), default=min(RATES))]

    def revenue(self, lines: list[Line]) -> Decimal:
        return total(self.converted(line.gross - line.discount, line) for line in lines)

    def customers(self) -> dict[int, list[Line]]:
        """Each customer with a surviving order, and all lines of theirs."""
        buyers = {line.customer for line in self.surviving}
        found: dict[int, list[Line]] = defaultdict(list)
        for line in self.lines:
            if line.customer is not None and line.customer in buyers:
                found[line.customer].append(line)
        return found

    def orders(self, customer: int) -> list[list[Line]]:
        return [lines for lines in self.documents.values() if lines[0].customer == customer]

    def baskets(self) -> list[set[int]]:
        newest = max(line.booked_at for line in self.surviving)
        first = self.day(newest) - dt.timedelta(days=364)
        return [
            {line.product for line in lines}
            for lines in self.documents.values()
            if self.day(lines[0].booked_at) >= first
        ]


def rows(connection: psycopg.Connection, columns: str, view: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"select {columns} from {view} order by 1, 2").fetchall()


ZONES = pytest.mark.parametrize(
    ("seed", "zone"),
    [(1, "UTC"), (2, "America/New_York"), (3, "Pacific/Auckland"), (4, "Asia/Kathmandu")],
)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """One in autocommit mode, as `refresh` wants it."""
    with psycopg.connect(database.dsn, autocommit=True) as made:
        yield made


@pytest.fixture
def counted(database: Database, connection: psycopg.Connection, seed: int, zone: str) -> Counted:
    """Random sales counted in Python; the views are refreshed."""
    sales = random_sales(seed)
    sales.write(database.dsn)
    connection.execute("update reporting set timezone = %s", (zone,))
    for day, rate in RATES.items():
        # A day early: local days may lie before the UTC day of the first sale.
        early = day - dt.timedelta(days=1) if day == min(RATES) else day
        connection.execute("insert into rates values ('EUR', %s, %s)", (early, rate))
    for view in MATVIEWS:
        assert refresh(connection, view) is not None
    return Counted(sales, zone)


@ZONES
def test_rfm(connection: psycopg.Connection, counted: Counted) -> None:
    """Last order, orders and revenue of every buyer, and Python's scores and segments."""
    expected = []
    for customer, lines in sorted(counted.customers().items()):
        orders = counted.orders(customer)
        last = max(order[0].booked_at for order in orders)
        expected.append((customer, last, len(orders), counted.revenue(lines)))
    assert rows(connection, "customer_id, last_order_at, orders, revenue", "mv_customer_rfm") == (
        expected
    )
    assert_scored_as_in_python(connection)


def assert_scored_as_in_python(connection: psycopg.Connection) -> None:
    found = rows(
        connection,
        "customer_id, last_order_at, orders, revenue, recency, frequency, monetary, segment",
        "mv_customer_rfm",
    )
    newest = max(row[1] for row in found)
    ages = rfm.score_breaks(newest - row[1] for row in found)
    orders = rfm.score_breaks(row[2] for row in found)
    revenue = rfm.score_breaks(row[3] for row in found)
    for row in found:
        scores = rfm.Scores(
            recency=rfm.recency_score(newest - row[1], ages),
            frequency=rfm.score(row[2], orders),
            monetary=rfm.score(row[3], revenue),
        )
        assert row[4:] == (*(scores.recency, scores.frequency, scores.monetary), scores.segment)


def test_every_cell_of_the_segment_grid(database: Database, connection: psycopg.Connection) -> None:
    """All 125 triples of scores get the segment that Python gives them.

    Each figure takes five values, in every combination, so each value is one fifth of its kind.
    """
    sales = Sales()
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    triples = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
    for customer, (recency, frequency, monetary) in enumerate(triples, start=1):
        for n in range(frequency):
            amount = Decimal(100 * monetary) if n == 0 else Decimal(0)
            sales.sale(start + dt.timedelta(days=recency), [Item(gross=amount)], customer=customer)
    sales.write(database.dsn)
    refresh(connection, "mv_customer_rfm")
    found = rows(
        connection, "customer_id, recency, frequency, monetary, segment", "mv_customer_rfm"
    )
    assert found == [
        (customer, *triple, rfm.segment(*triple)) for customer, triple in enumerate(triples, 1)
    ]


@ZONES
def test_purchases(connection: psycopg.Connection, counted: Counted) -> None:
    """Purchase days have a surviving order; spend is those orders', value is everything."""
    expected = []
    for customer, lines in sorted(counted.customers().items()):
        spent: dict[dt.date, Decimal] = defaultdict(Decimal)
        for order in counted.orders(customer):
            spent[counted.day(order[0].booked_at)] += counted.revenue(order)
        first = min(spent)
        repeats = [amount for day, amount in spent.items() if day > first]
        costs = total(counted.converted(line.cost, line) for line in lines)
        revenue = counted.revenue(lines)
        expected.append(
            (customer, first, max(spent), len(spent), len(repeats), revenue, revenue - costs)
        )
        found = connection.execute(
            "select mean_repeat_spend from mv_customer_purchases where customer_id = %s",
            (customer,),
        ).fetchone()
        assert found is not None
        assert found[0] == (pytest.approx(mean(repeats), rel=Decimal("1e-15")) if repeats else None)
    columns = (
        "customer_id, first_day, last_day, purchase_days, repeat_purchase_days, revenue, profit"
    )
    assert rows(connection, columns, "mv_customer_purchases") == expected


@ZONES
def test_cohorts(connection: psycopg.Connection, counted: Counted) -> None:
    """A customer belongs to the period of the first order, and nothing they returned is lost."""
    cells: dict[tuple[str, dt.date, dt.date], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0)])
    units = [Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR]
    for unit, (customer, lines) in product(units, counted.customers().items()):
        periods = Counter(
            calendar_floor(counted.day(order[0].booked_at), unit, 1)
            for order in counted.orders(customer)
        )
        cohort = min(periods)
        for period, orders in periods.items():
            cells[unit, cohort, period][0] += 1
            cells[unit, cohort, period][1] += orders
        for line in lines:
            period = max(cohort, calendar_floor(counted.day(line.booked_at), unit, 1))
            cells[unit, cohort, period][2] += counted.revenue([line])
    expected = [(*key, *values) for key, values in sorted(cells.items())]
    columns = "unit, cohort, period, customers, orders, revenue"
    assert sorted(rows(connection, columns, "mv_cohorts")) == expected


@ZONES
def test_products_bought_together(connection: psycopg.Connection, counted: Counted) -> None:
    """Orders with each product and each pair, over the same baskets of the trailing year."""
    baskets = counted.baskets()
    singles = Counter(product for basket in baskets for product in basket)
    pairs = Counter(pair for basket in baskets for pair in combinations(sorted(basket), 2))
    assert rows(connection, "product_id, orders, baskets, oversized", "mv_product_orders") == [
        (product, orders, len(baskets), 0) for product, orders in sorted(singles.items())
    ]
    assert rows(connection, "product_a, product_b, orders", "mv_product_pairs") == [
        (*pair, orders) for pair, orders in sorted(pairs.items()) if orders >= 2
    ]


def test_oversized_baskets_are_left_out_and_counted(
    database: Database, connection: psycopg.Connection
) -> None:
    """A basket of 101 products is in neither view; one of 100 is in both."""
    sales = Sales()
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    for size in (101, 100, 100, 2):
        sales.sale(at, [Item(product=n) for n in range(1, size + 1)])
    sales.write(database.dsn)
    refresh(connection, "mv_product_pairs")
    assert rows(
        connection, "max(orders), min(orders), max(baskets), max(oversized)", "mv_product_orders"
    ) == [(3, 2, 3, 1)]
    assert rows(connection, "count(*), max(orders)", "mv_product_pairs") == [(4950, 3)]


def test_a_voided_order_far_ahead_moves_no_window(
    database: Database, connection: psycopg.Connection
) -> None:
    """The window ends with the newest sale that survives, whatever was booked by mistake."""
    sales = Sales()
    sales.sale(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    sales.reverse(sales.sale(dt.datetime.now(dt.UTC) + dt.timedelta(days=700)))
    sales.write(database.dsn)
    refresh(connection, "mv_product_pairs")
    assert rows(connection, "product_id, orders", "mv_product_orders") == [(1, 1)]


@ZONES
def test_concentration(connection: psycopg.Connection, counted: Counted) -> None:
    """The best customers of the trailing year by percent, rounded up to whole customers."""
    last = max(counted.day(line.booked_at) for line in counted.surviving)
    year = [
        line
        for line in counted.lines
        if last - dt.timedelta(days=364) <= counted.day(line.booked_at) <= last
    ]
    buyers = {line.customer for line in year if line in counted.surviving} - {None}
    revenues = sorted(
        (counted.revenue([line for line in year if line.customer == buyer]) for buyer in buyers),
        reverse=True,
    )
    best = [math.ceil(Decimal(percent) / 100 * len(buyers)) for percent in range(1, 101)]
    assert rows(connection, "percent, customers, revenue", "mv_customer_concentration") == [
        (percent, count, total(revenues[:count])) for percent, count in enumerate(best, start=1)
    ]


def test_concentration_of_four_customers(
    database: Database, connection: psycopg.Connection
) -> None:
    """By hand: two customers tie, one took more back than they bought in the year."""
    sales = Sales()
    newest = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

    def booked(days_ago: int) -> dt.datetime:
        return newest - dt.timedelta(days=days_ago)

    sales.sale(newest, [Item(gross=Decimal(60), discount=Decimal(10))], customer=1)
    sales.sale(booked(364), [Item(gross=Decimal(50))], customer=2)
    sales.sale(booked(1), [Item(gross=Decimal(30))], customer=3)
    # 365 days ago is a day too early for the sale, and the return of it is in the year.
    sales.sale(booked(365), [Item(gross=Decimal(500))], customer=4)
    sales.sale(booked(10), [Item(gross=Decimal(5))], customer=4)
    sales.giveback(booked(9), [Item(gross=Decimal(25))], customer=4)
    # No customers of the year: one only returned something, one's only order was voided.
    sales.giveback(booked(3), [Item(gross=Decimal(70))], customer=5)
    sales.reverse(sales.sale(booked(2), [Item(gross=Decimal(900))], customer=6))
    sales.sale(booked(2), [Item(gross=Decimal(80))], customer=None)
    sales.write(database.dsn)
    refresh(connection, "mv_customer_concentration")
    assert rows(
        connection,
        "customers, revenue, min(percent), max(percent)",
        "mv_customer_concentration group by customers, revenue",
    ) == [(1, 50, 1, 25), (2, 100, 26, 50), (3, 130, 51, 75), (4, 110, 76, 100)]


def test_concentration_of_no_customers(connection: psycopg.Connection) -> None:
    refresh(connection, "mv_customer_concentration")
    assert rows(connection, "percent, customers", "mv_customer_concentration") == []


@pytest.mark.skipif(not CDNOW.exists(), reason=f"{CDNOW} is not here")
def test_cdnow_is_scored_as_in_python(database: Database, connection: psycopg.Connection) -> None:
    """23,570 customers, most of whom bought once: the ties of real data score alike."""
    sales = Sales()
    for line in CDNOW.read_text().splitlines()[1:]:
        customer, day, quantity, value = line.split()
        sales.sale(
            dt.datetime.strptime(day, "%Y%m%d").replace(tzinfo=dt.UTC),
            [Item(quantity=Decimal(quantity), gross=Decimal(value))],
            customer=int(customer),
        )
    sales.write(database.dsn)
    refresh(connection, "mv_customer_rfm")
    assert rows(connection, "count(*), sum(revenue)", "mv_customer_rfm") == [
        (23_570, Decimal("2500315.63"))
    ]
    assert_scored_as_in_python(connection)


def test_what_lies_ahead_changes_no_history(database: Database) -> None:
    """An order 300 days ahead once aged every customer and left the pairs 65 days."""
    sales = random_sales(7)
    sales.write(database.dsn)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        prepare(connection)
        before = contents(connection)
        ahead = dt.datetime.now(dt.UTC) + dt.timedelta(days=300)
        pair = [Item(product=1), Item(product=2)]
        for customer in (1, 77, None):
            sales.sale(ahead, pair, customer=customer)
        sales.giveback(ahead, pair, customer=2)
        sales.write(database.dsn)
        refresh_all(connection)
        assert contents(connection) == before
        report = verify(connection)
        assert [check.name for check in report.checks if not check.good] == []
        assert report.ahead == 8


def contents(connection: psycopg.Connection) -> dict[str, list[Any]]:
    return {
        member: connection.execute(f"select v::text from {member} v order by 1").fetchall()
        for view in MATVIEWS.values()
        for member in view.members
    }


def refresh_all(connection: psycopg.Connection) -> None:
    for view in MATVIEWS:
        assert refresh(connection, view) is not None


def prepare(connection: psycopg.Connection) -> None:
    connection.execute("insert into currencies values ('EUR') on conflict do nothing")
    connection.cursor().executemany(
        "insert into rates (currency, day, rate) values ('EUR', %s, %s)", list(RATES.items())
    )
    refresh_all(connection)
