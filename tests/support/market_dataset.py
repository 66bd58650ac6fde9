"""Sales with every special case, and the expected sums, computed in the simplest way.

Two currencies, a category tree, discounts, refunds, cancellations, sales without customer or rep,
quotas, and a ledger of which only a part is folded.
"""

import asyncio
import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import asyncpg
import psycopg

from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.errors import ShopxError
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
from shopx_store.matviews.refresh import refresh
from shopx_store.matviews.registry import REFRESH_GROUPS
from shopx_store.query import SalesQuery
from shopx_store.rollups.fold import fold
from tests.support.oracle import LEDGER, answer

ZONE: Final = "America/New_York"
CURRENCY: Final = "USD"
START: Final = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
DAYS: Final = 90
NOW: Final = START + dt.timedelta(days=DAYS)
"""After every sale; the clocks change within the range."""

PARENTS: Final[dict[str, str | None]] = {
    "food": None,
    "drinks": "food",
    "tea": "drinks",
    "toys": None,
    "empty": "toys",
}
OF_PRODUCTS: Final = ("food", "drinks", "tea", "tea", "toys", None)
PRODUCTS: Final = 14
CUSTOMERS: Final = 25
REPS: Final = 7
ALL_AT_ONCE = {"max_cost": 10_000}
"""Limits of an API for operations with every panel at once, which no page sends."""

RATES: Final = {dt.date(2025, 1, 1): Decimal("1.1"), dt.date(2026, 3, 1): Decimal("1.25")}


@dataclass(slots=True)
class Market:
    """The expected result: the ledger, in the reporting currency at the rate of the local day."""

    ledger: list[Mapping[str, Any]]
    tree: dict[int, set[int]]
    """Each category with its descendants."""
    ids: dict[str, dict[str, int]]
    """Row ids by table and key."""
    _known: dict[SalesQuery, dict[tuple[Any, ...], dict[Any, Any]]] = field(default_factory=dict)

    def rows(self, query: SalesQuery) -> dict[tuple[Any, ...], dict[Any, Any]]:
        """What a query must return, by key."""
        if query not in self._known:
            self._known[query] = answer(self.ledger, query, self.tree)
        return self._known[query]

    def values(self, query: SalesQuery, metric: str) -> dict[int, Decimal | None]:
        """A metric by the only key of a query; what is 0 in every measure is absent."""
        return {key[0]: METRICS[metric].value(row) for key, row in self.rows(query).items()}

    def value(self, query: SalesQuery, metric: str) -> Decimal | None:
        """A metric of a query without keys."""
        return METRICS[metric].value(self.rows(query).get((), nothing()))


def nothing() -> dict[Any, Decimal]:
    """Every measure of no sales."""
    return {measure.value: Decimal(0) for measure in Measure}


async def fill(dsn: str, seed: int = 1) -> None:
    """Stock a fresh database, sell, and fold a part of it."""
    connection = await asyncpg.connect(dsn)
    try:
        await _stock(connection)
        shopper = random.Random(seed)
        keys: list[str] = []
        for batch in range(12):
            await _sell(connection, shopper, keys, batch)
            await _change_minds(connection, shopper, keys)
            if batch in {3, 8}:
                await asyncio.to_thread(_fold, dsn)
    finally:
        await connection.close()


