"""An engine over a fresh database and an empty folder."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.tail import Primary
from tests.support.postgres import Database


def _engine(database: Database, tmp_path: Path, arrays: int) -> ColumnsEngine:
    return ColumnsEngine(
        tmp_path / "columns",
        Primary(lambda: asyncpg.connect(database.dsn)),
        EngineLimits(threads=1, memory=512, arrays=arrays, concurrency=2),
        lambda _: None,
    )


@pytest.fixture
async def engine(database: Database, tmp_path: Path) -> AsyncIterator[ColumnsEngine]:
    """An engine that has opened nothing yet."""
    made = _engine(database, tmp_path, arrays=64)
    yield made
    await made.close()


@pytest.fixture
async def engines(
    engine: ColumnsEngine, database: Database, tmp_path: Path
) -> AsyncIterator[Sequence[ColumnsEngine]]:
    """One that answers from arrays where it can, and one that has no memory for them."""
    without = _engine(database, tmp_path, arrays=0)
    yield engine, without
    await without.close()
