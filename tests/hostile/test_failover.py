"""Three servers, run by the operator's own files: the leader is killed while orders come in."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest

from tests.support.replicated_postgres import PASSWORD, Servers, servers

pytestmark = [pytest.mark.hostile, pytest.mark.timeout(600)]

SPEC = {"database": {"bundled": {"instances": 3}}}
FIRST = "sales-database-0"


@dataclass(slots=True)
class Orders:
    """A shop that records orders one after the other, and remembers what was acknowledged."""

    servers: Servers
    acknowledged: list[int] = field(default_factory=list)
    last: float = 0.0
    """When an order was acknowledged last, in monotonic seconds."""
    longest: float = 0.0
    """The longest time between two acknowledged orders."""
    _next: int = 0

    async def come_in(self) -> None:
        """Record orders until the task is cancelled; what fails is an order of its own."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._record()
            await asyncio.sleep(0.05)

    async def _record(self) -> None:
        leader = self.servers.leader
        if leader is None:
            return
        async with await psycopg.AsyncConnection.connect(
            host="127.0.0.1",
            port=self.servers.pods[leader].port,
            user="shopx",
            password=PASSWORD,
            dbname="shopx",
            connect_timeout=3,
            autocommit=True,
        ) as connection:
            while True:
                self._next += 1
                await asyncio.wait_for(
                    connection.execute("insert into orders values (%s)", (self._next,)), 5
                )
                now = time.monotonic()
                self.longest = max(self.longest, now - self.last) if self.last else 0.0
                self.last = now
                self.acknowledged.append(self._next)
                await asyncio.sleep(0.01)

    async def more(self, count: int = 20) -> None:
        """Wait until more are acknowledged."""
        wanted = len(self.acknowledged) + count
        await self.servers.until("orders come in", lambda: len(self.acknowledged) >= wanted)


async def _failed_over(made: Servers, orders: Orders, lose: Callable[[str], object]) -> str:
    """Lose the leader under load; returns its name."""
    await orders.more()
    orders.longest = 0.0
    lost = made.leader
    assert lost is not None
    done = lose(lost)
    if asyncio.iscoroutine(done):
        await done
    await made.until("another server leads", lambda: made.leader not in (None, lost))
    await orders.more()
    return lost


async def test_a_lost_leader_loses_no_acknowledged_order_and_joins_again(
    measured: Callable[[str], None],
) -> None:
    async with servers(SPEC) as made:
        made.add(1)
        await made.until("the first server leads", lambda: made.leader == FIRST)
        made.add(2)
        made.add(3)
        replicas = [name for name in made.pods if name != FIRST]
        await made.until("two replicas stream", lambda: all(map(made.streams, replicas)))
        await made.until(
            "the role may log in",
            lambda: made.pods[FIRST].query("create table if not exists orders (id bigint)") == [],
        )
        state = made.kubernetes.find("ConfigMap", "sales-database-sync")
        assert state is not None
        await made.until(
            "one of them is synchronous",
            lambda: (made.kubernetes.find("ConfigMap", "sales-database-sync") or {})["metadata"][
                "annotations"
            ].get("sync_standby"),
        )
        orders = Orders(made)
        load = asyncio.create_task(orders.come_in())
        try:
            killed = await _failed_over(made, orders, lambda name: made.pods[name].kill())
            measured(f"leader killed: {orders.longest:.1f} s without an acknowledged order")
            leader = made.leader
            assert leader is not None
            made.pods[killed].start()
            await made.until("the former leader follows", lambda: made.streams(killed))

            # As a drain does.
            stopped = await _failed_over(made, orders, lambda name: made.pods[name].stop())
            measured(f"leader stopped: {orders.longest:.1f} s without an acknowledged order")
            made.pods[stopped].start()
            await made.until("it follows", lambda: made.streams(stopped))
        finally:
            load.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await load
        measured(f"{len(orders.acknowledged)} orders were acknowledged")
        acknowledged = set(orders.acknowledged)
        for pod in made.pods.values():
            await made.until(
                f"{pod.name} has every acknowledged order",
                lambda pod=pod: (
                    acknowledged  # type: ignore[misc] # bound at once
                    <= {row[0] for row in pod.query("select id from orders")}
                ),
            )
        leads = [
            pod.name
            for pod in made.pods.values()
            if pod.query("select pg_is_in_recovery()") == [(False,)]
        ]
        assert leads == [made.leader]
