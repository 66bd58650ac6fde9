"""The response cache in front of a small application that reads the real database."""

import asyncio
import contextlib
import datetime as dt
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson

from shopx_api.asgi import CALLER
from shopx_api.compute.call import LocalCompute
from shopx_api.data.as_of import AsOfTokens, as_of_members
from shopx_api.data.request_state import RequestState
from shopx_api.graphql.endpoint import HttpResponse
from shopx_api.graphql.request import HttpRequest
from shopx_api.response_cache.cache import ResponseCache
from shopx_api.response_cache.middleware import ResponseCacheMiddleware
from shopx_api.telemetry import HttpTelemetry
from shopx_api.types.scalars import instant_text
from shopx_core.caching.cache_epoch import CacheEpoch
from shopx_core.caching.dependencies import bind_dependencies
from shopx_core.caching.keys import Audience
from shopx_core.caching.table_dependencies import TABLES
from shopx_core.domain.metrics import Measure
from shopx_core.settings import Settings
from shopx_store.query import AsOf, SalesQuery, SalesScope
from shopx_store.query.session import reading
from shopx_store.sql import raw

TOKENS = AsOfTokens("test")
QUERY = "query Revenue($from: String!, $to: String!) { revenue(from: $from, to: $to) }"
MUTATION = "mutation Count { count }"

Step = Callable[[], Awaitable[None]]


@dataclass
class Application:
    """Answers with the gross sales between two instants, as of when the exchange says.

    What it does besides is for the test to choose.
    """

    pool: asyncpg.Pool
    calls: int = 0
    """Requests that reached it."""
    before: Step | None = None
    """Awaited at each request."""
    status: int = 200
    cacheable: bool = True
    fails: bool = False
    """It reports itself at fault."""
    sql: str | None = None
    """A statement to run as well; its first value is in the answer."""
    pad: int = 0
    """Bytes that make the answer longer."""

    async def respond(self, request: HttpRequest, request_state: RequestState) -> HttpResponse:
        """Answer one request."""
        self.calls += 1
        asked = orjson.loads(request.body or b"{}")
        if self.before is not None:
            await self.before()
        request_state.operation = asked.get("operationName") or ""
        bind_dependencies(request_state.dependencies)
        answer: dict[str, Any] = {"data": {"calls": self.calls, "pad": "x" * self.pad}}
        if str(asked.get("query", "")).startswith("query"):
            request_state.cacheable = self.cacheable
            request_state.failed = self.fails
            answer = await self._read(request_state, asked.get("variables") or {}, answer)
        body = orjson.dumps(answer)
        if extensions := answer.get("extensions"):
            members = as_of_members(extensions["asOf"], extensions["snapshot"])
            at = body.rindex(members)
            request_state.as_of_span = (at, at + len(members))
        request_state.etag = f'W/"{hash(str(answer["data"]))}"'
        return HttpResponse(self.status, body, ((b"content-type", b"application/json"),))

    async def _read(
        self, request_state: RequestState, variables: dict[str, str], answer: dict[str, Any]
    ) -> dict[str, Any]:
        state = request_state.epoch
        as_of = None if state is None else AsOf(state.snapshot, state.at)
        async with reading(self.pool, as_of) as reader:
            query = SalesQuery(
                scope=SalesScope.EVERYTHING,
                measures=frozenset({Measure.GROSS}),
                start=dt.datetime.fromisoformat(variables["from"]),
                end=dt.datetime.fromisoformat(variables["to"]),
                zone="UTC",
            )
            (row,) = (await reader.aggregate(query)).rows
            answer["data"]["revenue"] = str(row["gross"])
            if self.sql is not None:
                tags = {TABLES.get(word) for word in re.findall(r"\w+", self.sql)} - {None}
                query_sql = raw(self.sql).reading(*filter(None, tags)) if tags else raw(self.sql)
                answer["data"]["extra"] = str((await reader.fetch(query_sql))[0][0])
            answer["extensions"] = {
                "asOf": instant_text(reader.as_of.at),
                "snapshot": TOKENS.encode(reader.as_of),
                "tier": "ROLLUP",
            }
        return answer


