"""Below a path of a host, and behind proxies."""

import asyncio
import json
from io import StringIO
from typing import Any

import httpx
import pytest

from shopx_api.asgi import Receive, Scope, Send
from shopx_api.server.access_log import AccessLog
from shopx_api.server.base_path import BasePath
from shopx_api.server.forwarded import Forwarded
from shopx_core.settings import AuthSettings


async def echo(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the path."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def client(app: Any, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://t")


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("/analytics/graphql", "/graphql"),
        ("/analytics/", "/"),
        ("/analytics/analytics/x", "/analytics/x"),
        # Probes, scrapes, and routes that strip the path.
        ("/readyz", "/readyz"),
        ("/analyticsx", "/analyticsx"),
    ],
)
async def test_the_path_is_removed_once(asked: str, served: str) -> None:
    async with client(BasePath(echo, "/analytics")) as http:
        assert (await http.get(asked)).text == served


async def test_the_path_itself_is_redirected_to_its_slash() -> None:
    async with client(BasePath(echo, "/analytics")) as http:
        answer = await http.get("/analytics?range=7d")
    assert (answer.status_code, answer.headers["location"]) == (308, "/analytics/?range=7d")


@pytest.mark.parametrize(
    ("peer", "forwarded", "logged"),
    [
        ("10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "6.6.6.6, 203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("10.0.0.7", "no-address", "10.0.0.7"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("::ffff:10.0.0.7", "203.0.113.9", "203.0.113.9"),
        # Not a trusted proxy: what it says is a claim.
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    ],
)
async def test_the_log_names_the_client_and_not_the_proxy(
    peer: str, forwarded: str, logged: str
) -> None:
    stream = StringIO()
    settings = AuthSettings(mode="proxy", trusted_proxies=("10.0.0.0/8",))
    app = AccessLog(Forwarded(echo, settings), stream=stream)
    async with client(app, peer) as http:
        await http.get("/", headers={"X-Forwarded-For": forwarded})
    await asyncio.sleep(0)
    assert json.loads(stream.getvalue())["client"] == logged
