"""Whether the operator does its work: health for the kubelet, metrics for Prometheus."""

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from shopx_operator.runtime.informer import Owner
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.workqueue import WorkQueue

FROZEN_SECONDS: Final = 90.0
"""How long the watches may owe what the API server shows when it is asked."""
STUCK_SECONDS: Final = 300.0
"""How long one look may take; every request in it has a timeout."""


class Freshness:
    """Whether the watches still tell what happens: pure, the clock is handed in.

    A watch can be dead while its connection lives, and everything looks fine. So what the API
    server shows when it is asked is compared with what the watches told.
    """

    def __init__(self) -> None:
        self._owed: dict[Owner, tuple[str, float]] = {}

    def compare(self, listed: dict[Owner, str], told: dict[Owner, str], now: float) -> None:
        """Note what the watches owe.

        Args:
            listed: Generations of the dashboards, as asked.
            told: The same, as told by the watches.
            now: Monotonic seconds.
        """
        owed = {owner: mark for owner, mark in listed.items() if told.get(owner) != mark}
        owed |= dict.fromkeys(told.keys() - listed.keys(), "gone")
        self._owed = {
            owner: self._owed[owner]
            if owner in self._owed and self._owed[owner][0] == mark
            else (mark, now)
            for owner, mark in owed.items()
        }

    def frozen(self, now: float) -> bool:
        """Whether something has been owed for too long."""
        return any(now - since > FROZEN_SECONDS for _, since in self._owed.values())


def application(
    metrics: Metrics, queue: WorkQueue[Owner], freshness: Freshness, ready: Callable[[], bool]
) -> web.Application:
    """Serve `/healthz`, `/readyz` and `/metrics`.

    Args:
        metrics: What is shown.
        queue: Whose work must not be stuck.
        freshness: Whether the watches are frozen.
        ready: Whether the watches have begun.
    """

    async def healthz(_: web.Request) -> web.Response:
        if freshness.frozen(time.monotonic()):
            return web.Response(status=500, text="the watches are frozen\n")
        if queue.longest_seconds() > STUCK_SECONDS:
            return web.Response(status=500, text="a look at a dashboard is stuck\n")
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        if ready():
            return web.Response(text="ok\n")
        return web.Response(status=503, text="the watches have not begun\n")

    async def show(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    made = web.Application()
    made.router.add_get("/healthz", healthz)
    made.router.add_get("/readyz", readyz)
    made.router.add_get("/metrics", show)
    return made
