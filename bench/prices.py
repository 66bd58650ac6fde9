"""How well prices rank operations: the rank correlation of price and time over a drawn corpus.

    make bench ARGS="prices --data ../shared/datasets/uci_online_retail [--count 300] [--worst 10]"

Imports the two UCI files (1.04 million lines), draws requests of the pages' panels (ranges from a
day to all of it, with and without comparison, filters on none, one or two dimensions, up to four
panels at once), and sends each with `Cache-Control: no-cache`. Prints Spearman's rank correlation
of the price of each with its time, for each engine, and what is priced the furthest from its time.
The goal is 0.9; the exit code is 1 below it.
"""

import argparse
import dataclasses
import datetime as dt
import http.client
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from harness import servers
from harness.request_bodies import FIRST, LAST, PREVIOUS
from pages import PANELS

from shopx_api.graphql.documents import Documents
from shopx_api.graphql.operation import operation_of
from shopx_api.graphql.schema import schema
from tests.support.page_queries import documents

GOAL = 0.9
DAYS = (1, 7, 28, 92, 365, 730)
DIMENSIONS = {"REGION": "regions", "PRODUCT": "products"}
"""What is filtered by, and where a filter has it."""
CORE = schema._schema  # noqa: SLF001 -- Strawberry has no public access to graphql-core's schema
_VARIABLE = re.compile(r"\$(\w+)")


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


class Corpus:
    """Requests of a seed.

    Args:
        seed: Equal seeds draw equal requests.
        options: Ids to filter by, for each dimension.
    """

    def __init__(self, seed: int, options: dict[str, list[str]]) -> None:
        self._draw = random.Random(seed)  # noqa: S311 -- a corpus, no secret
        self._options = options
        self._documents = Documents(CORE)
        self._texts = {name: text for name, text in documents().items() if name in PANELS}

    def request(self) -> tuple[str, dict[str, Any]]:
        """A panel's name and its body."""
        draw = self._draw
        name = draw.choice(list(self._texts))
        text, variables = self._texts[name], dict(PANELS[name])
        known = set(_VARIABLE.findall(text))
        days = draw.choice(DAYS)
        start = FIRST + dt.timedelta(days=draw.randrange(max(1, (LAST - FIRST).days - days)))
        if "period" in known:
            end = start + dt.timedelta(days=days - 1)
            variables["period"] = {"days": {"from": str(start), "to": str(end)}}
        if "comparison" in known:
            variables["comparison"] = draw.choice((None, PREVIOUS))
        if "filters" in known:
            chosen = draw.sample(list(DIMENSIONS), draw.randrange(len(DIMENSIONS) + 1))
            variables["filters"] = {
                DIMENSIONS[one]: draw.sample(self._options[one], 2) for one in chosen
            }
        if "first" in known:
            variables["first"] = draw.choice((5, 25, 100))
        return name, {"operationName": name, "query": text, "variables": variables}

    def price(self, body: dict[str, Any]) -> float:
        """What the server asks for a request."""
        operation = operation_of(CORE, self._documents.get(body["query"]), body["operationName"])
        return operation.price(operation.variables(body["variables"])).total


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the UCI files")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--worst", type=int, default=10)
    options = parser.parse_args()
    met = True
    with servers.stores(options.data) as stores:
        for engine in ("columns", "postgresql"):
            used = stores if engine == "columns" else dataclasses.replace(stores, columns="")
            port = servers.free_port()
            with servers.api(used, port):
                met &= _compare(engine, port, options)
    sys.exit(0 if met else 1)


def _compare(engine: str, port: int, options: argparse.Namespace) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    corpus = Corpus(1, {one: _values(connection, one) for one in DIMENSIONS})
    seen: list[tuple[float, float, str]] = []
    for _ in range(options.count):
        name, body = corpus.request()
        raw = orjson.dumps(body)
        # The first one plans its statement.
        answers = [_timed(connection, raw) for _ in range(3)]
        if b'"errors"' not in answers[0][1]:
            seen.append((corpus.price(body), min(taken for taken, _ in answers), name))
    prices, times = [one[0] for one in seen], [one[1] for one in seen]
    found = rank_correlation(prices, times)
    print(f"{engine}: rank correlation {found:.3f} over {len(seen)} requests, goal {GOAL}")
    gaps = zip(ranks(prices), ranks(times), seen, strict=True)
    for _, _, (price, taken, name) in sorted(gaps, key=lambda gap: -abs(gap[0] - gap[1]))[
        : options.worst
    ]:
        print(f"  {name:24} price {price:7.0f}  {taken:8.1f} ms  {taken / price:6.2f} ms a unit")
    return found >= GOAL


def _values(connection: http.client.HTTPConnection, dimension: str) -> list[str]:
    text = f"{{ filterOptions(dimension: {dimension}, first: 30) {{ nodes {{ id }} }} }}"
    _, answer = _timed(connection, orjson.dumps({"query": text}))
    return [node["id"] for node in orjson.loads(answer)["data"]["filterOptions"]["nodes"]]


def _timed(connection: http.client.HTTPConnection, body: bytes) -> tuple[float, bytes]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    began = time.perf_counter()
    connection.request("POST", "/graphql", body, headers)
    answer = connection.getresponse().read()
    return (time.perf_counter() - began) * 1000, answer


if __name__ == "__main__":
    main()
