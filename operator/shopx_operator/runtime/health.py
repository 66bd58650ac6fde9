"""The operator's health, for the kubelet, and its metrics, for Prometheus."""

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from shopx_operator.runtime.informer import NamespacedName
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.workqueue import WorkQueue

FROZEN_SECONDS: Final = 90.0
"""How long the watches may lag behind a list."""
STUCK_SECONDS: Final = 300.0
"""How long one reconcile may take; every request in it has a timeout."""


class Freshness:
    """Whether the watches are up to date: pure, the clock is an argument.

    A watch can be dead while its connection is open, and nothing fails. So a list of the dashboards
    is compared with what the watches delivered.
    """

    def __init__(self) -> None:
        self._missing: dict[NamespacedName, tuple[str, float]] = {}

    def compare(
        self, listed: dict[NamespacedName, str], watched: dict[NamespacedName, str], now: float
    ) -> None:
        """Note what the watches have not delivered.

        Args:
            listed: A mark of each dashboard's version, from a list.
            watched: The same, from the watches.
            now: Monotonic seconds.
        """
        missing = {owner: mark for owner, mark in listed.items() if watched.get(owner) != mark}
        missing |= dict.fromkeys(watched.keys() - listed.keys(), "gone")
        self._missing = {
            owner: self._missing[owner]
            if owner in self._missing and self._missing[owner][0] == mark
            else (mark, now)
            for owner, mark in missing.items()
        }

    def frozen(self, now: float) -> bool:
        """Whether something has been missing for too long."""
        return any(now - since > FROZEN_SECONDS for _, since in self._missing.values())


def application(
    metrics: Metrics,
    queue: WorkQueue[NamespacedName],
    freshness: Freshness,
    ready: Callable[[], bool],
) -> web.Application:
    """Serve `/healthz`, `/readyz` and `/metrics`.

    Args:
        metrics: The metrics to serve.
        queue: The work queue, which must not be stuck.
        freshness: Whether the watches are up to date.
        ready: Whether the watches have started.
    """

    async def healthz(_: web.Request) -> web.Response:
        if freshness.frozen(time.monotonic()):
            return web.Response(status=500, text="the watches lag behind\n")
        if queue.longest_seconds() > STUCK_SECONDS:
            return web.Response(status=500, text="a reconcile is stuck\n")
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        if ready():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="the watches have not started\n")

    async def show(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    made = web.Application()
    made.router.add_get("/healthz", healthz)
    made.router.add_get("/readyz", readyz)
    made.router.add_get("/metrics", show)
    return made
