"""Import and seed rates against raw COPY, on the same server in the same run.

    make bench ARGS="import_rates [--orders 30000,100000,300000] [--uci FOLDER] [--generated 10e6]"

Starts a temporary server and prints a table in Markdown, and goals: imports and an undo of the two
UCI files, and with `--generated` an import of a text file of so many lines. CPU seconds are those
of this process and of all of the server's processes: on a shared machine they say more than the
clock. `COPY` copies the same ledger lines into the same empty tables in the binary format, and does
nothing else: no headers, no rollups, no checks.
"""

import argparse
import contextlib
import datetime as dt
import os
import random
import resource
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

from harness.goals import Goals  # noqa: E402 -- needs the path

from shopx_core.settings import DatabaseSettings  # noqa: E402 -- likewise
from shopx_store.importing.mapping import Mapping  # noqa: E402 -- likewise
from shopx_store.importing.mapping_file import load_mapping, parse_mapping  # noqa: E402 -- likewise
from shopx_store.importing.pipeline import Options, run_import  # noqa: E402 -- likewise
from shopx_store.importing.undo import undo_import  # noqa: E402 -- likewise
from shopx_store.seeding.options import SeedOptions  # noqa: E402 -- likewise
from shopx_store.seeding.publish import seed  # noqa: E402 -- likewise
from tests.support.postgres import Database, PostgresServer, postgres_server  # noqa: E402 -- likewise

UCI = ("online_retail_2010-2011.parquet", "online_retail_II_2009-2010.parquet")
BLOCK = 1 << 20
LINES = (
    "id, booked_at, kind, is_return, order_id, line_no, reverses, identity, source_id, product_id,"
    " customer_id, rep_id, region_id, channel_id, currency, quantity, gross, discount, cost"
)
GENERATED = """
apiVersion: import.shopx.io/v1alpha1
kind: SalesImport
source: {name: generated, zone: UTC, currency: EUR}
inputs: {sales: {format: delimited, files: "*.csv"}}
order: {key: order, at: "time(at, '%Y-%m-%d %H:%M')", customer: customer}
line: {product: product, quantity: quantity, gross: quantity * price}
"""
LINES_PER_ORDER = 4
MONTHS = """
select (min(booked_at) at time zone 'UTC')::date, (max(booked_at) at time zone 'UTC')::date
from order_items
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took, in seconds."""

    wall: float
    client: float
    server: float

    @property
    def cpu(self) -> float:
        """Of both."""
        return self.client + self.server


def server_cpu(server: PostgresServer) -> float:
    """CPU seconds of the server and of its ended children."""
    parent = psutil.Process(server.process.pid)
    own = parent.cpu_times()
    total: float = own.user + own.system + own.children_user + own.children_system
    for child in parent.children():
        # A process that ends just now is counted with its parent at the next call.
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def client_cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(server: PostgresServer, work: Callable[[], int]) -> tuple[int, Cost]:
    """Run something that returns a number of lines."""
    before, own, began = server_cpu(server), client_cpu(), time.perf_counter()
    lines = work()
    wall, client = time.perf_counter() - began, client_cpu() - own
    # A session's CPU time is its parent's once it has ended.
    time.sleep(0.5)
    return lines, Cost(wall, client, server_cpu(server) - before)


def show(what: str, lines: int, cost: Cost, raw: float | None = None) -> float:
    """Print a row; returns the lines per CPU second."""
    rate = lines / cost.cpu
    share = f"{rate / raw:.2f}" if raw else "1"
    print(
        f"| {what} | {lines:,} | {cost.wall:.1f} | {lines / cost.wall:,.0f} | {cost.client:.1f} |"
        f" {cost.server:.1f} | {rate:,.0f} | {share} |",
        flush=True,
    )
    return rate


def raw_copy(server: PostgresServer, full: str, folder: Path) -> tuple[int, Cost]:
    """COPY a database's ledger lines out to a file, and measure how they come into another one."""
    file = folder / "lines"
    empty = server.migrated()
    with psycopg.connect(full) as source, file.open("wb") as out:
        months = source.execute(MONTHS).fetchone()
        query = f"copy (select {LINES} from order_items order by id) to stdout (format binary)"
        with source.cursor().copy(query) as copy:
            for block in copy:
                out.write(block)

    def work() -> int:
        with psycopg.connect(empty.dsn) as target, target.cursor() as cursor:
            with (
                file.open("rb") as lines,
                cursor.copy(f"copy order_items ({LINES}) from stdin (format binary)") as copy,
            ):
                while block := lines.read(BLOCK):
                    copy.write(block)
            return cursor.rowcount

    with psycopg.connect(empty.dsn) as target:
        target.execute("select make_partitions(%s, %s)", months)
    result = measured(server, work)
    server.drop(empty)
    file.unlink()
    return result


def seeding(server: PostgresServer, orders: int, folder: Path) -> None:
    """Measure one size of seeding."""
    begin = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    wanted = SeedOptions(orders=orders, start=begin, end=begin + dt.timedelta(days=366))
    database = server.migrated()
    settings = DatabaseSettings(dsn=database.dsn)
    lines, cost = measured(server, lambda: seed(settings, wanted).lines)
    raw = show(f"COPY of {orders:,} seeded orders' lines", *raw_copy(server, database.dsn, folder))
    show(f"`shopx seed --orders {orders}`", lines, cost, raw)
    server.drop(database)


