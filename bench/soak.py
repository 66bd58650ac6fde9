"""The columnar replica asked a million times: does its memory grow?

    make bench ARGS="soak [--queries 1000000] [--orders 80000] [--step 50000]"

Seeds three years of sales and asks drawn questions of one engine, one at a time: periods, keys,
filters and buckets of the pages, most of which tables in memory answer, and some DuckDB. After
each step it prints the resident memory and what answered, and books a few orders, which come from
the tail; after each fourth step the next generation is built and opened, as in service.

The goal compares the median memory of the last quarter of the steps with that of the second: the
first has allocators and DuckDB's buffers fill up.
"""

import argparse
import asyncio
import datetime as dt
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from columns import LATE  # noqa: E402 -- needs the path
from harness import servers  # noqa: E402 -- likewise
from harness.goals import Goals  # noqa: E402 -- likewise
from prices import LAST, ZONE, seeded  # noqa: E402 -- likewise

from shopx_core import logging  # noqa: E402 -- likewise
from shopx_core.domain.metrics import Measure  # noqa: E402 -- likewise
from shopx_core.domain.periods import Granularity, days_between  # noqa: E402 -- likewise
from shopx_store.columns.choice import Refusal  # noqa: E402 -- likewise
from shopx_store.columns.engine import ColumnsEngine, EngineLimits  # noqa: E402 -- likewise
from shopx_store.columns.tail import Primary  # noqa: E402 -- likewise
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope  # noqa: E402 -- likewise
from shopx_store.query.session import reading  # noqa: E402 -- likewise
from tests.support.columns import columns_of  # noqa: E402 -- likewise

SALES = frozenset(Measure) - {Measure.NEW_CUSTOMERS, Measure.CUSTOMERS}
LINES = SALES - {Measure.ORDERS}
EVERYTHING = frozenset(Measure)
SHAPES = (
    (EVERYTHING, ()),
    (SALES, ()),
    (SALES, (Dimension.REGION,)),
    (SALES, (Dimension.CHANNEL,)),
    (SALES, (Dimension.REP,)),
    (SALES, (Dimension.PRODUCT,)),
    (SALES, (Dimension.CUSTOMER,)),
    (LINES, (Dimension.DISCOUNT,)),
)
# Distinct orders by category do not add up: DuckDB counts them.
HARD = (SALES, (Dimension.CATEGORY,))
HARD_SHARE = 0.02
LENGTHS = (1, 7, 28, 28, 92, 365, 1095)
MOMENT = 500
"""Questions as of one snapshot."""


def drawn(draw: random.Random) -> SalesQuery:
    """A question."""
    measures, by = HARD if draw.random() < HARD_SHARE else draw.choice(SHAPES)
    length = draw.choice(LENGTHS)
    last = LAST - dt.timedelta(days=draw.randrange(1, 1096 - length) if length < 1095 else 1)
    period = days_between(last - dt.timedelta(days=length - 1), last, ZONE)
    filters = Filters()
    if draw.random() < 0.3:
        filters = Filters(regions=(draw.randrange(1, 5),), channels=(1, 2))
    plain = not by and draw.random() < 0.5
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=measures,
        start=period.start,
        end=period.end,
        zone=ZONE,
        by=by,
        filters=filters,
        granularity=Granularity.DAY if plain and length < 366 else None,
    )


def resident() -> float:
    """The process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


class Soak:
    """One engine and what it was asked.

    Args:
        made: The stores.
        queries: How many questions.
        step: After how many the memory is printed.
    """

    def __init__(self, made: servers.Stores, queries: int, step: int) -> None:
        self._made = made
        self._queries = queries
        self._step = step
        self._refused: dict[Refusal, int] = {}
        self.memory: list[float] = []

    async def run(self) -> None:
        """Ask all of it."""
        engine = ColumnsEngine(
            Path(self._made.columns),
            Primary(lambda: asyncpg.connect(self._made.dsn)),
            EngineLimits(),
            self._note,
        )
        draw = random.Random(1)  # noqa: S311 -- a benchmark's, the same each time
        began, cpu, asked = time.monotonic(), time.process_time(), 0
        await engine.refresh()
        print("| questions | resident MB | seconds | CPU s | tail | left to PostgreSQL |")
        print("| ---: | ---: | ---: | ---: | ---: | --- |")
        async with asyncpg.create_pool(self._made.dsn, min_size=1, max_size=2) as pool:
            while asked < self._queries:
                async with reading(pool) as reader:
                    columns = await columns_of(engine, reader)
                    for _ in range(MOMENT):
                        await columns.answer(drawn(draw))
                asked += MOMENT
                if asked % self._step == 0:
                    self.memory.append(resident())
                    refused = ", ".join(f"{n} {why}" for why, n in self._refused.items())
                    print(
                        f"| {asked:,} | {self.memory[-1]:.0f} | {time.monotonic() - began:.0f} |"
                        f" {time.process_time() - cpu:.0f} | {engine.tail_lines} |"
                        f" {refused or 'none'} |",
                        flush=True,
                    )
                    await asyncio.to_thread(self._go_on, asked // self._step)
                    await engine.refresh()
        await engine.close()

    def _note(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._refused[refusal] = self._refused.get(refusal, 0) + 1

    def _go_on(self, step: int) -> None:
        """Book some orders, and build after each fourth step."""
        with psycopg.connect(self._made.dsn, autocommit=True) as connection:
            connection.execute(LATE, {"orders": 50, "ids": 1_000_000_000 * step})
        if step % 4 == 0:
            command = [*servers.shopx(), "columns", "--once"]
            subprocess.run(command, env=servers.environment(self._made), check=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queries", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=80_000, help="about 3.7 lines each")
    parser.add_argument("--step", type=int, default=50_000, help="questions between two lines")
    given = parser.parse_args()
    logging.configure("bench", json=False, level="WARNING")
    goals = Goals()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    with seeded(given.orders) as made:
        soak = Soak(made, given.queries, given.step)
        asyncio.run(soak.run())
    quarter = max(1, len(soak.memory) // 4)
    early = statistics.median(soak.memory[quarter : 2 * quarter] or soak.memory)
    late = statistics.median(soak.memory[-quarter:])
    goals.at_most("memory_last_quarter_to_second", late / early, 1.05)
    sys.exit(0 if goals.all_met else 1)


if __name__ == "__main__":
    main()
