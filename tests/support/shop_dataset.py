"""Sales small enough to compute every figure by hand, recorded through the API."""

import datetime as dt
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shopx_core.domain.metrics import METRICS, Measure
from tests.support.api import Api

REPS = ("ann", "bob")
REGIONS = ("North", "South")
CHANNELS = ("web", "store")
CUSTOMERS = ("c1", "c2", "c3", "c4", "c5")
CATEGORIES = {"tools": None, "saws": "tools", "toys": None}
PRODUCTS = {
    "hammer": "tools", "handsaw": "saws", "jigsaw": "saws", "kite": "toys", "yo-yo": "toys",
    "loose": None,
}  # fmt: skip
FIRST = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)

UPSERTS = """
mutation Upserts(
    $categories: [CategoryInput!]!, $products: [ProductInput!]!, $customers: [CustomerInput!]!,
    $reps: [RepInput!]!
) {
    upsertCategories(categories: $categories) { rejected }
    upsertProducts(products: $products) { rejected }
    upsertCustomers(customers: $customers) { rejected }
    upsertReps(reps: $reps) { rejected }
}
"""
RECORD = """
mutation Record($orders: [OrderInput!]!) {
    recordOrders(orders: $orders) {
        recorded repeated rejected
        results { key status problems { code message field } }
    }
}
"""
REFUND = """
mutation Refund($key: String!, $lines: [RefundLineInput!], $at: DateTime) {
    refundOrder(key: $key, idempotencyKey: "r1", lines: $lines, refundedAt: $at) { status }
}
"""
CANCEL = "mutation Cancel($key: String!) { cancelOrder(key: $key) { status } }"


@dataclass(frozen=True, slots=True)
class Line:
    """What was sold, or taken back."""

    at: dt.datetime
    order: str
    product: str
    customer: str | None
    rep: str | None
    region: str | None
    channel: str | None
    quantity: Decimal
    gross: Decimal
    discount: Decimal
    cost: Decimal
    is_return: bool = False

    @property
    def category(self) -> str | None:
        """The category that the product is directly in."""
        return PRODUCTS[self.product]


@dataclass(slots=True)
class Shop:
    """The lines as they should be, and the API that recorded them."""

    api: Api
    dsn: str = ""
    """The URL of its database."""
    lines: list[Line] = field(default_factory=list)

    def measures(
        self,
        first: dt.date,
        last: dt.date,
        only: Callable[[Line], bool] = lambda _: True,
        zone: dt.tzinfo = dt.UTC,
    ) -> dict[Measure, Decimal]:
        """Every measure of the local days from `first` to `last`, computed line by line."""

        def within(line: Line) -> bool:
            return first <= line.at.astimezone(zone).date() <= last

        chosen = [line for line in self.lines if within(line) and only(line)]
        sales = [line for line in chosen if not line.is_return]
        returns = [line for line in chosen if line.is_return]
        beginnings: dict[str, dt.datetime] = {}
        for line in self.lines:
            if line.customer and not line.is_return:
                known = beginnings.get(line.customer, line.at)
                beginnings[line.customer] = min(known, line.at)
        customers = {line.customer for line in sales if line.customer}
        new = {c for c in customers if first <= beginnings[c].astimezone(zone).date() <= last}
        return {
            Measure.GROSS: _sum(line.gross for line in sales),
            Measure.DISCOUNTS: _sum(line.discount for line in sales),
            Measure.RETURNS: _sum(line.gross - line.discount for line in returns),
            Measure.COST: _sum(line.cost for line in sales) - _sum(line.cost for line in returns),
            Measure.UNITS: _sum(line.quantity for line in sales),
            Measure.RETURNED_UNITS: _sum(line.quantity for line in returns),
            Measure.LINES: Decimal(len(sales)),
            Measure.ORDERS: Decimal(len({line.order for line in sales})),
            Measure.CUSTOMERS: Decimal(len(customers)),
            Measure.NEW_CUSTOMERS: Decimal(len(new)),
        }

    def metric(self, name: str, first: dt.date, last: dt.date, **more: Any) -> Decimal | None:
        """One metric of some days."""
        return METRICS[name].value(self.measures(first, last, **more))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


async def open_shop(api: Api, *, orders: int = 80, seed: int = 7) -> Shop:
    """Record a shop's sales, returns and cancellations of February and March 2026.

    Args:
        api: Speaks with a token that may ingest.
        orders: How many.
        seed: Makes them.
    """
    await api.data(
        UPSERTS,
        {
            "categories": [
                {"key": key, "name": key.title(), "parent": parent}
                for key, parent in CATEGORIES.items()
            ],
            "products": [
                {"key": key, "name": key.title(), "category": category, "unitCost": "2.50"}
                for key, category in PRODUCTS.items()
            ],
            "customers": [{"key": key, "name": f"Customer {key}"} for key in CUSTOMERS],
            "reps": [{"key": key, "name": key.title()} for key in REPS],
        },
    )
    shop = Shop(api)
    chance = random.Random(seed)
    made = [_order(chance, number) for number in range(orders)]
    answer = await api.data(RECORD, {"orders": [given for given, _ in made]})
    assert answer["recordOrders"]["recorded"] == orders, answer
    for number, (given, lines) in enumerate(made):
        if number % 17 == 3:
            await api.data(CANCEL, {"key": given["key"]})
            continue
        shop.lines += lines
        if number % 9 == 4:
            shop.lines.append(await _refund(api, lines[0]))
    return shop


def _order(chance: random.Random, number: int) -> tuple[dict[str, Any], list[Line]]:
    at = FIRST + dt.timedelta(minutes=chance.randrange(58 * 24 * 60))
    head: dict[str, Any] = {
        "customer": chance.choice([*CUSTOMERS, None]),
        "rep": chance.choice([*REPS, None]),
        "region": chance.choice([*REGIONS, None]),
        "channel": chance.choice([*CHANNELS, None]),
    }
    lines = []
    for _ in range(chance.randint(1, 4)):
        gross = Decimal(chance.randint(100, 5000)) / 100
        lines.append(
            Line(
                at=at,
                order=f"o{number}",
                product=chance.choice(list(PRODUCTS)),
                **head,
                quantity=Decimal(chance.randint(1, 5)),
                gross=gross,
                discount=gross * chance.choice([0, 0, 10, 25]) / 100,
                cost=Decimal(chance.randint(50, 4000)) / 100,
            )
        )
    given = {
        "key": f"o{number}",
        "orderedAt": at.isoformat(),
        **head,
        "lines": [
            {
                "product": line.product,
                "quantity": str(line.quantity),
                "gross": str(line.gross),
                "discount": str(line.discount),
                "cost": str(line.cost),
            }
            for line in lines
        ],
    }
    return given, lines


async def _refund(api: Api, line: Line) -> Line:
    at = line.at + dt.timedelta(days=3)
    await api.data(
        REFUND,
        {
            "key": line.order,
            "lines": [{"line": 1, "quantity": str(line.quantity)}],
            "at": at.isoformat(),
        },
    )
    return Line(
        at=at, order=line.order, product=line.product, customer=line.customer, rep=line.rep,
        region=line.region, channel=line.channel, quantity=line.quantity, gross=line.gross,
        discount=line.discount, cost=line.cost, is_return=True,
    )  # fmt: skip
