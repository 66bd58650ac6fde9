"""Publishing a seeding: the catalogue first, then a few months at a time, each in one transaction.

A step books its orders, lines and returns by COPY, folds them, and stores its months; so a killed
seeding leaves whole months, and running it again makes the others. Two steps run at once: one is
copied while the other is folded.
"""

import contextlib
import datetime as dt
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from shopx_core.domain.booking_window import AHEAD, EARLIEST
from shopx_core.errors import Conflict, InvalidInput
from shopx_core.settings import DatabaseSettings
from shopx_store import planner_statistics
from shopx_store.connection import connect
from shopx_store.importing.import_session import import_session
from shopx_store.rollups.fold import fold_own
from shopx_store.seeding import names, reference_rows, rows
from shopx_store.seeding.catalogue import RATES, Catalogue, catalogue
from shopx_store.seeding.demand import Demand
from shopx_store.seeding.options import SeedOptions
from shopx_store.seeding.rows import Ids
from shopx_store.seeding.timeline import occasions, timeline

JOBS = 2
CATALOGUE = "catalogue"
STEP_ORDERS = 25_000
"""A step takes whole months until it has this many orders; small steps fold slowly."""
STEPS, FEWER_ORDERS = 6, 5_000
"""With fewer steps than this, steps are smaller (down to this many orders), so that one can be
copied while another is folded."""


class Progress(Protocol):
    """Receives the progress of a seeding."""

    def orders(self, done: int, total: int, lines: int) -> None:
        """`done` of `total` orders were made, with `lines` lines."""
        ...


class Silent:
    """Discards the progress."""

    def orders(self, done: int, total: int, lines: int) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a seeding did.

    Attributes:
        orders: Orders booked now.
        lines: Ledger lines booked now, returns included.
        months: Months published now.
        known: Months that were there already.
        seconds: How long it took in all.
        copying: Of that, how long the COPYs took (of both jobs together).
        folding: Likewise, how long folding and committing took.
    """

    orders: int
    lines: int
    months: int
    known: int
    seconds: float
    copying: float
    folding: float


@dataclass(slots=True)
class _Tally:
    orders: int = 0
    lines: int = 0
    copying: float = 0.0
    folding: float = 0.0


_RUNS = """
select r.mode, r.summary ->> 'digest', r.summary -> 'months'
from import_runs r join sources s on s.id = r.source_id where s.name = %s
"""
_RUN = """
insert into import_runs (source_id, mode, content_fields, lines_new, lines_changed, lines_missing,
    lines_again, lines_same, summary)
