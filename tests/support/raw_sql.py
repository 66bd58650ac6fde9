"""A sales query as one plain SQL statement over the ledger: what every tier must equal."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import psycopg

from shopx_core.domain.metrics import Measure
from shopx_store.query import Dimension, SalesQuery

COVERED: Final = frozenset(Measure) - {Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}
"""The measures that these statements have."""
DIMENSIONS: Final = (
    Dimension.PRODUCT,
    Dimension.CATEGORY,
    Dimension.CUSTOMER,
    Dimension.REP,
    Dimension.REGION,
    Dimension.CHANNEL,
    Dimension.CURRENCY,
)
"""The dimensions that they have."""

_RATE: Final = """case when i.currency = r.currency then 1 else (
    select rate from rates where rates.currency = i.currency
        and day <= (i.booked_at at time zone r.timezone)::date order by day desc limit 1
) end"""
_SIGN: Final = """case i.kind when 'sale' then 1 when 'return' then 0
    else case when i.reverses is null or i.is_return then 0 else -1 end end"""
_SUMS: Final[Mapping[Measure, str]] = {
    Measure.GROSS: "sum(case when not is_return then gross * rate end)",
    Measure.DISCOUNTS: "sum(case when not is_return then discount * rate end)",
    Measure.RETURNS: "sum(case when is_return then (discount - gross) * rate end)",
    Measure.COST: "sum(cost * rate)",
    Measure.UNITS: "sum(case when not is_return then quantity end)",
    Measure.RETURNED_UNITS: "sum(case when is_return then -quantity end)",
    Measure.LINES: "sum(sign)",
    Measure.ORDERS: "(sum(sign) > 0)::integer",
}
_NO_RATE: Final = f"""
select i.currency, sum({_SIGN}), sum(i.gross - i.discount), sum(i.cost)
from order_items i cross join reporting r
where i.booked_at >= %(start)s and i.booked_at < %(end)s and {_RATE} is null
group by i.currency
having sum(i.gross - i.discount) <> 0 or sum(i.cost) <> 0
    or sum(case when not i.is_return then i.gross end) <> 0
order by i.currency
"""

Answer = dict[tuple[Any, ...], dict[Measure, Decimal]]


def answer(connection: psycopg.Connection, query: SalesQuery) -> Answer:
    """Measures by key; keys under which everything is 0 are left out."""
    keys = [_key(dimension) for dimension in query.by]
    if query.granularity is not None:
        unit = query.granularity.value
        local = "i.booked_at at time zone %(zone)s"
        keys.insert(0, f"date_trunc('{unit}', {local}) at time zone %(zone)s")
    rate = "1" if Dimension.CURRENCY in query.by else _RATE
    named = "".join(f"{key} as k{n}, " for n, key in enumerate(keys))
    inner = "".join(f"k{n}, " for n in range(len(keys)))
    measures = [measure for measure in Measure if measure in query.measures]
    per_order = ", ".join(f"{_SUMS[m]} as {m}" for m in measures)
    sums = ", ".join(f"coalesce(sum({m}), 0)" for m in measures)
    group = ", ".join(f"k{n}" for n in range(len(keys)))
    statement = f"""
        with lines as (
            select {named}i.order_id, i.is_return, i.gross, i.discount, i.cost, i.quantity,
                {_SIGN} as sign, {rate} as rate
            from order_items i cross join reporting r left join products p on p.id = i.product_id
            where i.booked_at >= %(start)s and i.booked_at < %(end)s {_filters(query)}
        ), orders as (
            select {inner}order_id, {per_order} from lines group by {inner}order_id
        )
        select {inner}{sums} from orders {f"group by {group}" if keys else ""}"""
    filters = query.filters
    rows = connection.execute(
        statement,
        {
            "start": query.start,
            "end": query.end,
            "zone": query.zone,
            "products": list(filters.products),
            "customers": list(filters.customers),
            "regions": list(filters.regions),
        },
    ).fetchall()
    width = len(keys)
    found = {tuple(row[:width]): dict(zip(measures, row[width:], strict=True)) for row in rows}
    return {key: values for key, values in found.items() if not keys or any(values.values())}


def rows_of(rows: list[Mapping[str, Any]], query: SalesQuery) -> Answer:
    """The rows of an engine in the same form."""
    measures = [measure for measure in Measure if measure in query.measures]
    found = {
        tuple(row[name] for name in query.keys): {m: row[m.value] for m in measures} for row in rows
    }
    return {key: values for key, values in found.items() if not query.keys or any(values.values())}


def without_rate(
    connection: psycopg.Connection, query: SalesQuery
) -> list[tuple[str, int, Decimal, Decimal]]:
    """What no figure of a period contains: currency, sale lines, revenue, cost."""
    period = {"start": query.start, "end": query.end}
    return [tuple(row) for row in connection.execute(_NO_RATE, period)]


def _key(dimension: Dimension) -> str:
    if dimension is Dimension.CURRENCY:
        return "i.currency"
    if dimension is Dimension.PRODUCT:
        return "i.product_id"
    if dimension is Dimension.CATEGORY:
        return "coalesce(p.category_id, 0)"
    return f"coalesce(i.{dimension.key}, 0)"


def _filters(query: SalesQuery) -> str:
    filters = query.filters
    return "".join(
        f" and coalesce(i.{column}, 0) = any(%({name})s::bigint[])"
        for column, name, chosen in (
            ("product_id", "products", filters.products),
            ("customer_id", "customers", filters.customers),
            ("region_id", "regions", filters.regions),
        )
        if chosen
    )
