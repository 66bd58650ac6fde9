"""The floor: what a miss costs, 1,000 requests a second, and the highest rate that is held."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness import servers, wrk
from harness.goals import Goals
from harness.load import Result, Stream, offer, offer_all
from harness.request_bodies import PANELS, RequestBodies

HITS = ("hit-l0", "hit-l1", "stale")
P95 = 200.0
"""Milliseconds; the product's promise."""
_IDLE_SECONDS = 3.0
_ALONE, _OF_THE_FLOOR, _COST_SECONDS = 40.0, 200.0, 4.0
"""Misses a second where what one costs is measured, and how long."""
_STEP_SECONDS = 8
"""How long each rate is offered while the highest one is searched."""
_HIGHEST = 10_000.0
"""The search ends here: above it the load generator itself is the limit."""


@dataclass(frozen=True)
class Unit:
    """One API unit: its port and the id of its first process."""

    port: int
    pid: int


def cost_of_misses(unit: Unit, requests: RequestBodies, goals: Goals) -> None:
    """What a request costs that was never sent before.

    Judged at the rate at which the floor has them: a request alone also wakes processes that sleep,
    with cold caches, so it costs more, which is printed beside.
    """
    offer(unit.port, requests.all_unseen(100), _ALONE)
    idle = _idle(unit)
    print(f"\nAn idle unit uses {idle * 1000:.1f} ms of CPU a second; it is subtracted.\n")
    print(f"| never sent before | {_ALONE:g}/s: p50 ms | p95 ms | CPU ms each "
          f"| {_OF_THE_FLOOR:g}/s: p50 ms | p95 ms | CPU ms each |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    costs = {}
    for name, days in (("OverviewKpis", 28), ("OverviewSeries", 28)):
        costs[name] = _row(unit, f"{name}, {days} days", partial(requests.unseen, name, days), idle)
    for name in PANELS:
        _row(unit, name, partial(requests.unseen, name), idle)
    mix = _row(unit, "the page's mix", requests.unseen, idle)
    goals.at_most("cpu-per-miss-kpis-28-days-ms", costs["OverviewKpis"], 1.5)
    goals.at_most("cpu-per-miss-series-28-days-ms", costs["OverviewSeries"], 1.5)
    goals.at_most("cpu-per-miss-page-mix-ms", mix, 3.0)


def _idle(unit: Unit) -> float:
    """CPU seconds a second that a unit uses without requests.

    At first it opens the columnar replica; it is idle when it no longer uses less and less.
    """
    used = float("inf")
    while True:
        before, earlier = servers.cpu_seconds(unit.pid), used
        time.sleep(_IDLE_SECONDS)
        used = (servers.cpu_seconds(unit.pid) - before) / _IDLE_SECONDS
        if used >= 0.8 * earlier:
            return used


def _row(unit: Unit, name: str, body: Callable[[], bytes], idle: float) -> float | None:
    """Print what a kind of request costs; the CPU milliseconds of each at the floor's rate."""
    cells, cost = [], None
    for rate in (_ALONE, _OF_THE_FLOOR):
        bodies = [body() for _ in range(round(rate * _COST_SECONDS))]
        before = servers.cpu_seconds(unit.pid)
        result = offer(unit.port, bodies, rate)
        used = servers.cpu_seconds(unit.pid) - before - idle * result.seconds
        # A refusal is cheap: it would make the others look so.
        computed = result.outcomes["miss"]
        cost = used / computed * 1000 if computed > 0.9 * len(bodies) else None
        p50, p95 = result.percentile(0.5), result.percentile(0.95)
        cells.append(f"{p50:.1f} | {p95:.1f} | {'-' if cost is None else f'{cost:.2f}'}")
    print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return cost


def warm(unit: Unit, requests: RequestBodies) -> None:
    """Ask each usual view until it was answered, at a rate that a unit computes beside the rest.

    A view that was refused is not cached, and would be a miss later, not a hit.
    """
    for _ in range(5):
        if not offer(unit.port, requests.hot, 200).errors:
            return
    print("Some usual views were refused each time: they count as hits and will be misses.")


def floor(
    unit: Unit, requests: RequestBodies, goals: Goals, *, rate: float, seconds: int, unseen: float
) -> None:
    """The promised rate, a share of it never sent before.

    Args:
        unit: The API unit.
        requests: The bodies.
        goals: Where the goals are judged.
        rate: Requests a second.
        seconds: How long.
        unseen: The share never sent before.
    """
    warm(unit, requests)
    bodies = requests.mixed(int(rate * seconds), unseen)
    before = servers.cpu_seconds(unit.pid)
    result = offer(unit.port, bodies, rate)
    used = servers.cpu_seconds(unit.pid) - before
    print(f"\n{rate:g} requests/s for {seconds} s, one API unit:\n")
    print_outcomes(result)
    statuses = ", ".join(f"{n} of {status}" for status, n in sorted(result.statuses.items()))
    print(f"\nhit ratio {result.share(*HITS):.3f}; {statuses}; broken {result.broken}; "
          f"{result.rate:.0f} answers/s; {used / result.seconds:.2f} cores\n")  # fmt: skip
    goals.at_most("floor-p95-ms", result.percentile(0.95), 50)
    goals.at_most("floor-errors", result.errors, 0)
    goals.at_least("floor-answers-per-second", result.rate, 0.98 * rate)
    goals.at_least("floor-hit-ratio", result.share(*HITS), 1 - unseen - 0.01)


def print_outcomes(result: Result) -> None:
    """A table of latencies by outcome."""
    print("| | requests | share | p50 ms | p95 ms | p99 ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in (None, *sorted(result.outcomes)):
        count = len(result.latencies) if name is None else result.outcomes[name]
        named = () if name is None else (name,)
        print(
            f"| {name or 'all'} | {count} | {count / len(result.latencies):.3f}"
            f" | {result.percentile(0.5, *named):.1f} | {result.percentile(0.95, *named):.1f}"
            f" | {result.percentile(0.99, *named):.1f} |"
        )


def highest_rate(ports: list[int], requests: RequestBodies, unseen: float) -> float:
    """The highest rate that units hold with p95 below the promise and without an error.

    Each unit gets an equal part; the rate grows by a quarter, and the last step is halved once.
    """
    held, tried = 0.0, 1000.0
    while tried < _HIGHEST and _holds(ports, requests, tried, unseen):
        held, tried = tried, tried * 1.25
    middle = (held + tried) / 2
    return middle if held and _holds(ports, requests, middle, unseen) else held


def _holds(ports: list[int], requests: RequestBodies, rate: float, unseen: float) -> bool:
    bodies = requests.mixed(int(rate * _STEP_SECONDS), unseen)
    streams = [
        Stream(port, bodies[at :: len(ports)], rate / len(ports)) for at, port in enumerate(ports)
    ]
    results = offer_all(streams)
    p95 = max(result.percentile(0.95) for result in results)
    errors = sum(result.errors for result in results)
    answers = sum(result.rate for result in results)
    holds = p95 < P95 and not errors and answers > 0.97 * rate
    print(f"{rate:.0f}/s: p95 {p95:.1f} ms, {errors} errors, {answers:.0f} answers/s"
          f"{'' if holds else ', not held'}", flush=True)  # fmt: skip
    return holds


def cached_over_bare(port: int, body: bytes) -> float | None:
    """A cached answer's rate divided by a bare ASGI application's, in turns; `None` = no wrk."""
    if not wrk.installed():
        print("\nwrk is not installed: no comparison with bare ASGI.")
        return None
    other = servers.free_port()
    cached: list[float] = []
    baseline: list[float] = []
    with servers.bare(other):
        for _ in range(5):
            baseline.append(wrk.successes(other, [body]))
            cached.append(wrk.successes(port, [body]))
    ratio = sorted(cached)[2] / sorted(baseline)[2]
    print(f"\nwrk, 32 connections, medians of 5: bare ASGI {sorted(baseline)[2]:.0f}/s, "
          f"a cached answer {sorted(cached)[2]:.0f}/s, ratio {ratio:.2f}")  # fmt: skip
    return ratio
