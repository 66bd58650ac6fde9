"""Prometheus metrics of one API unit: of its front, and of its compute process.

The front counts into plain integers that it holds a reference to (no label lookup, no lock), cheap
enough for every cached response; a collector turns them into metrics at each scrape. The compute
process uses prometheus-client directly, and sends its text to the front, which serves both.

Each unit serves its own `/metrics`. Units that share one port (on one machine) also have a port
each, `SHOPX_METRICS_PORT`: the alternative, a shared directory of memory-mapped files, has no
process metrics and needs cleaning after every killed process.
"""

import asyncio
import os
import re
import resource
import socket
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Upper bounds of the latency buckets, seconds; 0.2 is the product's goal for p95."""

MAX_OPERATIONS = 64
"""Operation names with a series of their own: bounded, because clients choose the names."""

OTHER = "other"
LAG_INTERVAL = 0.5
"""Seconds between two measurements of the event loop's lag."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class RequestCounter:
    """Counts the requests of one operation with one cache outcome."""

    __slots__ = ("buckets", "statuses", "total")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def count(self, status: int, seconds: float) -> None:
        """Add one request."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def add(self, other: "RequestCounter") -> None:
        """Add the counts of another counter."""
        for status, count in other.statuses.copy().items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        self.buckets = [mine + more for mine, more in zip(self.buckets, other.buckets, strict=True)]
        self.total += other.total


class OperationNames:
    """Values of the label `operation`: bounded, because clients choose the names."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def known(self, operation: str) -> str:
        """The label value of an operation: its name, or `other` past the first 64 names."""
        if operation in self._known:
            return operation
        if len(self._known) >= MAX_OPERATIONS or not _NAME.fullmatch(operation):
            return OTHER
        self._known.add(operation)
        return operation


class Telemetry(Collector):
    """The metrics of what computes responses."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._operations = OperationNames()
        self._states: Callable[[], dict[str, float]] = dict
        self.pool_wait = Histogram(
            "shopx_db_pool_wait_seconds",
            "Time a request waited for a database connection.",
            buckets=BOUNDS,
            registry=self.registry,
        )
        self.queries = Histogram(
            "shopx_db_query_seconds",
            "Time in the database by GraphQL operation.",
            ["operation"],
            buckets=BOUNDS,
            registry=self.registry,
        )
        self.reads = Counter(
            "shopx_db_reads",
            "Transactions that read the database, by the server that answered.",
            ["server"],
            registry=self.registry,
        )
        self.replica_fallbacks = Counter(
            "shopx_db_replica_fallbacks",
            "Operations that the leader answered for want of a replica, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.replica_lag = Gauge(
            "shopx_db_replica_lag_seconds",
            "How much the replica asked last was behind what it was asked for.",
            registry=self.registry,
        )
        self.columns_queries = Counter(
            "shopx_columns_queries",
            "Queries of the columnar replica: served, or why PostgreSQL answered.",
            ["result"],
            registry=self.registry,
        )
        self.columns_generation = Gauge(
            "shopx_columns_generation_timestamp_seconds",
            "When the snapshot of the newest opened build was taken; 0 without one.",
            registry=self.registry,
        )
        self.columns_tail = Gauge(
            "shopx_columns_tail_lines",
            "Ledger lines held in memory beside the newest opened build.",
            registry=self.registry,
        )
        self.columns_arrays = Gauge(
            "shopx_columns_arrays_bytes",
            "Memory that tables of the newest opened build take, besides DuckDB's.",
            registry=self.registry,
        )
        self.columns_ready = Gauge(
            "shopx_columns_ready",
            "1 while the newest opened build belongs to the database and its tail is current.",
            registry=self.registry,
        )
        self.columns_fetches = Counter(
            "shopx_columns_fetches",
            "Attempts to fetch the newest build, by how they ended.",
            ["result"],
            registry=self.registry,
        )
        self.columns_fetched = Counter(
            "shopx_columns_fetched_bytes",
            "Bytes of builds that were fetched.",
            registry=self.registry,
        )
        self.registry.register(self)

    def known(self, operation: str) -> str:
        """The label value of an operation; see `OperationNames.known`."""
        return self._operations.known(operation)

    def watch_pool(self, states: Callable[[], dict[str, float]]) -> None:
        """Report a connection pool, by a function that returns its connections by state."""
        self._states = states

    def collect(self) -> Iterator[Metric]:
        """Called by the registry at each exposition."""
        pool = GaugeMetricFamily(
            "shopx_db_pool_connections", "Connections of this process by state.", labels=["state"]
        )
        for state, connections in sorted(self._states().items()):
            pool.add_metric([state], connections)
        yield pool

    def exposition(self) -> bytes:
        """The text of these metrics, without those of the process."""
        return generate_latest(self.registry)


