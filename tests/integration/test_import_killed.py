"""SIGKILL at random times, with readers and writers at work: all or nothing, and exact always."""

import asyncio
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Self

import asyncpg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_store.ledger.orders import NewLine, NewOrder
from shopx_store.ledger.outcomes import ItemStatus
from shopx_store.ledger.record import record_orders
from shopx_store.query import SalesQuery, SalesScope
from shopx_store.query.session import reading
from shopx_store.rollups.fold import fold
from shopx_store.sql import raw
from tests.support.importing import assert_exact, connected, ledger, one
from tests.support.postgres import Database

LINES = 4_000
KILLS = 3
PAUSE = 0.02
"""Between two orders, or two readings: others are at work, and not alone with the machine."""
MAPPING = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: shop, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: sales.csv}}
order: {key: order, at: at, customer: buyer}
line: {product: product, quantity: 1, gross: gross}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A mapping, and sales of two years."""
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    random_ = random.Random(5)
    start = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    with (tmp_path / "sales.csv").open("w") as file:
        file.write("order,at,buyer,product,gross\n")
        for n in range(LINES):
            order = n // 3
            at = start + dt.timedelta(minutes=order * 240)
            cents = random_.randrange(100, 100_000)
            file.write(f"O{order},{at:%Y-%m-%dT%H:%M},b{order % 700},p{n % 90},{cents / 100:.2f}\n")
    return tmp_path


IMPORT = ("import", "mapping.yaml", "--source", "sales.csv")


def start(
    database: Database, files: Path, *options: str, words: tuple[str, ...] = IMPORT
) -> subprocess.Popen[bytes]:
    """A real import, or another command, in a process; what it prints goes to a file."""
    with (files / "output").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "shopx_core.cli", *words, *options],
            cwd=files,
            env=os.environ | {"SHOPX_DATABASE_DSN": database.dsn},
            stdout=output,
            stderr=output,
        )


SESSIONS = """
select count(*) from pg_stat_activity
where application_name = 'shopx import' and datname = current_database()
"""


def gone(database: Database) -> None:
    """Wait until the server has noticed that the import is gone."""
    deadline = time.monotonic() + 60
    while one(database.dsn, SESSIONS):
        assert time.monotonic() < deadline, "the server does not notice that its client is gone"
        time.sleep(0.02)


def end_after(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Kill a process that has not ended by then."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


def kill_and_repeat(database: Database, files: Path) -> None:
    """Kill imports and let one live, kill undos and let one live: always all or nothing."""
    imported = "source_id = (select id from sources where name = 'shop')"
    random_ = random.Random(11)
    began = time.monotonic()
    dry = start(database, files, "--dry-run")
    assert dry.wait() == 0, (files / "output").read_text()
    took = time.monotonic() - began
    for _ in range(KILLS):
        victim = start(database, files)
        # From the start to the middle of publishing, which a dry run leaves out.
        end_after(victim, took * random_.uniform(0.2, 1.5))
        gone(database)
        lines = ledger(database.dsn, imported)["lines"]
        assert lines in (0, LINES)
        if not lines:
            for table in ("orders", "order_keys", "products", "customers", "import_runs"):
                assert one(database.dsn, f"select count(*) from {table} where {imported}") == 0
    survivor = start(database, files)
    assert survivor.wait() == 0, (files / "output").read_text()
    assert ledger(database.dsn, imported)["lines"] == LINES
    # Killed imports may have used up numbers.
    number = one(database.dsn, f"select id from import_runs where lines_new > 0 and {imported}")
    undo = ("import", "undo", str(number))
    for _ in range(KILLS):
        victim = start(database, files, words=undo)
        end_after(victim, took * random_.uniform(0.2, 1.2))
        gone(database)
        found = ledger(database.dsn, imported)
        undone = one(database.dsn, f"select count(*) from import_runs where undoes = {number}")
        assert (found["lines"], undone) in ((LINES, 0), (2 * LINES, 1))
        assert (found["net"] == 0) == bool(undone)
    survivor = start(database, files, words=undo)
    assert survivor.wait() == 0, (files / "output").read_text()
    assert ledger(database.dsn, imported)["net"] == 0
    assert one(database.dsn, f"select count(*) from order_keys where {imported}") == 0


class Others:
    """A writer that records orders and a reader that reads totals, throughout."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._stop = asyncio.Event()
        self.written = 0
        self.read = 0

    async def __aenter__(self) -> Self:
        await self._pool.execute("insert into sources (name) values ('live')")
        await self._pool.execute(
            "insert into products (source_id, key, sku, name)"
            " select id, 'x', 'x', 'X' from sources where name = 'live'"
        )
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._read())]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _write(self) -> None:
        while not self._stop.is_set():
            now = dt.datetime.now(dt.UTC)
            line = NewLine(product="x", quantity=Decimal(1), gross=Decimal(7), cost=Decimal(3))
            order = NewOrder(key=str(self.written), ordered_at=now, lines=(line,))
            async with self._pool.acquire() as connection:
                (outcome,) = await record_orders(connection, "live", [order], now)
            assert outcome.status is ItemStatus.RECORDED
            self.written += 1
            await asyncio.sleep(PAUSE)

    async def _read(self) -> None:
        total = SalesQuery(
            scope=SalesScope.EVERYTHING,
            measures=frozenset({Measure.GROSS, Measure.ORDERS}),
            start=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
            end=dt.datetime(2100, 1, 1, tzinfo=dt.UTC),
            zone="UTC",
        )
        while not self._stop.is_set():
            async with reading(self._pool, None) as reader:
                (answer,) = (await reader.aggregate(total)).rows
                (plain,) = await reader.fetch(
                    raw(
                        "select coalesce(sum(gross), 0) as gross,"
                        " count(*) filter (where sales > 0) as orders"
                        " from (select sum(gross) as gross, sum(case kind when 'sale' then 1"
                        " when 'correction' then -1 else 0 end) as sales"
                        " from order_items group by order_id) o"
                    )
                )
            assert (answer[Measure.GROSS], answer[Measure.ORDERS]) == tuple(plain)
            self.read += 1
            await asyncio.sleep(PAUSE)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_killed_at_random(database: Database, pool: asyncpg.Pool, files: Path) -> None:
    """Nothing of a killed import is there; the next one completes; others never notice."""
    async with Others(pool) as others:
        await asyncio.to_thread(kill_and_repeat, database, files)
    assert others.written > 10
    assert others.read > 10
    with connected(database.dsn) as connection:
        fold(connection)
    assert_exact(database.dsn)
