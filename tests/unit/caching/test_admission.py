"""Who is admitted to be computed, who is refused, and who goes first."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.response_cache.admission import COMING_SECONDS, Admission, Refused
from shopx_core.caching.admission import (
    FIRST_MEAN,
    MAX_OPERATIONS,
    OVERLOADED_SHARE,
    ServiceTimes,
    expected_wait,
    longest_wait,
    newest_first,
    retry_after,
)
from tests.support.hand_clock import HandClock
from tests.support.held_work import HeldWork, settle

CALLER = "a"


def held(admission: Admission) -> HeldWork:
    """Work of one caller."""

    def enter(*, background: bool) -> AbstractAsyncContextManager[None]:
        if background:
            return admission.admitted_in_background("Op")
        return admission.admitted("Op", CALLER)

    return HeldWork(enter)


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=50))
def test_a_mean_lies_within_what_was_observed(seconds: list[float]) -> None:
    times = ServiceTimes()
    assert times.mean("Op") == FIRST_MEAN
    for one in seconds:
        times.observe("Op", one)
    assert min(seconds) * 0.999 <= times.mean("Op") <= max(seconds) * 1.001
    assert times.mean("Another") == times.mean("Op")


def test_each_operation_has_a_mean_of_its_own_up_to_a_number() -> None:
    """Those that are not seen any more make room for others."""
    times = ServiceTimes()
    times.observe("Gone", 2.0)
    for number in range(MAX_OPERATIONS + 10):
        times.observe("Slow", 2.0)
        times.observe(f"Op{number}", 0.01)
    assert times.mean("Slow") == 2.0
    assert times.mean("Op200") == 0.01
    assert times.mean("Gone") == times.mean("never seen")
    assert len(times._means) == MAX_OPERATIONS


def test_the_wait_is_the_work_before_by_the_width() -> None:
    assert expected_wait(12 * 0.5, 4) == 1.5
    assert [retry_after(wait) for wait in (0.0, 0.2, 1.0, 1.01)] == [1, 1, 1, 2]
    assert [newest_first(waited, 0.5, 1.0) for waited in (0.4, 0.6)] == [False, True]
    assert not newest_first(0.6, OVERLOADED_SHARE, 1.0)
    assert [longest_wait(2.0, since) for since in (0.0, 2.0, 2.1)] == [0.2, 0.2, 2.0]


async def test_requests_go_in_order_and_after_refreshes() -> None:
    admission = Admission(width=1, limit=9)
    work = held(admission)
    tasks = [
        *(work.begin("a"), work.begin("b"), work.begin("c")),
        *(work.begin("hot", background=True), work.begin("hot too", background=True)),
    ]
    await settle()
    for name in ("a", "hot", "hot too", "b", "c"):
        assert work.started[-1] == name
        work.ends[name].set()
        await settle()
    await asyncio.gather(*tasks)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_who_would_wait_too_long_is_refused_at_once_and_told_when_to_return() -> None:
    admission = Admission(width=2, limit=1.0)
    admission.times.observe("Op", 1.2)
    work = held(admission)
    tasks = [work.begin(name) for name in "abcd"]
    await settle()
    assert (admission.running, admission.waiting) == (2, 2)
    refusal = admission.refusal(CALLER)
    assert refusal is not None
    assert refusal.seconds == 2
    with pytest.raises(Refused):
        async with admission.admitted("Op", CALLER):
            pass
    for name in "abcd":
        work.ends[name].set()
    await asyncio.gather(*tasks)
    assert admission.refusal(CALLER) is None


async def test_under_overload_the_newest_goes_first() -> None:
    """As soon as the oldest has waited for more than half of the limit."""
    clock = HandClock()
    admission = Admission(width=1, limit=1.0, clock=clock)
    admission.times.observe("Op", 0.2)
    work = held(admission)
    tasks = [work.begin(name) for name in ("a", "old", "older")]
    await clock.move(0.5)
    work.ends["a"].set()
    await clock.move(0.1)
    tasks.append(work.begin("new"))
    await settle()
    work.ends["old"].set()
    await settle()
    assert work.started == ["a", "old", "new"]
    for end in work.ends.values():
        end.set()
    await asyncio.gather(*tasks)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_who_has_waited_as_long_as_allowed_is_refused_at_that_moment() -> None:
    """And not before, and nobody else."""
    clock = HandClock()
    admission = Admission(width=1, limit=1.0, clock=clock)
    work = held(admission)
    running, old = work.begin("a"), work.begin("old")
    await clock.move(0.4)
    new = work.begin("new")
    await clock.move(0.59)
    assert not old.done()
    await clock.move(0.02)
    with pytest.raises(Refused) as refused:
        await old
    assert refused.value.seconds == 1
    assert not new.done()
    await clock.move(0.4)
    with pytest.raises(Refused):
        await new
    work.ends["a"].set()
    await running
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_burst_may_wait_for_as_long_as_the_limit() -> None:
    clock = HandClock()
    admission = Admission(width=1, limit=1.0, clock=clock)
    admission.times.observe("Op", 0.09)
    work = held(admission)
    names = [str(number) for number in range(12)]
    tasks = [work.begin(name) for name in names]
    await settle()
    assert admission.refusal(CALLER) is None, "0.99 s of work is waiting"
    for name in names:
        work.ends[name].set()
        await clock.move(0.09)
    await asyncio.gather(*tasks)
    assert len(work.started) == 12


async def test_under_overload_the_queue_is_short_and_who_is_refused_is_refused_at_once() -> None:
    """Twice as much arrives as can be computed: once that has lasted, nobody waits in vain."""
    clock = HandClock()
    admission = Admission(width=1, limit=1.0, clock=clock)
    admission.times.observe("Op", 0.05)
    waits: list[tuple[float, bool]] = []

    async def ask() -> None:
        began = clock.time()
        try:
            async with admission.admitted("Op", CALLER):
                waits.append((clock.time() - began, True))
                await clock.sleep(0.05)
        except Refused:
            waits.append((clock.time() - began, False))

    tasks = []
    for step in range(240):
        if step == 160:
            waits.clear()
        tasks.append(asyncio.create_task(ask()))
        await clock.move(0.025)
    served = [wait for wait, answered in waits if answered]
    refused = [wait for wait, answered in waits if not answered]
    assert len(served) == pytest.approx(40, abs=2)
    assert len(refused) == pytest.approx(40, abs=2)
    assert max(refused) == 0
    assert max(served) <= 3 * 0.05 + 0.001
    while admission.running:
        await clock.move(0.05)
    await asyncio.gather(*tasks)
    assert admission.refusal(CALLER) is None


async def test_under_overload_refreshes_are_never_refused_and_begin_with_the_next_place() -> None:
    """Twice as many queries arrive as can be computed, and a refresh each half second."""
    clock = HandClock()
    admission = Admission(width=2, limit=1.0, clock=clock)
    admission.times.observe("Op", 0.05)
    waited: list[float] = []
    answered = refused = 0

    async def ask() -> None:
        nonlocal answered, refused
        try:
            async with admission.admitted("Op", CALLER):
                await clock.sleep(0.05)
                answered += 1
        except Refused:
            refused += 1

    async def refresh() -> None:
        began = clock.time()
        async with admission.admitted_in_background("Op"):
            waited.append(clock.time() - began)
            await clock.sleep(0.05)

    tasks = []
    for step in range(800):
        tasks.append(asyncio.create_task(ask()))
        if step % 40 == 0:
            tasks.append(asyncio.create_task(refresh()))
        await clock.move(0.0125)
    assert refused > 300
    assert answered > 340, "the width is in use, less what the refreshes took"
    assert len(waited) == 20
    assert max(waited) <= 0.05 + 0.0001
    while admission.running:
        await clock.move(0.05)
    await asyncio.gather(*tasks)


async def test_no_more_are_let_by_at_once_than_may_wait() -> None:
    """Before the first of them waits: 1 s of work, and a tenth of it once one was refused."""
    clock = HandClock()
    admission = Admission(width=2, limit=1.0, clock=clock)
    admission.times.observe("Op", 0.05)
    assert [admission.let_by(CALLER) is None for _ in range(100)] == [True] * 41 + [False] * 59
    await clock.move(COMING_SECONDS + 0.01)
    assert [admission.let_by(CALLER) is None for _ in range(100)] == [True] * 5 + [False] * 95, (
        "those before never arrived"
    )
    work = held(admission)
    tasks = [work.begin(str(number)) for number in range(5)]
    await settle()
    assert (admission.running, admission.waiting) == (2, 3)
    assert [admission.let_by(CALLER) is None for _ in range(100)] == [True] * 2 + [False] * 98
    for end in work.ends.values():
        end.set()
    await asyncio.gather(*tasks)


async def test_who_gives_up_leaves_no_trace() -> None:
    """Waiting, and at the moment of being admitted."""
    admission = Admission(width=1, limit=9)
    work = held(admission)
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
    work = held(admission)
    tasks = [work.begin(name) for name in "abc"]
    await settle()
    admission.width = 2
    work.ends["a"].set()
    await settle()
    assert work.started == ["a", "b", "c"]
    for name in "bc":
        work.ends[name].set()
    await asyncio.gather(*tasks)
