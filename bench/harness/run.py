"""The benchmark of one API unit under load: its phases and its goals."""

import argparse
import contextlib
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from harness import servers
from harness.floor import Unit, cached_over_bare, cost_of_misses, floor, highest_rate, warm
from harness.goals import Goals
from harness.overload import capacity, overload
from harness.request_bodies import RequestBodies

PHASES = ("cost", "floor", "highest", "bare", "overload", "crowd", "core", "units")
_CORES_FOR_TWO_UNITS = 8
"""Two units of two processes each, the database, the cache, the fold and the load."""


def main() -> None:
    """Run the benchmark; the exit code is 1 when a goal is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with the two UCI files")
    parser.add_argument("--dsn", help="a database that has them already, instead of --data")
    parser.add_argument("--redis", help="the Valkey to use with --dsn")
    parser.add_argument("--columns", help="the folder of the columnar replica, with --dsn")
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--unseen", type=float, default=0.2, help="share never sent before")
    parser.add_argument("--orders", type=float, default=10.0, help="orders a second, 3 lines each")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=PHASES)
    options = parser.parse_args()
    goals = Goals()
    with _stores(options) as stores, _background(stores, options.orders):
        print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
              f"Python {platform.python_version()}, seed {options.seed}")  # fmt: skip
        _run(stores, options, goals)
    sys.exit(0 if goals.all_met else 1)


@contextlib.contextmanager
def _stores(options: argparse.Namespace) -> Iterator[servers.Stores]:
    if options.dsn:
        yield servers.Stores(options.dsn, options.redis, options.columns)
        return
    if options.data is None or not options.data.is_dir():
        sys.exit("--data must name the folder with the UCI files, or --dsn a database with them")
    with servers.stores(options.data) as made:
        yield made


@contextlib.contextmanager
def _background(stores: servers.Stores, orders: float) -> Iterator[None]:
    """The fold, the builder of the columnar replica, and a writer."""
    writer = str(Path(__file__).with_name("writer.py"))
    env = servers.environment(stores)
    with (
        servers.running([*servers.shopx(), "fold"], env),
        servers.running([*servers.shopx(), "columns"], env),
        servers.running([sys.executable, writer, stores.dsn, str(orders)], dict(os.environ)),
    ):
        yield


@contextlib.contextmanager
def _unit(stores: servers.Stores, *before: str) -> Iterator[Unit]:
    port = servers.free_port()
    with servers.api(stores, port, *before) as pid:
        yield Unit(port, pid)


def _run(stores: servers.Stores, options: argparse.Namespace, goals: Goals) -> None:
    requests = RequestBodies(options.seed)
    phases = set(options.phases)
    with _unit(stores) as unit:
        if "cost" in phases:
            cost_of_misses(unit, requests, goals)
        if "floor" in phases:
            floor(
                unit,
                requests,
                goals,
                rate=options.rate,
                seconds=options.seconds,
                unseen=options.unseen,
            )
        if "highest" in phases:
            print("\nThe highest rate that is held:\n")
            held = highest_rate([unit.port], requests, options.unseen)
            goals.at_least("highest-rate-with-p95-below-200-ms", held, 2000)
        if "bare" in phases:
            ratio = cached_over_bare(unit.port, requests.hot[0])
            goals.at_least("cached-over-bare-asgi", ratio, 0.75)
        if phases & {"overload", "crowd"}:
            _overload(unit, requests, options, goals)
    if "core" in phases:
        with _unit(stores, "taskset", "-c", "0") as unit:
            able = capacity(unit, requests)
            print("\nThe unit alone has one core:")
            overload(unit, requests, goals, able=able, times=2, seconds=options.seconds)
    if "units" in phases:
        _two_units(stores, requests, options, goals)


def _overload(
    unit: Unit, requests: RequestBodies, options: argparse.Namespace, goals: Goals
) -> None:
    able = capacity(unit, requests)
    if "overload" in options.phases:
        for times in (2, 10):
            overload(unit, requests, goals, able=able, times=times, seconds=options.seconds)
    if "crowd" in options.phases:
        overload(unit, requests, goals, able=able, times=2, seconds=options.seconds, crowd=True)


def _two_units(
    stores: servers.Stores, requests: RequestBodies, options: argparse.Namespace, goals: Goals
) -> None:
    print("\nOne unit, then two:\n")
    with _unit(stores) as first:
        warm(first, requests)
        one = highest_rate([first.port], requests, options.unseen)
        with _unit(stores) as second:
            warm(second, requests)
            two = highest_rate([first.port, second.port], requests, options.unseen)
    ratio = two / one if one else None
    cores = os.cpu_count() or 1
    if cores < _CORES_FOR_TWO_UNITS:
        print(f"Two units carry {two:.0f}/s, one {one:.0f}/s. Not judged: {cores} cores for two "
              "units, the database, the cache and the load.")  # fmt: skip
        return
    goals.at_least("two-units-over-one", ratio, 1.7)


if __name__ == "__main__":
    main()
