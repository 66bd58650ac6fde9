"""Whatever goes wrong with the replica: PostgreSQL answers, never a wrong figure or an error."""

import asyncio
import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psycopg
import pytest

from shopx_core.domain.metrics import Measure
from shopx_core.errors import Conflict, Unavailable
from shopx_core.settings import DatabaseSettings
from shopx_store.columns import engine, tail
from shopx_store.columns.builder import BuildLimits, BuildRunning, build
from shopx_store.columns.choice import Refusal
from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.tail import Primary
from shopx_store.query import AsOf, Dimension, QueryResult, SalesQuery, SalesScope
from shopx_store.query.session import current, reading
from tests.support.columns import columns_of
from tests.support.ledger_corpus import DAYS, REPORTING_ZONE, START, Shop
from tests.support.postgres import Database, PostgresServer, free_port

LIMITS = BuildLimits(threads=1, memory="128MB")
EVERYTHING = SalesQuery(
    scope=SalesScope.EVERYTHING,
    measures=frozenset(Measure),
    start=START,
    end=START + dt.timedelta(days=DAYS + 20),
    zone=REPORTING_ZONE,
    by=(Dimension.PRODUCT,),
)


class Stand:
    """A database with sales, a folder, and an engine that notes its refusals."""

    def __init__(self, database: Database, folder: Path, memory: int = 512) -> None:
        self.database = database
        self.settings = DatabaseSettings(dsn=database.dsn)
        self.folder = folder
        self.shop = Shop(random.Random(5))
        self.refused: Counter[Refusal] = Counter()
        self.primary = Primary(lambda: asyncpg.connect(database.dsn))
        self.engine = ColumnsEngine(
            folder,
            self.primary,
            EngineLimits(threads=1, memory=memory, concurrency=2),
            self.observe,
        )

    def observe(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            self.refused[refusal] += 1

    def act(self, acts: int) -> None:
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            self.shop.act(connection, acts)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            connection.execute(statement)

    async def build(self) -> Path:
        made = await asyncio.to_thread(build, self.settings, self.folder, LIMITS)
        return self.folder / f"{made.generation.id}.duckdb"

    async def both(
        self, as_of: AsOf | None = None, query: SalesQuery = EVERYTHING
    ) -> tuple[QueryResult | None, QueryResult]:
        """What the replica and PostgreSQL answer."""
        async with (
            asyncpg.create_pool(self.database.dsn, min_size=1, max_size=2) as pool,
            reading(pool, as_of) as reader,
        ):
            ours = await (await columns_of(self.engine, reader)).answer(query)
            return ours, await reader.aggregate(query)

    async def expect_served(self, as_of: AsOf | None = None) -> None:
        ours, theirs = await self.both(as_of)
        assert ours is not None, self.refused
        assert [dict(row) for row in ours.rows] == [dict(row) for row in theirs.rows]

    async def expect_refused(self, refusal: Refusal, query: SalesQuery = EVERYTHING) -> None:
        self.refused.clear()
        ours, _ = await self.both(query=query)
        assert ours is None
        assert self.refused == {refusal: 1}


@pytest.fixture
async def stand(database: Database, tmp_path: Path) -> AsyncIterator[Stand]:
    made = Stand(database, tmp_path / "columns")
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        Shop.stock(connection)
    made.act(60)
    yield made
    await made.engine.close()


async def test_nothing_is_built(stand: Stand) -> None:
    await stand.engine.refresh()
    await stand.expect_refused(Refusal.NO_BASE)


async def test_a_file_that_is_removed_while_it_is_read(stand: Stand) -> None:
    path = await stand.build()
    await stand.engine.refresh()
    path.unlink()
    stand.act(3)
    await stand.expect_served()
    await stand.engine.refresh()
    await stand.expect_served()


@pytest.mark.parametrize("damage", ["cut", "filled", "empty", "text", "folder"])
async def test_a_damaged_file(stand: Stand, damage: str) -> None:
    """It is not opened, or found out when it is read."""
    path = await stand.build()
    size = path.stat().st_size
    content = path.read_bytes()
    match damage:
        case "cut":
            os.truncate(path, size // 2)
        case "filled":
            path.write_bytes(content[:12_288] + b"\x5a" * (size - 12_288))
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("this is no database")
        case _:
            path.unlink()
            path.mkdir()
    await stand.engine.refresh()
    ours, _ = await stand.both()
    assert ours is None
    assert stand.refused.total() == 1
    if path.is_dir():
        path.rmdir()
    await stand.build()
    await stand.engine.refresh()
    await stand.expect_served()


async def test_a_file_of_another_database(
    stand: Stand, pg_server: PostgresServer, tmp_path: Path
) -> None:
    """A copy of the database has the row, and another identity; a fresh one has not even that."""
    path = await stand.build()
    for made in (pg_server.create(stand.database.name), pg_server.migrated()):
        other = Stand(made, tmp_path / made.name)
        other.folder.mkdir()
        shutil.copy(path, other.folder)
        await other.engine.refresh()
        await other.expect_refused(Refusal.NO_BASE)
        await other.engine.close()
        pg_server.drop(made)


async def test_a_snapshot_before_the_base(stand: Stand, pool: asyncpg.Pool) -> None:
    """The base before answers it, if there is one."""
    before = await current(pool)
    stand.act(2)
    await stand.build()
    await stand.engine.refresh()
    ours, _ = await stand.both(before)
    assert ours is None
    assert stand.refused == {Refusal.AS_OF: 1}
    between = await current(pool)
    stand.act(2)
    await stand.build()
    await stand.engine.refresh()
    await stand.expect_served(between)
    await stand.expect_served()


async def test_a_lost_connection_discards_the_tail(stand: Stand) -> None:
    await stand.build()
    await stand.engine.refresh()
    stand.act(4)
    await stand.expect_served()
    newest = stand.engine._replicas[0].tail
    before = newest.held.table
    stand.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and pid <> pg_backend_pid()"
    )
    stand.act(4)
    await stand.both()
    await stand.expect_served()
    assert newest.held.table != before


async def test_a_database_that_cannot_be_reached_for_pulls(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stand.build()
    await stand.engine.refresh()

    async def refuse() -> None:
        raise OSError("no route")

    monkeypatch.setattr(stand.primary, "_connect", refuse)
    stand.act(1)
    await stand.expect_refused(Refusal.SERVER)


async def test_more_lines_than_a_tail_takes(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    await stand.build()
    await stand.engine.refresh()
    monkeypatch.setattr(tail, "PULL_LIMIT", 5)
    stand.act(30)
    await stand.expect_refused(Refusal.BEHIND)
    await stand.build()
    await stand.engine.refresh()
    await stand.expect_served()


def _book_hundred_billions(stand: Stand, *, orders: int, days: int) -> None:
    """Book 200 lines of a hundred billion each, spread over orders and days."""
    with psycopg.connect(stand.database.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
            " source_id, product_id, currency, quantity, gross, discount, cost)"
            " select %s + n %% %s * interval '1 day', 'sale', false, -1 - n %% %s, n,"
            " gen_random_uuid(), 1, 1, 'USD', 1, 99999999999.999999, 0, 0"
            " from generate_series(1, 200) n",
            (START, days, orders),
        )


async def test_sums_that_are_no_bigint(stand: Stand) -> None:
    """A hundred billion an order: sums of several days are exact all the same."""
    _book_hundred_billions(stand, orders=200, days=5)
    await stand.build()
    await stand.engine.refresh()
    await stand.expect_served()


async def test_sums_of_a_day_that_are_no_bigint(stand: Stand) -> None:
    """No table of days can hold them: PostgreSQL answers, and the build says why."""
    _book_hundred_billions(stand, orders=1, days=1)
    await stand.build()
    await stand.engine.refresh()
    await stand.expect_refused(Refusal.AMOUNTS)


async def test_more_rows_than_a_process_should_hold(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stand.build()
    await stand.engine.refresh()
    monkeypatch.setattr(engine, "ROW_LIMIT", 3)
    await stand.expect_refused(Refusal.ROWS)


async def test_transaction_ids_that_mean_nothing(stand: Stand) -> None:
    """A restore that the fold has not noticed yet; a build is refused as well."""
    await stand.build()
    await stand.engine.refresh()
    stand.execute("update watermark set system_identifier = 1")
    await stand.expect_refused(Refusal.RESTORED)
    with pytest.raises(Conflict, match="restored"):
        await stand.build()


async def test_amounts_that_do_not_fit(stand: Stand) -> None:
    """Counts are answered; amounts are PostgreSQL's, whether base or tail has the line."""
    await stand.build()
    await stand.engine.refresh()
    with psycopg.connect(stand.database.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into order_items (booked_at, kind, is_return, order_id, line_no, identity,"
            " source_id, product_id, currency, quantity, gross, discount, cost)"
            " values (%s, 'sale', false, -1, 1, gen_random_uuid(), 1, 1, 'USD', 1, 0.0000001,"
            " 0, 0)",
            (START,),
        )
    counts = SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=frozenset({Measure.ORDERS, Measure.LINES, Measure.NEW_CUSTOMERS}),
        start=EVERYTHING.start,
        end=EVERYTHING.end,
        zone=REPORTING_ZONE,
    )
    for _ in ("tail", "base"):
        await stand.expect_refused(Refusal.AMOUNTS)
        ours, theirs = await stand.both(query=counts)
        assert ours is not None
        assert ours.rows == theirs.rows
        await stand.build()
        await stand.engine.refresh()


@pytest.mark.parametrize("kept", ["2099-01-01", "2026-03-02"])
async def test_amounts_without_a_rate_are_left_out_as_postgresql_does(
    stand: Stand, kept: str
) -> None:
    await stand.build()
    await stand.engine.refresh()
    stand.execute(f"delete from rates where day < '{kept}'")
    ours, theirs = await stand.both()
    assert ours is not None
    assert ours.rows == theirs.rows


async def test_too_little_memory(stand: Stand) -> None:
    await stand.build()
    small = Stand(stand.database, stand.folder, memory=0)
    await small.engine.refresh()
    ours, _ = await small.both()
    assert ours is None
    assert small.refused.total() == 1
    await small.engine.close()


async def test_a_reader_that_gives_up_leaves_the_engine_usable(stand: Stand) -> None:
    await stand.build()
    await stand.engine.refresh()
    for _ in range(5):
        requested = asyncio.create_task(stand.both())
        await asyncio.sleep(0.02)
        requested.cancel()
        await asyncio.wait([requested])
    await stand.expect_served()


async def test_a_full_disk(stand: Stand) -> None:
    """Nothing is published, nothing is left behind, and the base before goes on."""
    await stand.build()
    await stand.engine.refresh()
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from shopx_core.errors import Unavailable\n"
        "from shopx_core.settings import DatabaseSettings\n"
        "from shopx_store.columns.builder import BuildLimits, build\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    build(DatabaseSettings(dsn=sys.argv[1]), Path(sys.argv[2]), BuildLimits(threads=1))\n"
        "except Unavailable as error:\n"
        "    print('unavailable', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, stand.database.dsn, stand.folder],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\nunavailable" in f"\n{done.stdout}", done.stdout
    left = sorted(file.suffix for file in stand.folder.iterdir())
    assert left == ["", ".duckdb"]
    stand.act(2)
    await stand.expect_served()


async def test_two_builders_do_not_meet(stand: Stand) -> None:
    await stand.build()
    with pytest.raises(BuildRunning):
        await asyncio.gather(*(stand.build() for _ in range(4)))


async def test_a_database_that_is_away(stand: Stand) -> None:
    away = DatabaseSettings(dsn=f"postgresql://postgres@127.0.0.1:{free_port()}/x")
    with pytest.raises(Unavailable):
        await asyncio.to_thread(build, away, stand.folder, LIMITS)


def start(server: PostgresServer) -> None:
    """Start it again over its folder."""
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    options = [str(word) for word in server.process.args]  # type: ignore[union-attr]
    server.process = subprocess.Popen(
        options,
        user=server.data.stat().st_uid,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(200):
        try:
            psycopg.connect(server.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start again")
