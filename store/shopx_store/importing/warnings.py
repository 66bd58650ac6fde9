"""What is booked as the mapping says, and may be meant otherwise: counted, for the report."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import LiteralString
from zoneinfo import ZoneInfo

import psycopg

from shopx_core.texts import say
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.written_dates import written_pattern

MOST_DAYS = 12
"""A day of the month up to this may be a month."""


@dataclass(frozen=True, slots=True)
class Warnings:
    """Counts of new lines or orders that are worth a look."""

    adding_discounts: int = 0
    """Lines whose discount has the other sign than their amount: it adds."""
    adding_returns: int = 0
    """Lines of returns with a positive amount: they add."""
    negative_sales: int = 0
    """Lines of sales with a negative amount."""
    costless: int = 0
    """Lines without cost: their profit is their revenue."""
    dated: int = 0
    """Orders, where the day of none is above 12: day and month could be exchanged."""
    first: dt.date | None = None
    """The day of the first of them, as it was read."""
    day_before: int = 0
    """Orders at midnight of the source's zone, on another day in the reporting zone."""
    reporting_zone: str = ""


_NEW = "s.status not in ('same', 'reversed')"
# A product's cost is in the reporting currency.
_LINES: LiteralString = f"""
select coalesce(sum(adding_discounts), 0)::bigint, coalesce(sum(adding_returns), 0)::bigint,
    coalesce(sum(negative_sales), 0)::bigint, coalesce(sum(case
        when h.currency = (select currency from reporting) then costless - costed
        else costless end), 0)::bigint
from import_sums s join import_headers h on h.id = s.order_id
where {_NEW}
"""
_DATES: LiteralString = f"""
select count(*), max(extract(day from local)), min(local)::date,
    count(*) filter (where local = local::date
        and (h.ordered_at at time zone r.timezone)::date <> local::date),
    min(r.timezone)
from import_headers h cross join reporting r
cross join lateral (select h.ordered_at at time zone %s as local) l
where exists (select from import_sums s where s.order_id = h.id and {_NEW})
"""


def find_warnings(connection: psycopg.Connection, zone: ZoneInfo) -> Warnings:
    """Count what `import_sums` and the headers have, in the publishing transaction."""
    signs = connection.execute(_LINES).fetchone() or (0, 0, 0, 0)
    orders, last_day, first, shifted, reporting = connection.execute(
        _DATES, (zone.key,)
    ).fetchone() or (0, None, None, 0, "")
    dated = orders if last_day is not None and last_day <= MOST_DAYS else 0
    # A few orders at midnight are chance; dates without a time are all there.
    day_before = shifted if shifted * 2 > orders else 0
    discounts, returns, sales, costless = signs
    return Warnings(discounts, returns, sales, costless, dated, first, day_before, reporting or "")


_DAY_FIRST = re.compile(r"%([dm])(.)%([dm])\2%[yY]")


def ambiguous_pattern(mapping: Mapping) -> str | None:
    """The format of `order.at` in which day and month could be exchanged."""
    found = _DAY_FIRST.search(mapping.order.at.text)
    return found[0] if found and found[1] != found[3] else None


def notes(warnings: Warnings, mapping: Mapping) -> Iterable[str]:
    """What a report says, a sentence or two each."""
    found = warnings
    if found.adding_discounts:
        yield say(
            "warning.adding-discounts",
            "{lines, plural, one {# line has} other {# lines have}} a discount of the other sign"
            " than their amount, so it adds to the revenue. If it is meant to lower it: discount:"
            " abs(…).",
            lines=found.adding_discounts,
        )
    if found.adding_returns:
        yield say(
            "warning.adding-returns",
            "{lines, plural, one {# line of returns has} other {# lines of returns have}} a"
            " positive amount, which adds to the revenue. A return's quantity and amount are"
            " negative: gross: -abs(…).",
            lines=found.adding_returns,
        )
    if found.negative_sales:
        yield say(
            "warning.negative-sales",
            "{lines, plural, one {# line of sales has} other {# lines of sales have}} a negative"
            " amount. If they are returns, say so: kind: \"'return' if … < 0 else 'sale'\".",
            lines=found.negative_sales,
        )
    if found.costless:
        yield say(
            "warning.costless",
            "{lines, plural, one {# line has} other {# lines have}} no cost, so their profit is not"
            " known: map line.cost, or products.unit_cost (which is in the reporting currency).",
            lines=found.costless,
        )
    pattern = ambiguous_pattern(mapping)
    if found.dated and pattern and found.first is not None:
        day, month = f"{found.first:%d}", f"{found.first:%m}"
        written = pattern.replace("%d", day).replace("%m", month)
        written = written.replace("%Y", f"{found.first:%Y}").replace("%y", f"{found.first:%y}")
        yield say(
            "warning.day-or-month",
            "No date has a day above {most}, so day and month could be exchanged: {pattern} was"
            " chosen, and {written} is {first}.",
            most=MOST_DAYS,
            pattern=written_pattern(pattern),
            written=written,
            first=found.first,
        )
    if found.day_before:
        yield say(
            "warning.day-before",
            "{orders, plural, one {# order is} other {# orders are}} at midnight in {zone}, as"
            " dates without a time are, which is another day in {reporting}, the zone of the"
            " figures. If the dates have no time: source.zone: {reporting}.",
            orders=found.day_before,
            zone=mapping.source.zone,
            reporting=found.reporting_zone,
        )