@dataclass
class CachedApp:
    """One process of the product, as far as a test needs it."""

    cache: ResponseCache
    app: Application
    front: ResponseCacheMiddleware
    client: httpx.AsyncClient
    telemetry: HttpTelemetry

    async def ask(
        self, start: str, end: str, *, query: str = QUERY, **headers: str
    ) -> httpx.Response:
        """Ask for the gross sales between two UTC days."""
        return await self.client.post(
            "/graphql",
            json={
                "query": query,
                "operationName": "Revenue" if query == QUERY else None,
                "variables": {"from": f"{start}T00:00:00+00:00", "to": f"{end}T00:00:00+00:00"},
            },
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def advanced(self) -> None:
        """Wait for a state of the clock that is newer than this call."""
        clock = self.cache.clock
        called = dt.datetime.now(dt.UTC)
        arrived = asyncio.Event()

        def listen(state: CacheEpoch) -> None:
            # On a busy machine an observation may have begun before.
            if state.at >= called:
                arrived.set()

        clock.listeners.append(listen)
        await arrived.wait()
        clock.listeners.remove(listen)


async def until(check: Callable[[], Awaitable[bool]], seconds: float = 120.0) -> None:
    """Ask again and again until the answer is yes; fail when that takes too long."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 -- the condition is another process's
            await asyncio.sleep(0.005)


def settings(dsn: str, redis_url: str | None, *, patience: float = 0.5, **groups: Any) -> Settings:
    """Settings of a process with the shortest live interval.

    Args:
        dsn: The database.
        redis_url: `None` = without.
        patience: Seconds after which Redis counts as away: by default more than a busy machine
            takes, so that only a test that takes Redis away sees it away.
        groups: Other settings.
    """
    cache = {"live_interval": 1.0, "warm": 0} | groups.pop("cache", {})
    return Settings(
        database={"dsn": dsn}, redis={"url": redis_url, "timeout": patience}, cache=cache, **groups
    )


async def no_pages(*_: Any) -> None:
    """These tests ask GraphQL alone."""


class Everybody:
    """Callers who all see the same, and may send anything; the header `x-caller` names them."""

    def __init__(self, audience_of: Callable[[Any], Audience | None] | None = None) -> None:
        self._audience_of = audience_of or (lambda _: Audience(permissions="read"))

    def known(self, scope: Any) -> Audience | None:
        """See `Callers.known`."""
        scope[CALLER] = dict(scope["headers"]).get(b"x-caller", b"").decode()
        return self._audience_of(scope)

    async def audience(self, scope: Any) -> Audience | None:
        """See `Callers.audience`."""
        return self.known(scope)

    async def objection(self, _scope: Any) -> None:
        """See `Callers.objection`."""


@contextlib.asynccontextmanager
async def cached_app(
    made: Settings,
    pool: asyncpg.Pool,
    audience_of: Callable[[Any], Audience | None] | None = None,
) -> AsyncIterator[CachedApp]:
    """Start the response cache of a process, wait for its first epoch, and stop it."""
    telemetry = HttpTelemetry()
    cache = ResponseCache(made, telemetry)
    app = Application(pool)
    front = cache.front(no_pages, LocalCompute(app.respond), Everybody(audience_of), TOKENS)
    await cache.start()

    async def has_epoch() -> bool:
        return cache.clock.current() is not None

    transport = httpx.ASGITransport(app=front)
    async with httpx.AsyncClient(transport=transport, base_url="http://shopx") as client:
        try:
            # On a busy machine the first look at the database may time out: without a snapshot
            # everybody would read exactly now, and share nothing.
            await until(has_epoch, 30)
            yield CachedApp(cache, app, front, client, telemetry)
        finally:
            await cache.stop()
