"""Servers that a dashboard names and that are no friends."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from shopx_core.caching.runtime_tuning import RedisAccess
from shopx_core.clients import tuning_publisher
from shopx_core.clients.outbound import Outbound, OutboundPolicy
from shopx_core.clients.tuning_publisher import TuningPublisher
from shopx_operator.autoscaling import bounded_body, prometheus, scraper
from shopx_operator.autoscaling.prometheus import Prometheus
from shopx_operator.autoscaling.scrape_targets import ScrapeTarget, targets
from shopx_operator.autoscaling.scraper import Scraper
from shopx_operator.manifests import names

CLOSED = Outbound(OutboundPolicy.of([]))
OPEN = Outbound(OutboundPolicy.of(["127.0.0.0/8"]))
DSN = "postgresql://reader@pg.test/sales"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a busy machine takes, so that each server is refused for what it sends."""
    monkeypatch.setattr(prometheus, "TIMEOUT_SECONDS", 60.0)
    monkeypatch.setattr(scraper, "TIMEOUT_SECONDS", 60.0)


@contextlib.asynccontextmanager
async def web_server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def asked(url: str, outbound: Outbound = OPEN) -> Prometheus:
    """A Prometheus that was asked and that answered nothing."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        made = Prometheus(session, outbound, url)
        assert await made.scrapes("shop", "sales", [], 1.0) == {}
    return made


class Counted:
    """Counts requests, and answers all of them in the same way."""

    def __init__(self, response: Callable[[], web.Response]) -> None:
        self.requests = 0
        self._response = response

    async def answer(self, _request: web.Request) -> web.StreamResponse:
        self.requests += 1
        return self._response()


async def test_a_refused_address_gets_no_request() -> None:
    """Neither this machine nor a name that resolves to it."""
    server = Counted(lambda: web.json_response({}))
    async with web_server(server.answer) as url:
        refused = await asked(url, CLOSED)
        assert "permitted.addresses" in refused.refusal
        refused = await asked(url.replace("127.0.0.1", "localhost"), CLOSED)
        assert "localhost is" in refused.refusal
    assert server.requests == 0


async def test_a_redirect_is_not_followed() -> None:
    server = Counted(lambda: web.json_response({}))
    async with web_server(server.answer) as target:
        hop = Counted(lambda: web.Response(status=307, headers={"Location": target}))
        async with web_server(hop.answer) as url:
            await asked(url)
    assert hop.requests > 0
    assert server.requests == 0


@pytest.mark.parametrize("body", [b"[" * 100_000, b"x" * 3000, b""], ids=["deep", "text", "empty"])
async def test_what_is_no_answer_is_none(body: bytes) -> None:
    server = Counted(lambda: web.Response(body=body))
    async with web_server(server.answer) as url:
        await asked(url)
    assert server.requests > 0


async def test_a_body_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a compressed one, which was not asked for."""
    monkeypatch.setattr(bounded_body, "LARGEST_BYTES", 100_000)
    zipped = gzip.compress(b" " * 50_000_000)
    made = Counted(lambda: web.Response(body=zipped, headers={"Content-Encoding": "gzip"}))
    async with web_server(made.answer) as url:
        await asked(url)
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while sent < 200_000_000:
                await response.write(b" " * 65536)
                sent += 65536
        return response

    async with web_server(endless) as url, aiohttp.ClientSession() as session:
        assert await Scraper(session).scrapes([ScrapeTarget("pod", url, serves=True)]) == {}
    assert sent < 100_000_000


async def test_the_user_of_a_url_is_not_logged() -> None:
    with capture_logs() as logged:
        async with web_server(Counted(lambda: web.Response(status=500)).answer) as url:
            await asked(url.replace("//", "//reader:drawn-by-lot@"))
    assert "prometheus_query_failed" in {line["event"] for line in logged}
    assert "drawn-by-lot" not in str(logged)
    assert "reader" not in str(logged)


async def publish(url: str, outbound: Outbound = OPEN) -> Any:
    board = TuningPublisher(outbound=outbound)
    try:
        return await board.publish(url, DSN, {"ttl_min": "5"}, owner="shop")
    finally:
        await board.close()


@contextlib.asynccontextmanager
async def redis_like(answer: bytes, *, times: int = 1) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers whatever is sent with the same bytes."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            received.append(await reader.read(4096))
            for _ in range(times):
                writer.write(answer)
                await writer.drain()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], received


@pytest.mark.parametrize(
    "answer",
    [
        b"$2000000000\r\n" + b"x" * 100_000,
        b"+" + b"x" * 200_000,
        b"*100000000\r\n" + b":1\r\n" * 5000,
    ],
)
async def test_a_redis_cannot_fill_the_operators_memory(answer: bytes) -> None:
    """Nor hold it up: the write has a time limit."""
    async with redis_like(answer, times=50) as (port, _):
        async with asyncio.timeout(60):
            result = await publish(f"redis://127.0.0.1:{port}/0")
        assert result.access is not RedisAccess.GRANTED


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
async def test_a_refused_redis_gets_no_byte(scheme: str) -> None:
    async with redis_like(b"+OK\r\n") as (port, received):
        result = await publish(f"{scheme}://localhost:{port}/0?socket_timeout=99", CLOSED)
        assert result.access is RedisAccess.UNREACHED
        assert "permitted.addresses" in result.reason
        assert received == []


async def test_a_socket_of_the_operators_own_file_system_is_no_redis() -> None:
    result = await publish("unix:///tmp/redis.sock", OPEN)
    assert result.access is RedisAccess.REFUSED


async def test_the_checked_address_is_the_one_that_is_connected_to(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once: a second answer cannot lead elsewhere."""
    monkeypatch.setattr(tuning_publisher, "_TIMEOUT_SECONDS", 30.0)
    monkeypatch.setattr(tuning_publisher, "_LONGEST_SECONDS", 30.0)
    answers = [("cache.example.org", ("127.0.0.1",)), ("cache.example.org", ("169.254.169.254",))]

    async def look_up(_host: str, _port: int) -> tuple[str, tuple[str, ...]]:
        return answers.pop(0)

    outbound = Outbound(OutboundPolicy.of(["127.0.0.0/8"]), look_up)
    board = TuningPublisher(outbound=outbound)
    url = valkey_url.replace("127.0.0.1", "cache.example.org")
    for _ in range(3):
        result = await board.publish(url, DSN, {"ttl_min": "5"}, owner="shop")
        assert result.access is RedisAccess.GRANTED
    await board.close()
    assert len(answers) == 1


def test_pods_in_the_network_of_their_node_are_not_scraped() -> None:
    """Their address is the node's, whose services are not the dashboard's."""

    def pod(address: str, **spec: Any) -> dict[str, Any]:
        labels = names.labels("sales", "api")
        status = {"phase": "Running", "podIP": address}
        return {"metadata": {"name": "a", "labels": labels}, "spec": spec, "status": status}

    assert len(targets([pod("10.244.0.7")])) == 1
    assert targets([pod("10.0.0.1", hostNetwork=True), pod("169.254.169.254")]) == []
