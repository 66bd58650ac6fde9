"""The model behaves as queues do, and the runs can be repeated."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from shopx_core.caching.tuning import CacheTuning
from shopx_tools.simulator import loads
from shopx_tools.simulator.catalogue import SCENARIOS, half
from shopx_tools.simulator.goals import goals
from shopx_tools.simulator.pod import Answer, Pod
from shopx_tools.simulator.policies.base import Wish
from shopx_tools.simulator.policies.catalogue import NATIVE, policies
from shopx_tools.simulator.run import Result, run
from shopx_tools.simulator.scenario import Fault, Scenario, Trouble
from shopx_tools.simulator.svg import plot
from shopx_tools.simulator.table import table
from shopx_tools.simulator.world import World

CALM = Scenario(
    name="calm", about="for tests", half="tuning", rate=loads.steady(30.0), seconds=120, keys=200
)


class Idle:
    """Never changes anything."""

    name = "idle"
    tick = 60

    def look(self, lens: object) -> Wish:
        del lens
        return Wish()


def lived(scenario: Scenario, seed: int = 1, tuning: CacheTuning | None = None) -> World:
    world = World(scenario, seed)
    if tuning is not None:
        world.set_tuning(tuning)
    for _ in range(scenario.seconds):
        world.advance()
    return world


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    one, same, other = (run(CALM, Idle(), seed) for seed in (1, 1, 2))
    assert one.score.bad_shares() == same.score.bad_shares()
    assert one.requests == same.requests != other.requests


def test_every_request_is_answered_once() -> None:
    """What the pods counted is what was asked, but for what is still in work."""
    world = lived(CALM)
    last = [pod.snapshots[-1] for pod in world.pods]
    counted = sum(sum(s.hits) + sum(s.misses) + s.failed + s.in_flight for s in last)
    assert counted == world.requests


def test_cpu_is_never_more_than_time() -> None:
    world = lived(replace(CALM, rate=loads.steady(300.0), keys=20_000, seconds=40))
    for pod in world.pods:
        used = [snapshot.cpu for snapshot in pod.snapshots]
        assert all(0.0 <= b - a <= 1.0 + 1e-9 for a, b in pairwise(used))
        assert used[-1] == pytest.approx(40.0, rel=0.05), "an overloaded pod does nothing else"


def test_an_answer_from_cache_does_not_wait_for_one_that_is_computed() -> None:
    pod, making = Pod(0.0), dict[int, Answer]()
    answer = Answer(1, 1, pod, making)
    assert pod.compute(0.0, 5.0, answer) == 5.0
    assert pod.front(1.0, 0.5) == 1.5
    assert pod.delay(answer) == 0.5, "the front took the processor meanwhile"
    assert pod.delay(answer) == 0.0
    assert pod.compute(2.0, 1.0, Answer(2, 1, pod, making)) == 6.5


def test_a_request_that_would_wait_too_long_gets_what_is_there() -> None:
    """Every response is in the cache and stale: nothing is refused, however few are computed."""
    tuning = CacheTuning(live_interval=1.0)
    busy = replace(CALM, rate=loads.steady(200.0), open_share=1.0, seconds=60)
    refusing = replace(busy, product=replace(busy.product, freshness_limit=0.0))
    served, refused = (
        sum(pod.failed for pod in lived(one, tuning=tuning).pods) for one in (busy, refusing)
    )
    assert served < refused / 5


def test_a_longer_live_interval_computes_fewer_answers() -> None:
    short, long = (
        lived(CALM, tuning=CacheTuning(live_interval=seconds)).database.finished
        for seconds in (2.0, 15.0)
    )
    assert long < 0.6 * short


def test_a_slow_database_has_busy_backends() -> None:
    fault = Fault(Trouble.SLOW_DATABASE, 60, 120, 20.0)
    world = lived(replace(CALM, faults=(fault,)))
    active = [sample[2] for sample in world.past]
    assert sum(active[60:]) > 5 * max(1, sum(active[:60]))


def test_a_flush_is_followed_by_misses_that_end() -> None:
    scenario = replace(CALM, faults=(Fault(Trouble.FLUSH, 60, 61),), open_share=0.0)
    reasons = [sum(sample[4]) for sample in lived(scenario).past]
    before, after, later = (
        reasons[59] - reasons[49], reasons[69] - reasons[59], reasons[119] - reasons[109]
    )  # fmt: skip
    assert after > 3 * max(before, later)


def test_new_pods_serve_after_their_start() -> None:
    world = World(CALM, 1)
    world.advance()
    world.scale_api(3)
    for _ in range(19):
        world.advance()
    assert sum(world.pods[-1].snapshots[-1].hits) == 0
    for _ in range(10):
        world.advance()
    assert sum(world.pods[-1].snapshots[-1].hits) > 0


def test_refused_connections_leave_requests_waiting() -> None:
    scenario = replace(CALM, faults=(Fault(Trouble.CONNECTIONS, 30, 100, 50),))
    world = World(scenario, 1)
    for _ in range(100):
        world.advance()
    assert sum(pod.snapshots[-1].in_flight for pod in world.pods) > 50
    for _ in range(20):
        world.advance()
    assert sum(pod.snapshots[-1].in_flight for pod in world.pods) < 10


def test_reserved_jobs_do_not_show_in_the_queue() -> None:
    scenario = replace(CALM, jobs=loads.pulse(0.0, 2.0, 10.0, 20.0), prefetch=4)
    world = World(scenario, 1)
    world.workers.scale(0.0, 2)
    for _ in range(40):
        world.advance()
    workers = world.workers
    assert workers.reserved > 0
    assert workers.length + workers.reserved == len(workers.queue)


def test_scenarios_are_many_named_once_and_halved() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names) >= 24
    assert len(half("tuning")) == len(half("report")) == len(names) // 2


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_run_has_more_requests_than_allowed(scenario: Scenario) -> None:
    """The mean of the load; clients that ask again are counted while running."""
    assert sum(scenario.rate(float(t)) for t in range(scenario.seconds)) < 95_000


@pytest.fixture(scope="module")
def results() -> dict[str, list[Result]]:
    """A slow database, short, with every policy."""
    scenario = replace(
        CALM,
        faults=(Fault(Trouble.SLOW_DATABASE, 60, 100, 15.0),),
        database_bound=True,
        trigger=100,
    )
    return {name: [run(scenario, make(), 1)] for name, make in policies(scenario).items()}


def test_every_policy_runs_and_ours_adds_no_pod_for_a_slow_database(
    results: dict[str, list[Result]],
) -> None:
    assert len(results) == 6
    assert max(results[NATIVE][0].score.api) == 2
    assert results[NATIVE][0].score.bottleneck_at[0] <= 75.0


def test_goals_say_met_or_short(results: dict[str, list[Result]]) -> None:
    lines = [str(goal) for goal in goals(results)]
    assert len(lines) == 6
    assert all(re.fullmatch(r"goal [a-z-]+ [\d.]+ [\d.]+ (met|short)", line) for line in lines)


def test_the_table_has_every_policy(results: dict[str, list[Result]]) -> None:
    text = table(results)
    assert all(name in text for name in results)
    assert text.count("\n") == 3


def test_a_plot_is_well_formed(results: dict[str, list[Result]]) -> None:
    root = ET.fromstring(plot([runs[0] for runs in results.values()]))  # noqa: S314 -- our own text
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 1 + 3 * 6
