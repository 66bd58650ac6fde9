"""The next base out of a copy of the one before: what few lines alter, and nothing else.

Lines are appended. What an order or a customer has is made anew for those that the new lines
concern; what adds up gets the new lines' sums. The result equals a base built from nothing, but for
the place of the appended lines: `tests/integration/columns/test_builder.py`.
"""

from typing import Final

import duckdb

from shopx_store.columns import helper_tables as tables
from shopx_store.columns import line_measures
from shopx_store.columns.base import Base

APPENDED_AT_MOST: Final = 0.05
"""With a larger part of lines behind the sorted ones, a base is built from nothing: a reader of any
range also reads the appended ones."""
FEW: Final = 50_000
"""So many may be behind in any case: reading them takes no time."""


def continues(base: Base, zone: str) -> bool:
    """Whether a base can be continued: it is whole, mostly sorted, and of this zone."""
    return (
        base.no_amounts is None
        and base.no_orders is None
        and base.zone == zone
        and base.appended <= max(FEW, base.generation.rows * APPENDED_AT_MOST)
    )


def add(writer: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Add the lines of the table `fresh` to a base.

    Leaves `after`: all lines of the orders that they concern.

    Args:
        writer: Has the copy attached as `base`, to be written.
        zone: The zone of days.
    """
    touched = "order_id in (select order_id from fresh)"
    _keep(writer, "before", f"select * from base.lines where {touched}")
    _keep(writer, "after", "select * from before union all select * from fresh")
    writer.execute("insert into base.lines select * from fresh order by instant, order_id")
    _keep(writer, "sales_before", f"select * from base.sales where {touched}")
    _keep(writer, "sales_after", tables.sales_of("after"))
    _replace(writer, "sales", touched, "sales_after", "order_id")
    _repeats(writer)
    writer.execute(
        f"create or replace table base.quarters as select instant, currency, {tables.SUMS}"
        f" from (select * from base.quarters union all {tables.quarters_of('fresh')})"
        " group by all order by instant, currency"
    )
    _orders(writer)
    writer.execute(tables.CUSTOMERS)
    with tables.day_numbers(writer, zone) as number:
        _days(writer, number)


def _repeats(writer: duckdb.DuckDBPyConnection) -> None:
    """Append what the concerned orders have now, less what they had."""
    _keep(
        writer,
        "repeats_added",
        "select * exclude (orders), sum(orders)::bigint as orders from ("
        f"{tables.repeats_of('after')} union all"
        f" select * replace (-orders as orders) from ({tables.repeats_of('before')})"
        ") group by all having sum(orders) <> 0",
    )
    writer.execute("insert into base.repeats select * from repeats_added order by instant")


def _orders(writer: duckdb.DuckDBPyConnection) -> None:
    """Make the orders of the concerned customers anew, and exchange those that differ."""
    concerned = (
        "(order_id in (select order_id from fresh) or customer_id in"
        " (select customer_id from after where customer_id <> 0))"
    )
    columns = ", ".join(name for name, *_ in writer.execute("describe base.orders").fetchall())
    made = tables.orders_of(f"(select * from base.sales where {concerned})")
    had = f"select * from base.orders where {concerned}"
    _keep(writer, "orders_made", f"select {columns} from ({made})")
    _keep(writer, "orders_new", f"select * from orders_made except {had}")
    _keep(writer, "orders_gone", f"{had} except select * from orders_made")
    gone = "order_id in (select order_id from orders_gone)"
    _replace(writer, "orders", gone, "orders_new", "order_id")


def _days(writer: duckdb.DuckDBPyConnection, number: str) -> None:
    sums = tables.SUMS
    count = "try_cast(sum(orders) as bigint) as orders"
    # An order is of one instant, so the orders of a day change by what sales have more.
    placed = f"""
        select instant, {tables.PLACE}, {line_measures.COLUMNS}, 0 as orders from fresh
        union all select instant, {tables.PLACE}, {line_measures.ZEROS}, (lines > 0)::bigint
        from sales_after
        union all select instant, {tables.PLACE}, {line_measures.ZEROS}, -(lines > 0)::bigint
        from sales_before"""
    sold = f"""
        select instant, {tables.PRODUCT}, {line_measures.COLUMNS}, lines as orders from fresh
        union all select instant, {tables.PRODUCT}, {line_measures.ZEROS}, orders from repeats_added
        """
    for table, keys, rows, added in (
        ("sales_days", tables.PLACE, placed, f"{sums}, {count}"),
        ("product_days", tables.PRODUCT, sold, f"{sums}, {count}"),
        ("band_days", tables.BAND, "select * from fresh", sums),
    ):
        days = f"select {number} as number, {keys}, {added} from ({rows}) group by all"
        _keep(
            writer,
            "days_new",
            f"select d.instant, r.* exclude (number) from ({days}) r"
            " join day_starts d using (number)",
        )
        same = f"(instant, {keys}) in (select (instant, {keys}) from days_new)"
        _keep(
            writer,
            "days_after",
            f"select instant, {keys}, {added} from (select * from days_new"
            f" union all select * from base.{table} where {same}) group by all",
        )
        _replace(writer, table, same, "days_after", keys)


def _keep(writer: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    writer.execute(f"create or replace temp table {name} as {rows}")


def _replace(
    writer: duckdb.DuckDBPyConnection, table: str, gone: str, added: str, keys: str
) -> None:
    """Exchange rows and keep the order: what is behind the first of them is written again."""
    # Every row is fetched: what is registered waits for a result that is not read to its end.
    ((first,),) = writer.execute(
        f"select min(instant) from (select instant from base.{table} where {gone}"
        f" union all select instant from {added})"
    ).fetchall()
    if first is None:
        return
    behind = f"instant >= {first}"
    _keep(
        writer,
        "moved",
        f"select * from base.{table} where {behind} and not coalesce(({gone}), false)"
        f" union all select * from {added}",
    )
    writer.execute(f"delete from base.{table} where {behind}")
    writer.execute(f"insert into base.{table} select * from moved order by instant, {keys}")
    writer.execute("drop table moved")
