"""A random shop at work, with connections killed meanwhile, and checkpoints where all must agree.

Everything that writes is the product's own. What a writer was told is kept in a model: at a
checkpoint nothing acknowledged may be missing, and every tier equals raw SQL to the last digit.
"""

import asyncio
import contextlib
import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import asyncpg
import psycopg

from shopx_api.server.app import create_inner_app
from shopx_core.domain.matviews import MATVIEWS
from shopx_core.errors import Conflict, InvalidInput, ShopxError
from shopx_core.settings import DatabaseSettings, ReportingSettings
from shopx_migrations import reporting
from shopx_store.columns.builder import BuildLimits, build
from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.tail import Primary
from shopx_store.importing.mapping import Mode
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.pipeline import Options, run_import
from shopx_store.ledger.orders import NewOrder
from shopx_store.ledger.outcomes import ItemStatus
from shopx_store.ledger.rates import set_rates
from shopx_store.ledger.record import record_orders
from shopx_store.ledger.reference import (
    CustomerRow,
    RepRow,
    upsert_categories,
    upsert_customers,
    upsert_products,
    upsert_reps,
)
from shopx_store.ledger.refunds import RefundLine, cancel_order, refund_order
from shopx_store.matviews.refresh import refresh
from shopx_store.rates.files import Rate
from shopx_store.rollups.fold import fold
from shopx_store.verification import verify
from tests.support import hunt_tiers as tiers
from tests.support.api import Api, serving, settings_for
from tests.support.hunt_draws import CUSTOMERS, ZONES, Draws
from tests.support.hunt_tiers import Model

LIMITS: Final = BuildLimits(threads=1, memory="256MB")
MAPPING: Final = """\
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: files, zone: UTC, currency: USD}
inputs: {sales: {format: delimited, files: sales.csv}}
order: {key: order, at: at, currency: currency}
line: {product: product, quantity: quantity, gross: gross}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a hunt goes about it.

    Attributes:
        batches: How many orders are recorded at once, one of these.
        killing: The part of the operations during which a connection is killed.
        queries: Queries of the engines at each checkpoint.
        regroup: Whether the reporting zone may change, for which rollups are rebuilt.
    """

    batches: tuple[int, ...]
    killing: float
    queries: int
    regroup: bool = True


SHORT: Final = Pace(batches=(1, 1, 2), killing=0.15, queries=3)
LONG: Final = Pace(batches=(1, 1, 2, 5, 20, 100), killing=0.03, queries=12)

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that was closed while it was idle
    asyncpg.AdminShutdownError,
    asyncpg.QueryCanceledError,
    ConnectionError,
)
"""What a writer sees whose connection is killed."""
T = TypeVar("T")


