"""Every panel over ten million lines, uncached, against DuckDB over the raw lines.

    make bench ARGS="data [--lines 10000000] [--folder FOLDER] [--times 5]"

Seeds once and keeps the data (about 12 GB for ten million lines), builds the columnar replica,
starts one API process, and sends each panel's own query over HTTP with `Cache-Control: no-cache`,
one at a time: 28 days, a year and three years, with comparison, and with filters on two other
dimensions. DuckDB answers the same question from the raw lines, in process, in the same run, with
comparison as well. Prints medians in milliseconds, and a line for each goal; the exit code is 1
where one is short. A machine that others use changes the times more than the ratios.
"""

import argparse
import contextlib
import datetime as dt
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
import psycopg
from harness import servers
from harness.goals import Goals
from harness.request_bodies import PREVIOUS

from shopx_api.types.node import global_id
from shopx_core.domain.discounts import EDGES
from shopx_core.settings import DatabaseSettings
from shopx_migrations import runner
from shopx_store.columns.base import SUFFIX, UnusableBase, open_base
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.publish import seed
from tests.support.page_queries import LISTS, documents
from tests.support.postgres import postgres_server
from tests.support.valkey import valkey_server

ZONE = "America/New_York"
START, END = dt.datetime(2023, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
RANGES = {"28 days": (28, 15.0), "a year": (365, 50.0), "three years": (1095, 120.0)}
"""Days, and the milliseconds that a panel may take."""
FILTERED, DUCKDB_FLOOR, SEEDED_A_SECOND = 2.0, 10.0, 45_000
LINES_AN_ORDER = 3.7
MEMORY = "1024"
"""Mebibytes: of ten million lines, which all fit, as with the size `large`."""
DATABASE = "shopx"
MONEY = ["REVENUE", "PROFIT"]
KPIS = ["REVENUE", "PROFIT", "MARGIN", "ORDERS", "AVERAGE_ORDER_VALUE", "UNITS", "CUSTOMERS"]


@dataclass(frozen=True)
class Panel:
    """A panel's variables, and DuckDB's question over `lines` for the same.

    Attributes:
        variables: Besides the view's.
        sql: With `{within}`, a condition on one period, and `{width}`, of a bucket.
        compared: Whether the panel compares two periods.
    """

    variables: dict[str, Any]
    sql: str
    compared: bool = True


_SUMS = "sum(gross) - sum(discounts) - sum(returns), sum(cost)"
_ORDERS = "count(distinct order_id) filter (where lines > 0)"
_SERIES = f"select instant // {{width}}, {_SUMS} from base.lines where {{within}} group by 1"
_BANDS = " + ".join(f"(discounts * 100 >= gross * {int(edge * 100)})::int" for edge in EDGES)
PANELS = {
    "OverviewKpis": Panel(
        {"metrics": KPIS},
        f"select {_SUMS}, sum(units), {_ORDERS}, count(distinct customer_id)"
        " from base.lines where {within}",
    ),
    "OverviewSparklines": Panel(
        {"metrics": KPIS[:-1]},
        _SERIES.replace(_SUMS, f"{_SUMS}, sum(units), {_ORDERS}"),
        compared=False,
    ),
    "OverviewSeries": Panel({"metrics": ["REVENUE"]}, _SERIES),
    "OverviewBreakdown": Panel(
        LISTS["OverviewBreakdown"],
        f"select region_id, {_SUMS}, {_ORDERS} from base.lines where {{within}} group by 1",
    ),
    "OverviewMovers": Panel(
        LISTS["OverviewMovers"],
        f"select product_id, {_SUMS} from base.lines where {{within}} group by 1",
    ),
    "OverviewHeatmap": Panel(
        {"metric": "REVENUE"},
        f"select instant // 3600000000 % 168, {_SUMS} from base.lines where {{within}} group by 1",
        compared=False,
    ),
    "ProductRanking": Panel(
        LISTS["ProductRanking"],
        f"select product_id, {_SUMS}, {_ORDERS} from base.lines where {{within}} group by 1",
    ),
    "ProductAbc": Panel(
        LISTS["ProductAbc"],
        f"select product_id, {_SUMS} from base.lines where {{within}} group by 1",
        compared=False,
    ),
    "ProductDiscounts": Panel(
        {},
        f"select case when returns <> 0 then -1 when discounts = 0 then 0 else 1 + {_BANDS} end,"
        f" {_SUMS} from base.lines where {{within}} group by 1",
        compared=False,
    ),
    "NewVersusReturning": Panel(
        {},
        "with f as (select customer_id, min(instant) as first from base.lines where lines > 0"
        f" group by 1) select instant // {{width}}, first // {{width}} = instant // {{width}},"
        f" {_SUMS} from base.lines join f using (customer_id) where {{within}} group by 1, 2",
        compared=False,
    ),
    "TopCustomers": Panel(
        LISTS["TopCustomers"],
        f"select customer_id, {_SUMS}, {_ORDERS} from base.lines where {{within}} group by 1",
    ),
    "RepLeaderboard": Panel(
        LISTS["RepLeaderboard"],
        f"select rep_id, {_SUMS}, {_ORDERS} from base.lines where {{within}} group by 1",
    ),
    "ProfitWaterfall": Panel({}, f"select {_SUMS} from base.lines where {{within}}"),
    "ProfitSeries": Panel({"metrics": ["MARGIN"]}, _SERIES),
    "ProfitBy": Panel(
        LISTS["ProfitBy"],
        f"select region_id, {_SUMS} from base.lines where {{within}} group by 1",
    ),
    "LossMakers": Panel(
        LISTS["LossMakers"],
        f"select product_id, {_SUMS} from base.lines where {{within}} group by 1",
    ),
}


class FailedAnswer(Exception):  # noqa: N818 -- reads as what it is
    """A panel was answered with an error."""


def default_folder() -> Path:
    """Where the data are kept."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return home / "shopx" / "bench-data"


@contextlib.contextmanager
def stores(folder: Path, lines: int, goals: Goals) -> Iterator[servers.Stores]:
    """The kept database with its replica, made where there is none, and an empty cache."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = folder / "columns"
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-") as cache,
        postgres_server(folder) as server,
        valkey_server(Path(cache)) as valkey,
    ):
        made = servers.Stores(server.dsn(DATABASE), valkey.url, str(columns))
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute(
                "select from pg_database where datname = %s", (DATABASE,)
            ).fetchall():
                connection.execute(f"create database {DATABASE}")
        runner.upgrade(made.dsn)
        options = SeedOptions(
            orders=round(lines / LINES_AN_ORDER),
            start=START,
            end=END,
            products=min(5000, max(10, lines // 100)),
            customers=max(1, lines // 40),
            zone=ZONE,
        )
        with psycopg.connect(made.dsn, autocommit=True) as connection:
            known = connection.execute("select exists (select from order_items)").fetchone()
            if known is not None and not known[0]:
                connection.execute("update reporting set timezone = %s", (ZONE,))
                done = seed(DatabaseSettings(dsn=made.dsn), options)
                goals.at_least("seeded_lines_a_second", done.lines / done.seconds, SEEDED_A_SECOND)
                connection.execute("vacuum analyze")
        built_in(made, columns, goals)
        yield made


def built_in(made: servers.Stores, columns: Path, goals: Goals) -> None:
    """Build the replica, unless a build of this version is there."""
    for file in columns.glob(f"*{SUFFIX}"):
        with contextlib.suppress(UnusableBase):
            open_base(file, threads=1, memory="64MB").connection.close()
            return
    began = time.monotonic()
    subprocess.run(
        [*servers.shopx(), "columns", "--once"], env=servers.environment(made), check=True
    )
    goals.at_most("build_seconds", time.monotonic() - began, 60)


class Raw:
    """DuckDB over the raw lines of the newest build."""

    def __init__(self, columns: Path) -> None:
        newest = max(columns.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime)
        self._base = open_base(newest, threads=2, memory="4GB")
        self.lines = self._base.generation.rows

    def ask(self, panel: Panel, days: int, filters: str) -> None:
        """Answer a panel's question."""
        connection: duckdb.DuckDBPyConnection = self._base.connection
        end = int(END.timestamp()) * 1_000_000
        width = days * 86_400_000_000
        for number in range(2 if panel.compared else 1):
            last = end - number * width
            within = f"instant >= {last - width} and instant < {last}{filters}"
            bucket = 86_400_000_000 * (1 if days <= 366 else 30)
            connection.execute(panel.sql.format(within=within, width=bucket)).fetchall()


def opened(port: int) -> None:
    """Wait until the API answers from the replica, and has its tables in memory."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = orjson.dumps({"query": "{ sales { kpis { value } } }"})
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with contextlib.suppress(FailedAnswer):
            if b'"tier":"columns"' in ask(connection, body):
                break
        time.sleep(1)
    else:
        sys.exit("the replica was not opened")
    time.sleep(30)  # about 9 s of CPU for ten million lines


def median(times: int, ask: Callable[[], Any]) -> float:
    """The median in milliseconds; the first one is not counted."""
    ask()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def measure(made: servers.Stores, port: int, times: int, goals: Goals) -> None:
    """Print the table and judge it."""
    raw = Raw(Path(made.columns))
    print(f"\n{raw.lines:,} lines; medians of {times}, ms: the product / DuckDB over raw lines")
    heads = [f"{name}{more}" for name in RANGES for more in ("", ", two filters")]
    print(f"| panel | {' | '.join(heads)} |\n| --- |{' --- |' * len(heads)}")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    texts = documents()
    found: dict[tuple[str, str, bool], tuple[float | None, float]] = {}
    for name, panel in PANELS.items():
        cells = []
        for period, (days, _) in RANGES.items():
            for filtered in (False, True):
                body = orjson.dumps(
                    {
                        "operationName": name,
                        "query": texts[name],
                        "variables": variables(panel, days, filtered=filtered),
                    }
                )

                def over_http(body: bytes = body) -> None:
                    ask(connection, body)

                filters = " and region_id in (1, 2) and channel_id in (1, 2)" if filtered else ""

                def in_process(
                    panel: Panel = panel, days: int = days, filters: str = filters
                ) -> None:
                    raw.ask(panel, days, filters)

                theirs = median(times, in_process)
                try:
                    ours = median(times, over_http)
                except FailedAnswer as error:
                    print(f"{name}, {period}: {error}", file=sys.stderr)
                    found[name, period, filtered] = None, theirs
                    cells.append(f"failed / {theirs:.1f}")
                    continue
                found[name, period, filtered] = ours, theirs
                cells.append(f"{ours:.1f} / {theirs:.1f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print()
    for (name, period, filtered), (answered, theirs) in found.items():
        target = RANGES[period][1] * (FILTERED if filtered else 1)
        key = f"{name}/{period}{'/filtered' if filtered else ''}".replace(" ", "_")
        goals.at_most(key, answered, min(target, max(theirs, DUCKDB_FLOOR)))


def variables(panel: Panel, days: int, *, filtered: bool) -> dict[str, Any]:
    """A request's variables."""
    first, last = END.date() - dt.timedelta(days=days), END.date() - dt.timedelta(days=1)
    view: dict[str, Any] = {
        "period": {"days": {"from": first.isoformat(), "to": last.isoformat()}},
        "zone": ZONE,
    }
    if panel.compared:
        view["comparison"] = PREVIOUS | {"matchWeekdays": False}
    if filtered:
        view["filters"] = {
            "regions": [global_id("Region", number) for number in (1, 2)],
            "channels": [global_id("Channel", number) for number in (1, 2)],
        }
    return view | panel.variables


def ask(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    """Send a request that no cache may answer; returns the answer.

    Raises:
        FailedAnswer: The answer is an error.
    """
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    connection.request("POST", "/graphql", body, headers)
    answer = connection.getresponse().read()
    if b'"errors"' in answer:
        raise FailedAnswer(answer[:300].decode())
    return answer


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=default_folder(), help="what is kept")
    parser.add_argument("--lines", type=int, default=10_000_000, help="about so many are seeded")
    parser.add_argument("--times", type=int, default=5, help="medians of so many")
    given = parser.parse_args()
    goals = Goals()
    with stores(given.folder.resolve(), given.lines, goals) as made:
        port = servers.free_port()
        with servers.api(made, port, SHOPX_COLUMNS_MEMORY=MEMORY):
            opened(port)
            measure(made, port, given.times, goals)
    sys.exit(0 if goals.all_met else 1)


if __name__ == "__main__":
    main()
