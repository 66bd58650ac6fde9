"""The phases of the benchmark of the response cache, and its report."""

import argparse
import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness import servers
from harness.load import Result, offer
from harness.request_bodies import PANELS, RequestBodies

HITS = ("hit-l0", "hit-l1", "stale")
SCRIPT = """
wrk.method = "POST"
wrk.path = "/graphql"
wrk.headers["Content-Type"] = "application/json"
local file = io.open(os.getenv("BODY"), "rb")
wrk.body = file:read("*a")
"""


def main() -> None:
    """Run the benchmark; fails when a target is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with the two UCI files")
    parser.add_argument("--dsn", help="a database that has them already, instead of --data")
    parser.add_argument("--redis", help="the Valkey to use with --dsn")
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--unseen", type=float, default=0.2, help="share never sent before")
    parser.add_argument("--orders", type=float, default=10.0, help="orders a second, 3 lines each")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with _stores(options) as stores:
        port = servers.free_port()
        fold = [*servers.shopx(), "fold"]
        write = [
            *(sys.executable, str(Path(__file__).with_name("writer.py"))),
            *(stores.dsn, str(options.orders)),
        ]
        with (
            servers.running(fold, servers.environment(stores)),
            servers.running(write, dict(os.environ)),
            servers.api(stores, port) as pid,
        ):
            met = _phases(options, port, pid)
    sys.exit(0 if met else 1)


@contextlib.contextmanager
def _stores(options: argparse.Namespace) -> Iterator[servers.Stores]:
    if options.dsn:
        yield servers.Stores(options.dsn, options.redis)
        return
    if options.data is None or not options.data.is_dir():
        sys.exit("--data must name the folder with the UCI files, or --dsn a database with them")
    with servers.stores(options.data) as made:
        yield made


def _phases(options: argparse.Namespace, port: int, pid: int) -> bool:
    requests = RequestBodies(options.seed)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}, seed {options.seed}")  # fmt: skip
    print("\n| one at a time | p50 ms | p95 ms | CPU ms each |")
    print("| --- | ---: | ---: | ---: |")
    for name in PANELS:
        bodies = [requests.unseen(name) for _ in range(60)]
        _, misses, cost = _measured(port, pid, bodies, 40)
        print(f"| {name}, never sent before {_latency(misses, cost)}")
    offer(port, requests.hot, 200)
    bodies = requests.popular(int(options.rate * 5))
    _, hits, hit_cost = _measured(port, pid, bodies, options.rate)
    print(f"| sent before, at {options.rate:g}/s {_latency(hits, hit_cost)}")
    unseen = [requests.unseen() for _ in range(200)]
    _, misses, miss_cost = _measured(port, pid, unseen, 50)
    print(f"| the page's mix, never sent before {_latency(misses, miss_cost)}")

    bodies = requests.mixed(int(options.rate * options.seconds), options.unseen)
    used, result, _ = _measured(port, pid, bodies, options.rate)
    _print_main(result, used, options)
    missed = result.outcomes["miss"]
    per_miss = (used * 1000 - hit_cost * (len(result.latencies) - missed)) / max(1, missed)
    print(f"CPU of the API process: {hit_cost:.2f} ms a hit, {per_miss:.2f} ms a miss under load")
    _print_ratio(port, requests.hot[0])
    errors = result.broken + sum(n for status, n in result.statuses.items() if status != 200)
    met = (
        errors == 0
        and result.percentile(0.95) < 200
        and len(result.latencies) / result.seconds > 0.98 * options.rate
    )
    print(f"\nThe targets are {'met' if met else 'NOT met'}: p95 < 200 ms, no error.")
    return met


def _measured(port: int, pid: int, bodies: list[bytes], rate: float) -> tuple[float, Result, float]:
    """Send bodies; returns the API's CPU seconds, the answers, and CPU milliseconds a request."""
    before = servers.cpu_seconds(pid)
    result = offer(port, bodies, rate)
    used = servers.cpu_seconds(pid) - before
    return used, result, used / len(bodies) * 1000


def _latency(result: Result, cost: float) -> str:
    return f"| {result.percentile(0.5):.1f} | {result.percentile(0.95):.1f} | {cost:.2f} |"


def _print_main(result: Result, used: float, options: argparse.Namespace) -> None:
    statuses = ", ".join(f"{n} of {status}" for status, n in sorted(result.statuses.items()))
    print(f"\n{options.rate:g} requests/s for {options.seconds} s, fold and "
          f"{options.orders:g} orders/s running, one API process:\n")  # fmt: skip
    print("| | requests | share | p50 ms | p95 ms | p99 ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in (None, *sorted(result.outcomes)):
        count = len(result.latencies) if name is None else result.outcomes[name]
        print(
            f"| {name or 'all'} | {count} | {count / len(result.latencies):.3f}"
            f" | {result.percentile(0.5, name):.1f} | {result.percentile(0.95, name):.1f}"
            f" | {result.percentile(0.99, name):.1f} |"
        )
    print(f"\nhit ratio {result.share(*HITS):.3f}; {statuses}; broken {result.broken}; "
          f"{len(result.latencies) / result.seconds:.0f} answers/s; "
          f"API process {used / result.seconds:.2f} cores")  # fmt: skip


def _print_ratio(port: int, body: bytes) -> None:
    """A cached answer beside a bare ASGI application on the same server, in turns."""
    if shutil.which("wrk") is None:
        print("\nwrk is not installed: no comparison with bare ASGI.")
        return
    other = servers.free_port()
    cached: list[float] = []
    baseline: list[float] = []
    with servers.bare(other):
        for _ in range(3):
            baseline.append(_wrk(other, body))
            cached.append(_wrk(port, body))
    ratio = sorted(cached)[1] / sorted(baseline)[1]
    print(f"\nwrk, 32 connections, medians of 3: bare ASGI {sorted(baseline)[1]:.0f}/s, "
          f"a cached answer {sorted(cached)[1]:.0f}/s, ratio {ratio:.2f}")  # fmt: skip


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
