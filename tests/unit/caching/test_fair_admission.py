"""Several callers share what computes: nobody waits for what another one asked."""

import asyncio
import statistics
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopx_api.response_cache.admission import SEVERAL_SECONDS, Admission, Refused
from shopx_api.response_cache.fair_queue import FairQueue
from shopx_core.caching.admission import SHORT, share_of_width, side_by_side
from tests.support.hand_clock import HandClock

STEP = 0.01


class Callers:
    """Callers whose requests take as long as they say, by a clock that a test moves."""

    def __init__(self, width: int, limit: float = 60.0) -> None:
        self.clock = HandClock()
        self.admission = Admission(width=width, limit=limit, clock=self.clock)
        self.waits: dict[str, list[float]] = defaultdict(list)
        """From the request to its response, without what was refused."""
        self.served: dict[str, float] = defaultdict(float)
        self.refused: dict[str, int] = defaultdict(int)

    async def ask(self, caller: str, seconds: float, operation: str = "Op") -> None:
        """One request."""
        began = self.clock.time()
        try:
            async with self.admission.admitted(operation, caller):
                await self.clock.sleep(seconds)
        except Refused:
            self.refused[caller] += 1
            return
        self.served[caller] += seconds
        self.waits[caller].append(self.clock.time() - began)

    async def one_after_another(self, caller: str, seconds: float, count: int) -> None:
        """Requests of a caller who waits for each response."""
        for _ in range(count):
            await self.ask(caller, seconds)

    async def pass_until(self, *tasks: "asyncio.Task[None]") -> None:
        """Let time pass until some tasks have ended."""
        while not all(task.done() for task in tasks):
            await self.clock.move(STEP)


async def test_a_modest_caller_does_not_wait_for_a_greedy_one() -> None:
    """50 requests of half a second at once, and one after another of 50 ms."""
    callers = Callers(width=8)
    greedy = [asyncio.create_task(callers.ask("greedy", 0.5)) for _ in range(50)]
    await callers.clock.move(STEP)
    modest = asyncio.create_task(callers.one_after_another("modest", 0.05, 40))
    await callers.pass_until(modest)
    assert max(callers.waits["modest"]) <= 2 * 0.05, "the first one as well"
    ended = callers.clock.time()
    await callers.pass_until(*greedy)
    assert callers.served["greedy"] == pytest.approx(25)
    alone = callers.clock.time() - ended - SEVERAL_SECONDS
    assert alone <= (25 - SEVERAL_SECONDS) / 7 + 1, "all places but one are the greedy one's again"


PROCESSORS = 2
GREEDY_KNOWN = 55
"""Answers after which what waited before any of them, with no known mean, is done."""


class Sharing(Callers):
    """Callers whose work shares two processors, as statements of a database do."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.computing = 0

    async def compute(self, seconds: float) -> None:
        """Take so many seconds of one processor, as far as there is one."""
        self.computing += 1
        try:
            while seconds > 0:
                await self.clock.sleep(STEP)
                seconds -= STEP * min(1.0, PROCESSORS / self.computing)
        finally:
            self.computing -= 1

    async def ask(self, caller: str, seconds: float, operation: str = "Op") -> None:
        """One request, of an operation of the caller's own."""
        began = self.clock.time()
        async with self.admission.admitted(operation + caller, caller):
            await self.compute(seconds)
        self.waits[caller].append(self.clock.time() - began)


async def test_slow_work_leaves_processors_to_others() -> None:
    """50 questions of half a second wait; one of 100 ms takes no more than half as long again."""
    callers = Sharing(width=8)
    alone = asyncio.create_task(callers.one_after_another("modest", 0.1, 5))
    await callers.pass_until(alone)
    greedy = [asyncio.create_task(callers.one_after_another("greedy", 0.5, 50)) for _ in range(50)]
    while len(callers.waits["greedy"]) < GREEDY_KNOWN:
        await callers.clock.move(STEP)
    await callers.pass_until(asyncio.create_task(callers.one_after_another("modest", 0.1, 20)))
    one, beside = callers.waits["modest"][:5], callers.waits["modest"][5:]
    assert statistics.median(beside) <= 1.5 * statistics.median(one)
    for task in greedy:
        task.cancel()
    await asyncio.gather(*greedy, return_exceptions=True)


async def test_a_greedy_caller_is_refused_before_a_modest_one() -> None:
    callers = Callers(width=2, limit=1.0)
    for _ in range(5):
        callers.admission.times.observe("Op", 0.5)
    greedy = [asyncio.create_task(callers.ask("greedy", 0.5)) for _ in range(50)]
    modest = asyncio.create_task(callers.one_after_another("modest", 0.5, 5))
    await callers.pass_until(modest, *greedy)
    assert callers.refused["greedy"] > 40
    assert callers.refused["modest"] == 0


