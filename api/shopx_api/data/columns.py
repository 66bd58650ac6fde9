"""The columnar replica of one API process: opens builds as they appear, and follows the ledger."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from shopx_api.data.columns_fetcher import columns_fetcher
from shopx_api.data.row_cache import RowCache
from shopx_api.telemetry import Telemetry
from shopx_core import logging
from shopx_core.connection_strings import asyncpg_options
from shopx_core.settings import Settings
from shopx_store.columns.choice import Refusal
from shopx_store.columns.engine import ColumnsEngine, EngineLimits
from shopx_store.columns.moment import Moment, Moments
from shopx_store.columns.reading import ColumnsReading
from shopx_store.columns.references import ReferenceCache, References
from shopx_store.columns.tail import Primary
from shopx_store.query.read_state import AsOf

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

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
        self._served = telemetry.columns_queries.labels(SERVED)
        self.engine = ColumnsEngine(
            folder,
            Primary(partial(self._connect, settings.database.write_dsn)),
            EngineLimits(
                threads=settings.columns.threads,
                memory=settings.columns.memory - settings.columns.memory // 2,
                arrays=settings.columns.memory // 2,
                concurrency=settings.database.pool_max or settings.database.pool_size,
            ),
            self._observe,
        )
        self.references = ReferenceCache()
        self.rows = RowCache()
        self._moments = Moments(Primary(partial(self._connect, settings.database.read_dsn)))
        self._away_until = 0.0
        self._following: asyncio.Task[None] | None = None
        self._fetcher = columns_fetcher(settings.columns, folder, telemetry)

    async def start(self) -> None:
        """Begin to follow; never fails for what is away."""
        if self._fetcher is not None:
            self._fetcher.start()
        self._following = asyncio.create_task(self._follow(), name="columns")

    async def stop(self) -> None:
        """End, and close every build."""
        if self._fetcher is not None:
            await self._fetcher.stop()
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self._moments.close()
        await self.engine.close()

    async def moment(self, as_of: AsOf | None) -> Moment | None:
        """The moment of a snapshot, or of now; `None` = the replica is of no use for it.

        Raises:
            AsOfExpired: `as_of` is over two minutes old.
        """
        if self.engine.newest is None:
            self._observe(Refusal.NO_BASE)
            return None
        if time.monotonic() < self._away_until:
            return None
        try:
            moment = await (self._moments.now() if as_of is None else self._moments.at(as_of))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # An operation's own transaction finds out, and reports, what is wrong.
            _log.debug("moment_not_read", error=str(error) or type(error).__name__)
            refusal: Refusal | None = Refusal.SERVER
        else:
            refusal = moment.refusal
            if refusal is None:
                return moment
        self._observe(refusal)
        self._away_until = time.monotonic() + INTERVAL
        return None

    def reading(
        self, moment: Moment, connect: "Callable[[], Awaitable[Connection]]"
    ) -> ColumnsReading:
        """What answers the queries of one operation.

        Args:
            moment: What it is as of.
            connect: The operation's connection, in a transaction that begins when it is asked for.
        """
        references = References(self.references, moment.versions, connect)
        return ColumnsReading(self.engine, moment, references)

    async def _follow(self) -> None:
        while True:
            ready = False
            try:
                await self.engine.refresh()
                ready = await self.engine.pull() is None
            except Exception:  # noqa: BLE001 -- a defect of the replica must not end it for good
                _log.exception("columns_not_followed")
            self._telemetry.columns_ready.set(ready)
            newest = self.engine.newest
            if newest is not None:
                self._telemetry.columns_generation.set(newest.built_at.timestamp())
            self._telemetry.columns_tail.set(self.engine.tail_lines)
            self._telemetry.columns_arrays.set(self.engine.arrays_bytes)
            await asyncio.sleep(INTERVAL)

    async def _connect(self, dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            **asyncpg_options(dsn),
            timeout=self._database.connect_timeout,
            command_timeout=self._database.statement_timeout,
            server_settings={"application_name": "shopx-api-columns", "timezone": "UTC"},
        )
        # Not in the start-up packet: poolers refuse it there.
        await connection.execute("set jit = off")
        return connection

    def _observe(self, refusal: Refusal | None) -> None:
        refused = self._telemetry.columns_queries.labels
        (self._served if refusal is None else refused(refusal)).inc()
