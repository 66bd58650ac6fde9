"""Readers and a writer of a dashboard whose parts fail, and what they saw."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.support.fault_series import Series
from tests.support.stack import Stack

CACHED = "query C { sales(period: {preset: ALL_TIME}) { kpis(metrics: [ORDERS]) { value } } }"
UPSERT = (
    """mutation { upsertProducts(products: [{key: "p", name: "P", unitCost: "1"}]) { recorded } }"""
)
RECORD = """mutation R($orders: [OrderInput!]!) {
    recordOrders(orders: $orders) { recorded repeated } }"""
READERS = 3
EVERY, MANY = 10, 100
"""Each tenth batch has a hundred orders, for which a full disk has no page; others have one."""
READ_SECONDS, WRITE_SECONDS = 1.0, 10.0
"""How long a unit of the API is waited for before the next one is asked."""


@dataclass(slots=True)
class Load:
    """Readers and a writer, and what they saw.

    Attributes:
        recorded: Keys of the orders that were acknowledged.
        tried: How many were sent, at least once.
        cached: Milliseconds of each cached answer.
        wrong: What should never be seen.
        refused: Cached answers that were refused.
        unwritten: Batches that were refused, and are sent again.
    """

    made: Stack
    client: httpx.AsyncClient
    recorded: set[str] = field(default_factory=set)
    cached: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    unwritten: int = 0
    tried: int = 0
    series: Series = field(default_factory=Series)
    _first: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._first = list(self.made.units)

    async def read(self) -> None:
        """Ask a question whose answer is cached, up to 20 times a second."""
        while True:
            began = time.perf_counter()
            orders = self._orders(await self._any({"query": CACHED}, {}, READ_SECONDS))
            if orders is None:
                self.refused += 1
            else:
                self.cached.append((time.perf_counter() - began) * 1000)
                self.series.answered(self.cached[-1])
                if orders > self.tried:
                    self.wrong.append(f"{orders} orders of {self.tried}")
            await asyncio.sleep(0.05)

    async def write(self) -> None:
        """Record orders, each until it is acknowledged."""
        for number in itertools.count():
            orders = [
                {
                    "key": f"k{number}-{n}-{time.monotonic_ns()}",
                    "orderedAt": "2026-03-01T12:00:00Z",
                    "lines": [{"product": "p", "quantity": "1", "gross": "10"}],
                }
                for n in range(1 if number % EVERY else MANY)
            ]
            self.tried += len(orders)
            while not await self._record(orders):
                self.unwritten += 1
                await asyncio.sleep(0.1)
            self.recorded |= {str(order["key"]) for order in orders}
            await asyncio.sleep(0.05)

    async def _record(self, orders: list[dict[str, Any]]) -> bool:
        body = {"query": RECORD, "variables": {"orders": orders}}
        bearer = {"authorization": f"Bearer {self.made.token}"}
        answer = await self._any(body, bearer, WRITE_SECONDS)
        done = ((answer or {}).get("data") or {}).get("recordOrders")
        return done is not None and done["recorded"] + done["repeated"] == len(orders)

    async def watch(self) -> None:
        """Note the API's memory twice a second."""
        while True:
            self.series.sample(self.made.memory())
            await asyncio.sleep(0.5)

    async def check(self) -> None:
        """Ask for the exact number of orders, which may not contradict what was acknowledged."""
        while True:
            await self.exact()
            await asyncio.sleep(0.3)

    async def exact(self, unit: str = "api") -> int | None:
        """The number of orders as of now, of one unit; `None` = no answer."""
        known = len(self.recorded)
        answer = await self._one(unit, {"query": CACHED}, {"cache-control": "no-cache"}, 5)
        orders = self._orders(answer)
        if orders is not None and not known <= orders <= self.tried:
            self.wrong.append(f"exactly {orders} orders, of {known} to {self.tried}")
        return orders

    async def fresh(self) -> bool:
        """Whether a cached answer has all that is acknowledged now."""
        known = len(self.recorded)
        async with asyncio.timeout(60):
            while True:
                orders = self._orders(await self._any({"query": CACHED}, {}, READ_SECONDS))
                if orders is not None and orders >= known:
                    return True
                await asyncio.sleep(0.1)

    async def answered_by_each(self) -> None:
        """Wait until each unit answers, as in a dashboard where each has readers of its own."""
        async with asyncio.timeout(60):
            for unit in self.made.units:
                while await self._one(unit, {"query": CACHED}, {}, 5) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)

    async def _any(
        self, body: dict[str, Any], headers: dict[str, str], seconds: float
    ) -> dict[str, Any] | None:
        """The answer of the unit that answered last, or of another one."""
        for unit in list(self._first):
            answer = await self._one(unit, body, headers, seconds)
            if answer is not None:
                return answer
            if self._first[0] == unit:
                self._first.append(self._first.pop(0))
        return None

    async def _one(
        self, unit: str, body: dict[str, Any], headers: dict[str, str], seconds: float
    ) -> dict[str, Any] | None:
        """The body of a unit's answer; `None` = there was none, or the unit is not available."""
        with contextlib.suppress(httpx.TransportError):
            answer = await self.client.post(
                f"{self.made.units[unit]}/graphql", json=body, headers=headers, timeout=seconds
            )
            found: dict[str, Any] = answer.json()
            codes = [one["extensions"]["code"] for one in found.get("errors", ())]
            if "INTERNAL" in codes or answer.status_code == 500:
                self.wrong.append(answer.text[:300])
            if answer.status_code == 200 and not codes:
                return found
        return None

    def _orders(self, answer: dict[str, Any] | None) -> int | None:
        return int(answer["data"]["sales"]["kpis"][0]["value"]) if answer else None


@contextlib.asynccontextmanager
async def loaded(made: Stack) -> AsyncIterator[Load]:
    """Readers and a writer at work."""
    async with httpx.AsyncClient() as client:
        load = Load(made, client)
        bearer = {"authorization": f"Bearer {made.token}"}
        await client.post(f"{made.units['api']}/graphql", json={"query": UPSERT}, headers=bearer)
        reads = [asyncio.create_task(load.read()) for _ in range(READERS)]
        tasks = [
            *reads,
            *(asyncio.create_task(one()) for one in (load.write, load.watch, load.check)),
        ]
        try:
            yield load
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [one for one in ended if isinstance(one, Exception)]
    assert failed == [], failed


def expect_nothing_lost(made: Stack, load: Load) -> None:
    """What was acknowledged is in the ledger, once."""
    assert load.wrong == [], (load.wrong, made.defects())
    with psycopg.connect(made.dsn) as connection:
        found = connection.execute(
            "select k.key, count(*) from order_keys k join order_items i using (order_id)"
            " group by 1"
        ).fetchall()
    assert load.recorded <= {key for key, _ in found}
    assert {lines for _, lines in found} == {1}
