"""From pages of metrics to an observation."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopx_api.telemetry import HttpTelemetry, Telemetry
from shopx_core.scaling import ScalingSpec, ScalingState, evaluate
from shopx_core.scaling.measurement import (
    History,
    ReplicaCounts,
    Scrape,
    Windows,
    append_scrapes,
    observe,
    parse_scrape,
)
from shopx_core.scaling.measurement.window import MAX_CPU, quantile

PACE = Windows()
COUNTS = ReplicaCounts(api_replicas=1, api_ready=1, worker_replicas=1, worker_ready=1, cores=0.1)


class Pod:
    """An API unit: its real telemetry, and the process metrics that it would have."""

    def __init__(self, started: float = 0.0) -> None:
        self.compute = Telemetry()
        self.telemetry = HttpTelemetry(self.compute.exposition)
        self.cpu = 0.0
        self.started = started

    def serve(self, count: int, seconds: float, cache: str = "hit-l0", status: int = 200) -> None:
        counter = self.telemetry.counter("Sales", cache)
        for _ in range(count):
            counter.count(status, seconds)
        if cache == "miss":
            self.telemetry.cache["l1", "miss", "expired"] += count

    def page(self, at: float, *, summed: bool = True) -> Scrape:
        text = self.telemetry.exposition(summed=summed)[0].decode()
        made = parse_scrape(text, at)
        counters = {**made.counters, "cpu": self.cpu}
        return Scrape(at, counters, {**made.gauges, "started": self.started})


def seen(
    pages: dict[str, list[Scrape]], now: float, others: dict[str, list[Scrape]] | None = None
) -> tuple[History, History]:
    def kept(of: dict[str, list[Scrape]]) -> History:
        history: History = {}
        for round_ in range(max((len(each) for each in of.values()), default=0)):
            new = {name: each[round_] for name, each in of.items() if round_ < len(each)}
            history = append_scrapes(history, new, of, now, PACE)
        return history

    return kept(pages), kept(others or {})


def test_a_page_that_adds_operations_up_says_the_same() -> None:
    """The operator asks for the short one, Prometheus for the long one."""
    pod = Pod()
    for operation, cache in (("Sales", "miss"), ("Orders", "miss"), ("Orders", "hit-l0")):
        pod.telemetry.counter(operation, cache).count(200, 0.03)
    pod.compute.queries.labels("Sales").observe(0.1)
    long, short = pod.page(1.0, summed=False), pod.page(1.0)
    assert long.counters == short.counters
    assert set(long.gauges) == set(short.gauges)
    sizes = [len(pod.telemetry.exposition(summed=which)[0]) for which in (False, True)]
    assert sizes[1] < sizes[0]


def test_shares_and_latencies_by_outcome() -> None:
    pod = Pod()
    first = pod.page(100.0)
    pod.serve(800, 0.001)
    pod.serve(200, 0.15, "miss")
    pod.telemetry.in_flight_seconds += 40.0
    pod.cpu += 0.7
    api, others = seen({"a": [first, pod.page(110.0)]}, 110.0)
    observation = observe(api, others, COUNTS, 110.0, PACE)
    assert (observation.api_reporting, observation.samples, observation.rps) == (1, 1000, 100)
    assert observation.hit_ratio == 0.8
    assert observation.misses.expired == pytest.approx(0.2)
    assert observation.in_flight == pytest.approx(4.0)
    assert observation.cpu == pytest.approx(0.7)
    assert observation.p95_hit is not None
    assert observation.p95_hit <= 0.001
    assert observation.p95_miss is not None
    assert 0.1 < observation.p95_miss <= 0.2
    assert observation.p95 is not None
    assert 0.1 < observation.p95 <= 0.2


def test_what_failed_counts_as_the_slowest() -> None:
    """A refusal is fast; for the caller it is no answer."""
    pod = Pod()
    first = pod.page(100.0)
    pod.serve(940, 0.001)
    pod.serve(60, 0.0001, "miss", status=503)
    api, others = seen({"a": [first, pod.page(105.0)]}, 105.0)
    observation = observe(api, others, COUNTS, 105.0, PACE)
    assert observation.errors == pytest.approx(0.06)
    assert observation.refused == pytest.approx(0.06)
    assert observation.p95 is not None
    assert observation.p95 >= 0.001
    assert observation.p95_hit is not None
    assert observation.p95 >= observation.p95_hit


def test_a_refused_miss_is_no_quick_miss() -> None:
    """Otherwise the pods that refuse the most would look as if they needed no help."""
    pod = Pod()
    first = pod.page(100.0)
    pod.serve(50, 0.4, "miss")
    pod.serve(950, 0.0001, "miss", status=503)
    api, others = seen({"a": [first, pod.page(105.0)]}, 105.0)
    observation = observe(api, others, COUNTS, 105.0, PACE)
    assert observation.p95_miss is not None
    assert observation.p95_miss > 0.2


@pytest.mark.parametrize("told_start", [True, False], ids=["start-time", "counters-alone"])
def test_a_restarted_process_loses_nothing_but_what_it_lost(*, told_start: bool) -> None:
    pod = Pod(started=1.0)
    pod.serve(1000, 0.001)
    pod.cpu = 50.0
    first = pod.page(100.0)
    fresh = Pod(started=99.0 if told_start else 1.0)
    fresh.serve(50, 0.001)
    fresh.cpu = 0.1
    api, others = seen({"a": [first, fresh.page(105.0)]}, 105.0)
    observation = observe(api, others, COUNTS, 105.0, PACE)
    assert observation.rps == pytest.approx(10.0)
    assert observation.cpu == pytest.approx(0.2)


def test_processes_come_and_go() -> None:
    """One that came counts from its second page on; one that went counts no more."""
    old, new = Pod(), Pod()
    pages = {"old": [old.page(100.0)], "new": [new.page(105.0)]}
    api, others = seen(pages, 105.0)
    assert observe(api, others, COUNTS, 105.0, PACE).api_reporting == 0
    old.serve(100, 0.001)
    new.serve(100, 0.001)
    answers = {"old": old.page(110.0), "new": new.page(110.0)}
    api = append_scrapes(api, answers, answers, 110, PACE)
    both = observe(api, others, COUNTS, 110.0, PACE)
    assert (both.api_reporting, both.rps) == (2, pytest.approx(100 / 10 + 100 / 5))
    api = append_scrapes(api, {"new": new.page(115.0)}, ["new"], 115, PACE)
    assert observe(api, others, COUNTS, 115.0, PACE).api_reporting == 1


def test_a_process_that_does_not_answer_stops_reporting() -> None:
    pod = Pod()
    api, others = seen({"a": [pod.page(100.0), pod.page(105.0)]}, 105.0)
    assert observe(api, others, COUNTS, 110.0, PACE).api_reporting == 1
    late = observe(api, others, COUNTS, 130.0, PACE)
    assert (late.api_reporting, late.at, late.in_flight) == (0, None, None)


def test_a_clock_that_was_put_back_forgets_the_future() -> None:
    pod = Pod()
    api, _ = seen({"a": [pod.page(1000.0), pod.page(1005.0)]}, 1005.0)
    for at in (500.0, 505.0):
        api = append_scrapes(api, {"a": pod.page(at)}, ["a"], at, PACE)
    assert observe(api, {}, COUNTS, 505.0, PACE).at == 505.0


def _others(**pages: dict[str, float]) -> History:
    return {name: (Scrape(100.0, {}, gauges),) for name, gauges in pages.items()}


@pytest.mark.parametrize(
    ("pages", "ready", "expected"),
    [
        ({"beat": {"queued": 3.0}, "w": {"active": 2.0, "reserved": 3.0}}, 1, (4.0, 2.0)),
        ({"beat": {"queued": 3.0}}, 0, (3.0, 0.0)),
        ({"beat": {"queued": 3.0}}, 1, (None, None)),
        ({"w": {"active": 2.0}}, 1, (None, 2.0)),
        (
            {"w": {"active": 1.0, "queued": 5.0}, "v": {"active": 2.0, "queued": 4.0}},
            2,
            (5.0, 3.0),
        ),
    ],
    ids=["reserved-waits", "no-worker", "silent-worker", "no-queue", "two-workers"],
)
def test_the_queue(
    pages: dict[str, dict[str, float]], ready: int, expected: tuple[float | None, float | None]
) -> None:
    """A worker that is silent may be at work: then nothing is known, and nothing is scaled."""
    counts = ReplicaCounts(
        api_replicas=1, api_ready=1, worker_replicas=ready, worker_ready=ready, cores=1
    )
    observation = observe({}, _others(**pages), counts, 101.0, PACE)
    assert (observation.queued, observation.active) == expected


def test_the_database_is_told_by_the_fold() -> None:
    text = 'shopx_db_backends{state="active"} 3.0\nshopx_db_backends{state="idle"} 9.0\n'
    observation = observe({}, {"fold": (parse_scrape(text, 100.0),)}, COUNTS, 101.0, PACE)
    assert (observation.db_active, observation.db_connections) == (3.0, 12.0)


@pytest.mark.parametrize(
    ("queries", "seconds", "active", "known"),
    [(100, 0.1, 0.2, False), (100, 0.1, 0.9, True), (10, 0.1, 0.0, True), (100, 0.1, None, True)],
    ids=["pods-without-cpu", "busy-database", "too-few-to-see", "no-fold"],
)
def test_a_query_is_slow_in_the_database_only_where_that_is_at_work(
    queries: int, seconds: float, active: float | None, *, known: bool
) -> None:
    """A pod without CPU measures its own delay as the query's."""
    pod = Pod()
    first = pod.page(100.0)
    for _ in range(queries):
        pod.compute.queries.labels("Sales").observe(seconds)
    gauges = {} if active is None else {"active_backends": active, "backends": 5.0}
    api, others = seen(
        {"a": [first, pod.page(110.0)]}, 110.0, {"fold": [Scrape(110.0, {}, gauges)]}
    )
    observation = observe(api, others, COUNTS, 110.0, PACE)
    assert (observation.query_seconds is not None) is known


