"""Each key is queued once, runs once at a time, and a failure does not delay others."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shopx_operator.runtime.workqueue import WorkQueue, retry_delay


async def drain(
    queue: WorkQueue[str], do: Callable[[str], Awaitable[float | None]], n: int
) -> None:
    """Run `n` workers until nothing is ready any more."""
    tasks = [asyncio.create_task(queue.work(do)) for _ in range(n)]
    for _ in range(50):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_key_that_is_added_twice_is_done_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []

    async def do(key: str) -> None:
        seen.append(key)

    for key in ("a", "b", "a"):
        queue.add(key)
    assert len(queue) == 2
    await drain(queue, do, 2)
    assert sorted(seen) == ["a", "b"]


async def test_a_key_that_is_added_while_it_is_worked_on_is_done_again_afterwards() -> None:
    queue: WorkQueue[str] = WorkQueue()
    busy, most, seen = 0, 0, 0

    async def do(_: str) -> None:
        nonlocal busy, most, seen
        busy, seen = busy + 1, seen + 1
        most = max(most, busy)
        if seen == 1:
            queue.add("a")
            queue.add("a")
        await asyncio.sleep(0)
        busy -= 1

    queue.add("a")
    await drain(queue, do, 4)
    assert (seen, most) == (2, 1)


async def test_one_that_fails_comes_later_and_the_others_come_now() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []

    async def do(key: str) -> None:
        seen.append(key)
        if key == "poison":
            queue.add("poison")  # even when something asks for it meanwhile
            raise ValueError

    queue.add("poison")
    for number in range(5):
        queue.add(f"good-{number}")
    await drain(queue, do, 1)
    assert seen == ["poison", *(f"good-{number}" for number in range(5))]


async def test_a_look_later_is_replaced_by_one_now() -> None:
    queue: WorkQueue[str] = WorkQueue()
    seen: list[str] = []

    async def do(key: str) -> float | None:
        seen.append(key)
        return 3600 if len(seen) == 1 else None

    queue.add("a")
    await drain(queue, do, 1)
    queue.add("a")
    await drain(queue, do, 1)
    assert seen == ["a", "a"]
    queue.forget("a")


async def test_the_slowest_look_is_known() -> None:
    queue: WorkQueue[str] = WorkQueue()
    begun, end = asyncio.Event(), asyncio.Event()

    async def do(_: str) -> None:
        begun.set()
        await end.wait()

    assert queue.longest_seconds() == 0
    queue.add("a")
    task = asyncio.create_task(queue.work(do))
    await begun.wait()
    assert queue.longest_seconds() >= 0
    assert queue._busy
    end.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert queue.longest_seconds() == 0
    task.cancel()


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (5, 16), (9, 256), (99, 300)])
def test_back_off(failures: int, seconds: float) -> None:
    assert retry_delay(failures) == seconds
