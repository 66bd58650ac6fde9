"""The tables of a base that add its lines up: what each of them is, as DuckDB statements.

Which of them are worth their place was measured (ADR 22).
"""

from collections.abc import Sequence
from typing import Final

import duckdb
import numpy as np

from shopx_core.domain.periods import Granularity
from shopx_store.columns import clock_sql
from shopx_store.query import bucket_starts

_AMOUNTS: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units")
_MEASURES: Final = (*_AMOUNTS, "lines")
# A sum that does not fit becomes NULL, which `overflows` finds.
_SUMS: Final = ", ".join(f"try_cast(sum({name}) as bigint) as {name}" for name in _MEASURES)

SALES: Final = f"""
create table base.sales as
select instant, order_id, customer_id, rep_id, region_id, channel_id, currency, {_SUMS}
from base.lines group by all order by instant, order_id
"""
REPEATS: Final = """
create table base.repeats as
select min(instant) as instant, product_id, min(customer_id) as customer_id, min(rep_id) as rep_id,
    min(region_id) as region_id, min(channel_id) as channel_id, min(currency) as currency,
    (sum(lines) > 0)::bigint - sum(lines)::bigint as orders
from base.lines where lines <> 0 group by order_id, product_id
having sum(lines) not in (0, 1) order by 1
"""
_DAYS: Final = """
create table base.{table} as
select d.instant, {keys}, {columns}
from ({rows}) r join day_starts d using (number) order by d.instant, {keys}
"""


def make(writer: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Make all of them.

    Args:
        writer: Has the new base attached as `base`, with its lines.
        zone: The zone of days.
    """
    writer.execute(SALES)
    writer.execute(REPEATS)
    number = _day_number(writer, zone)
    measures = ", ".join(_MEASURES)
    writer.execute(
        _DAYS.format(
            table="product_days",
            keys="product_id, currency",
            columns=f"{measures}, orders",
            rows=f"select {number} as number, product_id, currency, {_SUMS},"
            " try_cast(sum(orders) as bigint) as orders from ("
            f" select instant, product_id, currency, {measures}, lines as orders from base.lines"
            " union all select instant, product_id, currency,"
            f" {', '.join(f'0 as {name}' for name in _MEASURES)}, orders from base.repeats)"
            " group by all",
        )
    )
    writer.execute(
        _DAYS.format(
            table="band_days",
            keys="band, currency",
            columns=measures,
            rows=f"select {number} as number, band, currency, {_SUMS} from base.lines group by all",
        )
    )
    writer.unregister("day_starts")


def overflows(writer: duckdb.DuckDBPyConnection) -> int:
    """How many rows have a sum that does not fit."""
    missing = " or ".join(f"{name} is null" for name in _MEASURES)
    counts = [
        f"select count(*) as rows from base.{table} where {missing}"
        for table in ("sales", "product_days", "band_days")
    ]
    row = writer.execute(f"select sum(rows) from ({' union all '.join(counts)})").fetchone()
    return int(row[0]) if row else 0


def _day_number(writer: duckdb.DuckDBPyConnection, zone: str) -> str:
    """Register `day_starts` (number, instant); the number of a line's day, as an expression."""
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
    return clock_sql.bucket("instant", starts, last + 1)


def _day_starts(first: int, last: int, zone: str) -> Sequence[int]:
    found = bucket_starts.starts(
        clock_sql.instant(first), clock_sql.instant(last + 1), Granularity.DAY, zone, 1
    )
    return [clock_sql.micros(start) for start in found]
