"""The client books orders once, whatever breaks, and says what was not booked."""

import asyncio
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from shopx_api.server.app import create_inner_app
from shopx_client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    ItemsRejected,
    NotFound,
    enums,
    inputs,
    mutations,
    queries,
)
from shopx_core.domain.api_tokens import Scope
from tests.support.api import lifespan, make_token, settings_for
from tests.support.postgres import Database

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EVER = inputs.PeriodInput(preset=enums.PeriodPreset.ALL_TIME)
PIN = inputs.ProductInput(key="pin", name="Pin", unit_cost=Decimal("2.50"))


def order(key: str, **more: Any) -> inputs.OrderInput:
    """A pin at 10.00."""
    line = inputs.OrderLineInput(product="pin", quantity=Decimal(1), gross=Decimal("10.00"))
    return inputs.OrderInput(key=key, ordered_at=AT, lines=[line], **more)


async def booked(client: AsyncClient) -> tuple[Decimal | None, ...]:
    """Revenue and number of orders."""
    asked = [enums.MetricId.REVENUE, enums.MetricId.ORDERS]
    answer = await client.read(queries.sales(period=EVER).kpis(metrics=asked), is_fresh=True)
    return tuple(figure.value for figure in answer.data)


async def test_many_orders_go_in_batches_and_again_changes_nothing(empty: AsyncClient) -> None:
    """More than the API takes at once; the same again is known."""
    assert (await empty.record([PIN])).recorded == 1
    orders = [order(f"o{number}") for number in range(1_200)]
    first = await empty.record(iter(orders))
    assert (first.recorded, first.repeated, first.rejected) == (1_200, 0, ())
    again = await empty.record(orders)
    assert (again.recorded, again.repeated) == (0, 1_200)
    assert await booked(empty) == (Decimal(12_000), Decimal(1_200))


async def test_rejected_orders_are_told_after_the_others_are_booked(empty: AsyncClient) -> None:
    """With their places among all, beyond the first request too."""
    await empty.record([PIN])
    orders = [order(f"o{number}") for number in range(502)]
    orders[1] = order("ghost", customer="ghost")
    orders[501] = order("rates", currency="XXX")
    with pytest.raises(ItemsRejected) as told:
        await empty.record(orders)
    result = told.value.result
    assert result.recorded == 500
    assert [(one.index, one.key) for one in result.rejected] == [(1, "ghost"), (501, "rates")]
    assert [one.problems[0].code for one in result.rejected] == ["NOT_FOUND", "RATE_MISSING"]
    assert result.rejected[0].problems[0].field == "customer"
    assert "ghost" in str(told.value)
    assert await booked(empty) == (Decimal(5_000), Decimal(500))


async def test_reference_data_is_recorded_alike(empty: AsyncClient) -> None:
    await empty.record([inputs.CategoryInput(key="c", name="Pins")])
    await empty.record([inputs.ProductInput(key="pin", name="Pin", category="c")])
    await empty.record([inputs.CustomerInput(key="a", name="Ada")])
    await empty.record([inputs.RepInput(key="g", name="Grace")])
    await empty.record([order("1", customer="a", rep="g")])
    answer = await empty.read(queries.orders(period=EVER).placed())
    (found,) = answer.data.nodes
    assert found.customer is not None
    assert found.customer.name == "Ada"
    assert found.revenue == Decimal(10)
    assert answer.to_pandas()["customer_name"].tolist() == ["Ada"]


async def test_refunds_and_cancellations_are_idempotent(empty: AsyncClient) -> None:
    await empty.record([PIN])
    await empty.record([order("1"), order("2")])
    for status in (enums.IngestStatus.RECORDED, enums.IngestStatus.REPEATED):
        done = await empty.write(mutations.cancel_order("1"))
        assert done.status == status
        back = await empty.write(mutations.refund_order("2", "refund-2"))
        assert back.status == status
    assert await booked(empty) == (Decimal(0), Decimal(1))
    with pytest.raises(NotFound) as told:
        await empty.write(mutations.cancel_order("gone"))
    assert told.value.code == "NOT_FOUND"


