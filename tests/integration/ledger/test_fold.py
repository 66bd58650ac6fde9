"""The fold under stress: many folders, slow writers, restores, kills; each line counts once."""

import asyncio
import dataclasses
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import asyncpg
import psycopg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_store.ledger.record import record_orders
from shopx_store.query import SalesQuery, SalesScope
from shopx_store.query.session import AsOfExpired, current, reading
from shopx_store.rollups.fold import Folded, RollupsUntrusted, fold, fold_own, rebuild
from shopx_store.rollups.fold_daemon import FoldLag, backoff
from tests.integration.ledger.test_exact import (
    NOW,
    START,
    Shopper,
    expect_exact,
    random_queries,
    stock,
    truth,
)
from tests.support.postgres import Database, PostgresServer, free_port

WHOLE = SalesQuery(
    scope=SalesScope.EVERYTHING, measures=frozenset(Measure), start=START, end=NOW, zone="UTC"
)


async def exact_now(pool: asyncpg.Pool, seed: int = 1) -> None:
    """Random queries and the totals equal the ledger."""
    asked = [WHOLE, *random_queries(random.Random(seed))]
    await expect_exact(pool, None, asked, await truth(pool))


async def test_four_folders_fold_each_line_once(pool: asyncpg.Pool, database: Database) -> None:
    """Four folders race while orders arrive; the totals are right at the end and on the way."""
    await stock(pool)
    stop = threading.Event()
    folded: list[int] = []

    def folder() -> None:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            while not stop.is_set():
                folded.append(fold(connection).lines)

    threads = [threading.Thread(target=folder) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        shopper = Shopper(pool, 7)
        for step in range(60):
            await shopper.act()
            if step % 20 == 10:
                await exact_now(pool, step)
    finally:
        stop.set()
        for thread in threads:
            await asyncio.to_thread(thread.join)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        folded.append(fold(connection).lines)
        row = connection.execute("select count(*) from order_items").fetchone()
    assert row is not None
    assert sum(folded) == row[0]
    await exact_now(pool)


async def test_a_slow_writer_is_counted_when_it_commits(
    pool: asyncpg.Pool, database: Database
) -> None:
    """Lines that stay uncommitted for 6 s, while others come and are folded, are not skipped."""
    await stock(pool)
    shopper = Shopper(pool, 3)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        for _ in range(5):
            await shopper.act()
        async with pool.acquire() as slow:
            transaction = slow.transaction()
            await transaction.start()
            await slow.execute(
                "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
                " source_id, product_id, currency, quantity, gross, discount, cost)"
                " values ($1, 'sale', false, 999999, 1, gen_random_uuid(), 1, 1, 'USD',"
                " 1, 1000, 0, 0)",
                START,
            )
            began = time.monotonic()
            while time.monotonic() - began < 6:
                await shopper.act()
                await asyncio.to_thread(fold, folder)
                await asyncio.sleep(0.2)
            await exact_now(pool)
            before = await current(pool)
            expected = await truth(pool)
            await transaction.commit()
        await exact_now(pool)
        await expect_exact(pool, before, [WHOLE], expected)
        await asyncio.to_thread(fold, folder)
        await exact_now(pool)
        await expect_exact(pool, before, [WHOLE], expected)


async def test_an_own_fold_is_not_pending(pool: asyncpg.Pool, database: Database) -> None:
    """Lines that their transaction folded itself count once, for folds, now and earlier."""
    await stock(pool)
    shopper = Shopper(pool, 5)
    for _ in range(4):
        await shopper.act()
    before, expected = await current(pool), await truth(pool)
    with psycopg.connect(database.dsn) as importer, importer.transaction():
        importer.execute(
            "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
            " source_id, product_id, customer_id, currency, quantity, gross, discount, cost)"
            " select %s + n * interval '1 hour', 'sale', false, 5000 + n, 1, gen_random_uuid(), 1,"
            " 1 + n %% 7, 1 + n %% 6, 'USD', 1, n, 0, 0 from generate_series(1, 200) n",
            (START,),
        )
        assert fold_own(importer) == 200
    await exact_now(pool)
    await expect_exact(pool, before, [WHOLE], expected)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        pending = await asyncio.to_thread(fold, folder)
        assert pending.lines == len(expected[0])
        left = folder.execute("select count(*) from folded_xids").fetchone()
        assert left == (0,)
    await exact_now(pool)


async def test_a_rebuild_keeps_what_folded_itself(pool: asyncpg.Pool, database: Database) -> None:
    """Also where an older transaction, still open, keeps the watermark below it."""
    await stock(pool)
    with (
        psycopg.connect(database.dsn) as slow,
        psycopg.connect(database.dsn) as importer,
        psycopg.connect(database.dsn, autocommit=True) as folder,
    ):
        slow.execute("select pg_current_xact_id()")
        with importer.transaction():
            importer.execute(
                "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
                " source_id, product_id, currency, quantity, gross, discount, cost)"
                " values (%s, 'sale', false, 5000, 1, gen_random_uuid(), 1, 1, 'USD', 1, 9, 0, 0)",
                (START,),
            )
            assert fold_own(importer) == 1
        assert (await asyncio.to_thread(rebuild, folder)).lines == 1
        await exact_now(pool)
        slow.rollback()
        assert (await asyncio.to_thread(fold, folder)).lines == 0
    await exact_now(pool)


async def test_a_restore_is_noticed(
    pg_server: PostgresServer, pool: asyncpg.Pool, database: Database, tmp_path: Path
) -> None:
    """A dump restored elsewhere reads from the ledger, and exactly, until it is rebuilt."""
    await stock(pool)
    shopper = Shopper(pool, 11)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        for step in range(12):
            await shopper.act()
            if step == 8:
                await asyncio.to_thread(fold, folder)
    rows, tree = await truth(pool)
    dump = tmp_path / "dump"
    subprocess.run([pg_server.bin / "pg_dump", "-Fc", "-f", dump, database.dsn], check=True)
    copy = pg_server.create()
    subprocess.run([pg_server.bin / "pg_restore", "-d", copy.dsn, dump], check=True)
    async with asyncpg.create_pool(copy.dsn, min_size=1, max_size=4) as restored:
        # What another cluster would find: another identifier, and xids still to be handed out.
        await restored.execute(
            "update watermark set system_identifier = 42, folded_below = '999999999'"
        )
        await expect_exact(restored, None, [WHOLE], (rows, tree))
        with psycopg.connect(copy.dsn, autocommit=True) as folder:
            with pytest.raises(RollupsUntrusted), folder.transaction():
                fold_own(folder)
            result = await asyncio.to_thread(fold, folder)
            assert result.rebuilt
            assert result.lines == len(rows)
            await exact_now(restored)
            later = Shopper(restored, 13)
            later.count = 10_000
            for _ in range(6):
                await later.act()
                await exact_now(restored)
                await asyncio.to_thread(fold, folder)
            await exact_now(restored)
    pg_server.drop(copy)


async def test_a_killed_fold_loses_nothing(pool: asyncpg.Pool, database: Database) -> None:
    """SIGKILL again and again while orders arrive: every answer stays exact."""
    await stock(pool)
    shopper = Shopper(pool, 17)
    environment = os.environ | {
        "SHOPX_DATABASE_DSN": database.dsn,
        "SHOPX_FOLD_INTERVAL": "0.01",
        "SHOPX_METRICS_PORT": str(free_port()),
    }
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "shopx_core.cli", "fold"],
            env=environment,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stderr is not None
        assert b"fold_started" in await asyncio.to_thread(process.stderr.readline)
        for _ in range(10 + round_):
            await shopper.act()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        await exact_now(pool, round_)
    with psycopg.connect(database.dsn, autocommit=True) as folder:
        await asyncio.to_thread(fold, folder)
    await exact_now(pool)


