"""One question asked of the product, of GraphQL Yoga and of PostGraphile, over the same database.

    make bench ARGS="peers --data ../shared/datasets/uci_online_retail --packages FOLDER"

Revenue by day, of 28 days. `FOLDER/node_modules` holds graphql-yoga, graphql, pg,
@graphql-yoga/plugin-response-cache and postgraphile (`npm install`), which are no part of the
product. The peers read the rollup of days by a function that the benchmark adds, so they add up
little; the product reads its columnar replica. Their answers are compared first. wrk has 32
connections; each server is alone, in turns, medians of 5. *New* means variables that were not sent
before; *again* is one body, which Yoga's response cache and the product's cache answer, and
PostGraphile, which has none, computes.
"""

import argparse
import contextlib
import datetime as dt
import http.client
import itertools
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import psycopg
from harness import servers, wrk
from harness.goals import Goals
from harness.request_bodies import FIRST, LAST

PEERS = Path(__file__).with_name("peer_servers")
DAYS, SECONDS, BODIES = 28, 4, 12_000
_ADD = """
create schema peers;
create type peers.day as (day date, revenue numeric);
create function peers.days(since date, until date) returns setof peers.day
language sql stable as $$
    select day, sum(gross - discounts - returns) from rollup_sales_day
    where day between since and until group by day order by day
$$;
"""
_PRODUCT = """
query Days($first: Date!, $last: Date!) {
  sales(period: { days: { from: $first, to: $last } }) {
    series(metrics: [REVENUE], granularity: DAY) { lines { current } }
  }
}
"""
_YOGA = """
query Days($first: String!, $last: String!) {
  days(since: $first, until: $last) { day revenue }
}
"""
_POSTGRAPHILE = """
query Days($first: Date!, $last: Date!) {
  days(since: $first, until: $last) { nodes { day revenue } }
}
"""

Amounts = Callable[[Any], list[Any]]
"""The amounts by day, in the data of an answer."""


def _of_product(data: Any) -> list[Any]:
    return list(data["sales"]["series"]["lines"][0]["current"])


def _of_yoga(data: Any) -> list[Any]:
    return [day["revenue"] for day in data["days"]]


def _of_postgraphile(data: Any) -> list[Any]:
    return [day["revenue"] for day in data["days"]["nodes"]]


def bodies(document: str, views: Sequence[tuple[str, str]]) -> list[bytes]:
    """Requests of a server for some periods."""
    return [
        orjson.dumps({"query": document, "variables": {"first": first, "last": last}})
        for first, last in views
    ]


def views(count: int, seed: int) -> list[tuple[str, str]]:
    """Different periods of about 28 days, in a random order."""
    latest = (LAST - FIRST).days
    starts = range(latest - 2 * DAYS)
    found = [
        (FIRST + dt.timedelta(days=start), FIRST + dt.timedelta(days=start + length))
        for start, length in itertools.product(starts, range(DAYS // 2, 3 * DAYS // 2))
    ]
    random.Random(seed).shuffle(found)  # noqa: S311 -- a load, no secret
    return [(first.isoformat(), last.isoformat()) for first, last in found[:count]]


def post(port: int, body: bytes) -> bytes:
    """A server's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    with contextlib.closing(connection):
        connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        return connection.getresponse().read()


def total(port: int, body: bytes, amounts: Amounts) -> Decimal:
    """The revenue of all days that a server tells."""
    answer = orjson.loads(post(port, body))
    if answer.get("errors"):
        sys.exit(f"an error instead of an answer: {answer['errors']}")
    return sum((Decimal(str(amount or 0)) for amount in amounts(answer["data"])), Decimal())


@contextlib.contextmanager
def peer(script: str, packages: Path, dsn: str, *more: str) -> Iterator[int]:
    """A server of the peers; gives its port."""
    node = shutil.which("node")
    if node is None:
        sys.exit("node must be on PATH")
    port = servers.free_port()
    command = [node, str(PEERS / script), str(packages), dsn, str(port), *more]
    with servers.running(command, {**os.environ, "NODE_ENV": "production"}):
        # PostGraphile answers POST alone.
        for _ in range(1200):
            with contextlib.suppress(OSError):
                post(port, orjson.dumps({"query": "{ __typename }"}))
                break
            time.sleep(0.1)
        yield port


@contextlib.contextmanager
def product(stores: servers.Stores) -> Iterator[int]:
    """The product's API unit; gives its port."""
    port = servers.free_port()
    with servers.api(stores, port):
        servers.wait_for_columns(port)
        yield port


def measure(
    stores: servers.Stores, packages: Path, seed: int, turns: int
) -> dict[str, tuple[float, float]]:
    """Requests a second that each server answers: new ones, and one again and again."""
    asked = views(BODIES, seed)
    kinds: dict[str, tuple[Callable[[], Any], Callable[[], Any], str, Amounts]] = {
        "ShopX": (lambda: product(stores), lambda: product(stores), _PRODUCT, _of_product),
        "GraphQL Yoga": (
            lambda: peer("yoga.mjs", packages, stores.dsn, "plain"),
            lambda: peer("yoga.mjs", packages, stores.dsn, "cached"),
            _YOGA,
            _of_yoga,
        ),
        "PostGraphile": (
            lambda: peer("postgraphile.mjs", packages, stores.dsn),
            lambda: peer("postgraphile.mjs", packages, stores.dsn),
            _POSTGRAPHILE,
            _of_postgraphile,
        ),
    }
    new: dict[str, list[float]] = {name: [] for name in kinds}
    again: dict[str, list[float]] = {name: [] for name in kinds}
    totals = {}
    for turn in range(turns):
        part = asked[turn::turns]
        for name, (plain, cached, document, amounts) in kinds.items():
            sent = bodies(document, part)
            with plain() as port:
                totals[name] = total(port, sent[0], amounts)
                wrk.successes(port, sent[:1], seconds=1)
                new[name].append(wrk.successes(port, sent[1:], seconds=SECONDS))
            with cached() as port:
                wrk.successes(port, sent[:1], seconds=1)
                again[name].append(wrk.successes(port, sent[:1], seconds=SECONDS))
        if len(set(totals.values())) != 1:
            sys.exit(f"the servers disagree about the revenue: {totals}")
    return {name: (statistics.median(new[name]), statistics.median(again[name])) for name in kinds}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the UCI files")
    parser.add_argument("--packages", type=Path, required=True, help="where node_modules is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5, help="medians of so many")
    given = parser.parse_args()
    goals = Goals()
    with servers.stores(given.data) as made:
        with psycopg.connect(made.dsn, autocommit=True) as connection:
            connection.execute(_ADD)
        rates = measure(made, given.packages.resolve(), given.seed, given.turns)
    print("\n| server | new, requests/s | again, requests/s |\n| --- | ---: | ---: |")
    for name, (new, again) in rates.items():
        print(f"| {name} | {new:,.0f} | {again:,.0f} |")
    print()
    new, again = rates.pop("ShopX")
    for name, (theirs, repeated) in rates.items():
        key = name.lower().replace(" ", "-")
        goals.at_least(f"again-over-{key}", again / repeated, 1)
        print(f"new: {new / theirs:.2f} of {name}'s")
    sys.exit(0 if goals.all_met else 1)


if __name__ == "__main__":
    main()
