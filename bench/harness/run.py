"""The benchmark of the API: its phases, and their goals."""

import argparse
import contextlib
import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from harness import servers
from harness.load import Result, offer
from harness.request_bodies import RequestBodies
from harness.servers import Stores, Unit

HITS_BESIDE = 200.0
"""Requests a second for cached answers, beside an overload of misses."""
IDLE, SLOW = 2000, 200
"""Connections that send nothing, and connections that send a byte now and then."""
SCRIPT = """
wrk.method = "POST"
wrk.path = "/graphql"
wrk.headers["Content-Type"] = "application/json"
local file = io.open(os.getenv("BODY"), "rb")
wrk.body = file:read("*a")
"""


@dataclass
class Bench:
    """What the phases share."""

    stores: Stores
    requests: RequestBodies
    seconds: float
    rate: float
    unseen: float
    short: list[str] = field(default_factory=list)
    capacity: float = 0.0
    """Misses that one unit answers a second; measured by the first phase that needs it."""

    def goal(self, name: str, value: float, target: float, *, least: bool = False) -> None:
        """Print a goal, and note it when it is not met."""
        met = value >= target if least else value <= target
        print(
            f"goal {name} {value:.2f} {'>=' if least else '<='}{target:g}"
            f" {'met' if met else 'short'}",
            flush=True,
        )
        if not met:
            self.short.append(name)

    def capacity_of(self, unit: Unit) -> float:
        """Misses that a unit answers a second, with sixteen callers who wait for each other."""
        result = offer(
            unit.port,
            self.requests.never_sent(),
            float("inf"),
            max(5.0, self.seconds / 6),
            width=16,
        )
        return result.statuses[200] / result.seconds


