"""What may be stored as an exchange rate, and the statement that stores it: for both clients."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

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
