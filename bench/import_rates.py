"""Import and seed rates against raw COPY, on the same server in the same run.

    .venv/bin/python bench/import_rates.py [--orders 200000] [--uci FOLDER]

Starts a throw-away server. Prints wall-clock rates, and rates per second of the server's CPU time,
which hold on a busy machine, too.
"""

import argparse
import contextlib
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from shopx_core.ledger.importing.loading import load_mapping  # noqa: E402 -- needs the path
from shopx_core.ledger.importing.running import Options, run_import  # noqa: E402 -- likewise
from shopx_core.ledger.seeding.loading import seed  # noqa: E402 -- likewise
from shopx_core.ledger.seeding.options import SeedOptions  # noqa: E402 -- likewise
from shopx_core.settings import DatabaseSettings  # noqa: E402 -- likewise
from tests.support.postgres import PostgresServer, postgres_server  # noqa: E402 -- likewise

DATASETS = ROOT.parent / "shared" / "datasets"
UCI = ("online_retail_2010-2011.parquet", "online_retail_II_2009-2010.parquet")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took."""

    seconds: float
    server: float
    """CPU seconds of the server's processes."""


def cpu(server: PostgresServer) -> float:
    """CPU seconds of the server and all it ever had to wait for."""
    parent = psutil.Process(server.process.pid)
    own = parent.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in parent.children():
        # One that ends just now is counted with its parent the next time.
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def measured(server: PostgresServer, work: Callable[[], int]) -> tuple[int, Cost]:
    """Run something that returns a number of lines."""
    before, began = cpu(server), time.perf_counter()
    lines = work()
    # A session's CPU time is its parent's once it has ended.
    time.sleep(0.5)
    return lines, Cost(time.perf_counter() - began - 0.5, cpu(server) - before)


def show(what: str, lines: int, cost: Cost, base: float | None = None) -> float:
    """Print a line; returns the rate per CPU second."""
    rate = lines / cost.server
    share = f"{rate / base:5.0%} of raw COPY" if base else ""
    print(f"{what:44} {lines:>10,} {cost.seconds:7.1f} s {lines / cost.seconds:>9,.0f}/s"
          f" {rate:>9,.0f} per CPU s {share}")  # fmt: skip
    return rate


def raw_copy(dsn: str, source: str) -> Callable[[], int]:
    """COPY the ledger's lines out (beforehand) and in again, as text, into the same table."""
    columns = (
        "booked_at, kind, is_return, order_id, line_no, reverses, identity, source_id, product_id,"
        " customer_id, rep_id, region_id, channel_id, currency, quantity, gross, discount, cost"
    )
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        query = f"copy (select {columns} from order_items where source_id ="
        query += f" (select id from sources where name = '{source}') order by id) to stdout"
        with cursor.copy(query) as copy:
            data = [bytes(block) for block in copy]

    def work() -> int:
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            with cursor.copy(f"copy order_items ({columns}) from stdin") as copy:
                for block in data:
                    copy.write(block)
            return cursor.rowcount

    return work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument(
        "--uci", type=Path, default=ROOT.parent / "shared/datasets/uci_online_retail"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder)) as server:
        target = server.migrated().dsn
        settings = DatabaseSettings(dsn=target)
        begin = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
        wanted = SeedOptions(orders=options.orders, start=begin, end=begin + dt.timedelta(days=366))
        lines, cost = measured(server, lambda: seed(settings, wanted).lines)
        base = show(
            "raw COPY (text) of the seed's lines", *measured(server, raw_copy(target, "seed"))
        )
        show("seed: COPY of 3 tables, and fold", lines, cost, base)
        if not options.uci.is_dir():
            print(f"{options.uci} is absent: no import measured")
            return
        mapping = load_mapping(ROOT / "examples/mappings/uci_online_retail.yaml")
        target = server.migrated().dsn
        settings = DatabaseSettings(dsn=target)

        def take(file: str) -> Callable[[], int]:
            return lambda: run_import(settings, mapping, str(options.uci / file), Options()).rows

        first = measured(server, take(UCI[0]))
        raw = measured(server, raw_copy(target, "uci-online-retail"))
        base = show("raw COPY (text) of UCI 2010-2011", *raw)
        show("import of UCI 2010-2011", *first, base)
        show("import of the same again", *measured(server, take(UCI[0])), base)
        show("import of UCI 2009-2010, overlapping", *measured(server, take(UCI[1])), base)


if __name__ == "__main__":
    main()
