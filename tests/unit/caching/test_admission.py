"""Who is admitted to be computed, who is refused, and who goes first."""

import asyncio
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.response_cache.admission import Admission, Refused
from shopx_core.caching.admission import (
    FIRST_MEAN,
    MAX_OPERATIONS,
    ServiceTimes,
    expected_wait,
    newest_first,
    retry_after,
)
from tests.support.held_work import HeldWork, settle


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=50))
def test_a_mean_lies_within_what_was_observed(seconds: list[float]) -> None:
    times = ServiceTimes()
    assert times.mean("Op") == FIRST_MEAN
    for one in seconds:
        times.observe("Op", one)
    assert min(seconds) * 0.999 <= times.mean("Op") <= max(seconds) * 1.001
    assert times.mean("Another") == times.mean("Op")


def test_each_operation_has_a_mean_of_its_own_up_to_a_number() -> None:
    times = ServiceTimes()
    times.observe("Slow", 2.0)
    for number in range(MAX_OPERATIONS + 10):
        times.observe(f"Op{number}", 0.01)
    assert times.mean("Slow") == 2.0
    assert times.mean("Op0") == 0.01
    assert len(times._means) == MAX_OPERATIONS


def test_the_wait_is_the_work_before_by_the_width() -> None:
    assert expected_wait(12 * 0.5, 4) == 1.5
    assert [retry_after(wait) for wait in (0.0, 0.2, 1.0, 1.01)] == [1, 1, 1, 2]
    assert [newest_first(waited, 1.0) for waited in (0.4, 0.6)] == [False, True]


async def test_requests_go_in_order_and_before_background_work() -> None:
    admission = Admission(width=1, limit=9)
    work = HeldWork(partial(admission.admitted, "Op"))
    tasks = [work.begin("a"), work.begin("slow", background=True), work.begin("b"), work.begin("c")]
    await settle()
    for name in ("a", "b", "c", "slow"):
        assert work.started[-1] == name
        work.ends[name].set()
        await settle()
    await asyncio.gather(*tasks)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_who_would_wait_too_long_is_refused_at_once_and_told_when_to_return() -> None:
    admission = Admission(width=2, limit=1.0)
    admission.times.observe("Op", 1.2)
    work = HeldWork(partial(admission.admitted, "Op"))
    tasks = [work.begin(name) for name in "abcd"]
    await settle()
    assert (admission.running, admission.waiting) == (2, 2)
    refusal = admission.refusal()
    assert refusal is not None
    assert refusal.seconds == 2
    with pytest.raises(Refused):
        async with admission.admitted("Op"):
            pass
    for name in "abcd":
        work.ends[name].set()
    await asyncio.gather(*tasks)
    assert admission.refusal() is None


async def test_under_overload_the_newest_goes_first_and_the_oldest_is_refused() -> None:
    admission = Admission(width=1, limit=0.1)
    work = HeldWork(partial(admission.admitted, "Op"))
    tasks = {"a": work.begin("a"), "old": work.begin("old")}
    await asyncio.sleep(0.07)
    tasks["new"] = work.begin("new")
    await settle()
    work.ends["a"].set()
    await settle()
    assert work.started == ["a", "new"]
    with pytest.raises(Refused):
        await tasks["old"]
    work.ends["new"].set()
    await asyncio.gather(tasks["a"], tasks["new"])
    assert (admission.running, admission.waiting) == (0, 0)


async def test_who_gives_up_leaves_no_trace() -> None:
    """Waiting, and at the moment of being admitted."""
    admission = Admission(width=1, limit=9)
    work = HeldWork(partial(admission.admitted, "Op"))
    running, waiting = work.begin("a"), work.begin("b")
    await settle()
    waiting.cancel()
    await settle()
    assert admission.waiting == 0
    granted = work.begin("c")
    await settle()
    work.ends["a"].set()
    await asyncio.sleep(0)
    granted.cancel()
    await asyncio.gather(running, granted, return_exceptions=True)
    last = work.begin("d")
    await settle()
    assert work.started[-1] == "d"
    work.ends["d"].set()
    await last
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_changed_width_holds_from_then_on() -> None:
    admission = Admission(width=1, limit=9)
    work = HeldWork(partial(admission.admitted, "Op"))
    tasks = [work.begin(name) for name in "abc"]
    await settle()
    admission.width = 2
    work.ends["a"].set()
    await settle()
    assert work.started == ["a", "b", "c"]
    for name in "bc":
        work.ends[name].set()
    await asyncio.gather(*tasks)