class Lossy(httpx.AsyncBaseTransport):
    """Carries each request out, and loses the first answer of every two.

    Args:
        below: What carries out.
    """

    def __init__(self, below: httpx.AsyncBaseTransport) -> None:
        self._below = below
        self.sent = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._below.handle_async_request(request)
        self.sent += 1
        if self.sent % 2:
            raise httpx.ReadError("the connection broke", request=request)
        return response


async def test_a_lost_answer_books_once(database: Database, pool: asyncpg.Pool) -> None:
    """Every request is carried out twice."""
    token = await make_token(pool, Scope.READ, Scope.INGEST, name="lossy")
    app = create_inner_app(settings_for(database.dsn))
    async with lifespan(app):
        lossy = Lossy(httpx.ASGITransport(app, client=("127.0.0.1", 40_000)))
        async with AsyncClient("https://shopx", token, transport=lossy) as client:
            await client.record([PIN])
            result = await client.record([order(f"o{number}") for number in range(3)])
            assert (result.recorded, result.repeated) == (0, 3)
            await client.write(mutations.refund_order("o0", "r"))
            sent = lossy.sent
            with pytest.raises(ConnectionFailed, match="may have been carried out"):
                await client.write(mutations.annotate(AT.date(), "Fair"))
            assert lossy.sent == sent + 1
            lossy.sent += 1
            assert await booked(client) == (Decimal(20), Decimal(3))


KILLED = """
import datetime as dt, sys
from decimal import Decimal
from shopx_client import Client, inputs
line = inputs.OrderLineInput(product="pin", quantity=Decimal(1), gross=Decimal("10.00"))
at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
with Client(timeout=120, patience=240) as client:
    client.record([inputs.ProductInput(key="pin", name="Pin")])
    result = client.record(
        inputs.OrderInput(key=str(n), ordered_at=at, lines=[line]) for n in range(20)
    )
print(result.recorded, result.repeated)
"""


ORDERS = b'{"query": "mutation($v0: [OrderInput'
"""How the request begins that books them."""


def test_a_killed_program_is_run_again_and_books_once(
    database: Database, served: Callable[[Database], str], tmp_path: Path
) -> None:
    """SIGKILL after its orders arrived, before it has the answer: a relay holds that back."""
    url = served(database)
    token = asyncio.run(_token(database))
    secret = tmp_path / "token"
    secret.write_text(f"{token}\n")
    environment = {"PATH": os.environ["PATH"], "SHOPX_TOKEN_FILE": str(secret)}
    relay = socket.create_server(("127.0.0.1", 0))
    relay.settimeout(240)
    held = f"http://127.0.0.1:{relay.getsockname()[1]}"
    words = [sys.executable, "-c", KILLED]
    with (
        relay,
        subprocess.Popen(words, env=environment | {"SHOPX_URL": held}) as process,
        httpx.Client(base_url=url, timeout=120) as upstream,
    ):
        connection, _ = relay.accept()
        with connection:
            connection.settimeout(240)
            while True:
                head, body = _request(connection)
                response = upstream.post("/graphql", content=body, headers=head)
                if body.startswith(ORDERS):
                    assert response.json()["data"]["recordOrders"]["recorded"] == 20
                    process.send_signal(signal.SIGKILL)
                    break
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%b" % (len(response.content), response.content)
                )
        assert process.wait(60) == -signal.SIGKILL
    again = subprocess.run(
        words, env=environment | {"SHOPX_URL": url}, capture_output=True, text=True, check=True
    )
    assert again.stdout.split() == ["0", "20"]
    with Client(url, token, timeout=120) as client:
        asked = [enums.MetricId.REVENUE, enums.MetricId.ORDERS]
        answer = client.read(queries.sales(period=EVER).kpis(metrics=asked), is_fresh=True)
    assert [figure.value for figure in answer.data] == [Decimal(200), Decimal(20)]


async def _token(database: Database) -> str:
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=1) as pool:
        return await make_token(pool, Scope.READ, Scope.INGEST, name="killed")


def _request(connection: socket.socket) -> tuple[dict[str, str], bytes]:
    """The headers that count, and the body of a request."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(65_536)
    head, _, body = text.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    known = {name.lower(): value for name, value in headers.items()}
    while len(body) < int(known["content-length"]):
        body += connection.recv(65_536)
    return {name: known[name] for name in ("authorization", "content-type")}, body