def refresh_views(dsn: str) -> None:
    """Refresh every materialized view."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for view in REFRESH_GROUPS:
            refresh(connection, view, concurrently=False)


async def truth(connection: asyncpg.Connection) -> Market:
    """Read the ledger as it is now."""
    rows = await connection.fetch(LEDGER)
    rows_of_tree = await connection.fetch("select id, parent_id from categories")
    parents: dict[int, int | None] = {row[0]: row[1] for row in rows_of_tree}
    tree: dict[int, set[int]] = {}
    for child in parents:
        above: int | None = child
        while above is not None:
            tree.setdefault(above, set()).add(child)
            above = parents[above]
    days = await connection.fetch(
        "select id, (booked_at at time zone $1)::date as day from order_items", ZONE
    )
    ids = {
        table: {row[0]: row[1] for row in await connection.fetch(f"select key, id from {table}")}
        for table in ("products", "customers", "sales_reps", "categories")
    }
    return Market(list(_converted(rows, {row[0]: row[1] for row in days})), tree, ids)


def rate(currency: str, day: dt.date) -> Decimal:
    """Units of the reporting currency for one unit of another."""
    if currency == CURRENCY:
        return Decimal(1)
    return RATES[max(known for known in RATES if known <= day)]


def _converted(rows: Iterable[Any], days: Mapping[int, dt.date]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        factor = rate(row["currency"], days[row["id"]])
        yield dict(row) | {name: row[name] * factor for name in ("gross", "discount", "cost")}


async def _stock(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "update reporting set timezone = $1, currency = $2, week_start = 7", ZONE, CURRENCY
    )
    await connection.executemany("insert into rates values ('EUR', $1, $2)", list(RATES.items()))
    categories = [
        CategoryRow(key=key, name=key.title(), parent=above) for key, above in PARENTS.items()
    ]
    await upsert_categories(connection, "api", categories)
    products = [
        ProductRow(
            key=f"p{n}",
            name=f"Product {n}",
            category=OF_PRODUCTS[n % len(OF_PRODUCTS)],
            unit_cost=Decimal(n),
        )
        for n in range(PRODUCTS)
    ]
    await upsert_products(connection, "api", products)
    customers = [
        CustomerRow(key=f"c{n}", name=f"Customer {n}" if n else None) for n in range(CUSTOMERS)
    ]
    await upsert_customers(connection, "api", customers)
    reps = [
        RepRow(
            key=f"r{n}",
            name=f"Rep {n}",
            team="ab"[n % 2],
            region="north" if n else None,
            manager="r0" if n else None,
        )
        for n in range(REPS)
    ]
    await upsert_reps(connection, "api", reps)
    await _set_quotas(connection)


async def _set_quotas(connection: asyncpg.Connection) -> None:
    """For all but the last rep; the second one's are in euros."""
    reps = await connection.fetch("select id, key from sales_reps order by key")
    quotas = [
        (rep["id"], dt.date(2026, month, 1), "EUR" if n == 1 else "USD", Decimal(1000 + 100 * n))
        for n, rep in enumerate(reps[:-1])
        for month in (1, 2, 3, 4)
    ]
    await connection.executemany("insert into quotas values ($1, $2, $3, $4)", quotas)


def _order(shopper: random.Random, number: int) -> NewOrder:
    # The last product never sells, nor do the last two reps; few customers come back often.
    lines = []
    for product in shopper.sample(range(PRODUCTS - 1), shopper.choice([1, 1, 2, 3, 5])):
        gross = Decimal(shopper.randint(0, 40000)) / 100
        off = shopper.choice(["0", "0", "0", "0.04", "0.05", "0.1", "0.333", "0.5", "1"])
        lines.append(
            NewLine(
                product=f"p{product}",
                quantity=Decimal(shopper.randint(1, 9)),
                gross=gross,
                discount=gross * Decimal(off),
            )
        )
    return NewOrder(
        key=f"o{number}",
        ordered_at=START + dt.timedelta(minutes=shopper.randrange(DAYS * 1440)),
        lines=tuple(lines),
        currency=shopper.choice([None, None, "EUR"]),
        customer=shopper.choice([None, *(f"c{n}" for n in range(CUSTOMERS)), "c1", "c1", "c2"]),
        rep=shopper.choice([None, *(f"r{n}" for n in range(REPS - 2))]),
        region=shopper.choice([None, "north", "south"]),
        channel=shopper.choice(["web", "store"]),
    )


async def _sell(
    connection: asyncpg.Connection, shopper: random.Random, keys: list[str], batch: int
) -> None:
    orders = [_order(shopper, batch * 100 + n) for n in range(20)]
    outcomes = await record_orders(connection, "api", orders, NOW)
    assert {outcome.status for outcome in outcomes} == {ItemStatus.RECORDED}
    keys += [order.key for order in orders]


async def _change_minds(
    connection: asyncpg.Connection, shopper: random.Random, keys: Sequence[str]
) -> None:
    for key in shopper.sample(list(keys), 4):
        at = NOW - dt.timedelta(minutes=shopper.randrange(60 * 24 * 20))
        lines = None if shopper.random() < 0.3 else [RefundLine(line=1, quantity=Decimal(1))]
        try:
            await refund_order(
                connection,
                "api",
                key,
                refund_key=str(shopper.random()),
                lines=lines,
                at=at,
                now=NOW,
            )
        except ShopxError as error:
            # Nothing is left of it, or it was placed after the refund.
            if error.code not in {"INVALID_INPUT", "CONFLICT"}:
                raise
    await cancel_order(connection, "api", shopper.choice(list(keys)))


def _fold(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        fold(connection)
