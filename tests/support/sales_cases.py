"""Arguments of panels, as GraphQL variables and as sales queries for the same sales."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pytest

from shopx_api.types.node import global_id
from shopx_core.domain.metrics import Measure
from shopx_core.domain.periods import Granularity, Range, days_between
from shopx_store.query import Dimension, Filters, SalesQuery, SalesScope
from tests.support.market_dataset import ZONE

FIGURES: Final = """
fragment Parts on Figure { metric value previous share delta { absolute ratio status } }
"""
ARGUMENTS: Final = (
    "$period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput"
)
PANEL: Final = "period: $period, comparison: $comparison, zone: $zone, filters: $filters"

_TYPES: Final = {
    "categories": "Category",
    "products": "Product",
    "customers": "Customer",
    "reps": "SalesRep",
    "regions": "Region",
    "channels": "Channel",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesCase:
    """A selection of sales, and its comparison."""

    days: Range
    earlier: Range | None = None
    filters: Filters = field(default_factory=Filters)

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the request."""
        chosen = {
            name: [global_id(kind, key) for key in getattr(self.filters, name)]
            for name, kind in _TYPES.items()
            if getattr(self.filters, name)
        }
        compared = None
        if self.earlier is not None:
            compared = {"mode": "CUSTOM", "days": _days(self.earlier)}
        return {
            "period": {"days": _days(self.days)},
            "comparison": compared,
            "zone": self.days.zone,
            "filters": chosen,
        }

    def query(
        self,
        by: Dimension | None = None,
        *,
        period: Range | None = None,
        granularity: Granularity | None = None,
        filters: Filters | None = None,
    ) -> SalesQuery:
        """The sales query with every measure."""
        asked = period or self.days
        return SalesQuery(
            scope=SalesScope.EVERYTHING,
            measures=frozenset(Measure),
            start=asked.start,
            end=asked.end,
            zone=asked.zone,
            week_start=7,
            by=(by,) if by else (),
            granularity=granularity,
            filters=filters or self.filters,
        )


def days(first: str, last: str, zone: str) -> Range:
    """Days from the first to the last, in a zone."""
    return days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last), zone)


def _days(period: Range) -> dict[str, str]:
    return {"from": str(period.first_day), "to": str(period.last_day)}


def decimal(value: str | None) -> Decimal | None:
    """A Decimal of an answer."""
    return None if value is None else Decimal(value)


MARCH = SalesCase(days=days("2026-03-01", "2026-03-31", ZONE))
COMPARED = SalesCase(
    days=days("2026-03-01", "2026-03-31", ZONE), earlier=days("2026-02-01", "2026-02-28", ZONE)
)
PRODUCT_CASES = [
    pytest.param(MARCH, id="a month"),
    pytest.param(COMPARED, id="compared"),
    pytest.param(
        SalesCase(
            days=days("2026-02-10", "2026-04-12", "Asia/Kathmandu"),
            earlier=days("2026-01-25", "2026-02-09", "Asia/Kathmandu"),
        ),
        id="another zone, which no rollup by product serves",
    ),
    pytest.param(
        SalesCase(
            days=days("2026-01-20", "2026-04-30", ZONE),
            earlier=days("2026-01-20", "2026-02-20", ZONE),
            filters=Filters(categories=(1, 0), channels=(1,)),
        ),
        id="filtered by category and channel",
    ),
    pytest.param(
        SalesCase(
            days=days("2026-02-01", "2026-04-30", ZONE), filters=Filters(customers=(0, 2, 3))
        ),
        id="filtered by customer",
    ),
    pytest.param(SalesCase(days=days("2025-01-01", "2025-01-31", ZONE)), id="nothing sold"),
]
"""Of every argument of the products page."""
