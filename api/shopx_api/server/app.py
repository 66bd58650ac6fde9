"""Assembles the front of one API unit.

access log → response cache → compute process (GraphQL), or FastAPI (health, metrics, pages)
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from shopx_api.asgi import App, Receive, Scope, Send
from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.hosts import guarded_hosts
from shopx_api.auth.tokens import TokenStore
from shopx_api.compute.call import Compute
from shopx_api.compute.traced import TracedCompute
from shopx_api.data.as_of import AsOfTokens
from shopx_api.response_cache.cache import ResponseCache
from shopx_api.server.access_log import AccessLog
from shopx_api.server.base_path import BasePath
from shopx_api.server.callers import FrontCallers
from shopx_api.server.compute_process import ComputeProcess
from shopx_api.server.compute_unit import ComputeUnit
from shopx_api.server.exports import PATH as EXPORTS
from shopx_api.server.exports import Exports
from shopx_api.server.forwarded import Forwarded
from shopx_api.server.health import Readiness
from shopx_api.server.host_guard import HostGuard
from shopx_api.server.intake import Intake
from shopx_api.server.pools import token_connection, upload_connection
from shopx_api.server.static_pages import StaticPages
from shopx_api.server.uploads import ONE as UPLOAD
from shopx_api.server.uploads import PATH as UPLOADS
from shopx_api.server.uploads import Uploads
from shopx_api.server.webhooks import PATH as WEBHOOK
from shopx_api.server.webhooks import Webhooks
from shopx_api.telemetry import HttpTelemetry
from shopx_core import tracing
from shopx_core.settings import Settings

_STARTING_SECONDS = 10.0


class ComputeSide(Compute, Protocol):
    """What computes responses, as far as the front knows it."""

    @property
    def ready(self) -> bool:
        """Whether it can be called."""
        ...

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run it."""
        ...

    def processes(self) -> Iterable[int]:
        """The ids of the unit's processes, this one first."""
        ...

    def metrics(self) -> bytes:
        """The text of its metrics."""
        ...

    def on_revoked(self, forget: Callable[[], None]) -> None:
        """Call a function when a token was revoked there."""
        ...

    def limit_pool(self, connections: int) -> None:
        """Set how many database connections it may use."""
        ...


def create_front(settings: Settings, intake: Intake) -> App:
    """The ASGI application of a unit: its lifespan connects, and starts the compute process.

    Args:
        settings: The unit's settings.
        intake: What the server takes from its connections, for the metrics.
    """
    return outermost(Front(settings, ComputeProcess(), intake).cached, settings)


def create_app(settings: Settings) -> App:
    """The same in one process, for tests."""
    return outermost(Front(settings, ComputeUnit(settings)).cached, settings)


def create_inner_app(settings: Settings) -> App:
    """The same in one process and without response cache, for tests."""
    unit = ComputeUnit(settings)
    pages = Front(settings, unit).pages

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] == "http" and scope["path"] == "/graphql"
        await (unit.endpoint if is_graphql else pages)(scope, receive, send)

    return outermost(app, settings)


def outermost(app: App, settings: Settings) -> App:
    """Add the layers that every response passes, cached or not.

    Each also has a part in direct answers, but that of CORS: its headers are added only to what
    passes it as an ASGI application.
    """
    if settings.api.base_path:
        app = BasePath(app, settings.api.base_path)
    if settings.api.allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=list(settings.api.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Cache-Control",
                "X-ShopX-As-Of",
                "traceparent",
            ],
            expose_headers=["ETag", "X-Cache", "X-Request-ID", "X-ShopX-As-Of"],
            max_age=3600,
        )
    named = guarded_hosts(settings)
    if named is not None:
        app = HostGuard(app, named)
    if settings.auth.trusted_proxies:
        app = Forwarded(app, settings.auth)
    return AccessLog(
        app,
        json=settings.log.json_lines,
        enabled=settings.log.level in {"DEBUG", "INFO"},
    )


class Front:
    """The components of the front.

    Args:
        settings: The unit's settings.
        compute: What computes responses.
        intake: What the server takes from its connections; `None` = another server.
    """

    def __init__(
        self, settings: Settings, compute: ComputeSide, intake: Intake | None = None
    ) -> None:
        self._settings = settings
        self._compute = compute
        self._telemetry = HttpTelemetry(compute.metrics, compute.processes)
        if intake is not None:
            self._telemetry.watch_intake(lambda: (intake.held + intake.unread, intake.refused))
        self._cache = ResponseCache(settings, self._telemetry)
        answering = TracedCompute(compute) if tracing.enabled() else compute
        self._cache.tuning.listeners.append(lambda tuning: compute.limit_pool(tuning.pool))
        self._database = token_connection(settings)
        tokens = TokenStore(self._database, outage=settings.cache.freshness_limit)
        compute.on_revoked(tokens.forget)
        authenticator = Authenticator(settings.auth, tokens)
        callers = FrontCallers(settings, authenticator)
        self._parts = upload_connection(settings)
        self._uploads = Uploads(settings, authenticator, self._parts)
        self._webhooks = Webhooks(settings, self._parts)
        self._was_ready = False
        self.pages = self._routes()
        """Health, metrics and pages."""
        self.cached = self._cache.front(
            self.pages, answering, callers, AsOfTokens(settings.database.write_dsn)
        )
        """These, and GraphQL behind the response cache."""

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Connect, run, disconnect. The database may be unreachable at the start."""
        async with self._compute.running():
            await self._cache.start()
            await self._compute_ready()
            try:
                yield
            finally:
                await self._cache.stop()
                self._database.close()
                self._parts.close()

    async def _compute_ready(self) -> None:
        """Wait until responses can be computed, or for a few seconds.

        Units that share a socket accept connections once they have started: one that cannot
        compute yet would refuse what another one could answer.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTING_SECONDS):
                while not self._compute.ready:  # noqa: ASYNC110 -- at the start only
                    await asyncio.sleep(0.02)

    def _routes(self) -> FastAPI:
        app = FastAPI(
            lifespan=self._lifespan,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            title="ShopX",
            # It would redirect to whatever host the request names.
            redirect_slashes=False,
        )
        readiness = Readiness(self._database)

        @app.get("/healthz")
        async def healthz() -> Response:
            return Response("ok\n", media_type="text/plain")

        @app.get("/readyz")
        async def readyz() -> Response:
            reason = await readiness.reason()
            # Only at the start: later, cached responses are served while it restarts.
            if reason is None and not (self._was_ready or self._compute.ready):
                reason = "the process that computes responses is starting"
            if reason is None:
                self._was_ready = True
                return JSONResponse({"ready": True})
            return JSONResponse({"ready": False, "reason": reason}, status_code=503)

        @app.get("/metrics")
        async def metrics(by: Literal["operation", "cache"] = "operation") -> Response:
            if self._settings.metrics.port is not None:
                return Response("Metrics have a port of their own.\n", 404, media_type="text/plain")
            body, media = self._telemetry.exposition(summed=by == "cache")
            return Response(body, headers={"content-type": media})

        exports = Exports(self._compute, self._settings.answer_seconds)
        app.router.routes.append(Route(EXPORTS, exports))
        app.router.routes += [Route(path, self._uploads) for path in (UPLOADS, UPLOAD)]
        app.router.routes.append(Route(WEBHOOK, self._webhooks))
        app.router.default = StaticPages(
            self._settings.api.base_path, language=self._settings.reporting.language
        )
        return app
