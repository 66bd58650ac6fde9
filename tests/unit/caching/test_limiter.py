"""How many responses are computed at once."""

import asyncio

import pytest

from shopx_api.data.limiter import Limiter, Overloaded
from tests.support.held_work import HeldWork, settle


async def test_requests_go_in_order_and_before_background_work() -> None:
    limiter = Limiter(limit=1, max_waiting=9, timeout=9)
    work = HeldWork(limiter.permit)
    tasks = [work.begin("a"), work.begin("slow", background=True), work.begin("b"), work.begin("c")]
    await settle()
    for name in ("a", "b", "c", "slow"):
        assert work.started[-1] == name
        work.ends[name].set()
        await settle()
    await asyncio.gather(*tasks)
    assert limiter.running == 0


async def test_a_full_line_refuses_at_once() -> None:
    limiter = Limiter(limit=1, max_waiting=1, timeout=9)
    work = HeldWork(limiter.permit)
    running = work.begin("a")
    waiting = work.begin("b")
    await settle()
    with pytest.raises(Overloaded) as refused:
        async with limiter.permit():
            pass
    assert refused.value.code == "OVERLOADED"
    for name in ("a", "b"):
        work.ends[name].set()
    await asyncio.gather(running, waiting)


async def test_a_wait_has_an_end() -> None:
    limiter = Limiter(limit=1, max_waiting=9, timeout=0.01)
    work = HeldWork(limiter.permit)
    running = work.begin("a")
    await settle()
    with pytest.raises(Overloaded, match=r"0\.01 s"):
        await work.begin("b")
    work.ends["a"].set()
    await running
    assert limiter.running == 0
    assert limiter.waiting == 0


async def test_a_cancelled_caller_holds_no_permit() -> None:
    """Neither while it waits nor when its permit has just been granted."""
    limiter = Limiter(limit=1, max_waiting=9, timeout=9)
    work = HeldWork(limiter.permit)
    running, gone, stays = work.begin("a"), work.begin("b"), work.begin("c")
    await settle()
    work.ends["a"].set()
    await running
    gone.cancel()
    await settle()
    assert work.started[-1] == "c"
    work.ends["c"].set()
    await stays
    assert gone.cancelled()
    assert limiter.running == 0


async def test_the_width_may_change_while_work_runs() -> None:
    """A wider one lets in at the next end, a narrower one waits for running work."""
    limiter = Limiter(limit=1, max_waiting=9, timeout=9)
    work = HeldWork(limiter.permit)
    tasks = [work.begin(name) for name in "abcd"]
    await settle()
    limiter.limit = 3
    work.ends["a"].set()
    await settle()
    assert work.started == ["a", "b", "c", "d"]
    limiter.limit = 1
    late = work.begin("e")
    for name in ("b", "c"):
        work.ends[name].set()
        await settle()
        assert work.started[-1] == "d"
    work.ends["d"].set()
    await settle()
    assert work.started[-1] == "e"
    work.ends["e"].set()
    await asyncio.gather(*tasks, late)


async def test_work_that_fails_gives_its_place_back() -> None:
    limiter = Limiter(limit=1, max_waiting=0, timeout=9)

    async def fail() -> None:
        async with limiter.permit():
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await fail()
    assert limiter.running == 0
