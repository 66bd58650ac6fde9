"""The faults of the table, and how a dashboard comes through one."""

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from tests.support.fault_load import Load, expect_nothing_lost, loaded
from tests.support.isolation import lose_packets
from tests.support.stack import Stack, stack

HOUR: Final = 3600
WARM: Final = 20
"""How many cached answers readers have before a fault begins."""
PATIENCE: Final = 300.0
PLAIN: Final = (
    *itertools.product(
        ["postgres", "redis"], ["stopped", "killed", "slow 0.1", "slow 1", "lossy 0.2"]
    ),
    ("postgres", "exhausted"),
    *itertools.product(["fold", "columns", "worker", "compute", "api"], ["stopped", "killed"]),
)
"""Rows that every machine can have."""
APART: Final = (
    *itertools.product(["postgres", "columns"], ["full", "read-only"]),
    ("postgres", "full log"),
    *itertools.product(["postgres", "redis"], ["dropped 0.05"]),
    *itertools.product(
        ["api", "fold", "columns", "worker", "postgres", "redis"],
        [f"clock {HOUR}", f"clock {-HOUR}"],
    ),
)
"""Rows for which the process is isolated."""

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table."""

    part: str
    fault: str
    p95: float
    answers: int
    refused: int
    unwritten: int
    recovery: float
    memory: float

    def __str__(self) -> str:
        """As a row of Markdown."""
        return (
            f"| {self.part} | {self.fault} | {self.answers} | {self.p95:.1f} | {self.refused} |"
            f" {self.unwritten} | {self.recovery:.1f} | {self.memory:.0f} |"
        )


@contextlib.asynccontextmanager
async def _stopped(made: Stack, part: str, _: str) -> AsyncIterator[None]:
    made.signal(part, signal.SIGSTOP)
    yield
    made.signal(part, signal.SIGCONT)


@contextlib.asynccontextmanager
async def _killed(made: Stack, part: str, _: str) -> AsyncIterator[None]:
    await made.kill(part)
    yield
    await made.restore(part)


@contextlib.asynccontextmanager
async def _slow(made: Stack, part: str, seconds: str) -> AsyncIterator[None]:
    made.proxies[part].delay = float(seconds)
    yield
    made.proxies[part].delay = 0.0


@contextlib.asynccontextmanager
async def _lossy(made: Stack, part: str, share: str) -> AsyncIterator[None]:
    made.proxies[part].loss = float(share)
    yield
    made.proxies[part].loss = 0.0


@contextlib.asynccontextmanager
async def _dropped(made: Stack, part: str, share: str) -> AsyncIterator[None]:
    port = made.postgres.port if part == "postgres" else made.valkey.port
    await asyncio.to_thread(lose_packets, port, float(share))
    yield
    await asyncio.to_thread(lose_packets, port, 0.0)


@contextlib.asynccontextmanager
async def _exhausted(made: Stack, _: str, __: str) -> AsyncIterator[None]:
    taken = await asyncio.to_thread(made.exhaust)
    yield
    taken.close()


@contextlib.asynccontextmanager
async def _full(made: Stack, part: str, what: str) -> AsyncIterator[None]:
    disk = made.disks[part]
    await asyncio.to_thread(disk.fill)
    if what == "log":
        await asyncio.to_thread(made.fill_log)
    if part == "columns":
        await _expect_build(made, succeeds=False)
    yield
    await asyncio.to_thread(disk.empty)
    if part == "columns":
        await _expect_build(made, succeeds=True)
    else:
        await asyncio.to_thread(made.revive_postgres)


@contextlib.asynccontextmanager
async def _read_only(made: Stack, part: str, _: str) -> AsyncIterator[None]:
    disk = made.disks[part]
    if part == "columns":
        await asyncio.to_thread(disk.protect)
        await _expect_build(made, succeeds=False)
        yield
        await asyncio.to_thread(disk.unprotect)
        await _expect_build(made, succeeds=True)
        return
    await asyncio.to_thread(disk.fail)
    yield
    await asyncio.to_thread(made.end_postgres)
    await asyncio.to_thread(disk.replace)
    await asyncio.to_thread(made.revive_postgres)


@contextlib.asynccontextmanager
async def _clock(made: Stack, part: str, seconds: str) -> AsyncIterator[None]:
    made.clocks[part].set(int(seconds))
    yield
    made.clocks[part].set(0)


_FAULTS: Final[Mapping[str, Callable[[Stack, str, str], AbstractAsyncContextManager[None]]]] = {
    "stopped": _stopped,
    "killed": _killed,
    "slow": _slow,
    "lossy": _lossy,
    "dropped": _dropped,
    "exhausted": _exhausted,
    "full": _full,
    "read-only": _read_only,
    "clock": _clock,
}


async def _expect_build(made: Stack, *, succeeds: bool) -> None:
    """Build the columns beside the builder, which may be at it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            code, said = await asyncio.to_thread(made.build_columns)
            if "Another process builds into" not in said:
                break
            await asyncio.sleep(0.2)
    assert (code == 0) is succeeds, said
    assert "Traceback" not in said, said


async def _answered(load: Load, number: int) -> None:
    """Wait until readers have that many answers."""
    async with asyncio.timeout(PATIENCE):
        while len(load.cached) < number:  # noqa: ASYNC110 -- of other tasks
            await asyncio.sleep(0.05)


async def suffer(
    made: Stack, load: Load, part: str, fault: str, seconds: float, number: int = 1
) -> Result:
    """One fault, and the recovery from it; `number` is its row.

    The fault lasts `seconds`, and until a reader was answered while it was there.
    """
    load.cached.clear()
    await _answered(load, WARM)
    await load.answered_by_each()
    load.cached.clear()
    load.refused = load.unwritten = 0
    load.series.fault = number
    kind, _, detail = fault.partition(" ")
    async with _FAULTS[kind](made, part, detail):
        before = len(load.cached)
        await asyncio.sleep(seconds)
        await _answered(load, before + 1)
        answers, refused, unwritten = sorted(load.cached), load.refused, load.unwritten
        memory = made.memory()
    ended = time.monotonic()
    load.series.fault = 0
    before = len(load.recorded)
    while await load.exact() is None or len(load.recorded) == before:
        assert time.monotonic() - ended < PATIENCE, f"{part} {fault}: no recovery"
        await asyncio.sleep(0.05)
    recovery = time.monotonic() - ended
    assert await load.fresh(), f"{part} {fault}: cached answers stay old"
    p95 = answers[int(len(answers) * 0.95)]
    return Result(part, fault, p95, len(answers), refused, unwritten, recovery, memory)


async def table(
    rows: tuple[Row, ...], seconds: float, *, apart: bool, first: int = 1
) -> tuple[list[Result], Load]:
    """Each row in turn over one dashboard, and that nothing is wrong or lost after all of them.

    Args:
        rows: Part and fault of each.
        seconds: How long a fault lasts.
        apart: Whether this process is isolated.
        first: The number of the first row in the series.
    """
    results = []
    spare = any(part == "api" for part, _ in rows)
    async with stack(spare=spare, apart=apart) as made:
        async with loaded(made) as load:
            for number, (part, fault) in enumerate(rows, first):
                results.append(await suffer(made, load, part, fault, seconds, number))
                print(results[-1], flush=True)  # noqa: T201 -- the run's result
        expect_nothing_lost(made, load)
    return results, load
