"""The columnar replica beside PostgreSQL: the same queries to both engines, in one run.

    make bench ARGS="columns [--orders 80000] [--repeat 5] [--late 500]"

Starts a throw-away server, seeds three years of sales, builds from nothing, books a day's orders
and builds the next generation, books `--late` more orders (which the replica answers from its
tail), and prints a table in Markdown: medians in milliseconds of each engine and PostgreSQL's ÷ the
replica's. Both answer over connections of this process and return Python rows; a machine that
others use changes the times more than the ratios. Answers are compared as well, and the run fails
where they differ. The two builds are goals, stated for ten million lines
(`--orders 2700000`); the builder's processor time is printed beside.
"""

import argparse
import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psycopg

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harness.goals import Goals  # noqa: E402 -- likewise

from shopx_core.domain.metrics import Measure  # noqa: E402 -- needs the path
from shopx_core.domain.periods import Granularity, days_between  # noqa: E402 -- likewise
from shopx_core.settings import DatabaseSettings  # noqa: E402 -- likewise
from shopx_store.columns.builder import BuildLimits, Built, build  # noqa: E402 -- likewise
from shopx_store.columns.engine import ColumnsEngine, EngineLimits  # noqa: E402 -- likewise
from shopx_store.columns.tail import Primary  # noqa: E402 -- likewise
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope  # noqa: E402 -- likewise
from shopx_store.query.session import reading  # noqa: E402 -- likewise
from shopx_store.rollups.fold import fold  # noqa: E402 -- likewise
from shopx_store.seeding.options import SeedOptions  # noqa: E402 -- likewise
from shopx_store.seeding.publish import seed  # noqa: E402 -- likewise
from tests.support.columns import columns_of  # noqa: E402 -- likewise
from tests.support.postgres import Database, postgres_server  # noqa: E402 -- likewise

ZONE = "America/New_York"
END = dt.date(2026, 11, 1)
DAYS = 1096
"""Of the seeded sales."""
RANGES = {"28 days": 28, "a year": 365, "three years": 1095}
SALES = frozenset(Measure) - {Measure.NEW_CUSTOMERS, Measure.CUSTOMERS}
LINES = SALES - {Measure.ORDERS}
NEW = frozenset({Measure.CUSTOMERS, Measure.NEW_CUSTOMERS, Measure.ORDERS})
NO_FILTERS = Filters()
FILTERED = Filters(regions=(1, 2), channels=(1, 2))


@dataclass(frozen=True, slots=True)
class Panel:
    """A query of the pages, without its range."""

    name: str
    measures: frozenset[Measure]
    by: tuple[Dimension, ...] = ()
    daily: bool = False
    hour_of_week: bool = False
    filters: Filters = NO_FILTERS


PANELS = (
    Panel("KPIs", frozenset(Measure)),
    Panel("KPIs, two filters", frozenset(Measure), filters=FILTERED),
    Panel("series", SALES, daily=True),
    Panel("by region", SALES, (Dimension.REGION,)),
    Panel("heat map", LINES, hour_of_week=True),
    Panel("by product, with orders", SALES, (Dimension.PRODUCT,)),
    Panel("by product, two filters", LINES, (Dimension.PRODUCT,), filters=FILTERED),
    Panel("by category", LINES, (Dimension.CATEGORY,)),
    Panel("discount bands", LINES, (Dimension.DISCOUNT,)),
    Panel("new customers by day", NEW, daily=True),
    Panel("by customer", SALES, (Dimension.CUSTOMER,)),
)


def query_of(panel: Panel, days: int) -> SalesQuery:
    """A panel's query about so many days."""
    period = days_between(END - dt.timedelta(days=days - 1), END, ZONE)
    unit = Granularity.DAY if days <= RANGES["a year"] else Granularity.MONTH
    return SalesQuery(
        scope=SalesScope.EVERYTHING,
        measures=panel.measures,
        start=period.start,
        end=period.end,
        zone=ZONE,
        by=panel.by,
        filters=panel.filters,
        granularity=unit if panel.daily else None,
        hour_of_week=panel.hour_of_week,
    )


def timed_build(database: DatabaseSettings, folder: Path) -> Built:
    """Build, and print how long it took in all and on processors."""
    before = time.process_time()
    built = build(database, folder, BuildLimits())
    print(
        f"built in {built.seconds:.1f} s, {time.process_time() - before:.1f} s of processors beside"
        f" PostgreSQL's: {built.read:,} of"
        f" {built.generation.rows:,} lines were read from PostgreSQL"
    )
    return built