async def test_a_moment_expires(pool: asyncpg.Pool) -> None:
    """A snapshot over two minutes ago is refused, with what to do."""
    snapshot = await current(pool)
    old = dataclasses.replace(snapshot, at=snapshot.at - dt.timedelta(minutes=3))
    with pytest.raises(AsOfExpired, match="two minutes"):
        async with reading(pool, old):
            pass


def test_lag_is_the_age_of_the_oldest_unsettled() -> None:
    """Nothing pending: 0; a writer that stays open: the time since it may have begun."""
    lag = FoldLag()
    assert lag.after(Folded(0, settled=10, horizon=10), now=100) == 0
    assert lag.after(Folded(0, settled=10, horizon=15), now=101) == 0
    assert lag.after(Folded(0, settled=10, horizon=20), now=106) == 5
    assert lag.after(Folded(5, settled=15, horizon=20), now=107) == 1
    assert lag.after(Folded(5, settled=21, horizon=21), now=108) == 0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 1), (1, 2), (3, 8), (40, 30)], ids=["none", "one", "few", "many"]
)
def test_backoff_grows_to_a_bound(failures: int, seconds: float) -> None:
    """After failures the fold waits longer, up to half a minute."""
    assert backoff(failures, 1) == seconds


async def test_repeating_an_order_changes_nothing(pool: asyncpg.Pool) -> None:
    """The same order again is repeated; other content under its key is a conflict."""
    await stock(pool)
    order = Shopper(pool, 1).order()
    other = dataclasses.replace(
        order, lines=(dataclasses.replace(order.lines[0], quantity=Decimal(77)),)
    )
    async with pool.acquire() as connection:
        for given, status in ((order, "recorded"), (order, "repeated"), (other, "rejected")):
            [outcome] = await record_orders(connection, "api", [given], NOW)
            assert outcome.status == status
        count = await connection.fetchval("select count(*) from order_items")
    assert count == len(order.lines)
