"""What sums of money leave out: amounts in a currency without an exchange rate. Pure.

Such an amount has no value in the reporting currency, so no figure can contain it. The rest is
answered, and what is missing is counted apart, in its own currency, to be shown beside the figure.
A currency's rate is the newest at or before a day, so it has none exactly before its first rate.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import ZERO
from shopx_core.domain.periods.zones import day_start
from shopx_store.query.read_state import ReadState
from shopx_store.query.sales_query import Dimension, SalesQuery

MONEY: Final = frozenset({Measure.GROSS, Measure.DISCOUNTS, Measure.RETURNS, Measure.COST})

_COUNTED: Final = MONEY | {Measure.LINES}
_REVENUE: Final = METRICS["revenue"]


class LeftOutOf(StrEnum):
    """What is left out."""

    SALES = "sales"
    QUOTAS = "quotas"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Amounts in one currency that figures leave out.

    Attributes:
        of: What is left out.
        currency: Its code; the amounts are in it.
        lines: Sale lines without those taken back, or quotas.
        gross: Before discounts and returns.
        amount: The revenue: 0 where everything was returned.
        cost: The cost of what was sold.
        since: A day from which on a rate makes them count.
    """

    of: LeftOutOf
    currency: str
    lines: int
    gross: Decimal
    amount: Decimal
    cost: Decimal
    since: dt.date

    @property
    def command(self) -> str:
        """What adds the rate that is missing."""
        return f"shopx rates set {self.currency} {self.since} RATE"


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for what a query leaves out.

    Attributes:
        query: Its rows are by currency.
        currencies: Those of its rows that are left out.
        since: The first day of the query.
    """

    query: SalesQuery
    currencies: frozenset[str]
    since: dt.date


def questions(query: SalesQuery, state: ReadState) -> Iterator[Question]:
    """What to ask for what a query leaves out; nothing where every day has its rates."""
    if not state.first_rates or not query.measures & MONEY or Dimension.CURRENCY in query.by:
        return
    zone = ZoneInfo(state.timezone)
    ends: dict[dt.datetime, set[str]] = {}
    for currency, first in state.first_rates.items():
        end = query.end if first is None else min(query.end, day_start(first, zone))
        if query.start < end:
            ends.setdefault(end, set()).add(currency)
    since = query.start.astimezone(zone).date()
    for end, currencies in sorted(ends.items()):
        asked = replace(
            query,
            measures=_COUNTED,
            end=end,
            by=(Dimension.CURRENCY,),
            granularity=None,
            hour_of_week=False,
        )
        yield Question(asked, frozenset(currencies), since)


def found(question: Question, rows: Iterable[Mapping[str, Any]]) -> list[LeftOut]:
    """What a query leaves out; what was taken back as a whole is nothing.

    Args:
        question: The question.
        rows: Its answer.
    """
    return [
        LeftOut(
            of=LeftOutOf.SALES,
            currency=row["currency"],
            lines=row["lines"],
            gross=row["gross"],
            amount=_REVENUE.value({measure: row[measure] for measure in MONEY}) or ZERO,
            cost=row["cost"],
            since=question.since,
        )
        for row in rows
        if row["currency"] in question.currencies and any(row[measure] for measure in MONEY)
    ]
