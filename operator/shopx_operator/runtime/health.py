"""The HTTP server of health checks (kubelet) and metrics (Prometheus)."""

import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from shopx_operator.runtime.informer import NamespacedName
from shopx_operator.runtime.metrics import Metrics
from shopx_operator.runtime.watch_lag import WatchLag
from shopx_operator.runtime.workqueue import WorkQueue

STUCK_SECONDS: Final = 300.0
"""How long one reconcile may take; every request in it has a timeout."""


def application(
    metrics: Metrics,
    queue: WorkQueue[NamespacedName],
    watch_lag: WatchLag,
    ready: Callable[[], bool],
) -> web.Application:
    """Serve `/healthz`, `/readyz` and `/metrics`.

    Args:
        metrics: The metrics to serve.
        queue: The work queue, which must not be stuck.
        watch_lag: How far the watches lag behind a list.
        ready: Whether the watches have started.
    """

    async def healthz(_: web.Request) -> web.Response:
        if watch_lag.is_stale(time.monotonic()):
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
