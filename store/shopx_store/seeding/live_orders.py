"""Live orders for a demonstration, recorded as the API records them.

Orders arrive at random (a Poisson process), for products, customers and reps of the source, as
often as its history has them at that hour; some are refunded later.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np

from shopx_core.connection_strings import asyncpg_options
from shopx_core.errors import Conflict, NotFound, Unavailable
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemStatus
from shopx_store.ledger.record import record_orders
from shopx_store.ledger.refunds import refund_order
from shopx_store.seeding.demand import DISCOUNTS, EXTRA_LINES, MAX_LINES
from shopx_store.seeding.live_rate import HISTORY, Rate, as_before, constant, seconds_to_next

RETURNED = 0.04
"""Share of orders that are refunded later."""
LATEST = 200
"""How many recent orders may be refunded."""
SAMPLE = 2_000
"""The maximum of products, customers and reps that are used."""
PATIENCE = 30.0
"""Seconds to wait for a database that went away."""

_AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised when a session ends unexpectedly
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)

_PRODUCTS = """
select p.key, coalesce(p.list_price, 10), coalesce(s.lines, 0)
from products p left join (
    select product_id, count(*) as lines from order_items
    where kind = 'sale' and booked_at between $3 and $4 group by product_id
) s on s.product_id = p.id
where p.source_id = $1 order by p.id limit $2
"""
# Live orders of earlier runs are no history: their rate may have been any.
_HISTORY = """
select max(ordered_at) as ends_at, count(*) as orders
from orders o, (
    select max(ordered_at) as at from orders where source_id = $1 and key not like 'live-%'
) e
where o.source_id = $1 and o.key not like 'live-%' and o.ordered_at > e.at - $2::interval
"""
_ZONE = "select timezone from reporting"
_PEOPLE = "select key from {table} where source_id = $1 order by id limit $2"
_NAMES = "select name from {table} order by id limit 50"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrickleOptions:
    """How live orders are made.

    Attributes:
        rate: Orders a second, on average; `None` = as many as the history has at that hour.
        orders: Stop after so many; 0 = run until stopped.
        source: The source of the products and customers.
        seed: Other seeds give other orders.
    """

    rate: float | None = None
    orders: int = 0
    source: str = "seed"
    seed: int = 42


@dataclass(slots=True)
class Trickled:
    """What has been recorded so far."""

    orders: int = 0
    refunds: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Assortment:
    products: list[tuple[str, Decimal]]
    customers: list[str]
    reps: list[str]
    regions: list[str]
    channels: list[str]
    popularity: "np.ndarray[tuple[int], np.dtype[np.float64]]" = field(repr=False)
    rate: Rate = field(repr=False)


async def trickle(
    dsn: str,
    options: TrickleOptions,
    *,
    stop: asyncio.Event,
    on_order: Callable[[Trickled], None],
) -> Trickled:
    """Record live orders until `stop` is set, or `options.orders` are recorded.

    Args:
        dsn: The ledger's database.
        options: Rate, number and source.
        stop: Ends the run when it is set.
        on_order: Called after each order.

    Raises:
        NotFound: The source has no products.
        Unavailable: The database stays away.
    """
    done = Trickled()
    rng = np.random.default_rng([options.seed, 6])
    # Keys must differ from those of other runs.
    run = secrets.token_hex(4)
    recent: deque[str] = deque(maxlen=LATEST)
    connection: asyncpg.Connection[asyncpg.Record] | None = None
    assortment: _Assortment | None = None
    due: float | None = None
    loop = asyncio.get_running_loop()
    try:
        for n in itertools.count(1):
            connection = await _connected(dsn, connection, stop)
            if connection is None:
                break
            assortment = assortment or await _load_assortment(connection, options)
            wait = seconds_to_next(assortment.rate, dt.datetime.now(dt.UTC), rng.exponential())
            # After a pause, do not catch up in a burst.
            due = max((loop.time() if due is None else due) + wait, loop.time() - 1)
            if await _stopped(stop, due - loop.time()):
                break
            order = _order(assortment, rng, f"live-{run}-{n}")
            try:
                await _record(connection, options.source, order, done)
                recent.append(order.key)
                if rng.random() < RETURNED:
                    await _refund(connection, options.source, recent, done)
            except _AWAY:
                connection.terminate()
                connection = None
            else:
                on_order(done)
            # An order that met a lost connection is lost; the next one connects anew.
            if n == options.orders:
                break
    finally:
        if connection is not None and not connection.is_closed():
            await connection.close()
    return done


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, and say whether the run was stopped meanwhile or before."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(0.0, seconds))
    return stop.is_set()


async def _connected(
    dsn: str, connection: "asyncpg.Connection[asyncpg.Record] | None", stop: asyncio.Event
) -> "asyncpg.Connection[asyncpg.Record] | None":
    """An open connection; `None` when stopped while waiting for one."""
    if connection is not None and not connection.is_closed():
        return connection
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        try:
            connection = await asyncpg.connect(**asyncpg_options(dsn), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            if loop.time() > deadline:
                raise Unavailable(
                    f"The database has been away for {PATIENCE:.0f} seconds: {error}.",
                    hint="Check that it runs, and that SHOPX_DATABASE_DSN names it.",
                ) from error
        else:
            return connection
        try:
            await asyncio.wait_for(stop.wait(), 0.5)
        except TimeoutError:
            continue
        return None


async def _load_assortment(
    connection: "asyncpg.Connection[asyncpg.Record]", options: TrickleOptions
) -> _Assortment:
    source_id = await connection.fetchval("select id from sources where name = $1", options.source)
    history = await connection.fetchrow(_HISTORY, source_id, HISTORY)
    ends_at = (history["ends_at"] if history else None) or dt.datetime.now(dt.UTC)
    sold = ends_at - HISTORY, ends_at
    products = await connection.fetch(_PRODUCTS, source_id, SAMPLE, *sold) if source_id else []
    if not products:
        raise NotFound(
            f"The source {options.source!r} has no products to sell.",
            hint="Run `shopx seed` first, or name another source with --as.",
        )
    orders = history["orders"] if history else 0
    if options.rate is None and not orders:
        raise NotFound(
            f"The source {options.source!r} has no orders whose rate could be followed.",
            hint="Run `shopx seed` first, or say how many orders a second with --rate.",
        )
    rate = constant(options.rate) if options.rate is not None else None
    if rate is None:
        zone = ZoneInfo(await connection.fetchval(_ZONE) or "UTC")
        rate = as_before(orders, ends_at, zone)

    async def column(query: str, *arguments: object) -> list[str]:
        return [row[0] for row in await connection.fetch(query, *arguments)]

    # As popular as they were; where nothing was sold, all alike.
    counts = np.array([row[2] for row in products], dtype=np.float64)
    weights = np.cumsum(counts if counts.any() else np.ones(len(counts)))
    return _Assortment(
        [(row[0], row[1]) for row in products],
        await column(_PEOPLE.format(table="customers"), source_id, SAMPLE),
        await column(_PEOPLE.format(table="sales_reps"), source_id, SAMPLE),
        await column(_NAMES.format(table="regions")),
        await column(_NAMES.format(table="channels")),
        weights / weights[-1],
        rate,
    )


def _order(assortment: _Assortment, rng: np.random.Generator, key: str) -> NewOrder:
    def one(names: list[str]) -> str | None:
        return names[int(rng.integers(len(names)))] if names else None

    count = min(int(rng.geometric(1 - EXTRA_LINES)), MAX_LINES)
    chosen = np.searchsorted(assortment.popularity, rng.random(count), side="right")
    return NewOrder(
        key=key,
        ordered_at=dt.datetime.now(dt.UTC),
        lines=tuple(_line(*assortment.products[int(index)], rng) for index in chosen),
        customer=one(assortment.customers),
        rep=one(assortment.reps),
        region=one(assortment.regions),
        channel=one(assortment.channels),
    )


def _line(product: str, price: Decimal, rng: np.random.Generator) -> NewLine:
    quantity = Decimal(min(int(rng.geometric(0.72)), 24))
    chance = rng.random()
    percent = next(percent for limit, percent in DISCOUNTS if chance < limit)
    gross = quantity * price
    return NewLine(
        product=product,
        quantity=quantity,
        gross=gross,
        discount=(gross * percent / 100).quantize(Decimal("0.01")),
    )


async def _record(
    connection: "asyncpg.Connection[asyncpg.Record]",
    source: str,
    order: NewOrder,
    done: Trickled,
) -> None:
    (outcome,) = await record_orders(connection, source, [order], dt.datetime.now(dt.UTC))
    if outcome.status is not ItemStatus.RECORDED:
        problems = "; ".join(problem.message for problem in outcome.problems)
        raise NotFound(f"A live order was refused: {problems or outcome.status}.")
    done.orders += 1
    done.amount += sum((line.gross - line.discount for line in order.lines), Decimal(0))


async def _refund(
    connection: "asyncpg.Connection[asyncpg.Record]",
    source: str,
    recent: deque[str],
    done: Trickled,
) -> None:
    key = recent[0]
    recent.remove(key)
    now = dt.datetime.now(dt.UTC)
    # Another client may have refunded or cancelled it already.
    with contextlib.suppress(Conflict):
        await refund_order(connection, source, key, refund_key="live", lines=None, at=now, now=now)
        done.refunds += 1
