"""The maintenance page: every response is a 503."""

import json
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from shopx_api.server import maintenance
from shopx_core.maintenance_page import RETRY_SECONDS

GRAPHQL_JSON = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def ask(method: str, path: str, accept: str, body: bytes = b"") -> httpx.Response:
    transport = httpx.ASGITransport(maintenance.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        return await client.request(method, path, headers={"accept": accept}, content=body)


@pytest.mark.parametrize(
    ("method", "path", "accept", "kind"),
    [
        pytest.param("GET", "/", BROWSER, "text/html", id="the first page"),
        pytest.param("GET", "/customers/7", BROWSER, "text/html", id="a bookmark"),
        pytest.param("HEAD", "/", BROWSER, "text/html", id="a monitor"),
        pytest.param("POST", "/graphql", GRAPHQL_JSON, GRAPHQL_JSON, id="the open dashboard"),
        pytest.param("POST", "/graphql", "*/*", "application/json", id="a script"),
        pytest.param("GET", "/graphql", BROWSER, "application/json", id="a persisted query"),
        pytest.param("GET", "/api/exports/sales.csv", "*/*", "application/json", id="an export"),
        pytest.param("POST", "/api/orders", BROWSER, "application/json", id="orders"),
        pytest.param("GET", "/readyz", "", "application/json", id="a probe"),
    ],
)
async def test_every_request_gets_503_with_retry_after(
    method: str, path: str, accept: str, kind: str
) -> None:
    """In the media type that the client accepts, and never cached."""
    response = await ask(method, path, accept, b"x" * 100_000 if method == "POST" else b"")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) == RETRY_SECONDS
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"].partition(";")[0] == kind
    if method == "HEAD":
        assert response.content == b""
    elif kind == "text/html":
        assert f'http-equiv="refresh" content="{RETRY_SECONDS}"' in response.text
        assert "src=" not in response.text, "every other address answers with this page"
        assert "href=" not in response.text
    else:
        (error,) = json.loads(response.text)["errors"]
        assert error["extensions"]["code"] == "MAINTENANCE"
        assert error["extensions"]["hint"]


async def test_a_websocket_is_refused_before_it_opens() -> None:
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        sent.append(message)

    await maintenance.app({"type": "websocket", "path": "/graphql"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1013}]


def test_the_process_serves_a_port_and_ends_on_sigterm(unused_port: int) -> None:
    """As the container runs it, without any setting."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shopx_api.server.maintenance", str(unused_port), "5"], env={}
    )
    try:
        until = time.monotonic() + 30
        while True:
            try:
                response = httpx.get(
                    f"http://127.0.0.1:{unused_port}/", headers={"accept": BROWSER}
                )
                break
            except httpx.ConnectError:
                assert time.monotonic() < until, "it does not serve"
                assert process.poll() is None, "it ended"
                time.sleep(0.05)
        assert response.status_code == 503
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def unused_port() -> int:
    """A port without a listener."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def test_it_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["8000"], ["8000", "soon"]):
        assert maintenance.main(words) == 2
        assert "Give the port" in capsys.readouterr().err
