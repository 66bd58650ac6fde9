"""Random operations with kills between them: at every checkpoint all tiers equal raw SQL."""

import os
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from tests.support.hunt import LONG, SHORT, Hunt
from tests.support.postgres import Database

SEEDS = range(24)
OPERATIONS = 30
CHECKPOINT = 25_000
"""Operations between two checkpoints of the long form."""


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_tier_equals_raw_sql(
    pool: asyncpg.Pool, database: Database, tmp_path: Path, seed: int
) -> None:
    pace = replace(SHORT, regroup=seed % 4 == 0)
    hunt = Hunt(database.dsn, pool, tmp_path, seed, pace)
    await hunt.run(OPERATIONS, OPERATIONS)
    assert hunt.done >= OPERATIONS


@pytest.mark.hostile
@pytest.mark.timeout(0)
async def test_a_long_hunt(
    pool: asyncpg.Pool, database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """`make hostile ARGS=N` does N operations; `SHOPX_HUNT_SEED` repeats one."""
    operations = request.config.getoption("--operations")
    seed = int(os.environ.get("SHOPX_HUNT_SEED", "1"))
    hunt = Hunt(database.dsn, pool, tmp_path, seed, LONG, print)
    await hunt.run(operations, min(operations, CHECKPOINT))
    print(f"seed {seed}: {dict(hunt.counts)}")  # noqa: T201 -- the run's result
    assert hunt.done >= operations
