"""Cached answers in mode token while PostgreSQL is stopped, or gone."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx

from shopx_api.server.app import create_app
from shopx_core.domain.api_tokens import Scope, new_secret
from tests.support.api import Api, make_token, serving, settings_for
from tests.support.cached_app import until
from tests.support.postgres import Database, PostgresServer
from tests.support.proxy import proxied

READ = "{ reporting { currency } }"


@contextlib.contextmanager
def stopped(server: PostgresServer) -> Iterator[None]:
    """The server and its connections take no CPU time; nobody is told."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    numbers = [server.process.pid, *map(int, children.split())]
    for number in numbers:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in reversed(numbers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)


@contextlib.asynccontextmanager
async def reading(dsn: str, pool: asyncpg.Pool) -> AsyncIterator[Api]:
    """A reader with a cached answer."""
    settings = settings_for(dsn, auth={"mode": "token"}, api={"request_timeout": 2})
    async with serving(create_app(settings)) as api:
        api.headers = {"authorization": f"Bearer {await make_token(pool, Scope.READ)}"}

        async def cached() -> bool:
            return bool((await api.post(READ)).headers.get("x-cache") == "hit-l0")

        await until(cached)
        yield api


async def cached_answers(api: Api) -> int:
    """Ask for three seconds; the number of answers: two where each waits for the time limit."""
    answers = 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        response = await api.post(READ)
        answers += 1
        assert response.status_code == 200, response.text
        assert response.headers["x-cache"] in {"hit-l0", "stale"}
        await asyncio.sleep(0.01)
    return answers


async def test_a_stopped_database_delays_no_cached_answer(
    database: Database, pool: asyncpg.Pool, pg_server: PostgresServer
) -> None:
    """Strangers are refused within the time limit of a look-up."""
    async with reading(database.dsn, pool) as api:
        await asyncio.sleep(1.2)
        with stopped(pg_server):
            assert await cached_answers(api) > 10
            async with asyncio.timeout(60):
                stranger = await api.post(READ, authorization=f"Bearer {new_secret()}")
                new = await api.post("query New { sales { kpis { value } } }")
            assert stranger.status_code == 503
            assert new.json()["errors"][0]["extensions"]["code"] in {"TIMED_OUT", "UNAVAILABLE"}
        await pool.execute("update tokens set revoked_at = now()")
        await until(lambda: refused(api))


async def test_a_database_that_is_gone_delays_no_cached_answer(
    database: Database, pool: asyncpg.Pool, pg_server: PostgresServer
) -> None:
    """Nobody listens there; a revocation counts soon after it is back."""
    async with proxied(pg_server.port) as proxy:
        dsn = database.dsn.replace(str(pg_server.port), str(proxy.port))
        async with reading(dsn, pool) as api:
            await proxy.cut()
            await pool.execute("update tokens set revoked_at = now()")
            assert await cached_answers(api) > 10
            await proxy.mend()
            await until(lambda: refused(api))


async def refused(api: Api) -> bool:
    """Whether the token is no longer accepted."""
    response: httpx.Response = await api.post(READ)
    return response.status_code == 401
