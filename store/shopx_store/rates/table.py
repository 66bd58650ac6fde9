"""The table `rates`: what is stored, and storing more."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from shopx_core.errors import InvalidInput
from shopx_store.rates.files import Rate

MAX_RATE = Decimal(10) ** 15
MIN_RATE = Decimal(10) ** -15

# One statement for both clients: psycopg's and asyncpg's placeholders are added by their callers.
UPSERT = """
with given as (
    select * from unnest({codes}::text[], {days}::date[], {rates}::numeric[])
        as g (currency, day, rate)
), stored as (
    insert into rates (currency, day, rate) select currency, day, rate from given
    order by currency, day
    on conflict (currency, day) do update set rate = excluded.rate
    where rates.rate <> excluded.rate
    returning xmax = 0 as added
)
select count(*) filter (where added), count(*) filter (where not added) from stored
"""
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


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing rates did."""

    added: int
    changed: int
    same: int


def checked(rates: Iterable[Rate], reporting: str) -> list[Rate]:
    """The rates, one for each currency and day.

    Raises:
        InvalidInput: One cannot be stored, or two contradict each other.
    """
    found: dict[tuple[str, dt.date], Rate] = {}
    for rate in rates:
        if rate.currency == reporting:
            raise InvalidInput(
                f"{reporting} is the reporting currency: its rate is 1 on every day."
            )
        if not (rate.rate.is_finite() and MIN_RATE <= rate.rate <= MAX_RATE):
            raise InvalidInput(f"{rate.rate} is no rate of {rate.currency} for {rate.day}.")
        other = found.setdefault((rate.currency, rate.day), rate)
        if other.rate != rate.rate:
            raise InvalidInput(
                f"{rate.currency} has two rates for {rate.day}: {other.rate} and {rate.rate}."
            )
    return list(found.values())


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
