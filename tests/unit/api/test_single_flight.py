"""The same work once at a time, for all who want it meanwhile."""

import asyncio

import pytest

from shopx_api.response_cache.single_flight import SingleFlight


async def test_all_who_come_meanwhile_get_the_same_and_later_ones_another() -> None:
    once, made = SingleFlight[int](), 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return made

    assert await asyncio.gather(*(once.result(b"a", make) for _ in range(5))) == [1] * 5
    assert b"a" not in once
    assert await once.result(b"a", make) == 2


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    once, go_on = SingleFlight[str](), asyncio.Event()

    async def make() -> str:
        await go_on.wait()
        return "made"

    first, second = (asyncio.create_task(once.result(b"a", make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go_on.set()
    assert await second == "made"


async def test_what_fails_fails_for_all_and_may_be_tried_again() -> None:
    once, fails = SingleFlight[str](), True

    async def make() -> str:
        await asyncio.sleep(0)
        if fails:
            raise ValueError
        return "made"

    outcomes = await asyncio.gather(
        *(once.result(b"a", make) for _ in range(2)), return_exceptions=True
    )
    assert [type(one) for one in outcomes] == [ValueError, ValueError]
    fails = False
    assert await once.result(b"a", make) == "made"


@pytest.mark.timeout(10)
async def test_a_caller_in_the_iteration_that_ends_a_flight_starts_another() -> None:
    """Otherwise a caller that retries until it has a result would block the event loop."""
    once = SingleFlight[str | None]()

    async def leaves_it_to_others() -> None:
        assert b"a" in once

    async def make() -> str:
        return "made"

    async def ask_until_made() -> str:
        while True:
            found = await once.result(b"a", make)
            if found is not None:
                return found

    first = asyncio.create_task(once.result(b"a", leaves_it_to_others))
    # The work has been begun, and its only step comes before the first one of the caller.
    await asyncio.sleep(0)
    caller = asyncio.create_task(ask_until_made())
    assert await caller == "made"
    assert await first is None


async def test_stopping_ends_what_is_being_done() -> None:
    once = SingleFlight[None]()
    waiting = asyncio.create_task(once.result(b"a", asyncio.Event().wait))  # type: ignore[arg-type] # it never returns
    await asyncio.sleep(0)
    await once.stop()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_work_ends_when_its_last_caller_has_gone() -> None:
    """And who comes then starts it anew."""
    flights = SingleFlight[str]()
    ended = asyncio.Event()

    async def work() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.set()
            raise
        return "never"

    async def other() -> str:
        return "anew"

    callers = [asyncio.create_task(flights.result(b"n", work)) for _ in range(2)]
    await asyncio.sleep(0)
    callers[0].cancel()
    await asyncio.sleep(0.01)
    assert b"n" in flights
    assert not ended.is_set()
    callers[1].cancel()
    await asyncio.sleep(0)
    assert await flights.result(b"n", other) == "anew"
    await asyncio.wait_for(ended.wait(), 60)
