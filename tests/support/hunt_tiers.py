"""What every tier of a hunt must show: what raw SQL says, and what writers were told."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import asyncpg
import psycopg

from shopx_core.domain.metrics import METRICS
from shopx_store.columns.engine import ColumnsEngine
from shopx_store.query import SalesQuery
from shopx_store.query.session import reading
from tests.support import raw_sql
from tests.support.api import Api
from tests.support.columns import columns_of

PATIENCE: Final = 60.0
KPIS: Final = """
query($period: PeriodInput) { sales(period: $period) {
    kpis(metrics: [REVENUE, ORDERS, UNITS]) { value }
    leftOut { currency lines amount cost }
} }"""

Where = Callable[[object], str]
"""Says of a failure how to see it again."""


@dataclass(slots=True)
class Model:
    """What writers were told."""

    gross: Counter[str] = field(default_factory=Counter)
    """Of recorded orders' sale lines, by currency, in 10⁻³."""
    keys: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """The same keys."""
    cancelled: set[str] = field(default_factory=set)
    refunds: int = 0


def expect_acknowledged(connection: psycopg.Connection, model: Model, where: Where) -> None:
    """What writers were told is there, once."""
    booked: dict[str, Decimal] = dict(
        connection.execute(
            "select i.currency, sum(i.gross) from order_items i join sources s"
            " on s.id = i.source_id where i.kind = 'sale' and s.name = 'api' group by 1"
        ).fetchall()
    )
    told = {code: Decimal(gross) / 1000 for code, gross in model.gross.items()}
    assert {c: booked.get(c, Decimal(0)) for c in told} == told, where("recorded orders")
    row = connection.execute(
        "select count(distinct k.key) from order_keys k join sources s on s.id = k.source_id"
        " where s.name = 'api' and exists (select from order_items i"
        " where i.order_id = k.order_id and i.kind = 'void')"
    ).fetchone()
    assert row == (len(model.cancelled),), where("cancelled orders")


async def expect_engines(
    dsn: str, pool: asyncpg.Pool, engine: ColumnsEngine, queries: list[SalesQuery], where: Where
) -> None:
    """PostgreSQL's engine and the columnar replica answer as raw SQL does."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for query in queries:
            expected = raw_sql.answer(connection, query)
            async with reading(pool) as reader:
                theirs = await reader.aggregate(query)
                assert raw_sql.rows_of(theirs.rows, query) == expected, where(query)
                ours = await (await columns_of(engine, reader)).answer(query)
                assert ours is not None, where(query)
                assert raw_sql.rows_of(ours.rows, query) == expected, where(query)


async def expect_api(dsn: str, api: Api, queries: list[SalesQuery], where: Where) -> None:
    """The API's figures, and what it says that it leaves out, are those of raw SQL."""
    for query in queries:
        period = {"from": query.start.isoformat(), "to": query.end.isoformat()}
        asked = SalesQuery(
            scope=query.scope,
            measures=raw_sql.COVERED,
            start=query.start,
            end=query.end,
            zone=query.zone,
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            (sums,) = raw_sql.answer(connection, asked).values()
            missing = raw_sql.without_rate(connection, asked)
        data = await _answer(api, {"period": {"instants": period}}, where)
        given = [Decimal(figure["value"]) for figure in data["kpis"]]
        expected = [METRICS[name].value(sums) for name in ("revenue", "orders", "units")]
        assert given == expected, where(asked)
        left_out = [
            (row["currency"], row["lines"], Decimal(row["amount"]), Decimal(row["cost"]))
            for row in data["leftOut"]
        ]
        assert sorted(left_out) == missing, where(asked)


async def _answer(api: Api, variables: dict[str, Any], where: Where) -> Any:
    """An answer as of now; a connection that was killed is replaced meanwhile."""
    end = time.monotonic() + PATIENCE
    while True:
        body = (await api.post(KPIS, variables, cache_control="no-cache")).json()
        if "errors" not in body:
            return body["data"]["sales"]
        assert time.monotonic() < end, where(body["errors"])
        await asyncio.sleep(0.05)
