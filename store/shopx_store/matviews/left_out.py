"""What a refresh of a materialized view leaves out: amounts without an exchange rate."""

from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from shopx_core.domain.matviews import (
    COHORTS,
    CUSTOMER_CONCENTRATION,
    CUSTOMER_PURCHASES,
    CUSTOMER_RFM,
)
from shopx_store.rollups.sql import sale_line

MONEY_VIEWS: Final = frozenset({CUSTOMER_RFM, COHORTS, CUSTOMER_PURCHASES, CUSTOMER_CONCENTRATION})
"""The views with amounts."""

# A currency has no rate exactly before its first one.
_CURRENCIES: Final = """
select c.code, (f.day::timestamp at time zone r.timezone) as until
from currencies c cross join reporting r
cross join lateral (select min(day) as day from rates where currency = c.code) f
where c.code <> r.currency
"""
# Customers' views leave out what no customer bought; of concentration, the trailing year counts.
_AMOUNTS: Final = f"""
select %(currency)s as currency, sum({sale_line("i")})::bigint as lines,
    coalesce(sum(case when i.is_return then 0 else i.gross end), 0)::text as gross,
    sum(i.gross - i.discount)::text as amount, sum(i.cost)::text as cost,
    min((i.booked_at at time zone r.timezone)::date)::text as since
from order_items i cross join reporting r
where i.currency = %(currency)s and i.customer_id is not null and i.booked_at <= now()
    and i.booked_at < coalesce(%(until)s::timestamptz, 'infinity')
    and i.booked_at >= {{since}}
having sum(case when i.is_return then 0 else i.gross end) <> 0
    or sum(i.gross - i.discount) <> 0 or sum(i.cost) <> 0
"""
_EVER: Final = "'-infinity'"
# Of no outer row: it is computed once, and not for each line.
_YEAR: Final = f"""(
    select ((max(at) at time zone t.timezone)::date - 364)::timestamp at time zone t.timezone from (
        select i.booked_at as at from order_items i where not i.is_return and i.booked_at <= now()
        group by i.booked_at having sum({sale_line("i")}) > 0
    ) n cross join reporting t group by t.timezone
)"""


def amounts(view: str) -> str:
    """The statement for one `currency` and the instant `until` which it has no rate."""
    return _AMOUNTS.format(since=_YEAR if view == CUSTOMER_CONCENTRATION else _EVER)


def left_out(connection: psycopg.Connection, view: str) -> Jsonb:
    """What a refresh of the view in this transaction leaves out, by currency.

    Each entry has `currency`, `lines`, `since` (a day), and the amounts `gross`, `amount` (revenue)
    and `cost` in that currency, as text.
    """
    found: list[dict[str, Any]] = []
    if view in MONEY_VIEWS:
        statement = amounts(view)
        for currency, until in connection.execute(_CURRENCIES).fetchall():
            cursor = connection.execute(statement, {"currency": currency, "until": until})
            names = [column.name for column in cursor.description or ()]
            found += [dict(zip(names, row, strict=True)) for row in cursor]
    return Jsonb(found)