def take(database: Database, mapping: Mapping, source: Path) -> Callable[[], int]:
    """An import, of which the number of rows is returned."""
    settings = DatabaseSettings(dsn=database.dsn)
    with psycopg.connect(database.dsn) as connection:
        connection.execute(
            "insert into rates select code, '1970-01-01', 1 from unnest(array['GBP', 'EUR']) code"
            " on conflict do nothing"
        )
    return lambda: run_import(settings, mapping, str(source), Options()).rows


def importing(server: PostgresServer, uci: Path, folder: Path, goals: Goals) -> None:
    """Measure imports of the two UCI files: together, and one after the other."""
    mapping = load_mapping(ROOT / "examples/mappings/uci_online_retail.yaml")
    database = server.migrated()
    both = measured(server, take(database, mapping, uci))
    copied = raw_copy(server, database.dsn, folder)
    raw = show("COPY of both UCI files' lines", *copied)
    show("`shopx import` of both UCI files", *both, raw)
    show("of the same again", *measured(server, take(database, mapping, uci)), raw)
    undone = measured(server, lambda: taken_back(database))
    show("`shopx import undo` of both", *undone, raw)
    server.drop(database)
    database = server.migrated()
    later, earlier = (take(database, mapping, uci / name) for name in UCI)
    show("of the later file", *measured(server, later), raw)
    show("of the earlier one, overlapping", *measured(server, earlier), raw)
    server.drop(database)
    print()
    goals.at_most("import-uci-seconds", both[1].wall, 15)
    goals.at_least("import-uci-rows-a-second-over-copy", rate(both) / rate(copied), 0.5)
    goals.at_most("undo-uci-seconds", undone[1].wall, 30)


def rate(measured_lines: tuple[int, Cost]) -> float:
    """Lines a second."""
    return measured_lines[0] / measured_lines[1].wall


def generate(file: Path, lines: int) -> None:
    """Write orders of four lines each, by time, over three years."""
    draw = random.Random(1)  # noqa: S311 -- a load, no secret
    begin = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    orders = -(-lines // LINES_PER_ORDER)
    with file.open("w", encoding="ascii") as out:
        out.write("order,at,customer,product,quantity,price\n")
        for order in range(orders):
            at = begin + dt.timedelta(days=3 * 365) * (order / orders)
            customer = draw.randrange(max(1, orders // 8))
            out.writelines(
                f"o{order},{at:%Y-%m-%d %H:%M},c{customer},p{draw.randrange(5000)},"
                f"{draw.randint(1, 5)},{draw.randint(100, 9999) / 100:.2f}\n"
                for _ in range(min(LINES_PER_ORDER, lines - order * LINES_PER_ORDER))
            )


def generated(server: PostgresServer, lines: int, folder: Path, goals: Goals) -> None:
    """Measure an import of a generated text file, and the memory that it takes here."""
    source = folder / "generated"
    source.mkdir()
    generate(source / "sales.csv", lines)
    database = server.migrated()
    taken = measured(server, take(database, parse_mapping(GENERATED), source))
    peak = peak_megabytes()
    copied = raw_copy(server, database.dsn, folder)
    raw = show(f"COPY of {lines:,} generated lines", *copied)
    show(f"`shopx import` of {lines:,} generated lines", *taken, raw)
    server.drop(database)
    print()
    goals.at_least("import-generated-lines-a-second", rate(taken), 60_000)
    goals.at_most("import-generated-client-megabytes", peak, 500)


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def taken_back(database: Database) -> int:
    """Take the first import back; returns how many lines that were."""
    undone = undo_import(DatabaseSettings(dsn=database.dsn), 1, lambda _: None)
    return undone.taken_back


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", default="30000,100000,300000,1000000")
    parser.add_argument(
        "--uci", type=Path, default=ROOT.parent / "shared/datasets/uci_online_retail"
    )
    parser.add_argument("--generated", type=float, default=0, help="lines of a text file")
    options = parser.parse_args()
    goals = Goals()
    with tempfile.TemporaryDirectory() as name, postgres_server(Path(name)) as server:
        folder = Path(name)
        load = os.getloadavg()[0]
        print(f"Load before: {load:.1f} on {os.cpu_count()} CPUs.\n")
        print(
            "| | lines | seconds | lines/s | client CPU s | server CPU s | lines/CPU s | ÷ COPY |"
        )
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        # First, because of the memory that it may take.
        if options.generated:
            generated(server, int(options.generated), folder, goals)
        for orders in filter(None, options.orders.split(",")):
            seeding(server, int(orders), folder)
        if options.uci.is_dir():
            importing(server, options.uci, folder, goals)
        else:
            print(f"\n{options.uci} is absent: no import measured")
        print(f"\nThe client's peak memory: {peak_megabytes():.0f} MB.")
    sys.exit(0 if goals.all_met else 1)


if __name__ == "__main__":
    main()
