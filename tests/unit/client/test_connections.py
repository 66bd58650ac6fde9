"""Certificates, silence, and files that break off, for both clients."""

import inspect
import json
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from shopx_client import (
    AsyncClient,
    Client,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    ListFile,
    PageFile,
    TryLater,
    enums,
    inputs,
    queries,
)
from tests.support.tls import Certificates

VIEWER = {"name": "a", "isAnonymous": True, "scopes": ["READ"], "authMode": "TOKEN"}
PRODUCTS = ListFile(by=enums.Dimension.PRODUCT, sort=enums.SortValue.CHANGE)


class Answers(BaseHTTPRequestHandler):
    """Says who is asking."""

    def do_POST(self) -> None:
        """Answer any operation."""
        body = json.dumps({"data": {"viewer": VIEWER}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def secure(made: Certificates) -> Iterator[int]:
    """A server with TLS for `localhost`; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.path("server.crt"), made.path("server.key"))
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the given authorities alone, and for the name that was asked for."""
    made = Certificates.make(tmp_path)
    with secure(made) as port:
        url = f"https://localhost:{port}"
        with Client(url, "shx_1", ca=made.path("ca.crt")) as client:
            assert client.read(queries.viewer()).data.name == "a"
        monkeypatch.setenv("SHOPX_CA_FILE", str(made.path("ca.crt")))
        with Client(url, "shx_1") as client:
            assert client.read(queries.viewer()).data.name == "a"
        monkeypatch.delenv("SHOPX_CA_FILE")
        strangers: list[tuple[str, Path | None]] = [
            (url, None),
            (url, made.path("other.crt")),
            (f"https://127.0.0.1:{port}", made.path("ca.crt")),
        ]
        for address, ca in strangers:
            with (
                Client(address, "shx_1", ca=ca, patience=0) as client,
                pytest.raises(ConnectionFailed, match=r"(?i)certificate"),
            ):
                client.read(queries.viewer())


def test_silence_ends() -> None:
    """A server that takes the request and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with (
            Client(url, timeout=0.2, patience=0) as client,
            pytest.raises(ConnectionFailed, match="ReadTimeout"),
        ):
            client.read(queries.viewer())


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Half a file."""

    def __iter__(self) -> Iterator[bytes]:
        """Break off."""
        yield b"half"
        raise httpx.RemoteProtocolError("peer closed connection")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Break off."""
        yield b"half"
        raise httpx.RemoteProtocolError("peer closed connection")


class Files:
    """Breaks off at first, then gives the whole.

    Args:
        breaks: How many times.
    """

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.asked.append((request.url.path, json.loads(request.content)))
        if len(self.asked) <= self.breaks:
            return httpx.Response(200, stream=Broken())
        return httpx.Response(200, content=b"whole")


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """It is asked for again; what was there before stays until then."""
    into = tmp_path / "products.parquet"
    into.write_text("before")
    files = Files(2)
    with (
        Client("https://shop", transport=httpx.MockTransport(files), patience=0) as client,
        pytest.raises(ConnectionFailed, match="peer closed"),
    ):
        client.save(PRODUCTS, into)
    assert into.read_text() == "before"
    assert list(tmp_path.iterdir()) == [into]
    transport = httpx.MockTransport(files)
    with Client("https://shop/sales", transport=transport, patience=60) as client:
        assert client.save(PRODUCTS, into) == into
    assert into.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [into]
    assert files.asked[-1] == (
        "/sales/exports/sales.parquet",
        {"by": "PRODUCT", "sort": "CHANGE"},
    )


async def test_the_asynchronous_client_saves_alike(tmp_path: Path) -> None:
    files = Files(1)
    page = PageFile(page="overview", panels=["Revenue"], zone="UTC")
    transport = httpx.MockTransport(files)
    async with AsyncClient("https://shop", transport=transport) as client:
        await client.save(page, tmp_path / "a.PDF")
    assert (tmp_path / "a.PDF").read_text() == "whole"
    assert files.asked[-1] == ("/exports/overview.pdf", {"zone": "UTC", "panels": ["Revenue"]})


def test_a_refused_file_is_not_written(tmp_path: Path) -> None:
    entry = {"message": "No.", "extensions": {"code": "INVALID_RANGE"}}
    busy = {"message": "Busy.", "extensions": {"code": "UNAVAILABLE"}}
    answers = [
        httpx.Response(400, json={"errors": [entry]}),
        httpx.Response(503, json={"errors": [busy]}, headers={"retry-after": "900"}),
    ]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    with Client("https://shop", transport=transport) as client:
        with pytest.raises(InvalidRequest, match="INVALID_RANGE"):
            client.save(PRODUCTS, tmp_path / "a.csv")
        with pytest.raises(TryLater):
            client.save(PRODUCTS, tmp_path / "a.csv")
        with pytest.raises(ConfigurationError, match=r"\.csv, \.parquet, \.xlsx"):
            client.save(PRODUCTS, tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_both_clients_do_the_same() -> None:
    """Under the same names, with the same arguments."""

    def methods(of: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(one).parameters)
            for name, one in inspect.getmembers(of, inspect.isfunction)
            if not name.startswith("_")
        }

    other = methods(AsyncClient)
    other["close"] = other.pop("aclose")
    assert methods(Client) == other
    assert list(inspect.signature(Client).parameters) == list(
        inspect.signature(AsyncClient).parameters
    )


def test_what_is_recorded_is_sent_with_the_token() -> None:
    """An item's key, its source, and the header."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        payload = {"recorded": 1, "rejected": 0, "results": []}
        return httpx.Response(200, json={"data": {"upsertReps": payload}})

    with Client("https://shop", "shx_1", transport=httpx.MockTransport(answer)) as client:
        done = client.record([inputs.RepInput(key="r", name="R")], source="till")
    assert done.recorded == 1
    assert seen[0].headers["authorization"] == "Bearer shx_1"
    assert json.loads(seen[0].content)["variables"] == {
        "v0": [{"key": "r", "name": "R"}],
        "v1": "till",
    }
