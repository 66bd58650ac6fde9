"""Orders that arrive while the benchmark runs: `python writer.py DSN ORDERS_A_SECOND`."""

import asyncio
import datetime as dt
import random
import sys
import uuid
from decimal import Decimal

import asyncpg

from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.record import record_orders

SOURCE = "benchmark"
LINES = 3


async def write(dsn: str, rate: float) -> None:
    """Record orders at a steady rate until stopped."""
    chance = random.Random(7)  # noqa: S311 -- orders, no secret
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "insert into sources (name) values ($1) on conflict do nothing", SOURCE
    )
    await connection.execute(
        "insert into products (source_id, key, sku, name, unit_cost)"
        " select id, n, n, n, 1 from sources, generate_series(1, 50) n where sources.name = $1"
        " on conflict do nothing",
        SOURCE,
    )
    while True:
        now = dt.datetime.now(dt.UTC)
        order = NewOrder(
            key=uuid.uuid4().hex,
            ordered_at=now,
            currency="GBP",
            lines=tuple(
                NewLine(
                    product=str(chance.randint(1, 50)),
                    quantity=Decimal(1),
                    gross=Decimal(chance.randint(100, 9999)) / 100,
                )
                for _ in range(LINES)
            ),
        )
        (outcome,) = await record_orders(connection, SOURCE, [order], now)
        if outcome.problems:
            raise RuntimeError(outcome.problems)
        await asyncio.sleep(1 / rate)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], float(sys.argv[2])))
