"""Batches of a trusted source are long: they delay no other request either."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest

from shopx_api.asgi import App
from shopx_api.server.app import create_app
from shopx_core.domain.api_tokens import Scope
from tests.hostile.test_graphql import answer
from tests.support.api import lifespan, make_token, settings_for
from tests.support.hostile_graphql import Attack
from tests.support.machine import slowness
from tests.support.postgres import Database
from tests.support.watchdog import watched

STEP = 0.01
"""Seconds of CPU time that one step of the event loop may take: 5 to 6 ms on a busy machine.

Of three tries the best one counts: a step that computes takes its time in each of them, and one
that the kernel interrupted on behalf of others does not.
"""
TRIES = 3
ORDERS, LINES, PRODUCTS = 500, 20, 50
RECORD = """mutation R($orders: [OrderInput!]!) {
    recordOrders(orders: $orders) {
        recorded repeated rejected
        results { index key status problems { code message field } } } }"""
UPSERT = """mutation U($products: [ProductInput!]!) {
    upsertProducts(products: $products) { recorded results { key status id } } }"""


def orders(prefix: str, product: str = "p") -> list[dict[str, Any]]:
    return [
        {
            "key": f"{prefix}{order}",
            "orderedAt": f"2026-0{order % 9 + 1}-01T12:00:00Z",
            "customer": None,
            "region": f"r{order % 5}",
            "lines": [
                {
                    "product": f"{product}{(order + line) % PRODUCTS}",
                    "quantity": "2",
                    "gross": f"{line + 1}.99",
                    "discount": "0.5",
                }
                for line in range(LINES)
            ],
        }
        for order in range(ORDERS)
    ]


class Writer:
    """A source with a token."""

    def __init__(self, app: App, token: str) -> None:
        self._app, self._token = app, token

    async def send(self, text: str, **variables: Any) -> Any:
        """Send a batch; the data of its answer."""
        body = orjson.dumps({"query": text, "variables": variables})
        attack = Attack(
            "batch", body, headers=[(b"authorization", f"Bearer {self._token}".encode())]
        )
        status, answered = await asyncio.create_task(answer(self._app, attack))
        assert status == 200, answered[:500]
        found = orjson.loads(answered)
        assert "errors" not in found, answered[:500]
        return found["data"]


@pytest.fixture
async def writer(database: Database, pool: asyncpg.Pool) -> AsyncIterator[Writer]:
    token = await make_token(pool, Scope.READ, Scope.INGEST, name="shop")
    app = create_app(settings_for(database.dsn))
    async with lifespan(app):
        made = Writer(app, token)
        products = [{"key": f"p{n}", "name": f"P{n}", "unitCost": "1"} for n in range(PRODUCTS)]
        await made.send(UPSERT, products=products)
        yield made


async def test_a_batch_of_ten_thousand_lines_delays_nobody(writer: Writer) -> None:
    """Recorded, sent again, and rejected."""
    await writer.send(RECORD, orders=orders("first")[:1])
    longest: dict[str, list[tuple[float, str]]] = defaultdict(list)
    limit = STEP * slowness()
    with watched() as loop:
        for number in range(TRIES):
            for name, batch in (
                ("new", orders(f"a{number}-")),
                ("known", orders(f"a{number}-")),
                ("rejected", orders(f"b{number}-", "x")),
            ):
                loop.restart()
                told = (await writer.send(RECORD, orders=batch))["recordOrders"]
                longest[name].append((loop.longest, loop.step))
                assert len(told["results"]) == ORDERS
            loop.restart()
            products = [
                {"key": f"q{number}-{n}", "name": f"Q{n}", "unitCost": "1"} for n in range(1000)
            ]
            await writer.send(UPSERT, products=products)
            longest["products"].append((loop.longest, loop.step))
    late = {name: steps for name, steps in longest.items() if min(steps)[0] > limit}
    assert not late, late