def test_a_pod_that_borrows_much_cpu_is_no_broken_counter() -> None:
    """It asked for a twentieth of a core and uses two: that is 40 times as much."""
    pod = Pod()
    first = pod.page(100.0)
    pod.cpu += 10.0
    api, others = seen({"a": [first, pod.page(105.0)]}, 105.0)
    assert observe(api, others, COUNTS, 105.0, PACE).cpu == MAX_CPU


@pytest.mark.parametrize(
    "text",
    ["shopx_http_requests_total{", "process_cpu_seconds_total many\n", "shopx_db_backends"],
)
def test_what_is_no_text_of_prometheus_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="not the text format"):
        parse_scrape(text, 1.0)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-5"])
@pytest.mark.parametrize(
    "series",
    [
        "process_cpu_seconds_total",
        "shopx_http_requests_in_flight_seconds_total",
        'shopx_http_requests_total{cache="hit-l0",status="200"}',
        'shopx_http_request_duration_seconds_bucket{cache="miss",le="+Inf"}',
    ],
)
def test_a_broken_value_holds_or_hides_and_never_scales_down(series: str, value: str) -> None:
    """Two pods are barely used; only figures that can be believed may take one away."""

    def page(at: float, *, broken: bool) -> Scrape:
        pod.cpu += 0.01
        pod.serve(50, 0.001)
        text = pod.telemetry.exposition(summed=True)[0].decode()
        name = series.partition("{")[0]
        lines = [line for line in text.splitlines() if not line.startswith(name)]
        lines.append(f"{series} {value}" if broken else f"{series} 1")
        made = parse_scrape("\n".join(lines) + "\n", at)
        cpu = {} if name.startswith("process_cpu") else {"cpu": pod.cpu}
        return Scrape(at, {**made.counters, **cpu}, made.gauges)

    pod = Pod()
    api, others = seen({"a": [page(100.0, broken=False), page(105.0, broken=True)]}, 105.0)
    counts = ReplicaCounts(
        api_replicas=2, api_ready=2, worker_replicas=1, worker_ready=1, cores=0.1
    )
    observation = observe(api, others, counts, 105.0, PACE)
    decision, _ = evaluate(observation, ScalingSpec(), ScalingState(), 105.0)
    assert decision.api == 2


