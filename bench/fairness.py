"""Whether a modest caller is answered while a greedy one asks without pause.

    make bench ARGS="fairness [--orders 100000] [--seconds 20]"

Seeds three years of sales and starts one API unit without the replica. A caller at 127.0.0.2 asks
50 slow questions at a time, none of them twice; one at 127.0.0.1 asks quick ones, one after
another, alone and then beside the greedy one. Prints the medians and their ratio, and how many of
the quick ones were refused. The goals are a ratio of at most 2 and none refused; the exit code is 1
otherwise.
"""

import argparse
import asyncio
import dataclasses
import datetime as dt
import itertools
import statistics
import sys
import time
from collections.abc import Iterator

import httpx
from harness import servers
from prices import FIRST, REPORTING, seeded

GREEDY = 50
RATIO = 2.0
QUICK = "query Q($p: PeriodInput) { sales(period: $p) { kpis { value } } }"
SLOW = (
    "query S($p: PeriodInput) { products(period: $p)"
    " { ranking(metrics: [CUSTOMERS]) { nodes { rank } } } }"
)


def periods(days: int) -> Iterator[dict[str, dict[str, str]]]:
    """Ranges of at least so many days, each once."""
    for more in itertools.count():
        for start in range(300):
            first = FIRST + dt.timedelta(days=start)
            yield {"days": {"from": str(first), "to": str(first + dt.timedelta(days=days + more))}}


def client(port: int, address: str) -> httpx.AsyncClient:
    """A client that the unit sees at an address."""
    transport = httpx.AsyncHTTPTransport(
        local_address=address, limits=httpx.Limits(max_connections=None)
    )
    url = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(transport=transport, base_url=url, timeout=60)


async def ask(asking: httpx.AsyncClient, query: str, period: object) -> int:
    """The status of the answer to a question."""
    body = {"query": query, "variables": {"p": period}}
    return (await asking.post("/graphql", json=body)).status_code


async def modest(port: int, ranges: Iterator[object], seconds: float) -> tuple[list[float], int]:
    """Milliseconds of quick questions, one after another, and how many were refused."""
    taken, refused = [], 0
    end = time.monotonic() + seconds
    async with client(port, "127.0.0.1") as asking:
        while time.monotonic() < end:
            began = time.perf_counter()
            status = await ask(asking, QUICK, next(ranges))
            if status == httpx.codes.OK:
                taken.append((time.perf_counter() - began) * 1000)
            else:
                refused += 1
            await asyncio.sleep(0.05)
    return taken, refused


async def greedy(port: int, ranges: Iterator[object]) -> None:
    """Slow questions without pause."""
    async with client(port, "127.0.0.2") as asking:

        async def one() -> None:
            while True:
                if await ask(asking, SLOW, next(ranges)) != httpx.codes.OK:
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(one() for _ in range(GREEDY)))


async def compare(port: int, seconds: float) -> bool:
    """Measure, print; whether the goals are met."""
    quick = periods(1)
    alone, _ = await modest(port, quick, seconds)
    load = asyncio.create_task(greedy(port, periods(300)))
    await asyncio.sleep(2)
    beside, refused = await modest(port, quick, seconds)
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)
    one, other = statistics.median(alone), statistics.median(beside)
    print(f"alone {one:.1f} ms, beside {GREEDY} slow questions {other:.1f} ms: {other / one:.2f}")
    print(f"answers {len(beside)}, refused {refused}")
    return other <= RATIO * one and refused == 0


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with seeded(options.orders) as stores:
        port = servers.free_port()
        with servers.api(dataclasses.replace(stores, columns=""), port, **REPORTING):
            met = asyncio.run(compare(port, options.seconds))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
