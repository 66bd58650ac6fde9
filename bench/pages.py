"""What each panel costs, uncached and cached, over the two UCI files (1.04 million lines).

make bench ARGS="pages --data ../shared/datasets/uci_online_retail"

Every panel's own query, as the pages send it, one request at a time: uncached is an exact read
(`Cache-Control: no-cache`), cached is the same request again. Prints p50 and p95 in milliseconds,
the CPU of the API process for each, the size of the answer, and uncached ÷ cached.
"""

import argparse
import http.client
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
from harness import servers
from harness.request_bodies import PREVIOUS

from tests.support.page_queries import LISTS, documents

VIEW = {"period": {"days": {"from": "2011-09-01", "to": "2011-11-30"}}, "zone": "Europe/London"}
COMPARED = VIEW | {"comparison": PREVIOUS}
KPIS = ["REVENUE", "PROFIT", "MARGIN", "ORDERS", "AVERAGE_ORDER_VALUE", "UNITS", "CUSTOMERS"]
PANELS: dict[str, dict[str, Any]] = {
    "OverviewKpis": COMPARED | {"metrics": KPIS},
    "OverviewSparklines": VIEW | {"metrics": KPIS},
    "OverviewSeries": COMPARED | {"metrics": ["REVENUE"]},
    "OverviewBreakdown": COMPARED | LISTS["OverviewBreakdown"],
    "OverviewMovers": COMPARED | LISTS["OverviewMovers"],
    "OverviewHeatmap": VIEW | {"metric": "REVENUE"},
    "ProductRanking": COMPARED | LISTS["ProductRanking"],
    "ProductAbc": VIEW | LISTS["ProductAbc"],
    "ProductPairs": LISTS["ProductPairs"],
    "ProductDiscounts": VIEW,
    "CustomerKpis": COMPARED | {"metrics": KPIS},
    "NewVersusReturning": VIEW,
    "CustomerSegments": {},
    "CustomerCohorts": {"granularity": "MONTH", "count": 12},
    "CustomerLifetimeValue": {"first": 25},
    "TopCustomers": COMPARED | LISTS["TopCustomers"],
    "RepLeaderboard": COMPARED | LISTS["RepLeaderboard"],
    "ProfitWaterfall": COMPARED,
    "ProfitSeries": COMPARED | {"metrics": ["MARGIN"]},
    "ProfitBy": COMPARED | LISTS["ProfitBy"],
    "LossMakers": COMPARED | LISTS["LossMakers"],
}


def main() -> None:
    """Measure every panel; fails where an answer is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the UCI files")
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    with servers.stores(options.data) as stores:
        subprocess.run(
            [*servers.shopx(), "refresh", "--all"], env=servers.environment(stores), check=True
        )
        port = servers.free_port()
        with servers.api(stores, port) as pid:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            print(
                f"{'panel':24}{'uncached p50':>14}{'p95':>8}{'CPU':>7}"
                f"{'cached p50':>12}{'p95':>7}{'CPU':>7}{'kB':>7}{'ratio':>8}"
            )
            for name, text in documents().items():
                if name in PANELS:
                    body = orjson.dumps(
                        {"operationName": name, "query": text, "variables": PANELS[name]}
                    )
                    _measure(connection, pid, name, body, options.times)


def _measure(
    connection: http.client.HTTPConnection, pid: int, name: str, body: bytes, times: int
) -> None:
    # The first reads plan the statements, the first cached one fills the cache.
    for exact in (True, True, False):
        answer = _ask(connection, body, exact=exact)
    if b'"errors"' in answer:
        sys.exit(f"{name}: {answer[:500].decode()}")
    uncached, uncached_cpu = _timed(connection, pid, body, times, exact=True)
    cached, cached_cpu = _timed(connection, pid, body, times, exact=False)
    print(
        f"{name:24}{_p(uncached, 50):14.1f}{_p(uncached, 95):8.1f}{uncached_cpu:7.1f}"
        f"{_p(cached, 50):12.2f}{_p(cached, 95):7.2f}{cached_cpu:7.2f}"
        f"{len(answer) / 1000:7.1f}{_p(uncached, 50) / _p(cached, 50):8.0f}",
        flush=True,
    )


def _timed(
    connection: http.client.HTTPConnection, pid: int, body: bytes, times: int, *, exact: bool
) -> tuple[list[float], float]:
    """Milliseconds of each request, and CPU milliseconds of the API process for one."""
    taken = []
    before = servers.cpu_seconds(pid)
    # One cached answer takes less than the resolution of the process clock: ask more often.
    times = times if exact else times * 20
    for _ in range(times):
        start = time.perf_counter()
        _ask(connection, body, exact=exact)
        taken.append((time.perf_counter() - start) * 1000)
    return taken, (servers.cpu_seconds(pid) - before) / times * 1000


def _ask(connection: http.client.HTTPConnection, body: bytes, *, exact: bool) -> bytes:
    headers = {"Content-Type": "application/json"} | (
        {"Cache-Control": "no-cache"} if exact else {}
    )
    connection.request("POST", "/graphql", body, headers)
    return connection.getresponse().read()


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    main()