values (%s, 'seed', '', %s, 0, 0, 0, 0, %s)
"""
# The charts show them. Another seeding of the same days has the same ones.
_NOTE = """
insert into annotations (owner, author, first_day, last_day, text)
select 'shopx seed', 'shopx seed', %s, %s, %s
where not exists (
    select from annotations where owner = 'shopx seed' and first_day = %s and last_day = %s
    and text = %s
)
"""


def seed(
    database: DatabaseSettings, options: SeedOptions, progress: Progress | None = None
) -> Seeded:
    """Fill the ledger with generated sales; continue where an earlier run was stopped.

    Raises:
        Conflict: The source has other sales, or is being filled by another session.
        InvalidInput: A rate into the reporting currency is not known, or the sales would lie
            where none may be booked.
        Unavailable: The database does not answer.
    """
    _expect_bookable(options, dt.datetime.now(dt.UTC))
    began = time.perf_counter()
    progress = progress or Silent()
    goods = catalogue(options)
    demand = Demand(options, goods, timeline(options))
    with import_session(database, options.source) as connection:
        done = _done(connection, options)
        connection.execute(
            "select make_partitions(%s, %s)", (options.start.date(), options.end.date())
        )
        if CATALOGUE not in done:
            _publish_catalogue(connection, options, goods, demand)
        ids = _ids(connection, options)
        months = [
            n for n, month in enumerate(demand.months)
            if month.end > month.begin and str(month.first) not in done
        ]  # fmt: skip
        steps = _steps(demand, months)
        tally = _publish_steps(database, options, demand, ids, steps, progress)
        if months:
            planner_statistics.gather(connection, tally.lines)
    known = sum(1 for month in demand.months if str(month.first) in done)
    return Seeded(
        tally.orders,
        tally.lines,
        len(months),
        known,
        time.perf_counter() - began,
        tally.copying,
        tally.folding,
    )


def _expect_bookable(options: SeedOptions, now: dt.datetime) -> None:
    if options.start < EARLIEST:
        raise InvalidInput(f"--from {options.start} lies before {EARLIEST.date()}.")
    if options.end > now + AHEAD:
        raise InvalidInput(f"--to {options.end} is over {AHEAD.days} days ahead.")


def _done(connection: psycopg.Connection, options: SeedOptions) -> set[str]:
    runs = connection.execute(_RUNS, (options.source,)).fetchall()
    if any(mode != "seed" or digest != options.digest for mode, digest, _ in runs):
        raise Conflict(
            f"The source {options.source!r} already has sales of other options.",
            hint="Seed another source (--as), or an empty database.",
        )
    return {month for _, _, months in runs for month in months}


def _row(
    connection: psycopg.Connection, query: str, parameters: tuple[Any, ...] = ()
) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    if row is None:
        raise LookupError(query)
    return row


def _one(connection: psycopg.Connection, query: str, parameters: tuple[Any, ...] = ()) -> Any:
    return _row(connection, query, parameters)[0]


def _publish_catalogue(
    connection: psycopg.Connection, options: SeedOptions, goods: Catalogue, demand: Demand
) -> None:
    reporting = _one(connection, "select currency from reporting")
    foreign = set(options.currencies) - {reporting}
    if foreign and reporting not in RATES:
        raise InvalidInput(
            f"No rates into {reporting} are known.", hint=f"Seed --currencies {reporting}."
        )
    with connection.transaction():
        connection.execute(
            "insert into sources (name) values (%s) on conflict do nothing", (options.source,)
        )
        source = _one(connection, "select id from sources where name = %s", (options.source,))
        first = _reserve_customers(connection, options.customer_count)
        cursor = connection.cursor()
        cursor.executemany(
            "insert into currencies values (%s) on conflict do nothing",
            [(code,) for code in sorted(options.currencies)],
        )
        cursor.executemany(
            "insert into rates (currency, day, rate) values (%s, %s, %s) on conflict do nothing",
            list(reference_rows.rates(options, reporting, demand.months)),
        )
        for table, known in (("regions", names.REGIONS), ("channels", names.CHANNELS)):
            cursor.executemany(
                f"insert into {table} (name) values (%s) on conflict do nothing",
                [(name,) for name, _ in sorted(known)],
            )
        _insert_products(cursor, source, goods)
        _insert_reps(cursor, source, goods)
        cursor.executemany(
            "insert into quotas (rep_id, month, currency, amount)"
            " select id, %s, %s, %s from sales_reps where source_id = %s and key = %s",
            [
                (month, options.currencies[0], amount, source, goods.reps[rep].key)
                for rep, month, amount in reference_rows.quotas(options, goods, demand.months)
            ],
        )
        with cursor.copy(
            "copy customers (id, source_id, key, name, email, country) from stdin"
        ) as copy:
            for block in reference_rows.customer_rows(options, first, source):
                copy.write(block)
        days = demand.days
        cursor.executemany(
            _NOTE,
            [
                (one.first, one.last, one.text, one.first, one.last, one.text)
                for one in occasions(days[0], days[-1])
            ],
        )
        summary = {"digest": options.digest, "months": [CATALOGUE], "customers_from": first}
        connection.execute(_RUN, (source, 0, json.dumps(summary)))


def _reserve_customers(connection: psycopg.Connection, count: int) -> int:
    """A block of consecutive ids, so that a customer's id needs no look-up."""
    # An INSERT elsewhere waits for this lock before it draws an id.
    connection.execute("lock table customers in share row exclusive mode")
    sequence = "pg_get_serial_sequence('customers', 'id')"
    last = int(_one(connection, f"select nextval({sequence})"))
    connection.execute(f"select setval({sequence}, %s)", (last + count,))
    return last + 1


def _insert_products(cursor: psycopg.Cursor, source: int, goods: Catalogue) -> None:
    for roots in (True, False):
        cursor.executemany(
            "insert into categories (source_id, key, name, parent_id) values (%s, %s, %s,"
            " (select id from categories where source_id = %s and key = %s))",
            [
                (source, category.key, category.name, source, category.parent)
                for category in goods.categories
                if (category.parent is None) == roots
            ],
        )
    cursor.executemany(
        "insert into products (source_id, key, sku, name, category_id, unit_cost, list_price)"
        " select %s, %s, %s, %s, id, %s::numeric / 100, %s::numeric / 100 from categories"
        " where source_id = %s and key = %s",
        [
            (source, key, key, name, int(cost), int(price), source, category)
            for key, name, cost, price, category in zip(
                goods.product_keys,
                goods.product_names,
                goods.costs,
                goods.prices,
                goods.product_category,
                strict=True,
            )
        ],
    )


def _insert_reps(cursor: psycopg.Cursor, source: int, goods: Catalogue) -> None:
    # Managers come first among the reps, so each finds its own already there.
    cursor.executemany(
        "insert into sales_reps (source_id, key, name, team, region_id, hired_on, manager_id)"
        " select %s, %s, %s, %s, id, %s,"
        " (select id from sales_reps where source_id = %s and key = %s)"
        " from regions where name = %s",
        [
            (
                source,
                rep.key,
                rep.name,
                rep.team,
                rep.hired_on,
                source,
                None if rep.manager is None else goods.reps[rep.manager].key,
                names.REGIONS[rep.region][0],
            )
            for rep in goods.reps
        ],
    )


