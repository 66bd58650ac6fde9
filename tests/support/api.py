"""The API inside a test: no socket, the real application over a real database."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from shopx_api.asgi import App
from shopx_core.domain.api_tokens import Scope, digest, new_secret
from shopx_core.settings import Settings


def settings_for(dsn: str, **groups: Any) -> Settings:
    """Settings of a test's API: reads are open unless `auth` says otherwise."""
    given: dict[str, Any] = {
        "database": {"dsn": dsn, "pool_size": 4},
        "auth": {"mode": "development"},
        "log": {"level": "ERROR"},
    }
    return Settings(**(given | groups))


@contextlib.asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """Start and stop an ASGI application as a server does."""
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def run() -> None:
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, inbox.get, outbox.put)

    task = asyncio.create_task(run())
    for phase in ("startup", "shutdown"):
        await inbox.put({"type": f"lifespan.{phase}"})
        done = await outbox.get()
        assert done["type"] == f"lifespan.{phase}.complete", done
        if phase == "startup":
            try:
                yield
            except BaseException:
                task.cancel()
                raise
    await task


@dataclass(slots=True)
class Api:
    """A client of an application."""

    http: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def post(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send an operation; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={**self.headers, **named},
        )

    async def data(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        """The data of an operation that must succeed."""
        body = (await self.post(query, variables, **headers)).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def error(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> dict[str, Any]:
        """The only error of an operation that must fail; its code is in `extensions`."""
        body = (await self.post(query, variables, **headers)).json()
        assert len(body["errors"]) == 1, body
        entry: dict[str, Any] = body["errors"][0]
        return entry

    async def persisted(
        self, text: str, *, with_text: bool = False, **headers: str
    ) -> httpx.Response:
        """Send the document's hash in a GET."""
        key = hashlib.sha256(text.encode()).hexdigest()
        extension = f'{{"persistedQuery":{{"version":1,"sha256Hash":"{key}"}}}}'
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get(
            "/graphql",
            params={"extensions": extension} | ({"query": text} if with_text else {}),
            headers={**self.headers, **named},
        )


@contextlib.asynccontextmanager
async def serving(app: App, *, client: str = "127.0.0.1") -> AsyncIterator[Api]:
    """Run an application and connect to it from the address `client`."""
    transport = httpx.ASGITransport(app, client=(client, 40_000))
    async with (
        lifespan(app),
        httpx.AsyncClient(transport=transport, base_url="http://shopx") as http,
    ):
        yield Api(http)


async def make_token(pool: asyncpg.Pool, *scopes: Scope, **columns: Any) -> str:
    """Store a token and return its secret."""
    secret = new_secret()
    await pool.execute(
        "insert into tokens (name, digest, scopes, sources, expires_at, revoked_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        columns.get("name", "test"),
        digest(secret),
        [scope.value for scope in scopes],
        columns.get("sources"),
        columns.get("expires_at"),
        columns.get("revoked_at"),
    )
    return secret
