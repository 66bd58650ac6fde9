"""Two processes: what happens to callers when the one that computes is killed, stopped or left."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest

from tests.support.api import settings_for
from tests.support.cached_app import until
from tests.support.postgres import Database, free_port

REVENUE = "query R($period: PeriodInput) { sales(period: $period) { kpis { value } } }"
REQUEST_SECONDS = 5


@dataclass
class Unit:
    """A unit as it runs in production."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient

    async def ask(self, day: int) -> httpx.Response:
        """Ask for the figures of one day."""
        date = f"2026-01-{day:02}"
        variables = {"period": {"days": {"from": date, "to": date}}}
        return await self.http.post("/graphql", json={"query": REVENUE, "variables": variables})

    def compute(self) -> int:
        """The id of the compute process."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        (child,) = path.read_text().split()
        return int(child)

    async def computes(self, day: int) -> bool:
        """Whether it can compute."""
        try:
            return (await self.ask(day)).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
async def unit(database: Database) -> AsyncIterator[Unit]:
    """Ready, with the figures of the first of January cached."""
    port = free_port()
    made = settings_for(
        database.dsn, api={"port": port, "request_timeout": REQUEST_SECONDS}
    ).to_env()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shopx_api"), env={**os.environ, **made}
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            running = Unit(process, http)

            async def ready() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get("/readyz")).status_code == 200
                return False

            await until(ready)
            # On a busy machine the first answer may take longer than it may.
            await until(lambda: running.computes(1))
            yield running
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def niceness(pid: int) -> int:
    """As the kernel has it."""
    return os.getpriority(os.PRIO_PROCESS, pid)


def runs(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def code(response: httpx.Response) -> Any:
    return response.json()["errors"][0]["extensions"]["code"]


async def test_both_processes_figures_are_those_of_the_unit(unit: Unit) -> None:
    async def shown() -> bool:
        text = (await unit.http.get("/metrics")).text
        return all(
            text.count(f"\n{name} ") == 1
            for name in ("process_cpu_seconds_total", "process_resident_memory_bytes")
        ) and all(
            name in text for name in ("shopx_db_pool_wait_seconds_count", "shopx_event_loop_lag")
        )

    await until(shown)
    own, compute = niceness(unit.process.pid), unit.compute()
    threads = os.listdir(f"/proc/{compute}/task")  # noqa: PTH208 -- of the kernel, without waiting
    assert {niceness(int(thread)) for thread in threads} == {min(19, own + 5)}


async def test_a_killed_process_costs_nobody_a_cached_answer_and_is_back_soon(
    unit: Unit, pool: asyncpg.Pool
) -> None:
    """In the middle of a request: its caller is told when to return."""
    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table reporting, order_items in access exclusive mode")
        stuck = asyncio.create_task(unit.ask(2))
        await asyncio.sleep(0.5)
        os.kill(unit.compute(), signal.SIGKILL)
        refused = await stuck
    assert (refused.status_code, code(refused)) == (503, "UNAVAILABLE")
    assert int(refused.headers["retry-after"]) >= 1
    for _ in range(20):
        hit = await unit.ask(1)
        assert (hit.status_code, hit.headers["x-cache"] in {"hit-l0", "stale"}) == (200, True)
    assert (await unit.http.get("/readyz")).status_code == 200
    await until(lambda: unit.computes(3))


async def test_a_stopped_process_costs_nobody_a_cached_answer(unit: Unit) -> None:
    """Others are told after the time that a request may take."""
    child = unit.compute()
    os.kill(child, signal.SIGSTOP)
    try:
        stuck = asyncio.create_task(unit.ask(2))
        for _ in range(20):
            hit = await unit.ask(1)
            assert (hit.status_code, hit.headers["x-cache"] in {"hit-l0", "stale"}) == (200, True)
            await asyncio.sleep(0.02)
        late = await stuck
        assert (late.status_code, code(late)) == (503, "TIMED_OUT")
    finally:
        os.kill(child, signal.SIGCONT)
    await until(lambda: unit.computes(3))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_it_ends_with_the_front(unit: Unit, number: signal.Signals) -> None:
    """However the front ends."""
    child = unit.compute()
    unit.process.send_signal(number)
    await unit.process.wait()

    async def gone() -> bool:
        return not runs(child)

    await until(gone)
    assert unit.process.returncode in {0, -signal.SIGKILL}


async def test_what_a_client_gave_up_is_not_computed_on(unit: Unit, pool: asyncpg.Pool) -> None:
    """The statement is cancelled, and its connection is free again."""

    async def waiting() -> int:
        return int(
            await pool.fetchval(
                "select count(*) from pg_stat_activity"
                " where wait_event_type = 'Lock' and application_name = 'shopx-api'"
            )
        )

    async def stuck() -> bool:
        return await waiting() == 1

    async def free() -> bool:
        return await waiting() == 0

    async with pool.acquire() as other, other.transaction():
        await other.execute("lock table reporting, order_items in access exclusive mode")
        asking = asyncio.create_task(unit.ask(2))
        await until(stuck, REQUEST_SECONDS - 1)
        asking.cancel()
        await until(free, REQUEST_SECONDS - 1)
    await until(lambda: unit.computes(3))


async def test_a_front_that_drains_finishes_what_is_computed(
    unit: Unit, pool: asyncpg.Pool
) -> None:
    """The compute process works on until the last response is sent."""
    async with pool.acquire() as other:
        async with other.transaction():
            await other.execute("lock table reporting, order_items in access exclusive mode")
            asking = asyncio.create_task(unit.ask(2))
            await asyncio.sleep(0.5)
            unit.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
        late = await asking
    assert late.status_code == 200
    assert late.json()["data"]["sales"]
    assert late.headers["connection"] == "close"
    assert await asyncio.wait_for(unit.process.wait(), 60) == 0


def resident(pid: int) -> int:
    """Resident bytes of a process."""
    return int(psutil.Process(pid).memory_info().rss)


async def test_junk_and_bodies_of_strangers_are_not_held(unit: Unit) -> None:
    """Headers of a megabyte, and half of a long body from many who are not known."""
    port = unit.http.base_url.port
    before = resident(unit.process.pid)
    junk = {"x-junk": "j" * 1_000_000}
    for day in range(1, 29):
        response = await unit.http.post(
            "/graphql", json={"query": REVENUE, "variables": {"n": day}}, headers=junk
        )
        assert response.status_code == 431
    head = (
        b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 4000000\r\n\r\n"
    )
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
    for reader, writer in opened:
        writer.write(head + b"b" * 1_000_000)
        assert (await reader.readline()).split()[1] == b"413"
    assert resident(unit.process.pid) - before < 20_000_000
    for _, writer in opened:
        writer.close()
    assert (await unit.ask(1)).status_code == 200
    text = (await unit.http.get("/metrics")).text
    assert 'shopx_http_refused_total{reason="head"} 28.0' in text
