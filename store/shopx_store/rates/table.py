"""The table `rates`: what is stored, and storing more."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg

from shopx_core.errors import InvalidInput
from shopx_store.rates.files import Rate
from shopx_store.rates.storing import UPSERT, Stored

_SUMMARY = """
select currency, count(*), min(day), max(day), (array_agg(rate order by day desc))[1]
from rates group by currency order by currency
"""
_OF = "select currency, day, rate from rates where currency = %s order by day desc limit %s"
_MISSING = """
select i.currency, min((i.booked_at at time zone r.timezone)::date) as day, count(*) as lines
from order_items i cross join reporting r
left join (select currency, min(day) as day from rates group by currency) t
    on t.currency = i.currency
where i.currency <> r.currency
    and (t.day is null or t.day > (i.booked_at at time zone r.timezone)::date)
group by i.currency order by i.currency
"""


def reporting_currency(connection: psycopg.Connection) -> str:
    """What all rates are into."""
    row = connection.execute("select currency from reporting").fetchone()
    if row is None:
        raise InvalidInput("The database has no reporting currency.", hint="Run `shopx migrate`.")
    return str(row[0])


def store(connection: psycopg.Connection, rates: Sequence[Rate]) -> Stored:
    """Add rates, and correct those of days that have one, in one transaction."""
    statement = UPSERT.format(codes="%s", days="%s", rates="%s")
    row: Any = connection.execute(
        statement,
        (
            [rate.currency for rate in rates],
            [rate.day for rate in rates],
            [rate.rate for rate in rates],
        ),
    ).fetchone()
    added, changed = row
    return Stored(added, changed, len(rates) - added - changed)


def summary(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Each currency with its number of rates, first and last day, and newest rate."""
    return connection.execute(_SUMMARY).fetchall()


def rates_of(connection: psycopg.Connection, currency: str, most: int) -> list[Rate]:
    """The newest rates of a currency, the newest first."""
    rows = connection.execute(_OF, (currency, most)).fetchall()
    return [Rate(*row) for row in rows]


def missing(connection: psycopg.Connection) -> list[tuple[str, dt.date, int]]:
    """Currencies of booked lines before their first rate: the earliest day, and how many lines."""
    return [(str(code), day, int(lines)) for code, day, lines in connection.execute(_MISSING)]
