"""What happened over the last seconds, from the pages of processes that come, restart and go."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from shopx_core.scaling.facts import Misses, Observation
from shopx_core.scaling.measurement.page import Page

History = Mapping[str, tuple[Page, ...]]
"""Pages of each process of a component by its name, the newest last."""

MOST_CPU: Final = 16.0
"""Use of the requested CPU that is told at most: a pod may borrow far more than it asked for."""

DATABASE_SHARE: Final = 0.5
"""Active backends over queries in work from which the queries' time is the database's."""
SEEN_QUERIES: Final = 0.5
"""Queries in work at a time from which samples of the backends show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often figures come, and over how long they are looked at; seconds."""

    load: float = 7.0
    """In-flight requests and CPU count over this window: what is now."""
    latency: float = 17.0
    """Latencies and shares count over this one: there must be enough of them."""
    fresh: float = 12.0
    """A process whose last page is older does not report."""

    @classmethod
    def of(cls, interval: float) -> "Pace":
        """For pages that come each `interval` seconds; windows hold one and three intervals."""
        return cls(load=1.4 * interval, latency=3.4 * interval, fresh=2.4 * interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is known without any page."""

    api_replicas: int
    api_ready: int
    worker_replicas: int
    worker_ready: int
    cores: float
    """CPU that one API pod asked for."""


def remembered(
    before: History, read: Mapping[str, Page], present: Iterable[str], now: float, pace: Pace
) -> History:
    """Put new pages beside the old ones, and forget what no window reaches.

    Args:
        before: The pages so far.
        read: What was read this time; a process that did not answer is absent.
        present: The processes that there are; the others are forgotten.
        now: Seconds since 1970.
        pace: The windows.
    """
    kept: dict[str, tuple[Page, ...]] = {}
    for name in present:
        # A clock that was put back leaves pages of times to come.
        pages = tuple(page for page in before.get(name, ()) if page.at <= now + pace.fresh)
        new = read.get(name)
        # What Prometheus has not scraped anew is no news.
        if new is not None and (not pages or new.at > pages[-1].at):
            pages = (*pages, new)
        kept[name] = _reaching(pages, now - pace.latency)
    return kept


def _reaching(pages: tuple[Page, ...], begin: float) -> tuple[Page, ...]:
    """The pages since a moment, and the last one before it."""
    first = next((i for i, page in enumerate(pages) if page.at >= begin), len(pages))
    return pages[max(0, first - 1) :]


@dataclass(frozen=True, slots=True)
class _Grown:
    """How much one process's counters grew, and in how many seconds."""

    seconds: float
    by: Mapping[str, float]


def _grown(pages: Sequence[Page], window: float) -> _Grown | None:
    """Growth over the last pages that lie within the window; `None` = there is but one page.

    A counter that is smaller than before began anew at 0, and so do all of a process that started
    in between: what it counted before it was lost is unknown and counts as nothing.
    """
    if len(pages) < 2:  # noqa: PLR2004 -- growth lies between two
        return None
    end = pages[-1].at
    first = next(i for i, page in enumerate(pages) if page.at >= end - window)
    used = pages[min(first, len(pages) - 2) :]
    by: dict[str, float] = {}
    for old, new in pairwise(used):
        anew = _restarted(old, new)
        for name, value in new.counters.items():
            past = 0.0 if anew else old.counters.get(name, 0.0)
            by[name] = by.get(name, 0.0) + (value if value < past else value - past)
    return _Grown(used[-1].at - used[0].at, by)


def _restarted(old: Page, new: Page) -> bool:
    started, before = new.gauges.get("started"), old.gauges.get("started")
    if started is not None and before is not None and started != before:
        return True
    return new.counters.get("cpu", 0.0) < old.counters.get("cpu", 0.0)


def observe(api: History, others: History, counts: Counts, now: float, pace: Pace) -> Observation:
    """What `decide` is told.

    Args:
        api: Pages of the API's processes.
        others: Pages of workers, scheduler and fold.
        counts: What is asked for and serves.
        now: Seconds since 1970.
        pace: The windows.
    """
    reporting = [
        pages
        for pages in api.values()
        if len(pages) > 1 and now - pages[-1].at <= pace.fresh and pages[-1].serves
    ]
    told = Observation(
        api_replicas=counts.api_replicas,
        api_ready=counts.api_ready,
        api_reporting=len(reporting),
        worker_replicas=counts.worker_replicas,
    )
    told = _background(told, others, counts, now, pace)
    if not reporting:
        return told
    wide = [grown for pages in reporting if (grown := _grown(pages, pace.latency)) is not None]
    near = [grown for pages in reporting if (grown := _grown(pages, pace.load)) is not None]
    lags = [_last(pages[-1].gauges, "loop_lag") for pages in reporting]
    return _latencies(
        replace(
            told,
            at=max(pages[-1].at for pages in reporting),
            in_flight=_rate(near, "in_flight"),
            cpu=_cpu(near, counts.cores),
            loop_lag=max(lags),
        ),
        wide,
    )


