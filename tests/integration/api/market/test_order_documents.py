"""Which documents a customer's page lists, and what it says of each: line by line made."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from shopx_api.server.app import create_inner_app
from shopx_api.types.node import global_id
from tests.support.api import serving, settings_for
from tests.support.postgres import Database
from tests.support.sales import Item, Sales

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ORDERS = """
query Orders($id: ID!) { customer(id: $id) {
  lifetime { orders revenue firstOrderAt lastOrderAt }
  orders(first: 50) { totalCount nodes { key status revenue units lines { kind } } } } }"""


def day(number: int) -> dt.datetime:
    return AT + dt.timedelta(days=number)


async def page(database: Database, sales: Sales) -> Any:
    sales.write(database.dsn)
    async with serving(create_inner_app(settings_for(database.dsn))) as api:
        return (await api.data(ORDERS, {"id": global_id("Customer", 1)}))["customer"]


async def test_what_its_source_withdrew_or_replaced_is_not_listed(database: Database) -> None:
    """Corrections of every line leave nothing; of one line they leave the rest."""
    sales = Sales()
    sales.reverse(sales.sale(day(0)), "correction")
    kept = sales.sale(day(1), [Item(gross=Decimal(10)), Item(gross=Decimal(7))])
    sales.reverse(kept[:1], "correction")
    found = await page(database, sales)
    (order,) = found["orders"]["nodes"]
    assert (order["status"], order["revenue"], order["units"]) == ("SOLD", "7", "1")
    assert [line["kind"] for line in order["lines"]] == ["SALE", "SALE", "CORRECTION"]
    assert found["orders"]["totalCount"] == found["lifetime"]["orders"] == 1


async def test_documents_that_only_take_back_are_listed_as_such(database: Database) -> None:
    """A source's own cancellation document is no order, but the page's sum needs it."""
    sales = Sales()
    sales.sale(day(0), [Item(gross=Decimal(10))])
    sales.giveback(day(5), [Item(gross=Decimal(4))])
    sales.reverse(sales.giveback(day(6)), "correction")
    found = await page(database, sales)
    nodes = found["orders"]["nodes"]
    assert [(node["status"], node["revenue"]) for node in nodes] == [
        ("CREDIT_NOTE", "-4"),
        ("SOLD", "10"),
    ]
    assert (found["lifetime"]["orders"], found["lifetime"]["revenue"]) == (1, "6")
    assert found["lifetime"]["lastOrderAt"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize("kind", ["void", "correction"])
async def test_a_reversed_return_is_as_if_it_had_never_been(database: Database, kind: str) -> None:
    """A void keeps the document in sight, a correction does not."""
    sales = Sales()
    sales.reverse(sales.giveback(day(0), [Item(gross=Decimal(4))]), kind)
    found = await page(database, sales)
    listed = [(node["status"], node["revenue"]) for node in found["orders"]["nodes"]]
    assert listed == ([("CREDIT_NOTE", "0")] if kind == "void" else [])


async def test_a_customer_without_orders_has_an_empty_history(database: Database) -> None:
    sales = Sales()
    sales.sale(day(0), customer=2)
    found = await page(database, sales)
    assert found["orders"] == {"totalCount": 0, "nodes": []}
    assert found["lifetime"] == {
        "orders": 0, "revenue": "0", "firstOrderAt": None, "lastOrderAt": None,
    }  # fmt: skip
