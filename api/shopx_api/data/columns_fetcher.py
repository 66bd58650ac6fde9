"""Keeps one API process's folder of bases up to date from the builder's."""

import asyncio
import threading
from pathlib import Path
from typing import Final

from shopx_api.telemetry import Telemetry
from shopx_core import logging
from shopx_core.settings import ColumnsSettings
from shopx_store.columns.distribution.fetcher import (
    ENDED_WELL,
    Fetcher,
    Source,
    Store,
    pause_after,
)

INTERVAL: Final = 5.0
"""Seconds between two looks at the builder's list."""

_log = logging.get(__name__)


class ColumnsFetcher:
    """Fetches beside the requests, until it is stopped.

    Args:
        source: The builder.
        store: The process's own folder.
        telemetry: Where attempts and bytes are counted.
    """

    def __init__(self, source: Source, store: Store, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._stopped = threading.Event()
        self._fetcher = Fetcher(
            source, store, stopped=self._stopped, on_bytes=telemetry.columns_fetched.inc
        )
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; never fails for what is away."""
        self._running = asyncio.create_task(self._run(), name="columns fetcher")

    async def stop(self) -> None:
        """End; a transfer that runs is given up, and resumed by the next process."""
        self._stopped.set()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                result = await asyncio.to_thread(self._fetcher.fetch)
            except Exception:  # noqa: BLE001 -- a defect of the replica must not end it for good
                _log.exception("generation_fetch_failed")
                failures += 1
            else:
                self._telemetry.columns_fetches.labels(result.value).inc()
                failures = 0 if result in ENDED_WELL else failures + 1
            await asyncio.sleep(pause_after(failures, INTERVAL))


def columns_fetcher(
    settings: ColumnsSettings, folder: Path, telemetry: Telemetry
) -> ColumnsFetcher | None:
    """The fetcher of a process; `None` where the builder writes into its folder."""
    if settings.source is None or settings.token is None:
        return None
    room = None if settings.room is None else settings.room * 1024**2
    source = Source(settings.source, settings.token.get_secret_value())
    return ColumnsFetcher(source, Store(folder, room), telemetry)
