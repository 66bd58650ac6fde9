"""While releases change: who does not fill all rollups that there are fills none, and says so."""

import os
import subprocess
import sys

import asyncpg
import psycopg
import pytest

from shopx_store.query.session import reading
from shopx_store.rollups import fold as folds
from shopx_store.rollups.fold import OtherGeneration, fold, fold_own, rebuild
from shopx_store.rollups.generation import GENERATION
from shopx_store.verification import verify
from tests.integration.ledger.test_exact import Shopper, expect_exact, stock, truth
from tests.integration.ledger.test_fold import WHOLE
from tests.support.postgres import Database, free_port

NEXT = GENERATION + 1
# What the migration of a release with another rollup ends with.
MIGRATED = f"update watermark set generation = {NEXT}, trusted = false"
MARK = "select folded_below::text, trusted, generation from watermark"


async def some_sales(pool: asyncpg.Pool, seed: int) -> None:
    shopper = Shopper(pool, seed)
    shopper.count = seed * 10_000
    for _ in range(6):
        await shopper.act()


async def exact(pool: asyncpg.Pool, *, trusted: bool) -> None:
    await expect_exact(pool, None, [WHOLE], await truth(pool))
    async with reading(pool) as reader:
        assert reader.state.rollups_valid == trusted


async def test_an_older_fold_stops_and_the_newer_one_fills_everything(
    pool: asyncpg.Pool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every read is exact before, between and after, whichever of them runs last."""
    await stock(pool)
    await some_sales(pool, 1)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        fold(connection)
        await exact(pool, trusted=True)
        connection.execute(MIGRATED)
        before = connection.execute(MARK).fetchone()
        await some_sales(pool, 2)
        for step in (fold, rebuild):
            with pytest.raises(OtherGeneration, match=f"generation {NEXT}.*fills generation"):
                step(connection)
        with pytest.raises(OtherGeneration), connection.transaction():
            fold_own(connection)
        assert connection.execute(MARK).fetchone() == before
        await exact(pool, trusted=False)

        with monkeypatch.context() as newer:
            newer.setattr(folds, "GENERATION", NEXT)
            assert fold(connection).rebuilt
        await some_sales(pool, 3)
        with pytest.raises(OtherGeneration):
            fold(connection)
        await exact(pool, trusted=True)
        monkeypatch.setattr(folds, "GENERATION", NEXT)
        assert fold(connection).lines > 0
        await exact(pool, trusted=True)
        assert verify(connection).good


def test_a_newer_fold_waits_for_its_migration(database: Database) -> None:
    """Taking a migration back is the same seen from the other side: the number decides."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("update watermark set generation = 0")
        with pytest.raises(OtherGeneration):
            fold(connection)
        connection.execute(f"update watermark set generation = {GENERATION}")
        assert fold(connection).lines == 0


def test_the_process_stays_says_why_and_goes_on(database: Database) -> None:
    """It does not end, so it is not restarted; when it may fold again, it does."""
    environment = os.environ | {
        "SHOPX_DATABASE_DSN": database.dsn,
        "SHOPX_FOLD_INTERVAL": "0.05",
        "SHOPX_METRICS_PORT": str(free_port()),
    }
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute(MIGRATED)
        with subprocess.Popen(
            [sys.executable, "-m", "shopx_core.cli", "fold"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stderr is not None
                assert any("this release fills generation" in line for line in process.stderr)
                connection.execute(f"update watermark set generation = {GENERATION}")
                assert any("rollups_rebuilt" in line for line in process.stderr)
            finally:
                process.terminate()
        assert process.returncode == 0
        assert connection.execute("select trusted from watermark").fetchone() == (True,)
