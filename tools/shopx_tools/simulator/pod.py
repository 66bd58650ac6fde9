"""One modelled API pod: front and compute process, a queue of misses, a connection pool."""

from bisect import bisect_left
from collections import deque
from typing import NamedTuple

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""The API's own histogram buckets, seconds."""

MEMORY = 600
"""Seconds of snapshots kept."""


class Snapshot(NamedTuple):
    """What a scrape finds: counters since the pod's start, and requests in work."""

    cpu: float
    in_flight: int
    hits: tuple[int, ...]
    misses: tuple[int, ...]
    failed: int
    refused: int
    """Of these, for want of time."""


NOTHING = Snapshot(0.0, 0, (0,) * (len(BOUNDS) + 1), (0,) * (len(BOUNDS) + 1), 0, 0)


class Answer:
    """An answer in computation, with the requests that wait for it."""

    __slots__ = (
        "began_waiting",
        "cpu",
        "front_work",
        "key",
        "making",
        "pod",
        "seconds",
        "version",
        "waiting",
    )

    def __init__(self, key: int, version: int, pod: "Pod", making: "dict[int, Answer]") -> None:
        self.key = key
        self.version = version
        self.pod = pod
        self.making = making
        """Where other requests find it meanwhile."""
        self.waiting: list[float] = []
        """When each request came."""
        self.began_waiting = 0.0
        """For a connection."""
        self.seconds = 0.0
        """In the database."""
        self.cpu = 0.0
        self.front_work = 0.0
        """Of its pod, when its own work was scheduled."""


class Pod:
    """Two processes that share a pod's CPU; each works in order of arrival (Lindley's recursion).

    The front's work goes first, since the compute process is niced: what the front does while a
    miss is computed delays the miss by as much.
    """

    __slots__ = (
        "_finished",
        "cache",
        "compute_free_at",
        "computing",
        "connections",
        "failed",
        "free_at",
        "front_free_at",
        "front_work",
        "hits",
        "line",
        "making",
        "misses",
        "pending",
        "pool_line",
        "ready_at",
        "refused",
        "snapshots",
        "work",
    )

    def __init__(self, ready_at: float) -> None:
        self.ready_at = ready_at
        self.front_free_at = self.compute_free_at = ready_at
        self.free_at = ready_at
        """When all the work asked for is done."""
        self.front_work = 0.0
        """CPU seconds that the front was asked for so far, in seconds of this pod's share."""
        self.work = 0.0
        """The same of both processes."""
        self.computing = 0
        """Answers being computed."""
        self.connections = 0
        """Of the pool, in use."""
        self.pending = 0
        """Requests that wait for an answer being computed."""
        self.line: deque[Answer] = deque()
        """Requests that wait to be computed."""
        self.pool_line: deque[Answer] = deque()
        """Answers that wait for a connection."""
        self.making: dict[int, Answer] = {}
        """While Redis is away, single-flight within the pod."""
        self.cache: dict[int, tuple[int, float]] = {}
        """While Redis is away, the pod's own answers."""
        self._finished: deque[tuple[float, float, bool]] = deque()
        self.hits = [0] * (len(BOUNDS) + 1)
        self.misses = [0] * (len(BOUNDS) + 1)
        self.failed = 0
        self.refused = 0
        self.snapshots: deque[Snapshot] = deque(maxlen=MEMORY)

    def front(self, now: float, seconds: float) -> float:
        """Do the front's work as soon as it is free; returns when it is done."""
        self.front_free_at = done = max(self.front_free_at, now) + seconds
        self.front_work += seconds
        if self.compute_free_at > now:
            self.compute_free_at += seconds
        self._use(now, seconds)
        return done

    def compute(self, now: float, seconds: float, answer: Answer) -> float:
        """Work on an answer as soon as the compute process is free.

        Returns when it is done if the front does nothing meanwhile; `delay` says what it did.
        """
        self.compute_free_at = done = max(self.compute_free_at, self.front_free_at, now) + seconds
        self._use(now, seconds)
        answer.front_work = self.front_work
        return done

    def delay(self, answer: Answer) -> float:
        """Seconds that the front worked since this answer's work was scheduled, or last asked."""
        delay = self.front_work - answer.front_work
        answer.front_work = self.front_work
        return delay

    def _use(self, now: float, seconds: float) -> None:
        self.free_at = max(self.free_at, now) + seconds
        self.work += seconds

    def will_answer(self, at: float, latency: float, *, failed: bool = False) -> None:
        """Count a request from cache, or one that fails, once the clock reaches `at`."""
        self._finished.append((at, latency, failed))

    def computed(self, latency: float) -> None:
        """Count a request with a computed answer, now."""
        self.misses[bisect_left(BOUNDS, latency)] += 1

    def snapshot(self, now: float) -> Snapshot:
        """Remember and return what a scrape finds at `now`."""
        finished = self._finished
        while finished and finished[0][0] <= now:
            _, latency, failed = finished.popleft()
            if failed:
                self.failed += 1
            else:
                self.hits[bisect_left(BOUNDS, latency)] += 1
        found = Snapshot(
            self.work - max(0.0, self.free_at - max(now, self.ready_at)),
            len(finished) + self.pending,
            tuple(self.hits),
            tuple(self.misses),
            self.failed,
            self.refused,
        )
        self.snapshots.append(found)
        return found
