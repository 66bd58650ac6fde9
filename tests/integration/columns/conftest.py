"""An engine over a fresh database and an empty folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.tail import Primary
from tests.support.postgres import Database


@pytest.fixture
async def engine(database: Database, tmp_path: Path) -> AsyncIterator[ColumnsEngine]:
    """An engine that has opened nothing yet."""
    made = ColumnsEngine(
        tmp_path / "columns",
        Primary(lambda: asyncpg.connect(database.dsn)),
        EngineLimits(threads=1, memory=512, concurrency=2),
        lambda _: None,
    )
    yield made
    await made.close()
