"""How well prices rank questions: the rank correlation of price and CPU time over drawn questions.

    make bench ARGS="prices [--orders 270000] [--count 300] [--seed 1] [--worst 10] [--record FILE]"

Seeds three years of sales (a million lines by default), builds the replica, draws questions of all
panels (`harness/questions.py`), and sends each as of exactly now to an API unit with the replica
and to one without. A question's time is the CPU time of the unit's and the database's processes,
the least of three: unlike waiting, it does not depend on what else the machine does. Prints
Spearman's rank correlation of price and time for each engine, and what is priced the furthest from
its time. The goal is 0.9; the exit code is 1 below it. What was measured is appended to the file of
`--record`, which `price_fit` reads.
"""

import argparse
import dataclasses
import datetime as dt
import http.client
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg
from harness import servers
from harness.questions import Questions

from shopx_api.graphql.cost import Pricing
from shopx_api.graphql.documents import Documents
from shopx_api.graphql.operation import operation_of
from shopx_api.graphql.panel_price import Engine
from shopx_api.graphql.schema import schema
from tests.support.postgres import postgres_server
from tests.support.valkey import valkey_server

GOAL = 0.9
FIRST, LAST = dt.date(2023, 12, 1), dt.date(2026, 11, 28)
REPEATS = 3
FILTERS = {
    "PRODUCT": "products",
    "CATEGORY": "categories",
    "CUSTOMER": "customers",
    "REP": "reps",
    "REGION": "regions",
    "CHANNEL": "channels",
}
CORE = schema._schema  # noqa: SLF001 -- Strawberry has no public access to graphql-core's schema
ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Measured:
    """A question, and what it took: a line of the file of `--record`."""

    engine: str
    seed: int
    asked: str
    body: dict[str, Any]
    milliseconds: list[float]
    """Ascending."""


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + 1 + end) / 2
        start = end
    return found


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's: the correlation of the ranks."""
    return statistics.correlation(ranks(one), ranks(other))


def price(body: dict[str, Any], engine: Engine) -> float:
    """What the server asks for a question."""
    operation = operation_of(CORE, Documents(CORE).get(body["query"]), None)
    return operation.price(operation.variables(body["variables"]), Pricing(engine, ZONE)).total


def cpu_milliseconds(processes: Sequence[int]) -> float:
    """Processor time of all threads of some processes, by the scheduler's own nanoseconds."""
    total = 0
    for process in processes:
        for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                total += int(file.read_text("ascii").split()[0])
            except OSError:
                continue  # it ended
    return total / 1e6


@contextmanager
def seeded(orders: int) -> Iterator[servers.Stores]:
    """A new database with three years of sales, their views and their replica."""
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="shopx-bench-") as cache,
        postgres_server(Path(folder)) as server,
        valkey_server(Path(cache)) as valkey,
    ):
        made = servers.Stores(server.create().dsn, valkey.url, str(Path(cache, "columns")))
        Path(made.columns).mkdir()
        size = ("--orders", str(orders), "--products", "2000", "--customers", str(orders // 7))
        days = ("--from", str(FIRST), "--to", str(LAST + dt.timedelta(days=1)))
        for command in (
            ["migrate"],
            ["seed", *size, *days],
            ["refresh", "--all"],
            ["columns", "--once"],
        ):
            subprocess.run(
                [*servers.shopx(), *command],
                env=servers.environment(made, **REPORTING),
                check=True,
            )
        yield made


REPORTING = {"SHOPXREPORTING_CURRENCY": "USD", "SHOPXREPORTING_TIMEZONE": ZONE}


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=270_000)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    met = True
    with seeded(options.orders) as stores:
        for engine in Engine:
            empty = dataclasses.replace(stores, columns="")
            used = stores if engine is Engine.COLUMNS else empty
            port = servers.free_port()
            with servers.api(used, port, **REPORTING, SHOPX_API_MAX_COST="1000000") as pid:
                if engine is Engine.COLUMNS:
                    # Until its base is open, PostgreSQL answers.
                    servers.wait_for_columns(port)
                met &= _compare(engine, port, _cpu(pid, stores.dsn), options)
    sys.exit(0 if met else 1)


def _cpu(pid: int, dsn: str) -> Callable[[], float]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    postmaster = int(row[0].split()[0])
    return lambda: cpu_milliseconds([*servers.processes(pid), *servers.processes(postmaster)])


def _compare(
    engine: Engine, port: int, cpu: Callable[[], float], options: argparse.Namespace
) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    ids = {name: _ids(connection, dimension) for dimension, name in FILTERS.items()}
    questions = Questions(options.seed, FIRST, LAST, ids)
    seen: list[tuple[float, float, str]] = []
    for _ in range(options.count):
        name, body = questions.next()
        # The first one plans its statements.
        if "errors" in _asked(connection, body):
            continue
        taken = []
        for _ in range(REPEATS):
            before = cpu()
            _asked(connection, body)
            taken.append(cpu() - before)
        # A process that ended meanwhile takes its time with it.
        if min(taken) > 0:
            seen.append((price(body, engine), min(taken), name))
            if options.record:
                line = Measured(engine.value, options.seed, name, body, sorted(taken))
                with options.record.open("ab") as file:
                    file.write(orjson.dumps(line) + b"\n")
    prices, times = [one[0] for one in seen], [one[1] for one in seen]
    found = rank_correlation(prices, times)
    print(f"{engine.value}: rank correlation {found:.3f} over {len(seen)} questions, goal {GOAL}")
    gaps = zip(ranks(prices), ranks(times), seen, strict=True)
    for _, _, (asked, took, name) in sorted(gaps, key=lambda gap: -abs(gap[0] - gap[1]))[
        : options.worst
    ]:
        print(f"  {name:60} price {asked:7.0f}  {took:8.1f} ms")
    return found >= GOAL


def _ids(connection: http.client.HTTPConnection, dimension: str) -> list[str]:
    text = f"{{ filterOptions(dimension: {dimension}, first: 30) {{ nodes {{ id }} }} }}"
    answer = _asked(connection, {"query": text})
    return [node["id"] for node in answer["data"]["filterOptions"]["nodes"]]


def _asked(connection: http.client.HTTPConnection, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    connection.request("POST", "/graphql", orjson.dumps(body), headers)
    return orjson.loads(connection.getresponse().read())


if __name__ == "__main__":
    main()
