"""Periodic reconciles of everything, in addition to the watches."""

import asyncio
import time
from typing import Final

import aiohttp

from shopx_core import logging
from shopx_operator.manifests.context import Object
from shopx_operator.manifests.kinds import DASHBOARD
from shopx_operator.runtime.client import ApiClient, ApiError
from shopx_operator.runtime.informer import Informer, NamespacedName, namespaced_name
from shopx_operator.runtime.reflector import reflect
from shopx_operator.runtime.watch_lag import WatchLag
from shopx_operator.runtime.workqueue import WorkQueue

_RELIST_EVERY: Final = 15
"""Rounds from one list of everything to the next."""

_log = logging.get(__name__)


class Resync:
    """Enqueues all dashboards periodically, and checks the watches against a list.

    Args:
        kubernetes: The API server.
        namespaces: The served namespaces; empty = all.
        informer: The watched objects.
        queue: Where dashboards are enqueued.
        seconds: The period.
    """

    def __init__(
        self,
        kubernetes: ApiClient,
        namespaces: tuple[str, ...],
        informer: Informer,
        queue: WorkQueue[NamespacedName],
        seconds: float,
    ) -> None:
        self._kubernetes = kubernetes
        self._namespaces: tuple[str | None, ...] = namespaces or (None,)
        self._informer = informer
        self._queue = queue
        self._seconds = seconds
        self.watch_lag = WatchLag()

    async def begin(self) -> None:
        """List everything that exists, before anything is decided."""
        await reflect(self._kubernetes, self._informer, self._namespaces)

    async def run(self) -> None:
        """Run until cancelled."""
        rounds = 0
        while True:
            await asyncio.sleep(self._seconds)
            rounds += 1
            for owner in self._informer.dashboards():
                self._queue.add(owner)
            try:
                await self._compare()
                if rounds % _RELIST_EVERY == 0:
                    for owner in await reflect(self._kubernetes, self._informer, self._namespaces):
                        self._queue.add(owner)
            except (ApiError, OSError, TimeoutError, aiohttp.ClientError) as error:
                _log.warning("resync_failed", reason=str(error))

    async def _compare(self) -> None:
        listed = {
            namespaced_name(body): _mark(body)
            for namespace in self._namespaces
            for body in await self._kubernetes.all_of(DASHBOARD, namespace)
        }
        watched = {
            owner: _mark(body)
            for owner in self._informer.dashboards()
            if (body := self._informer.dashboard(owner)) is not None
        }
        self.watch_lag.compare(listed, watched, time.monotonic())


def _mark(body: Object) -> str:
    """What a watch must deliver: another spec, another object, a deletion."""
    metadata = body["metadata"]
    return f"{metadata['uid']}/{metadata.get('generation')}/{metadata.get('deletionTimestamp')}"
