"""What a miss costs: panels asked of one API process with the columnar replica and without.

    make bench ARGS="misses [--orders 40000] [--repeat 40]"

Starts a throw-away server, seeds three years of sales, builds a replica, and asks each panel of two
applications in this process, in turns, each as of one snapshot. Prints a table in Markdown: for a
miss, milliseconds of waiting, of CPU of this process, of CPU of PostgreSQL, and without ÷ with.
Answers are compared as well, and the run fails where they differ.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from columns import stand_in  # noqa: E402 -- needs the path
from harness.goals import Goals  # noqa: E402 -- likewise

from shopx_api.server.app import create_inner_app  # noqa: E402 -- likewise
from shopx_core.settings import ColumnsSettings, DatabaseSettings  # noqa: E402 -- likewise
from tests.support.api import Api, serving, settings_for  # noqa: E402 -- likewise
from tests.support.postgres import Database, postgres_server  # noqa: E402 -- likewise

FIGURES = "figures { metric value previous share }"
PANELS = {
    "KPIs": "sales(%s) { kpis { metric value previous } }",
    "series": "sales(%s) { series { lines { metric current previous } } }",
    "heat map": "sales(%s) { heatmap { metric values } }",
    "regions": f"sales(%s) {{ breakdown(by: REGION) {{ nodes {{ label {FIGURES} }} }} }}",
    "products": f"products(%s) {{ ranking {{ nodes {{ rank product {{ name }} {FIGURES} }} }} }}",
    "Pareto classes": "products(%s) { abc { classes { name products value } } }",
    "forecast": "sales(%s) { forecast { state values expected } }",
    "Pareto curve": "sales(%s) { pareto(by: CUSTOMER) { counts shares } }",
    "margins": "products(%s) { margins { points { margin product { name } } } }",
    "categories": f"products(%s) {{ categoryTree {{ name {FIGURES} }} }}",
    "discounts": f"products(%s) {{ discountBands {{ low {FIGURES} }} }}",
    "new and returning": "customers(%s) { newVersusReturning { newCustomers newRevenue } }",
    "best customers": f"customers(%s) {{ top {{ nodes {{ rank {FIGURES} }} }} }}",
    "losses": f"profitability(%s) {{ lossMakers {{ nodes {{ label {FIGURES} }} }} }}",
}
RANGES = {"28 days": ("2026-10-04", "2026-10-31"), "a year": ("2025-11-01", "2026-10-31")}


@dataclass(slots=True)
class Cost:
    """Milliseconds of one application for one panel, one entry a request."""

    waited: list[float] = field(default_factory=list)
    api: list[float] = field(default_factory=list)
    postgres: float = 0.0


def postgres_cpu(dsn: str) -> Callable[[], float]:
    """Milliseconds of CPU of the server's processes so far, those that ended included."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select pg_read_file('postmaster.pid')").fetchone()
    assert row is not None
    postmaster = int(row[0].split()[0])
    tick = 1000 / os.sysconf("SC_CLK_TCK")

    def read() -> float:
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended
            if int(stat.parent.name) == postmaster:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                ticks += int(fields[11]) + int(fields[12])
        return ticks * tick

    return read


async def ask(api: Api, document: str, snapshot: str) -> Any:
    """The data as of a snapshot."""
    return await api.data(document, x_shopx_as_of=snapshot)


async def measure(
    api: Api, document: str, snapshot: str, repeat: int, cpu: Callable[[], float]
) -> tuple[Cost, Any]:
    """Ask several times."""
    cost = Cost()
    data = await ask(api, document, snapshot)
    before = cpu()
    for _ in range(repeat):
        began, used = time.perf_counter(), time.process_time()
        await ask(api, document, snapshot)
        cost.api.append((time.process_time() - used) * 1000)
        cost.waited.append((time.perf_counter() - began) * 1000)
    cost.postgres = (cpu() - before) / repeat
    return cost, data


async def becomes_columns(api: Api) -> None:
    """Wait until the replica is open."""
    for _ in range(200):
        body = (await api.post("{ sales { heatmap { values } } }")).json()
        if body["extensions"]["tier"] == "columns":
            return
        await asyncio.sleep(0.1)
    sys.exit("the replica was not opened")


async def compare(database: Database, folder: Path, repeat: int) -> int:
    """Print the table; returns how many answers differ."""
    wrong = 0
    cpu = postgres_cpu(database.dsn)
    given = ColumnsSettings(folder=str(folder)).model_dump()
    plain = create_inner_app(settings_for(database.dsn))
    replica = create_inner_app(settings_for(database.dsn, columns=given))
    async with serving(plain) as without, serving(replica) as with_it:
        await becomes_columns(with_it)
        print("\n| panel | range | waiting | CPU of the API | CPU of PostgreSQL |")
        print("| --- | --- | --- | --- | --- |")
        for name, panel in PANELS.items():
            for label, (first, last) in RANGES.items():
                period = f'period: {{days: {{from: "{first}", to: "{last}"}}}}, comparison: {{}}'
                document = f"query Q {{ {panel % period} }}"
                body = (await with_it.post(document)).json()
                snapshot = body["extensions"]["snapshot"]
                slow, one = await measure(without, document, snapshot, repeat, cpu)
                fast, other = await measure(with_it, document, snapshot, repeat, cpu)
                if one != other:
                    wrong += 1
                    print(f"DIFFERS: {name}, {label}")
                cells = [
                    f"{was:.1f} ÷ {now:.1f} = {was / now:.1f}" if now else f"{was:.1f} ÷ 0"
                    for was, now in (
                        (statistics.median(slow.waited), statistics.median(fast.waited)),
                        (statistics.median(slow.api), statistics.median(fast.api)),
                        (slow.postgres, fast.postgres),
                    )
                ]
                print(f"| {name} | {label} | {' | '.join(cells)} |", flush=True)
    return wrong


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=40_000, help="about 3.7 lines each")
    parser.add_argument("--repeat", type=int, default=40, help="requests of each panel")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder)) as server,
    ):
        made = server.migrated()
        bases = Path(folder) / "columns"
        stand_in(DatabaseSettings(dsn=made.dsn), given.orders, bases, 0, Goals())
        if asyncio.run(compare(made, bases, given.repeat)):
            sys.exit(1)


if __name__ == "__main__":
    main()