def stand_in(
    database: DatabaseSettings,
    orders: int,
    folder: Path,
    late: int,
    goals: Goals,
) -> None:
    """Seed, fold, build twice, and book some more."""
    options = SeedOptions(
        orders=orders,
        start=dt.datetime(2023, 11, 1, tzinfo=dt.UTC),
        end=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        products=2000,
        zone=ZONE,
    )
    with psycopg.connect(database.write_dsn) as connection:
        connection.execute("update reporting set timezone = %s", (ZONE,))
    began = time.monotonic()
    done = seed(database, options, Silent())
    print(f"{done.lines:,} lines seeded in {time.monotonic() - began:.1f} s")
    with psycopg.connect(database.write_dsn, autocommit=True) as connection:
        whole = timed_build(database, folder)
        print(f"{whole.bytes / whole.generation.rows:.1f} bytes a line")
        goals.at_most("build_seconds", whole.seconds, 60)
        connection.execute(LATE, {"orders": max(1, orders // DAYS), "ids": 1_000_000_000})
        goals.at_most("next_build_seconds", timed_build(database, folder).seconds, 10)
        connection.execute(LATE, {"orders": late, "ids": 2_000_000_000})
        fold(connection)
        connection.execute("vacuum analyze")


# The last orders once more, as new ones: their lines come from the tail.
LATE = """
with last as (
    select id, ordered_at from orders where id < 1000000000
    order by ordered_at desc limit %(orders)s
)
insert into order_items (booked_at, kind, is_return, order_id, line_no, identity, source_id,
    product_id, customer_id, rep_id, region_id, channel_id, currency, quantity, gross, discount,
    cost)
select i.booked_at, i.kind, i.is_return, i.order_id + %(ids)s, i.line_no, gen_random_uuid(),
    i.source_id, i.product_id, i.customer_id, i.rep_id, i.region_id, i.channel_id, i.currency,
    i.quantity, i.gross, i.discount, i.cost
from order_items i join last on last.id = i.order_id and i.booked_at = last.ordered_at
"""


class Silent:
    """Progress that is not shown."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_, **__: None


async def timed(repeat: int, ask: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """The median in milliseconds, and the last answer; the first time is not counted."""
    answer = await ask()
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        answer = await ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), answer


def plain(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows in which something is not 0."""
    return [dict(row) for row in rows if any(row.values())]


async def compare(database: Database, folder: Path, repeat: int) -> int:
    """Print the table; returns how many answers differ."""
    wrong = 0
    engine = ColumnsEngine(
        folder,
        Primary(lambda: asyncpg.connect(database.dsn)),
        EngineLimits(),
        lambda refusal: print("refused:", refusal) if refusal else None,
    )
    await engine.refresh()
    print(f"\n| query | {' | '.join(f'{name}: PostgreSQL ÷ columns' for name in RANGES)} |")
    print(f"| --- |{' --- |' * len(RANGES)}")
    async with asyncpg.create_pool(database.dsn, min_size=1, max_size=2) as pool:
        for panel in PANELS:
            cells = []
            for days in RANGES.values():
                query = query_of(panel, days)
                async with reading(pool) as reader:
                    columns = await columns_of(engine, reader)

                    async def ours(query: SalesQuery = query, columns: Any = columns) -> Any:
                        return await columns.answer(query)

                    async def theirs(query: SalesQuery = query, reader: Any = reader) -> Any:
                        return await reader.aggregate(query)

                    fast, one = await timed(repeat, ours)
                    slow, other = await timed(repeat, theirs)
                if one is None or plain(one.rows) != plain(other.rows):
                    wrong += 1
                    print(f"DIFFERS: {panel.name}, {days} days")
                cells.append(f"{slow:.1f} ÷ {fast:.1f} = {slow / fast:.1f}")
            print(f"| {panel.name} | {' | '.join(cells)} |", flush=True)
    print(f"\n{engine.tail_lines:,} lines came from the tail")
    await engine.close()
    return wrong


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=80_000, help="about 3.7 lines each")
    parser.add_argument("--repeat", type=int, default=5, help="medians of so many")
    parser.add_argument("--late", type=int, default=500, help="orders booked after the build")
    given = parser.parse_args()
    goals = Goals()
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder)) as server,
    ):
        made = server.migrated()
        bases = Path(folder) / "columns"
        settings = DatabaseSettings(dsn=made.dsn)
        stand_in(settings, given.orders, bases, given.late, goals)
        if asyncio.run(compare(made, bases, given.repeat)) or not goals.all_met:
            sys.exit(1)


if __name__ == "__main__":
    main()