class Folding:
    """Folds in a thread, as the fold's process does, over a connection that may be killed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.lost = 0
        self.failed: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, application_name="shopx fold"
                ) as connection:
                    while not self._stop.wait(0.05):
                        fold(connection)
            except psycopg.OperationalError:
                self.lost += 1
            except BaseException as error:
                self.failed = error
                raise


class Hunt:
    """One shop.

    Args:
        dsn: A fresh migrated database.
        pool: Connections to it.
        folder: For builds of columns and files to import.
        seed: Decides what happens.
        pace: How.
        tell: Called with a line at each checkpoint.
    """

    def __init__(
        self,
        dsn: str,
        pool: asyncpg.Pool,
        folder: Path,
        seed: int,
        pace: Pace,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.pace = pace
        self.dsn, self.pool, self.folder = dsn, pool, folder
        self.random = random.Random(seed)
        self.tell = tell
        self.seed = seed
        self.model = Model()
        self.done = 0
        self.kills = 0
        self.counts: Counter[str] = Counter()
        self.draws = Draws(self.random, seed)
        self.now, self.start = self.draws.now, self.draws.start

    async def stock(self) -> None:
        """Reference data and first rates."""
        async with self.pool.acquire() as connection:
            await connection.execute("update reporting set timezone = 'America/New_York'")
            await self._rename(connection)
            await upsert_reps(
                connection, "api", [RepRow(key=f"r{n}", name=f"R{n}") for n in (1, 2)]
            )
            rates = [Rate(code, dt.date(1970, 1, 1), Decimal(rate)) for code, rate in
                     (("EUR", "1.0837"), ("JPY", "0.00671"), ("XXX", "3"))]  # fmt: skip
            await set_rates(connection, rates)

    async def run(self, operations: int, every: int) -> None:
        """Do that many operations, and look at all tiers now and then.

        Args:
            operations: How many.
            every: Operations between checkpoints, and a quarter of those that were done where that
                is more: a checkpoint takes time in proportion to all of them.
        """
        await self.stock()
        settings = settings_for(
            self.dsn, columns={"folder": str(self.folder / "columns"), "memory": 256, "threads": 1}
        )
        async with serving(create_inner_app(settings)) as api, self._columns() as engine:
            while self.done < operations:
                end = min(operations, self.done + max(every, self.done // 4))
                with Folding(self.dsn) as folding:
                    while self.done < end:
                        await self.step()
                    if self.pace.regroup:
                        await self._zone()
                assert folding.failed is None, folding.failed
                await self.checkpoint(api, engine)

    @contextlib.asynccontextmanager
    async def _columns(self) -> AsyncIterator[ColumnsEngine]:
        primary = Primary(lambda: asyncpg.connect(self.dsn))
        folder = self.folder / "columns"
        folder.mkdir(exist_ok=True)
        engine = ColumnsEngine(
            folder, primary, EngineLimits(threads=1, memory=256, concurrency=1), lambda _: None
        )
        try:
            yield engine
        finally:
            await engine.close()

    # ---- operations

    async def step(self) -> None:
        """One operation or batch, perhaps with a kill meanwhile."""
        r = self.random
        what = r.random()
        if what < 0.62 or not self.model.keys:
            orders = [self.draws.order() for _ in range(r.choice(self.pace.batches))]
            await self._surviving("orders", lambda c: self._record(c, orders), len(orders))
        elif what < 0.78:
            key, again = r.choice(self.model.keys), f"r{r.random()}"
            whole = r.random() < 0.3
            at = self.now - dt.timedelta(minutes=r.randrange(60))
            await self._surviving("refunds", lambda c: self._refund(c, key, again, at, whole=whole))
        elif what < 0.88:
            key = r.choice(self.model.keys)
            await self._surviving("cancels", lambda c: self._cancel(c, key))
        elif what < 0.93:
            await self._surviving("renames", self._rename)
        elif what < 0.985:
            drawn = [self.draws.rate() for _ in range(r.choice([1, 3]))]
            rates = list({(rate.currency, rate.day): rate for rate in drawn}.values())
            await self._surviving("rates", lambda c: set_rates(c, rates))
            if r.random() < 0.1:
                await self._surviving(
                    "forgotten", lambda c: c.execute("delete from rates where currency = 'XXX'")
                )
        else:
            await self._import()

    async def _surviving(self, name: str, act: Callable[[Any], Awaitable[T]], number: int = 1) -> T:
        """Do it, with a kill meanwhile now and then, until it is acknowledged."""
        killer = None
        if self.random.random() < self.pace.killing:
            killer = asyncio.create_task(self._kill(self.random.random() * 0.01))
        while True:
            try:
                async with self.pool.acquire() as connection:
                    done = await act(connection)
                break
            except LOST:
                self.counts["lost"] += 1
        if killer is not None:
            await killer
        self.counts[name] += number
        self.done += number
        return done

    async def _kill(self, after: float) -> None:
        """Kill one connection of whoever works here: a writer, the fold, a reader."""
        await asyncio.sleep(after)
        await asyncio.to_thread(self._kill_now, "true")

    def _kill_now(self, where: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            pids = [
                row[0]
                for row in admin.execute(
                    "select pid from pg_stat_activity where datname = current_database()"
                    f" and backend_type = 'client backend' and pid <> pg_backend_pid() and {where}"
                )
            ]
            if pids:
                admin.execute("select pg_terminate_backend(%s)", [self.random.choice(pids)])
                self.kills += 1

    async def _record(self, connection: Any, orders: list[NewOrder]) -> None:
        outcomes = await record_orders(connection, "api", orders, self.now)
        for order, outcome in zip(orders, outcomes, strict=True):
            if outcome.status is ItemStatus.REJECTED:
                # Its rate was deleted.
                assert order.currency == "XXX", outcome
                continue
            if order.key in self.model.known:
                # It was acknowledged before the connection was lost.
                continue
            self.model.known.add(order.key)
            self.model.keys.append(order.key)
            gross = sum(int(line.gross * 1000) for line in order.lines)
            self.model.gross[order.currency or "USD"] += gross

    async def _refund(
        self, connection: Any, key: str, again: str, at: dt.datetime, *, whole: bool
    ) -> None:
        lines = None if whole else [RefundLine(line=1, quantity=Decimal(1))]
        with contextlib.suppress(InvalidInput, Conflict):  # nothing may be left of it
            await refund_order(
                connection, "api", key, refund_key=again, lines=lines, at=at, now=self.now
            )
            self.model.refunds += 1

    async def _cancel(self, connection: Any, key: str) -> None:
        await cancel_order(connection, "api", key)
        self.model.cancelled.add(key)

    async def _rename(self, connection: Any) -> None:
        await upsert_categories(connection, "api", self.draws.categories())
        await upsert_products(connection, "api", self.draws.products())
        await upsert_customers(
            connection, "api", [CustomerRow(key=f"c{n}") for n in range(CUSTOMERS)]
        )

    async def _import(self) -> None:
        """A file of orders, some of which are of earlier files or far in the future."""
        r = self.random
        path = self.folder / "sales.csv"
        path.write_text(self.draws.file())
        mode = r.choice(["append", "append", "replace"])
        killer = None
        if r.random() < 0.2:
            killer = asyncio.create_task(self._kill(r.random() * 0.1))
        while True:
            try:
                await asyncio.to_thread(self._take, path, mode)
                break
            except (psycopg.OperationalError, ShopxError) as error:
                # A file that contradicts an earlier one is refused as a whole.
                if not _connection_was_lost(error):
                    self.counts["refused imports"] += 1
                    break
                self.counts["lost"] += 1
        if killer is not None:
            await killer
        self.counts["imports"] += 1
        self.done += 1

    def _take(self, path: Path, mode: str) -> None:
        options = Options(mode=Mode(mode))
        run_import(DatabaseSettings(dsn=self.dsn), parse_mapping(MAPPING), str(path), options)

    async def _zone(self) -> None:
        terms = ReportingSettings(
            timezone=self.random.choice(ZONES), week_start=self.random.choice([1, 7])
        )

        def change() -> None:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                reporting.apply(connection, terms)

        await asyncio.to_thread(change)
        self.counts["zones"] += 1

    # ---- the checkpoint

    async def checkpoint(self, api: Api, engine: ColumnsEngine) -> None:
        """Compare all tiers with raw SQL, and what was acknowledged with what is there."""
        began = time.monotonic()
        lines = await asyncio.to_thread(self._expect_tiers)
        await self._build()
        await engine.refresh()
        queries = self.draws.queries(self.pace.queries)
        await tiers.expect_engines(self.dsn, self.pool, engine, queries, self._where)
        await tiers.expect_api(self.dsn, api, self.draws.queries(2), self._where)
        self.tell(
            f"seed {self.seed}: {self.done:,} operations, {lines:,} lines, {self.kills} kills,"
            f" {self.counts['lost']} repeated; every tier equals raw SQL"
            f" ({time.monotonic() - began:.1f} s)"
        )

    def _expect_tiers(self) -> int:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while fold(connection).lines:
                pass
            for view in MATVIEWS:
                refresh(connection, view, concurrently=False)
            report = verify(connection)
            wrong = [check for check in report.checks if not check.good]
            assert wrong == [], self._where(wrong)
            assert sum(total.pending for total in report.totals) == 0, self._where("pending lines")
            tiers.expect_acknowledged(connection, self.model, self._where)
            return sum(total.lines for total in report.totals)

    async def _build(self) -> None:
        """Build the columns; the first attempt may lose its connection."""
        settings = DatabaseSettings(dsn=self.dsn)
        for _ in range(5):
            killer = None
            if self.random.random() < 0.3:
                killer = asyncio.create_task(self._kill(self.random.random() * 0.2))
            try:
                await asyncio.to_thread(build, settings, self.folder / "columns", LIMITS)
            except (psycopg.OperationalError, ShopxError):
                if killer is None:
                    raise
                self.counts["lost"] += 1
            else:
                return
            finally:
                if killer is not None:
                    await killer
        raise AssertionError(self._where("five builds failed"))

    def _where(self, what: object) -> str:
        """How to see it again."""
        return f"seed {self.seed} after {self.done} operations ({dict(self.counts)}): {what}"


def _connection_was_lost(error: Exception) -> bool:
    return isinstance(error, psycopg.OperationalError) or isinstance(
        error.__cause__, psycopg.OperationalError
    )
