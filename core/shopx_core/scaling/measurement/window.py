"""What happened in a time window, from the scrapes of processes that start, restart and stop."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from shopx_core.scaling.inputs import Misses, Observation
from shopx_core.scaling.measurement.scrape import Scrape

History = Mapping[str, tuple[Scrape, ...]]
"""Scrapes of each process of a component by its name, the newest last."""

MAX_CPU: Final = 16.0
"""Upper limit of the CPU share: a pod may use far more CPU than it requested."""

DATABASE_SHARE: Final = 0.5
"""Active backends over queries in progress from which query time counts as database time."""
SAMPLED_QUERIES: Final = 0.5
"""Queries in progress at a time from which samples of the backends are representative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Time windows of an observation, in seconds."""

    load: float = 7.0
    """Of in-flight requests and CPU: short, to show the current load."""
    latency: float = 17.0
    """Of latencies and shares: long enough for sufficient samples."""
    fresh: float = 12.0
    """A process whose last scrape is older does not report."""

    @classmethod
    def of(cls, interval: float) -> "Windows":
        """For scrapes every `interval` seconds: windows of one and of three intervals."""
        return cls(load=1.4 * interval, latency=3.4 * interval, fresh=2.4 * interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaCounts:
    """What is known without any scrape."""

    api_replicas: int
    api_ready: int
    worker_replicas: int
    worker_ready: int
    cores: float
    """CPU request of one API pod."""


def append_scrapes(
    history: History,
    scrapes: Mapping[str, Scrape],
    running: Iterable[str],
    now: float,
    windows: Windows,
) -> History:
    """Add new scrapes to the history, and drop those before every window.

    Args:
        history: The scrapes so far.
        scrapes: The new scrapes; a process that did not answer is absent.
        running: The running processes; others are dropped.
        now: Seconds since 1970.
        windows: The windows.
    """
    kept: dict[str, tuple[Scrape, ...]] = {}
    for name in running:
        # After a clock was set back, old scrapes lie in the future.
        past = tuple(one for one in history.get(name, ()) if one.at <= now + windows.fresh)
        new = scrapes.get(name)
        # Prometheus may return the previous scrape again.
        if new is not None and (not past or new.at > past[-1].at):
            past = (*past, new)
        kept[name] = _covering(past, now - windows.latency)
    return kept


def _covering(scrapes: tuple[Scrape, ...], start: float) -> tuple[Scrape, ...]:
    """The scrapes since `start`, and the last one before it."""
    first = next((i for i, scrape in enumerate(scrapes) if scrape.at >= start), len(scrapes))
    return scrapes[max(0, first - 1) :]


@dataclass(frozen=True, slots=True)
class _Increase:
    """The increase of one process's counters, as Prometheus's `increase`."""

    seconds: float
    by: Mapping[str, float]


def _increase(scrapes: Sequence[Scrape], window: float) -> _Increase | None:
    """The increase over the last scrapes within the window; `None` = there is only one scrape.

    A counter that is smaller than before was reset to 0, and so were all counters of a process
    that restarted. What they counted between the last scrape and the reset is lost.
    """
    if len(scrapes) < 2:  # noqa: PLR2004 -- an increase lies between two
        return None
    end = scrapes[-1].at
    first = next(i for i, scrape in enumerate(scrapes) if scrape.at >= end - window)
    used = scrapes[min(first, len(scrapes) - 2) :]
    by: dict[str, float] = {}
    for old, new in pairwise(used):
        restarted = _restarted(old, new)
        for name, value in new.counters.items():
            past = 0.0 if restarted else old.counters.get(name, 0.0)
            by[name] = by.get(name, 0.0) + (value if value < past else value - past)
    return _Increase(used[-1].at - used[0].at, by)


def _restarted(old: Scrape, new: Scrape) -> bool:
    started, before = new.gauges.get("started"), old.gauges.get("started")
    if started is not None and before is not None and started != before:
        return True
    return new.counters.get("cpu", 0.0) < old.counters.get("cpu", 0.0)


def observe(
    api: History, others: History, counts: ReplicaCounts, now: float, windows: Windows
) -> Observation:
    """The observation that `evaluate` decides on.

    Args:
        api: Scrapes of the API's processes.
        others: Scrapes of workers, scheduler and fold.
        counts: Requested and ready pods.
        now: Seconds since 1970.
        windows: The windows.
    """
    reporting = [
        scrapes
        for scrapes in api.values()
        if len(scrapes) > 1 and now - scrapes[-1].at <= windows.fresh and scrapes[-1].serves
    ]
    observation = Observation(
        api_replicas=counts.api_replicas,
        api_ready=counts.api_ready,
        api_reporting=len(reporting),
        worker_replicas=counts.worker_replicas,
    )
    observation = _background(observation, others, counts, now, windows)
    if not reporting:
        return observation
    wide = [
        increase
        for scrapes in reporting
        if (increase := _increase(scrapes, windows.latency)) is not None
    ]
    near = [
        increase
        for scrapes in reporting
        if (increase := _increase(scrapes, windows.load)) is not None
    ]
    lags = [_last(scrapes[-1].gauges, "loop_lag") for scrapes in reporting]
    return _latencies(
        replace(
            observation,
            at=max(scrapes[-1].at for scrapes in reporting),
            in_flight=_rate(near, "in_flight"),
            cpu=_cpu(near, counts.cores),
            loop_lag=max(lags),
            refused=_refused(near),
        ),
        wide,
    )


def _cpu(near: Sequence[_Increase], cores: float) -> float:
    share = _rate(near, "cpu") / len(near) / cores
    # `min` would replace NaN.
    return MAX_CPU if MAX_CPU < share < math.inf else share


def _refused(near: Sequence[_Increase]) -> float:
    answered = sum(_sum(near, f"requests/{which}") for which in ("hit", "miss", "bypass"))
    return _sum(near, "refused") / answered if answered else 0.0


def _latencies(observation: Observation, wide: Sequence[_Increase]) -> Observation:
    hits, misses, others = (_sum(wide, f"requests/{which}") for which in ("hit", "miss", "bypass"))
    looked, answered = hits + misses, hits + misses + others
    failed = _sum(wide, "errors")
    reasons = {
        reason: _sum(wide, f"misses/{reason}") / looked if looked else None
        for reason in ("first_seen", "expired", "evicted", "invalidated")
    }
    seconds = {which: _buckets(wide, f"seconds/{which}") for which in ("hit", "miss", "bypass")}
    return replace(
        observation,
        samples=answered,
        rps=sum(_rate(wide, f"requests/{which}") for which in ("hit", "miss", "bypass")),
        errors=failed / answered if answered else 0.0,
        p95=_slowest(_added(*seconds.values()), failed),
        p95_hit=quantile(0.95, seconds["hit"]),
        # Refusals are misses that are answered at once; other failures are among them too.
        p95_miss=_slowest(seconds["miss"], min(failed, misses)),
        hit_ratio=hits / looked if looked else None,
        misses=Misses(**reasons),
        pool_wait=quantile(0.95, _buckets(wide, "wait")),
        query_seconds=_in_database(wide, observation.db_active),
        queries=_rate(wide, "queries"),
    )


def _in_database(wide: Sequence[_Increase], active: float | None) -> float | None:
    """Mean time of a query in the database; `None` = not known.

    A pod measures until it reads the result, so a pod without CPU measures its own delay too. By
    Little's law, queries in progress equal active backends. If far fewer backends are active, the
    time is spent elsewhere and the database's part is unknown. Less than one query in progress at
    a time is too little to compare with samples of the backends.
    """
    queries = _sum(wide, "queries")
    if not queries:
        return None
    in_progress = _rate(wide, "query_seconds")
    if (
        active is not None
        and in_progress >= SAMPLED_QUERIES
        and active < DATABASE_SHARE * in_progress
    ):
        return None
    return _sum(wide, "query_seconds") / queries


def _background(
    observation: Observation, others: History, counts: ReplicaCounts, now: float, windows: Windows
) -> Observation:
    """Add the state of the database and the queue, as the other processes report it.

    A worker that does not report may have active jobs: their number is then unknown.
    """
    fresh = [
        scrapes for scrapes in others.values() if scrapes and now - scrapes[-1].at <= windows.fresh
    ]
    active = [
        sum(scrape.gauges["active_backends"] for scrape in seen) / len(seen)
        for scrapes in fresh
        if (seen := [scrape for scrape in scrapes if "active_backends" in scrape.gauges])
    ]
    last = [scrapes[-1].gauges for scrapes in fresh]
    connections = [gauges["backends"] for gauges in last if "backends" in gauges]
    queued = [gauges["queued"] for gauges in last if "queued" in gauges]
    oldest = [gauges["oldest_job"] for gauges in last if "oldest_job" in gauges]
    workers = [gauges for gauges in last if "active" in gauges]
    known = len(workers) >= counts.worker_ready
    running = sum(gauges["active"] for gauges in workers)
    reserved = sum(
        gauges.get("reserved", gauges["active"]) - gauges["active"] for gauges in workers
    )
    return replace(
        observation,
        db_active=max(active, default=None),
        db_connections=max(connections, default=None),
        queued=max(queued) + max(0.0, reserved) if queued and known else None,
        active=running if known else None,
        oldest_job=max(oldest, default=None),
    )


def _last(gauges: Mapping[str, float], name: str) -> float:
    return gauges.get(name, 0.0)


def _sum(increase: Iterable[_Increase], name: str) -> float:
    return sum(one.by.get(name, 0.0) for one in increase)


def _rate(increase: Iterable[_Increase], name: str) -> float:
    return sum(one.by.get(name, 0.0) / one.seconds for one in increase)


Buckets = Mapping[float, float]
"""Cumulative counts by upper bound."""


def _buckets(increase: Iterable[_Increase], name: str) -> Buckets:
    made: dict[float, float] = {}
    for one in increase:
        for key, value in one.by.items():
            if key.startswith(f"{name}/"):
                bound = float(key.rpartition("/")[2])
                made[bound] = made.get(bound, 0.0) + value
    return made


def _added(*parts: Buckets) -> Buckets:
    return {
        bound: sum(part.get(bound, 0.0) for part in parts)
        for bound in sorted({bound for part in parts for bound in part})
    }


def quantile(share: float, buckets: Buckets) -> float | None:
    """The quantile of a histogram, as Prometheus's `histogram_quantile`.

    Linear within a bucket; the greatest finite bound if the quantile lies beyond it.

    Args:
        share: Between 0 and 1.
        buckets: Cumulative counts; the greatest bound is infinite.

    Returns:
        `None` without any observation; NaN if a count is NaN.
    """
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] == 0.0:
        return None
    if any(math.isnan(count) for count in buckets.values()):
        return math.nan
    rank = share * buckets[bounds[-1]]
    at = next((i for i, bound in enumerate(bounds) if buckets[bound] >= rank), len(bounds) - 1)
    lower = bounds[at - 1] if at else 0.0
    if math.isinf(bounds[at]):
        return lower
    below = buckets[bounds[at - 1]] if at else 0.0
    within = buckets[bounds[at]] - below
    return lower + (bounds[at] - lower) * ((rank - below) / within if within else 1.0)


def _slowest(buckets: Buckets, failed: float) -> float | None:
    """p95 of all requests, with failed ones counted as the slowest.

    The time of a failure means nothing, and the histogram does not separate failures from answers:
    the rank moves up by the number of failures.
    """
    answered = max(buckets.values(), default=0.0)
    if not failed or not answered:
        return quantile(0.95, buckets)
    good = max(0.0, answered - failed)
    return quantile(min(1.0, 0.95 * answered / good) if good else 1.0, buckets)
