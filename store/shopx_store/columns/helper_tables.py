"""The tables of a base that add its lines up: what each of them is, as DuckDB statements.

Which of them are worth their place was measured (ADR 22).
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

import duckdb
import numpy as np

from shopx_core.domain.periods import Granularity
from shopx_store.columns import clock_sql, line_measures
from shopx_store.columns.base import NEVER
from shopx_store.query import bucket_starts

ADDED_UP: Final = ("sales", "sales_days", "quarters", "product_days", "band_days")
"""The tables that have every measure of every line."""

# A sum that does not fit becomes NULL, which `overflows` finds.
SUMS: Final = ", ".join(
    f"try_cast(sum({name}) as bigint) as {name}" for name in line_measures.NAMES
)

_SALE: Final = "instant, order_id, customer_id, rep_id, region_id, channel_id, currency"
QUARTER: Final = 900_000_000
"""A quarter-hour in microseconds."""
QUARTER_OF_INSTANT: Final = f"instant - ((instant % {QUARTER}) + {QUARTER}) % {QUARTER}"
"""When the quarter-hour of an instant begins; also before 1970."""
_HEADER: Final = ("instant", "currency", "customer_id", "rep_id", "region_id", "channel_id")
_DAYS: Final = """
create or replace table base.{table} as
select d.instant, {keys}, {columns}
from ({rows}) r join day_starts d using (number) order by d.instant, {keys}
"""
PLACE: Final = "region_id, channel_id, rep_id, currency"
PRODUCT: Final = "product_id, currency"
BAND: Final = "band, currency"


def sales_of(lines: str) -> str:
    """Lines added up by order and instant."""
    return f"select {_SALE}, {SUMS} from {lines} group by all"


def quarters_of(rows: str) -> str:
    """Rows added up by quarter-hour."""
    return f"select {QUARTER_OF_INSTANT} as instant, currency, {SUMS} from {rows} group by all"


def repeats_of(lines: str) -> str:
    """What must be added to the sum of `lines` so that it counts orders."""
    return f"""
select min(instant) as instant, product_id, min(customer_id) as customer_id, min(rep_id) as rep_id,
    min(region_id) as region_id, min(channel_id) as channel_id, min(currency) as currency,
    (sum(lines) > 0)::bigint - sum(lines)::bigint as orders
from {lines} where lines <> 0 group by order_id, product_id
having sum(lines) not in (0, 1)"""


def orders_of(sales: str) -> str:
    """Orders whose sale lines do not add up to 0, with the customer's order before."""
    return f"""
with states as (
    select order_id, {", ".join(f"min({name}) as {name}" for name in _HEADER)},
        sum(lines)::bigint as sale_lines
    from {sales} where lines <> 0 group by order_id having sum(lines) <> 0
), counted as (
    select order_id,
        lag(instant) over (partition by customer_id order by instant, order_id) as previous_at
    from states where sale_lines > 0 and customer_id <> 0
)
select s.*, coalesce(c.previous_at, {NEVER}) as previous_at
from states s left join counted c using (order_id)"""


CUSTOMERS: Final = """
create or replace table base.customers as
select customer_id, min(instant) as first_at from base.orders
where sale_lines > 0 and customer_id <> 0 group by customer_id order by customer_id
"""


def odd_orders(writer: duckdb.DuckDBPyConnection, lines: str) -> int:
    """How many orders have lines that disagree on the order's header."""
    differs = " or ".join(f"min({name}) <> max({name})" for name in _HEADER)
    row = writer.execute(
        f"select count(*) from (select order_id from {lines} where lines <> 0"
        f" group by order_id having {differs})"
    ).fetchone()
    return int(row[0]) if row else 0


def make(writer: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make all of them.

    Args:
        writer: Has the new base attached as `base`, with its lines.
        zone: The zone of days.
    """
    for table, rows, order in (
        ("sales", sales_of("base.lines"), "instant, order_id"),
        ("repeats", repeats_of("base.lines"), "instant"),
        ("quarters", quarters_of("base.sales"), "instant, currency"),
        ("orders", orders_of("base.sales"), "instant"),
    ):
        writer.execute(f"create table base.{table} as {rows} order by {order}")
    writer.execute(CUSTOMERS)
    with day_numbers(writer, zone) as number:
        writer.execute(
            _DAYS.format(
                table="sales_days",
                keys=PLACE,
                columns=f"{line_measures.COLUMNS}, orders",
                rows=f"select {number} as number, {PLACE}, {SUMS},"
                " count(*) filter (where lines > 0) as orders from base.sales group by all",
            )
        )
        writer.execute(
            _DAYS.format(
                table="product_days",
                keys=PRODUCT,
                columns=f"{line_measures.COLUMNS}, orders",
                rows=f"select {number} as number, {PRODUCT}, {SUMS},"
                " try_cast(sum(orders) as bigint) as orders from ("
                f" select instant, {PRODUCT}, {line_measures.COLUMNS}, lines as orders"
                f" from base.lines union all"
                f" select instant, {PRODUCT}, {line_measures.ZEROS}, orders from base.repeats)"
                " group by all",
            )
        )
        writer.execute(
            _DAYS.format(
                table="band_days",
                keys=BAND,
                columns=line_measures.COLUMNS,
                rows=f"select {number} as number, {BAND}, {SUMS} from base.lines group by all",
            )
        )


def overflows(writer: duckdb.DuckDBPyConnection) -> int:
    """How many rows have a sum that does not fit."""
    missing = " or ".join(f"{name} is null" for name in line_measures.NAMES)
    counts = [f"select count(*) as rows from base.{table} where {missing}" for table in ADDED_UP]
    row = writer.execute(f"select sum(rows) from ({' union all '.join(counts)})").fetchone()
    return int(row[0]) if row else 0


@contextlib.contextmanager
def day_numbers(writer: duckdb.DuckDBPyConnection, zone: str) -> Iterator[str]:
    """Register `day_starts` (number, instant); the number of an instant's day, as an expression."""
    # Every row is fetched: what is registered waits for a result that is not read to its end.
    ((first, last),) = writer.execute(
        "select coalesce(min(instant), 0), coalesce(max(instant), 0) from base.lines"
    ).fetchall()
    starts = _day_starts(first, last, zone)
    writer.register(
        "day_starts",
        {
            "number": np.arange(len(starts), dtype=np.int64),
            "instant": np.array(starts, dtype=np.int64),
        },
    )
    try:
        yield clock_sql.bucket("instant", starts, last + 1)
    finally:
        writer.unregister("day_starts")


def _day_starts(first: int, last: int, zone: str) -> Sequence[int]:
    found = bucket_starts.starts(
        clock_sql.instant(first), clock_sql.instant(last + 1), Granularity.DAY, zone, 1
    )
    return [clock_sql.micros(start) for start in found]