def _ids(connection: psycopg.Connection, options: SeedOptions) -> Ids:
    source = _one(connection, "select id from sources where name = %s", (options.source,))
    first = _one(
        connection,
        "select (summary ->> 'customers_from')::bigint from import_runs"
        " where source_id = %s and summary ? 'customers_from'",
        (source,),
    )

    def by_key(table: str) -> list[int]:
        query = f"select id from {table} where source_id = %s order by key"
        return [row[0] for row in connection.execute(query, (source,))]

    def by_name(table: str, known: tuple[tuple[str, float], ...]) -> list[int]:
        found: dict[str, int] = dict(connection.execute(f"select name, id from {table}").fetchall())
        return [found[name] for name, _ in known]

    return Ids.of(
        source=source,
        customers_from=first,
        products=by_key("products"),
        reps=by_key("sales_reps"),
        regions=by_name("regions", names.REGIONS),
        channels=by_name("channels", names.CHANNELS),
        currencies=options.currencies,
    )


def _steps(demand: Demand, months: list[int]) -> list[list[int]]:
    orders = sum(demand.months[month].end - demand.months[month].begin for month in months)
    size = min(STEP_ORDERS, max(FEWER_ORDERS, orders // STEPS))
    steps: list[list[int]] = []
    room = 0
    for month in months:
        if room <= 0:
            steps.append([])
            room = size
        steps[-1].append(month)
        room -= demand.months[month].end - demand.months[month].begin
    return steps


def _publish_steps(
    database: DatabaseSettings,
    options: SeedOptions,
    demand: Demand,
    ids: Ids,
    steps: list[list[int]],
    progress: Progress,
) -> _Tally:
    total = sum(demand.months[n].end - demand.months[n].begin for step in steps for n in step)
    tally = _Tally()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(_session(database)) for _ in range(JOBS)]
        pool = stack.enter_context(ThreadPoolExecutor(JOBS))

        def work(step: list[int]) -> _Tally:
            connection = idle.pop()
            try:
                return _publish(connection, options, demand, ids, step)
            finally:
                idle.append(connection)

        futures: list[Future[_Tally]] = [pool.submit(work, step) for step in steps]
        try:
            for future in futures:
                _add(tally, future.result())
                progress.orders(tally.orders, total, tally.lines)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return tally


@contextlib.contextmanager
def _session(database: DatabaseSettings) -> Iterator[psycopg.Connection]:
    with connect(database, "shopx seed") as connection:
        connection.execute("set statement_timeout = 0")
        connection.execute("set work_mem = '64MB'")
        connection.execute("set jit = off")
        yield connection


def _add(total: _Tally, part: _Tally) -> None:
    total.orders += part.orders
    total.lines += part.lines
    total.copying += part.copying
    total.folding += part.folding


def _publish(
    connection: psycopg.Connection, options: SeedOptions, demand: Demand, ids: Ids, step: list[int]
) -> _Tally:
    tally = _Tally()
    began = time.perf_counter()
    with connection.transaction():
        for chunk in (chunk for month in step for chunk in demand.chunks(month)):
            sales, returns = len(chunk.order), int((chunk.returned_at > 0).sum())
            drawn = _nextvals(connection, "order_items", sales + returns)
            order_ids = _nextvals(connection, "orders", len(chunk.ordered_at))
            written = rows.encode(chunk, ids, options.seed, order_ids, drawn[:sales], drawn[sales:])
            for statement, blocks in written:
                with connection.cursor().copy(statement) as copy:
                    for block in blocks:
                        copy.write(block)
            tally.orders += len(order_ids)
            tally.lines += len(drawn)
        tally.copying = time.perf_counter() - began
        months = [str(demand.months[month].first) for month in step]
        summary = {"digest": options.digest, "months": months}
        connection.execute(_RUN, (ids.source, tally.lines, json.dumps(summary)))
        fold_own(connection)
    tally.folding = time.perf_counter() - began - tally.copying
    return tally


def _nextvals(connection: psycopg.Connection, table: str, count: int) -> Sequence[int]:
    """Draw ids: consecutive unless another session draws at the same time."""
    # The sequence is looked up once, not for each id.
    drawn = (
        f"select nextval(s) as id from (select pg_get_serial_sequence('{table}', 'id')::regclass"
        " as s offset 0) q, generate_series(1, %s)"
    )
    first, last, listed = _row(
        connection,
        "select min(id), max(id), case when max(id) - min(id) + 1 <> count(*)"
        f" then array_agg(id order by id) end from ({drawn}) x",
        (count,),
    )
    found: list[int] | None = listed
    return range(first, last + 1) if found is None else found