async def test_who_asks_alone_has_all_places_but_one() -> None:
    callers = Callers(width=8)
    await callers.pass_until(asyncio.create_task(callers.ask("other", STEP)))
    early = [asyncio.create_task(callers.ask("one", 0.5)) for _ in range(16)]
    await callers.clock.move(STEP)
    assert callers.admission.running == 4, "another one asked lately"
    await callers.pass_until(*early)
    await callers.clock.move(SEVERAL_SECONDS)
    late = [asyncio.create_task(callers.ask("one", 0.5)) for _ in range(16)]
    await callers.clock.move(STEP)
    assert callers.admission.running == 7
    newcomer = asyncio.create_task(callers.ask("newcomer", 3 * STEP))
    await callers.clock.move(STEP)
    assert callers.admission.running == 8, "it waits for none of them"
    await callers.pass_until(newcomer, *late)
    assert callers.refused["newcomer"] == 0


async def test_who_asks_alone_for_what_is_short_has_all_places() -> None:
    """No place is kept from work that a newcomer would hardly wait for, and nothing is refused."""
    callers = Callers(width=8, limit=1.0)
    callers.admission.times.observe("Op", 2 * STEP)
    asked = [asyncio.create_task(callers.ask("one", 2 * STEP)) for _ in range(8)]
    await callers.clock.move(STEP)
    assert (callers.admission.running, callers.admission.waiting) == (8, 0)
    await callers.pass_until(*asked)
    assert callers.refused["one"] == 0


@pytest.mark.parametrize("lies", [False, True], ids=["by operation", "under one name"])
async def test_callers_get_equal_time_whatever_they_ask(*, lies: bool) -> None:
    """One asks what takes ten times as long; under another's name its mean is wrong."""
    callers = Callers(width=1)
    tasks = [
        asyncio.create_task(callers.ask(caller, seconds, "Op" if lies else caller))
        for caller, seconds, count in (("long", 0.5, 20), ("short", 0.05, 200))
        for _ in range(count)
    ]
    while callers.clock.time() < 8:
        await callers.clock.move(STEP)
    assert callers.served["long"] == pytest.approx(callers.served["short"], abs=0.6)
    await callers.pass_until(*tasks)
    assert callers.admission.running == callers.admission.waiting == 0


def test_a_newcomer_always_finds_room_beside_a_few() -> None:
    assert [share_of_width(8, callers) for callers in (1, 2, 3, 7, 50)] == [4, 3, 2, 1, 1]
    assert share_of_width(1, 1) == 1
    assert all(callers * share_of_width(8, callers) < 8 for callers in (1, 2, 3))


async def test_a_caller_with_room_is_let_by_whatever_was_refused() -> None:
    """It would start at once: how long others wait says nothing about it."""
    callers = Callers(width=8, limit=1.0)
    for _ in range(50):
        callers.admission.times.observe("Op", 0.5)
    greedy = [asyncio.create_task(callers.ask("greedy", 0.5)) for _ in range(50)]
    await callers.clock.move(STEP)
    assert callers.refused["greedy"] > 0
    assert callers.admission.let_by("greedy") is not None
    assert callers.admission.let_by("modest") is None
    await callers.pass_until(*greedy)


def test_the_longer_work_takes_the_less_of_it_runs_at_once() -> None:
    assert [side_by_side(6, seconds) for seconds in (0, SHORT, 0.2, 0.3, 1, 60)] == [
        *(6, 6, 3),
        *(2, 1, 1),
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 2)), max_size=60))
def test_what_is_taken_out_was_put_in_and_sums_are_true(
    pushed: list[tuple[int, float]],
) -> None:
    loop = asyncio.new_event_loop()
    queue = FairQueue[None]()
    for number, (caller, seconds) in enumerate(pushed):
        account = queue.account(str(caller))
        queue.push(account, loop.create_future(), float(number), seconds)
    assert queue.before(None, 1e9) == pytest.approx(sum(seconds for _, seconds in pushed))
    taken = []
    while waiting := queue.take(lambda _: len(pushed) + 1, lambda _: False):
        taken.append((int(waiting.account.name), waiting.seconds))
        queue.begin(waiting.account, waiting.seconds)
    loop.close()
    assert sorted(taken) == sorted(pushed)
    assert len(queue) == 0
    assert queue.before(None, 1e9) == 0
    for caller, seconds in taken:
        left = queue.known(str(caller))
        assert left is not None
        queue.end(left, -seconds)
    assert queue.callers == 0
