"""The columnar replica of one API process: opens builds as they appear, and follows the ledger."""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg

from shopx_api.telemetry import Telemetry
from shopx_core import logging
from shopx_core.settings import Settings
from shopx_store.columns.choice import Refusal
from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.reading import ColumnsReading
from shopx_store.columns.tail import Primary
from shopx_store.query.session import SnapshotReader

INTERVAL: Final = 1.0
"""Seconds between two pulls, and between two looks for a new build."""

SERVED: Final = "served"

_log = logging.get(__name__)


class ColumnsReplica:
    """Keeps an engine ready.

    Args:
        settings: How the process is configured.
        folder: Where builds appear.
        telemetry: Where answers and refusals are counted.
    """

    def __init__(self, settings: Settings, folder: Path, telemetry: Telemetry) -> None:
        self._database = settings.database
        self._telemetry = telemetry
        self.engine = ColumnsEngine(
            folder,
            Primary(self._connect),
            EngineLimits(
                threads=settings.columns.threads,
                memory=settings.columns.memory,
                concurrency=settings.database.pool_max or settings.database.pool_size,
            ),
            self._observe,
        )
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow; never fails for what is away."""
        self._following = asyncio.create_task(self._follow(), name="columns")

    async def stop(self) -> None:
        """End, and close every build."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self.engine.close()

    def reading(self, reader: SnapshotReader) -> ColumnsReading:
        """What answers the queries of one transaction."""
        return ColumnsReading(self.engine, reader)

    async def _follow(self) -> None:
        while True:
            try:
                await self.engine.refresh()
                await self.engine.pull()
            except Exception:  # noqa: BLE001 -- a defect of the replica must not end it for good
                _log.exception("columns_not_followed")
            newest = self.engine.newest
            if newest is not None:
                self._telemetry.columns_generation.set(newest.built_at.timestamp())
            self._telemetry.columns_tail.set(self.engine.tail_lines)
            await asyncio.sleep(INTERVAL)

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            self._database.write_dsn,
            timeout=self._database.connect_timeout,
            command_timeout=self._database.statement_timeout,
            server_settings={
                "application_name": "shopx-api-columns",
                "timezone": "UTC",
                "jit": "off",
            },
        )

    def _observe(self, refusal: Refusal | None) -> None:
        self._telemetry.columns_queries.labels(SERVED if refusal is None else refusal).inc()