def _cpu(near: Sequence[_Grown], cores: float) -> float:
    share = _rate(near, "cpu") / len(near) / cores
    # A minimum of the two would lose what is not a number.
    return MOST_CPU if MOST_CPU < share < math.inf else share


def _latencies(told: Observation, wide: Sequence[_Grown]) -> Observation:
    hits, misses, others = (_sum(wide, f"requests/{which}") for which in ("hit", "miss", "bypass"))
    looked, answered = hits + misses, hits + misses + others
    failed = _sum(wide, "errors")
    reasons = {
        reason: _sum(wide, f"misses/{reason}") / looked if looked else None
        for reason in ("first_seen", "expired", "evicted", "invalidated")
    }
    seconds = {which: _buckets(wide, f"seconds/{which}") for which in ("hit", "miss", "bypass")}
    return replace(
        told,
        samples=answered,
        rps=sum(_rate(wide, f"requests/{which}") for which in ("hit", "miss", "bypass")),
        errors=failed / answered if answered else 0.0,
        p95=_slowest(_added(*seconds.values()), failed),
        p95_hit=quantile(0.95, seconds["hit"]),
        p95_miss=quantile(0.95, seconds["miss"]),
        hit_ratio=hits / looked if looked else None,
        misses=Misses(**reasons),
        pool_wait=quantile(0.95, _buckets(wide, "wait")),
        query_seconds=_in_database(wide, told.db_active),
        queries=_rate(wide, "queries"),
    )


def _in_database(wide: Sequence[_Grown], active: float | None) -> float | None:
    """Mean time of a query in the database; `None` where it cannot be told.

    A pod measures until it gets to read the answer, so one without CPU measures its own delay. By
    Little's law queries that the database works on are backends at work: where far fewer are, the
    time is spent elsewhere, and how much of it in the database is not known. Less than one query
    in work at a time is too little to see in samples of the backends.
    """
    queries = _sum(wide, "queries")
    if not queries:
        return None
    in_work = _rate(wide, "query_seconds")
    if active is not None and in_work >= SEEN_QUERIES and active < DATABASE_SHARE * in_work:
        return None
    return _sum(wide, "query_seconds") / queries


def _background(
    told: Observation, others: History, counts: Counts, now: float, pace: Pace
) -> Observation:
    """The database and the queue, as those see them who look at them.

    A worker that does not report may be at work: then it is not known how many jobs are.
    """
    fresh = [pages for pages in others.values() if pages and now - pages[-1].at <= pace.fresh]
    active = [
        sum(page.gauges["active_backends"] for page in seen) / len(seen)
        for pages in fresh
        if (seen := [page for page in pages if "active_backends" in page.gauges])
    ]
    last = [pages[-1].gauges for pages in fresh]
    connections = [gauges["backends"] for gauges in last if "backends" in gauges]
    queued = [gauges["queued"] for gauges in last if "queued" in gauges]
    oldest = [gauges["oldest_job"] for gauges in last if "oldest_job" in gauges]
    workers = [gauges for gauges in last if "active" in gauges]
    known = len(workers) >= counts.worker_ready
    at_work = sum(gauges["active"] for gauges in workers)
    held = sum(gauges.get("reserved", gauges["active"]) - gauges["active"] for gauges in workers)
    return replace(
        told,
        db_active=max(active, default=None),
        db_connections=max(connections, default=None),
        queued=max(queued) + max(0.0, held) if queued and known else None,
        active=at_work if known else None,
        oldest_job=max(oldest, default=None),
    )


def _last(gauges: Mapping[str, float], name: str) -> float:
    return gauges.get(name, 0.0)


def _sum(grown: Iterable[_Grown], name: str) -> float:
    return sum(one.by.get(name, 0.0) for one in grown)


def _rate(grown: Iterable[_Grown], name: str) -> float:
    return sum(one.by.get(name, 0.0) / one.seconds for one in grown)


Buckets = Mapping[float, float]
"""Observations at most as large as the bound, by bound."""


def _buckets(grown: Iterable[_Grown], name: str) -> Buckets:
    made: dict[float, float] = {}
    for one in grown:
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
    """The quantile of a histogram, as Prometheus's `histogram_quantile` finds it.

    Linear within its bucket, which begins where the one before ends; the greatest finite bound for
    what lies beyond it.

    Args:
        share: Between 0 and 1.
        buckets: Cumulative counts; the greatest bound is infinite.

    Returns:
        `None` without any observation; not a number where a count is none.
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
    """p95 of all requests where those that failed count as the slowest.

    How long a failure took says nothing, and the histogram does not tell it from an answer: the
    answers' rank moves up by as many as failed.
    """
    answered = max(buckets.values(), default=0.0)
    if not failed or not answered:
        return quantile(0.95, buckets)
    good = max(0.0, answered - failed)
    return quantile(min(1.0, 0.95 * answered / good) if good else 1.0, buckets)
