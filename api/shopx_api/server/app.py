"""Assembles one API process.

access log → response cache → FastAPI → GraphQL, health, metrics, pages
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from shopx_api.asgi import App
from shopx_api.auth.authenticator import Authenticator
from shopx_api.auth.tokens import TokenStore
from shopx_api.data.as_of import AsOfTokens
from shopx_api.data.context import Services
from shopx_api.graphql.endpoint import GraphQLEndpoint
from shopx_api.graphql.errors import expected
from shopx_api.graphql.persisted import PersistedQueries
from shopx_api.graphql.schema import schema
from shopx_api.response_cache.cache import ResponseCache
from shopx_api.server.access_log import AccessLog
from shopx_api.server.health import Readiness
from shopx_api.server.pools import read_pool, write_pool
from shopx_api.server.static_pages import StaticPages
from shopx_api.telemetry import Telemetry
from shopx_core.caching.keys import Audience
from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import Settings

if TYPE_CHECKING:
    from shopx_api.data.columns import ColumnsReplica


def create_app(settings: Settings) -> App:
    """The ASGI application of one process; connects when its lifespan starts."""
    process = Process(settings)
    fronted = process.response_cache.front(process.app, process.audience_of, process.as_of_tokens)
    return outermost(fronted, settings)


def create_inner_app(settings: Settings) -> App:
    """The application without response cache: every response is computed."""
    return outermost(Process(settings).app, settings)


def outermost(app: App, settings: Settings) -> App:
    """Add the layers that every response passes, cached or not."""
    if settings.api.allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=list(settings.api.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Cache-Control", "X-ShopX-As-Of"],
            expose_headers=["ETag", "X-Cache", "X-Request-ID", "X-ShopX-As-Of"],
            max_age=3600,
        )
    return AccessLog(
        app,
        json=settings.log.json_lines,
        enabled=settings.log.level in {"DEBUG", "INFO"},
    )


class Process:
    """The components of one API process.

    Args:
        settings: The process's settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.telemetry = Telemetry()
        self.response_cache = ResponseCache(settings, self.telemetry)
        self.as_of_tokens = AsOfTokens(settings.database.write_dsn)
        self.pages = StaticPages()
        self._audiences: dict[str, Audience] = {}
        self.reads = read_pool(settings)
        self.writes = write_pool(settings)
        self.tokens = TokenStore(self.writes)
        self.authenticator = Authenticator(settings.auth, self.tokens)
        self.telemetry.watch_pool(self._connections)
        self.columns = self._replica()
        self.app = self._routes()

    async def audience_of(self, scope: Mapping[str, Any]) -> Audience | None:
        """The callers who may share a response; `None` = the application must decide."""
        try:
            principal = await self.authenticator.principal(scope)
        except Exception as error:
            if expected(error) is None:
                raise
            return None  # the application reports why
        if Scope.READ not in principal.scopes:
            return None
        return self._audience(principal.audience)

    def _audience(self, scope: str) -> Audience:
        known = self._audiences.get(scope)
        if known is None:
            reporting = self.settings.reporting
            known = self._audiences[scope] = Audience(
                permissions=scope, zone=reporting.timezone, currency=reporting.currency
            )
        return known

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Connect, run, disconnect. The database may be unreachable at the start."""
        async with self.reads, self.writes:
            await self.response_cache.start()
            if self.columns is not None:
                await self.columns.start()
            try:
                yield
            finally:
                await self.response_cache.stop()
                if self.columns is not None:
                    await self.columns.stop()

    def _replica(self) -> "ColumnsReplica | None":
        folder = self.settings.columns.folder
        if folder is None:
            return None
        # DuckDB takes memory and time to load, which a process without a replica saves.
        from shopx_api.data.columns import ColumnsReplica  # noqa: PLC0415 -- see above

        return ColumnsReplica(self.settings, Path(folder), self.telemetry)

    def _connections(self) -> dict[str, float]:
        idle = self.reads.get_idle_size()
        return {"idle": idle, "used": self.reads.get_size() - idle}

    def _routes(self) -> FastAPI:
        app = FastAPI(
            lifespan=self.lifespan, openapi_url=None, docs_url=None, redoc_url=None, title="ShopX"
        )
        services = Services(
            settings=self.settings,
            pool=self.reads,
            read_limiter=self.response_cache.connections,
            writes=self.writes,
            tokens=self.tokens,
            columns=self.columns,
        )
        view = GraphQLEndpoint(
            schema._schema,  # noqa: SLF001 -- Strawberry has no public access to graphql-core's schema
            services,
            authenticator=self.authenticator,
            persisted=PersistedQueries(self.response_cache.texts),
            as_of_tokens=self.as_of_tokens,
            telemetry=self.telemetry,
            explorer=self.pages.read("/graphiql.html"),
        )
        app.router.routes.append(Route("/graphql", view))
        readiness = Readiness(self.reads)

        @app.get("/healthz")
        async def healthz() -> Response:
            return Response("ok\n", media_type="text/plain")

        @app.get("/readyz")
        async def readyz() -> Response:
            reason = await readiness.reason()
            if reason is None:
                return JSONResponse({"ready": True})
            return JSONResponse({"ready": False, "reason": reason}, status_code=503)

        @app.get("/metrics")
        async def metrics(by: Literal["operation", "cache"] = "operation") -> Response:
            body, media = self.telemetry.exposition(summed=by == "cache")
            return Response(body, headers={"content-type": media})

        app.router.default = self.pages
        return app