Trace = list[tuple[int, bool, bool]]
"""Per tick: requests served, whether the process restarts before, whether it answers."""


# Each example shows and reads up to 32 pages: no deadline says anything on a busy machine.
@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 500), st.booleans(), st.booleans()), min_size=8, max_size=8
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_restarts_and_is_silent_no_rate_is_invented(traces: list[Trace]) -> None:
    """Never negative, never more than was served, and only of processes that report."""
    pods = [Pod(started=0.0) for _ in traces]
    api: History = {}
    served: list[list[int]] = [[] for _ in traces]
    now = 100.0
    for tick in range(8):
        now += 5.0
        answers: dict[str, Scrape] = {}
        for number, trace in enumerate(traces):
            count, restarts, reports = trace[tick]
            if restarts:
                pods[number] = Pod(started=now)
            pods[number].serve(count, 0.001)
            served[number].append(count)
            if reports:
                answers[str(number)] = pods[number].page(now)
        api = append_scrapes(api, answers, [str(n) for n in range(len(traces))], now, PACE)
        observation = observe(api, {}, COUNTS, now, PACE)
        assert observation.api_reporting <= len(traces)
        if observation.api_reporting:
            assert observation.rps is not None
            assert 0.0 <= observation.rps <= sum(map(sum, served)) / 5.0
            assert observation.hit_ratio in {None, 1.0}
        else:
            assert observation.at is None


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=6), st.floats(0.01, 0.99))
def test_a_quantile_lies_where_its_rank_lies(counts: list[int], share: float) -> None:
    bounds = [*(0.1 * 2**i for i in range(len(counts) - 1)), math.inf]
    cumulative = {bound: float(sum(counts[: i + 1])) for i, bound in enumerate(bounds)}
    found = quantile(share, cumulative)
    total = sum(counts)
    if not total:
        assert found is None
        return
    assert found is not None
    below = sum(c for bound, c in zip(bounds, counts, strict=True) if bound < found)
    within = sum(
        c for bound, lower, c in zip(bounds, [0.0, *bounds], counts, strict=False) if lower <= found
    )
    assert below <= share * total + 1e-6
    assert within >= share * total - 1e-6
