"""Whether a modest caller is answered while a greedy one asks without pause.

    make bench ARGS="fairness [--orders 100000] [--seconds 20]"

Seeds three years of sales and starts one API unit without the replica. A caller at 127.0.0.2 asks
50 slow questions at a time, none of them twice; one at 127.0.0.1 asks quick ones, one after
another, alone and then beside the greedy one, which has a process of its own and asks again when
`Retry-After` says. Prints the medians and their ratio, and how many of the quick ones were refused.
The goals are a ratio of at most 2 and none refused; the exit code is 1 otherwise.
"""

import argparse
import asyncio
import dataclasses
import datetime as dt
import itertools
import os
import statistics
import sys
import time
from collections.abc import Iterator

import httpx
from harness import servers
from prices import FIRST, REPORTING, seeded

GREEDY = 50
WARM_SECONDS = 10
"""After which slow questions have a known mean."""
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


async def ask(asking: httpx.AsyncClient, query: str, period: object) -> httpx.Response:
    """The answer to a question."""
    body = {"query": query, "variables": {"p": period}}
    return await asking.post("/graphql", json=body)


async def modest(port: int, ranges: Iterator[object], seconds: float) -> tuple[list[float], int]:
    """Milliseconds of quick questions, one after another, and how many were refused."""
    taken, refused = [], 0
    end = time.monotonic() + seconds
    async with client(port, "127.0.0.1") as asking:
        while time.monotonic() < end:
            began = time.perf_counter()
            answer = await ask(asking, QUICK, next(ranges))
            if answer.status_code == httpx.codes.OK:
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
                answer = await ask(asking, SLOW, next(ranges))
                if answer.status_code != httpx.codes.OK:
                    await asyncio.sleep(float(answer.headers.get("retry-after", "1")))

        await asyncio.gather(*(one() for _ in range(GREEDY)))


async def compare(port: int, seconds: float) -> bool:
    """Measure, print; whether the goals are met."""
    quick = periods(1)
    alone, _ = await modest(port, quick, seconds)
    # In one process the modest one would wait for the greedy one's own work.
    with servers.running([sys.executable, __file__, "--greedy", str(port)], dict(os.environ)):
        await asyncio.sleep(WARM_SECONDS)
        beside, refused = await modest(port, quick, seconds)
    if not alone or not beside:
        print(f"answers {len(alone)} alone and {len(beside)} beside, refused {refused}")
        return False
    one, other = statistics.median(alone), statistics.median(beside)
    print(f"alone {one:.1f} ms, beside {GREEDY} slow questions {other:.1f} ms: {other / one:.2f}")
    print(f"answers {len(beside)}, refused {refused}")
    return other <= RATIO * one and refused == 0


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--greedy", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.greedy is not None:
        asyncio.run(greedy(options.greedy, periods(300)))
    with seeded(options.orders) as stores:
        port = servers.free_port()
        with servers.api(dataclasses.replace(stores, columns=""), port, **REPORTING):
            met = asyncio.run(compare(port, options.seconds))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
