"""Every request has an id and one line, and no line has a secret."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest

from shopx_api.asgi import App
from shopx_api.server.access_log import AccessLog


async def hello(scope: Any, _receive: Any, send: Any) -> None:
    status = {"/missing": 404, "/healthz": 200}.get(scope["path"], 200)
    headers = [(b"x-cache", b"hit_l0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b"!"})


async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError("postgresql://user:hunter2@db/x")


async def ask(app: App, path: str, **headers: str) -> tuple[httpx.Response, list[dict[str, Any]]]:
    stream = io.StringIO()
    transport = httpx.ASGITransport(AccessLog(app, stream=stream))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await client.get(path, headers=named)
    # Lines are written at the end of the loop's iteration.
    await asyncio.sleep(0)
    return answer, [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_one_line_a_request() -> None:
    """Method and path, status, duration, client."""
    answer, lines = await ask(hello, "/graphql?query=secret", authorization="Bearer shx_secret")
    assert len(lines) == 1
    line = lines[0]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/graphql", 200)
    assert (line["bytes"], line["cache"], line["component"]) == (6, "hit_l0", "api")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in json.dumps(line)


async def test_a_given_id_is_kept() -> None:
    """Logs of several services are read together."""
    answer, lines = await ask(hello, "/", x_request_id="trace-1.a_b")
    assert answer.headers["x-request-id"] == lines[0]["request_id"] == "trace-1.a_b"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "<script>", '"'], ids=repr)
async def test_an_absurd_id_is_replaced(given: str) -> None:
    """It would end up in logs and headers."""
    answer, _ = await ask(hello, "/", x_request_id=given)
    assert answer.headers["x-request-id"] != given


async def test_probes_are_quiet_while_all_is_well() -> None:
    """Every few seconds a line would drown the others."""
    assert (await ask(hello, "/healthz"))[1] == []
    assert len((await ask(hello, "/missing"))[1]) == 1


async def test_a_defect_is_answered_and_not_shown() -> None:
    """A plain 500 with the id to look for."""
    answer, lines = await ask(broken, "/graphql")
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "INTERNAL",
        "requestId": answer.headers["x-request-id"],
    }
    assert "hunter2" not in answer.text
    assert lines[0]["status"] == 500