class HttpTelemetry(Collector):
    """The metrics of the front, and the text of those of the compute process.

    Args:
        computed: Returns the text of the compute process's metrics.
        processes: Returns the ids of the unit's processes.
    """

    def __init__(
        self,
        computed: Callable[[], bytes] = bytes,
        processes: Callable[[], Iterable[int]] = lambda: (os.getpid(),),
    ) -> None:
        self.registry = CollectorRegistry()
        self.in_flight = 0
        """HTTP requests being answered."""
        self.in_flight_seconds = 0.0
        """`in_flight` integrated over time, by samples: two scrapes give the mean between them."""
        self.cache: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        """Look-ups by (tier, result, reason); the values are those of enumerations."""
        self.own_port: int | None = None
        """The port of `serve`; `None` = it was not called."""
        self._counters: dict[tuple[str, str], RequestCounter] = {}
        self._operations = OperationNames()
        self._computed = computed
        self._intake: Callable[[], tuple[int, Mapping[str, int]]] = lambda: (0, {})
        self._redis: Mapping[str, int] = {}
        self.loop_lag = Gauge(
            "shopx_event_loop_lag_seconds",
            "How late the event loop last ran a timer.",
            registry=self.registry,
        )
        self.as_of_age = Gauge(
            "shopx_as_of_age_seconds",
            "How far the shared instant of reads lies behind now.",
            registry=self.registry,
        )
        self.tuning = Gauge(
            "shopx_lever",
            "A value of the runtime tuning: seconds, or a count.",
            ["lever"],
            registry=self.registry,
        )
        self.registry.register(UnitProcesses(processes))
        PlatformCollector(registry=self.registry)
        self.registry.register(self)

    def counter(self, operation: str, cache: str) -> RequestCounter:
        """The counter of an operation and outcome; keep it, it never changes.

        Args:
            operation: The name as the client sent it.
            cache: One of the values of `X-Cache`.
        """
        key = (self._operations.known(operation), cache)
        found = self._counters.get(key)
        if found is None:
            found = self._counters[key] = RequestCounter()
        return found

    def watch_intake(self, state: Callable[[], tuple[int, Mapping[str, int]]]) -> None:
        """Report what the server takes.

        Args:
            state: Returns the bytes that requests and unread responses hold, and how many requests
                and connections were refused by reason.
        """
        self._intake = state

    def collect(self) -> Iterator[Metric]:
        """Called by the registry at each scrape."""
        yield from self._shown(sorted(self._counters.items()))

    def watch_redis(self, failures: Mapping[str, int]) -> None:
        """Report failures of the connection to Redis.

        Args:
            failures: Counts by what is known of them; read at each scrape.
        """
        self._redis = failures

    def summed(self) -> Iterator[Metric]:
        """The same, summed over operations."""
        counters: dict[tuple[str, str], RequestCounter] = {}
        for (_, cache), counter in self._counters.items():
            counters.setdefault(("", cache), RequestCounter()).add(counter)
        yield from self._shown(sorted(counters.items()))

    def _shown(self, counters: list[tuple[tuple[str, str], RequestCounter]]) -> Iterator[Metric]:
        yield _requests(counters)
        yield _durations(counters)
        yield GaugeMetricFamily(
            "shopx_http_requests_in_flight", "HTTP requests being answered.", value=self.in_flight
        )
        yield CounterMetricFamily(
            "shopx_http_requests_in_flight_seconds",
            "Requests being answered times the seconds that they were: its rate is their mean.",
            value=self.in_flight_seconds,
        )
        held, refused = self._intake()
        yield GaugeMetricFamily(
            "shopx_http_held_bytes",
            "Bytes of requests being answered and of responses that clients have not read.",
            value=held,
        )
        refusals = CounterMetricFamily(
            "shopx_http_refused",
            "Requests and connections refused before the application saw them, by reason.",
            labels=["reason"],
        )
        for reason, count in sorted(refused.items()):
            refusals.add_metric([reason], count)
        yield refusals
        failures = CounterMetricFamily(
            "shopx_redis_failures",
            "Failures of Redis by what is known: a late reply or connection, an open connection "
            "that was closed, or one that could not be made.",
            labels=["reason"],
        )
        for reason, count in sorted(self._redis.items()):
            failures.add_metric([reason], count)
        yield failures
        lookups = CounterMetricFamily(
            "shopx_cache_requests",
            "Answers looked up, by the tier that had one, or the reason why none had.",
            labels=["tier", "result", "reason"],
        )
        for key, count in sorted(self.cache.items()):
            lookups.add_metric(key, count)
        yield lookups

    def exposition(self, *, summed: bool = False) -> tuple[bytes, str]:
        """The body and content type of `/metrics`.

        Args:
            summed: Sum over operations: a twentieth of the text, for frequent readers that need no
                single operation.
        """
        own = generate_latest(_Summed(self) if summed else self.registry)
        return own + self._computed(), CONTENT_TYPE_LATEST

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve `/metrics` on a port of this unit alone; returns the function that stops it."""
        server = _MetricsServer((host, port), partial(_MetricsHandler, self.exposition))
        server.daemon_threads = True
        self.own_port = server.server_port
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    async def watch_loop(self) -> None:
        """Measure the event loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL
            await asyncio.sleep(LAG_INTERVAL)
            # Sampled here: counting it in the response cache would cost each request.
            self.in_flight_seconds += self.in_flight * (loop.time() - due + LAG_INTERVAL)
            self.loop_lag.set(max(0.0, loop.time() - due))