def main() -> None:
    """Run the benchmark; fails when a goal is short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with the two UCI files")
    parser.add_argument("--dsn", help="a database that has them already, instead of --data")
    parser.add_argument("--redis", help="the Valkey to use with --dsn")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second of the floor")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each phase")
    parser.add_argument("--unseen", type=float, default=0.2, help="share never sent before")
    parser.add_argument("--orders", type=float, default=10.0, help="orders a second, 3 lines each")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=PHASES, nargs="+", default=list(PHASES))
    options = parser.parse_args()
    # Two sockets for each idle connection, and some to spare.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with _stores(options) as stores:
        fold = [*servers.shopx(), "fold"]
        write = [
            *(sys.executable, str(Path(__file__).with_name("writer.py"))),
            *(stores.dsn, str(options.orders)),
        ]
        with (
            servers.running(fold, servers.environment(stores)),
            servers.running(write, dict(os.environ)),
        ):
            bench = Bench(
                stores,
                RequestBodies(options.seed),
                options.seconds,
                options.rate,
                options.unseen,
            )
            print(
                f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
                f" Python {platform.python_version()}, seed {options.seed}; fold and"
                f" {options.orders:g} orders/s running"
            )
            for name in options.only:
                print(f"\n{name}", flush=True)
                PHASES[name](bench)
    sys.exit(1 if bench.short else 0)


@contextlib.contextmanager
def _stores(options: argparse.Namespace) -> Iterator[Stores]:
    if options.dsn:
        yield Stores(options.dsn, options.redis)
        return
    if options.data is None or not options.data.is_dir():
        sys.exit("--data must name the folder with the UCI files, or --dsn a database with them")
    with servers.stores(options.data) as made:
        yield made


def _warm(bench: Bench, unit: Unit) -> None:
    """Compute what is popular, once."""
    bodies = (("hit", body) for body in bench.requests.hot)
    offer(unit.port, _until_done(bodies), 100, len(bench.requests.hot) / 100)


def _until_done(sending: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    last = ("hit", b"{}")
    for last in sending:
        yield last
    while True:
        yield last


def _line(name: str, result: Result) -> None:
    statuses = ", ".join(f"{n} of {status}" for status, n in sorted(result.statuses.items()))
    print(f"  {name}: {sum(result.statuses.values()) / result.seconds:.0f} answers/s ({statuses};"
          f" broken {result.broken})")  # fmt: skip
    for kind, status in (("hit", 200), ("miss", 200), ("miss", 503)):
        values = result.values(kind, status)
        if values:
            shown = (result.percentile(share, kind, status) for share in (0.5, 0.95, 0.99))
            print(f"    {kind} {status}: {len(values)}, p50/p95/p99 ms "
                  + " / ".join(f"{value:.1f}" for value in shown))  # fmt: skip


def _floor(bench: Bench) -> None:
    """A thousand requests a second, and as many as can be."""
    with servers.api(bench.stores) as unit:
        _warm(bench, unit)
        mixed = bench.requests.mixed(bench.unseen)
        result = offer(unit.port, mixed, bench.rate, bench.seconds)
        _line(f"{bench.rate:g}/s offered", result)
        bench.goal("floor_p95_ms", result.percentile(0.95), 50)
        bench.goal("floor_errors", result.errors, 0)
        highest = bench.rate if result.percentile(0.95) < 200 else 0.0
        for rate in (1250, 1500, 1750, 2000, 2500, 3000, 4000):
            result = offer(unit.port, mixed, rate, max(5.0, bench.seconds / 4))
            _line(f"{rate}/s offered", result)
            if result.percentile(0.95) >= 200 or result.errors:
                break
            highest = rate
        bench.goal("highest_rate", highest, 2000, least=True)


def _cost(bench: Bench) -> None:
    """Processor time of front and compute process for one answer."""
    with servers.api(bench.stores) as unit:
        _warm(bench, unit)
        for name, target, panels, days in (
            ("kpis_28d", 1.5, "OverviewKpis", 28),
            ("series_28d", 1.5, "OverviewSeries", 28),
            ("page_mix", 3.0, None, None),
        ):
            # Plans and documents are prepared at the first of each kind.
            offer(unit.port, bench.requests.never_sent(panels, days), 50, 1)
            before = unit.cpu_seconds()
            result = offer(
                unit.port, bench.requests.never_sent(panels, days), 50, max(4.0, bench.seconds / 6)
            )
            used = unit.cpu_seconds() - before
            _line(f"{name}, 50/s", result)
            bench.goal(f"miss_cpu_ms_{name}", used * 1000 / len(result.values()), target)


def _cached(bench: Bench) -> None:
    """A cached answer beside a bare ASGI application on the same server, in turns."""
    if shutil.which("wrk") is None:
        print("  wrk is not installed: no comparison with bare ASGI")
        return
    other = servers.free_port()
    cached: list[float] = []
    baseline: list[float] = []
    body = bench.requests.hot[0]
    with servers.bare(other), servers.api(bench.stores) as unit:
        _warm(bench, unit)
        for _ in range(5):
            baseline.append(_wrk(other, body))
            cached.append(_wrk(unit.port, body))
    bare, ours = sorted(baseline)[2], sorted(cached)[2]
    print(f"  wrk, 32 connections, medians of 5: bare ASGI {bare:.0f}/s, cached {ours:.0f}/s")
    bench.goal("cached_to_bare", ours / bare, 0.75, least=True)


def _overload(bench: Bench) -> None:
    """Twice and ten times what the unit can compute."""
    with servers.api(bench.stores) as unit:
        _warm(bench, unit)
        for times in (2, 10):
            _overloaded(bench, unit, times, f"overload_{times}x")


def _connections(bench: Bench) -> None:
    """The same with connections that do nothing, and some that are slow."""
    with servers.api(bench.stores) as unit:
        _warm(bench, unit)
        with _idle_and_slow(unit.port):
            _overloaded(bench, unit, 2, "overload_with_idle_and_slow")


def _one_core(bench: Bench) -> None:
    """The same in one core."""
    if shutil.which("taskset") is None:
        print("  taskset is not installed: not measured in one core")
        return
    with servers.api(bench.stores, ("taskset", "-c", "0")) as unit:
        _warm(bench, unit)
        _overloaded(bench, unit, 2, "overload_in_one_core")


def _overloaded(bench: Bench, unit: Unit, times: int, name: str) -> None:
    capacity = bench.capacity_of(unit)
    print(f"  capacity {capacity:.0f} misses/s")
    before = unit.memory()
    offered = times * capacity
    # The hits come from a load of their own, so that its connections never wait for misses.
    with ThreadPoolExecutor(2) as pool:
        hits = pool.submit(
            offer, unit.port, bench.requests.popular(), HITS_BESIDE, bench.seconds, 64
        )
        other = RequestBodies(int(time.time()))
        misses = pool.submit(offer, unit.port, other.never_sent(), offered, bench.seconds)
        hit, miss = hits.result(), misses.result()
    _line("hits", hit)
    _line(f"{offered:.0f} misses/s offered", miss)
    bench.goal(f"{name}_hits_p95_ms", hit.percentile(0.95), 20)
    good = miss.statuses[200] / bench.seconds
    bench.goal(f"{name}_goodput", good / capacity, 0.9, least=True)
    bench.goal(f"{name}_memory_growth", unit.memory() / before, 1.25)
    time.sleep(5)
    after = offer(unit.port, other.never_sent(), 20, 3)
    _line("five seconds later", after)
    bench.goal(f"{name}_after_p95_ms", after.percentile(0.95), 200)
    bench.goal(f"{name}_after_errors", after.errors, 0)


def _two_units(bench: Bench) -> None:
    """Two units carry nearly twice as much, where there are cores for their processes."""
    with servers.api(bench.stores) as one, servers.api(bench.stores) as other:
        single = bench.capacity_of(one)
        with ThreadPoolExecutor(2) as pool:
            both = sum(pool.map(bench.capacity_of, (one, other)))
    print(f"  one {single:.0f} misses/s, two {both:.0f}")
    # Two of each process, PostgreSQL and the load.
    if (os.cpu_count() or 1) >= 6:
        bench.goal("two_units", both / single, 1.7, least=True)
    else:
        print(f"  {os.cpu_count()} cores for six processes: ratio {both / single:.2f}, no goal")


PHASES: dict[str, Callable[[Bench], None]] = {
    "floor": _floor,
    "cost": _cost,
    "cached": _cached,
    "overload": _overload,
    "connections": _connections,
    "one-core": _one_core,
    "two-units": _two_units,
}


@contextlib.contextmanager
def _idle_and_slow(port: int) -> Iterator[None]:
    """Connections that cost a server memory and attention, and ask nothing."""
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(IDLE)]
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW)]
    for one in slow:
        one.sendall(b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n")
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(1.0):
            for one in slow:
                with contextlib.suppress(OSError):
                    one.sendall(b" ")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        ended.set()
        dripping.join()
        for one in (*idle, *slow):
            one.close()


def _wrk(port: int, body: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder, "post.lua"), Path(folder, "body")
        script.write_text(SCRIPT, encoding="utf-8")
        file.write_bytes(body)
        done = subprocess.run(
            ["wrk", "-t1", "-c32", "-d4s", "-s", str(script), f"http://127.0.0.1:{port}/graphql"],
            env={**os.environ, "BODY": str(file)},
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])
