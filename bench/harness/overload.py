"""Overload: more misses than a unit can compute, beside people who read cached answers."""

import contextlib
import time

from harness import servers
from harness.floor import HITS, Unit, print_outcomes, warm
from harness.goals import Goals
from harness.load import Result, Stream, closed, held_connections, offer, offer_apart
from harness.request_bodies import RequestBodies

HIT_RATE = 200.0
"""Cached answers a second that people read meanwhile."""
_CAPACITY_SECONDS = 8
_BUSY = 32
"""Misses under way while the capacity is measured."""
_CONNECTIONS = 2000
"""For misses under overload: those that are refused at once free theirs at once."""
_NORMAL_SECONDS = 5
IDLE, SLOW = 2000, 200


def capacity(unit: Unit, requests: RequestBodies) -> float:
    """Misses a second that a unit answers beside the hits, with always some under way."""
    warm(unit, requests)
    guess = 100.0
    used = 0.0
    for _ in range(2):
        before = servers.cpu_seconds(unit.pid)
        count = int(guess * _CAPACITY_SECONDS)
        hits = Stream(unit.port, requests.popular(int(HIT_RATE * _CAPACITY_SECONDS)), HIT_RATE)
        misses = Stream(unit.port, requests.all_unseen(count), 0.0, _BUSY)
        result = closed(misses, hits)
        # Those that are refused are answered at once, and are not computed.
        guess = result.succeeded / result.seconds
        used = (servers.cpu_seconds(unit.pid) - before) / max(1, result.succeeded)
    print(f"\n{guess:.0f} misses/s can be computed, {used * 1000:.2f} ms of the unit's CPU each, "
          f"with those of {HIT_RATE:g} hits/s")  # fmt: skip
    return guess


def overload(
    unit: Unit,
    requests: RequestBodies,
    goals: Goals,
    *,
    able: float,
    times: float,
    seconds: int,
    crowd: bool = False,
) -> None:
    """Offer a multiple of what a unit can compute.

    Args:
        unit: The API unit.
        requests: The bodies.
        goals: Where the goals are judged.
        able: The result of `capacity`.
        times: The multiple.
        seconds: How long.
        crowd: Hold idle and slow connections open meanwhile.
    """
    name = f"overload-{times:g}x" + ("-crowd" if crowd else "")
    rate = able * times
    hits = Stream(unit.port, requests.popular(int(HIT_RATE * seconds)), HIT_RATE)
    misses = Stream(unit.port, requests.all_unseen(int(rate * seconds)), rate, _CONNECTIONS)
    before = servers.memory_mib(unit.pid)
    held = held_connections(unit.port, idle=IDLE, slow=SLOW) if crowd else contextlib.nullcontext()
    with held:
        before_seconds = servers.cpu_seconds(unit.pid)
        read, asked = offer_apart(hits, misses)
        used = servers.cpu_seconds(unit.pid) - before_seconds
    after = servers.memory_mib(unit.pid)
    print(f"\n{name}: {rate:.0f} misses/s offered, {able:.0f}/s can be computed, "
          f"{HIT_RATE:g} hits/s, {seconds} s\n")  # fmt: skip
    print_outcomes(asked)
    print("\nthe hits:\n")
    print_outcomes(read)
    print(f"\nthe unit used {used / max(read.seconds, asked.seconds):.2f} cores")
    print(f"memory {before:.0f} -> {after:.0f} MiB")
    goals.at_most(f"{name}-hit-p95-ms", read.percentile(0.95, *HITS), 20)
    goals.at_most(f"{name}-hit-errors", read.errors, 0)
    goals.at_least(f"{name}-goodput-over-capacity", asked.succeeded / seconds / able, 0.9)
    goals.at_most(f"{name}-memory-growth", after / before, 1.2)
    goals.at_most(f"{name}-seconds-to-normal", _seconds_to_normal(unit, requests), _NORMAL_SECONDS)


def _seconds_to_normal(unit: Unit, requests: RequestBodies) -> float | None:
    """When misses are answered as usual again; `None` = not within the time."""
    began = time.monotonic()
    while time.monotonic() - began < 2 * _NORMAL_SECONDS:
        at = time.monotonic() - began
        result: Result = offer(unit.port, requests.all_unseen(20), 40)
        if not result.errors and result.percentile(0.95) < 100:
            return at
    return None