class _MetricsServer(ThreadingHTTPServer):
    def __init__(
        self, address: tuple[str, int], handler: Callable[..., BaseHTTPRequestHandler]
    ) -> None:
        # `::` accepts IPv4 as well.
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)


class _MetricsHandler(BaseHTTPRequestHandler):
    """Serves the text of the metrics at every path; `?by=cache` sums over operations."""

    def __init__(self, exposition: Callable[..., tuple[bytes, str]], *args: Any) -> None:
        self._exposition = exposition
        super().__init__(*args)

    def do_GET(self) -> None:
        body, media = self._exposition(summed=self.path.endswith("?by=cache"))
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Scrapes are not logged."""


class UnitProcesses(Collector):
    """The figures of a unit's processes, added up under the names that one process would have.

    CPU time includes processes that have ended, so that it only grows. The start is that of this
    process, and so is the limit of open files.

    Args:
        processes: Returns the ids of the processes, this one first.
    """

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes

    def collect(self) -> Iterator[Metric]:
        """Called by the registry at each scrape."""
        summed: dict[str, Metric] = {}
        for number in self._processes():
            # Not registered anywhere: it is asked here alone.
            for family in ProcessCollector(pid=partial(int, number), registry=None).collect():
                known = summed.setdefault(family.name, family)
                if known is not family and family.name in _ADDED:
                    known.samples = [
                        mine._replace(value=mine.value + more.value)
                        for mine, more in zip(known.samples, family.samples, strict=True)
                    ]
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = summed.get("process_cpu_seconds")
        if cpu is not None:
            cpu.samples = [
                sample._replace(value=sample.value + ended.ru_utime + ended.ru_stime)
                for sample in cpu.samples
            ]
        yield from summed.values()


_ADDED = frozenset(
    {
        "process_cpu_seconds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
    }
)


class _Summed(Collector):
    """All metrics of a process, summed over operations."""

    def __init__(self, telemetry: HttpTelemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterator[Metric]:
        """Called by each exposition."""
        for metric in self._telemetry.registry.collect():
            if metric.name not in _SHOWN_SUMMED:
                yield metric
        yield from self._telemetry.summed()


_SHOWN_SUMMED = frozenset(
    {
        "shopx_cache_requests",
        "shopx_http_held_bytes",
        "shopx_http_refused",
        "shopx_http_request_duration_seconds",
        "shopx_http_requests",
        "shopx_http_requests_in_flight",
        "shopx_http_requests_in_flight_seconds",
    }
)
"""Metric names of `HttpTelemetry.summed`."""


def _requests(counters: Iterable[tuple[tuple[str, str], RequestCounter]]) -> Metric:
    family = CounterMetricFamily(
        "shopx_http_requests",
        "Requests answered, by operation, cache outcome and HTTP status.",
        labels=["operation", "cache", "status"],
    )
    for (operation, cache), counter in counters:
        for status, count in sorted(counter.statuses.copy().items()):
            family.add_metric([operation, cache, str(status)], count)
    return family


def _durations(counters: Iterable[tuple[tuple[str, str], RequestCounter]]) -> Metric:
    family = HistogramMetricFamily(
        "shopx_http_request_duration_seconds",
        "Time to answer, by operation and cache outcome.",
        labels=["operation", "cache"],
    )
    for (operation, cache), counter in counters:
        buckets: list[tuple[str, float]] = []
        so_far = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), tuple(counter.buckets), strict=True):
            so_far += count
            buckets.append((bound, so_far))
        family.add_metric([operation, cache], buckets, sum_value=counter.total)
    return family
