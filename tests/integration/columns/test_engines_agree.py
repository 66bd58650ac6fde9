"""Both engines answer the same, and as the plain reading of the ledger does."""

import asyncio
import contextlib
import datetime as dt
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from shopx_core.settings import DatabaseSettings
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.engine import ColumnsEngine
from shopx_store.matviews.refresh import refresh
from shopx_store.query import AsOf, SalesQuery, session
from shopx_store.query.session import current, reading
from shopx_store.rollups.fold import fold
from tests.support.columns import columns_of
from tests.support.ledger_corpus import Shop, prepared, queries, rates
from tests.support.oracle import LEDGER, answer, comparable
from tests.support.postgres import Database

CASES = int(os.environ.get("SHOPX_COLUMNS_CASES", "200"))
"""2,000 in a long run."""
ROUNDS = 4
LIMITS = BuildLimits(threads=1, memory="256MB")


def rows_of(query: SalesQuery, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows without buckets in which everything adds up to nothing.

    Whether PostgreSQL returns such a bucket depends on the source that it reads.
    """
    measures = [measure.value for measure in query.measures]
    return [dict(row) for row in rows if not query.keys or any(row[name] for name in measures)]


class Truth:
    """The ledger at a snapshot, and what goes with it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        self.rows = cursor.execute(LEDGER).fetchall()
        self.rates = rates(connection)
        self.segments: dict[int, str] = dict(
            connection.execute("select customer_id, segment from mv_customer_rfm").fetchall()
        )
        parents: dict[int, int | None] = dict(
            connection.execute("select id, parent_id from categories").fetchall()
        )
        self.tree: dict[int, set[int]] = {}
        for child in parents:
            above: int | None = child
            while above is not None:
                self.tree.setdefault(above, set()).add(child)
                above = parents[above]

    def answer(self, query: SalesQuery) -> dict[tuple[Any, ...], dict[Any, Any]]:
        """What the oracle says."""
        lines = prepared(self.rows, query, self.rates, self.segments)
        return answer(lines, query, self.tree)


async def expect_agreement(
    pool: asyncpg.Pool,
    engine: ColumnsEngine,
    as_of: AsOf | None,
    requested: Sequence[SalesQuery],
    truth: Truth,
) -> None:
    async with reading(pool, as_of) as reader:
        columns = await columns_of(engine, reader)
        for query in requested:
            ours = await columns.answer(query)
            assert ours is not None, query
            theirs = await reader.aggregate(query)
            assert rows_of(query, ours.rows) == rows_of(query, theirs.rows), query
            for one, other in zip(ours.rows, theirs.rows, strict=False):
                assert [type(v) for v in one.values()] == [type(v) for v in other.values()], query
            if not query.filters.segments:
                assert comparable(ours.rows, query) == truth.answer(query), query


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_both_engines_answer_the_same(
    pool: asyncpg.Pool,
    database: Database,
    engine: ColumnsEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Now and as of earlier snapshots, over several bases, with writers that run meanwhile.

    A writer begins before a base's snapshot and commits after it, so its lines are in no base and
    below its xmax; another one rolls back.
    """
    # A long run asks its last queries many minutes after the first snapshot.
    monkeypatch.setattr(session, "AS_OF_LIFETIME", dt.timedelta(hours=1))
    r = random.Random(seed)
    shop = Shop(r)
    folder = tmp_path / "columns"
    settings = DatabaseSettings(dsn=database.dsn)
    per_look = max(1, CASES // ROUNDS // 8)
    as_ofs: list[tuple[AsOf, Truth]] = []
    with contextlib.ExitStack() as stack:
        connection, slow, folder_of = (
            stack.enter_context(psycopg.connect(database.dsn, autocommit=True)) for _ in range(3)
        )
        Shop.stock(connection)
        shop.act(connection, 150)
        await asyncio.to_thread(refresh, connection, "mv_customer_rfm", concurrently=False)
        for step in range(3):
            late = Shop(r)  # it knows of none of the others' orders
            with slow.transaction():
                late.book(slow, 25)
                await asyncio.to_thread(build, settings, folder, LIMITS)
                await engine.refresh()
                shop.act(connection, 5)
                as_ofs.append((await current(pool), Truth(connection)))
                await expect_agreement(pool, engine, None, queries(r, per_look), as_ofs[-1][1])
            with contextlib.suppress(psycopg.Rollback), slow.transaction():
                Shop(r).book(slow, 2)
                raise psycopg.Rollback
            shop.act(connection, 10)
            await asyncio.to_thread(fold, folder_of)
            await expect_agreement(pool, engine, None, queries(r, per_look), Truth(connection))
            if step == 1:
                shop.act(connection, 30)
        for as_of, truth in as_ofs:
            await expect_agreement(pool, engine, as_of, queries(r, per_look), truth)
