"""What visitors ask: the queries of the frontend's pages, with variables as the pages send them."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.support.page_queries import LISTS, documents

Variables = dict[str, Any]

KPIS: Final = ["REVENUE", "PROFIT", "ORDERS", "AVERAGE_ORDER_VALUE", "UNITS", "CUSTOMERS"]
PREVIOUS: Final = {"mode": "PREVIOUS_PERIOD", "matchWeekdays": True}
PRESETS: Final = ("LAST_28_DAYS", "LAST_7_DAYS", "TODAY", "LAST_91_DAYS", "YEAR_TO_DATE")


@dataclass(frozen=True, slots=True)
class View:
    """What a visitor has chosen: a period and filters."""

    period: Variables
    filters: Variables | None = None

    def variables(self) -> Variables:
        """What every query of a page gets."""
        return {"period": self.period, "zone": "UTC", "filters": self.filters}


# What each query adds to the view; a page sends its queries in this order.
_COMPARED: Final[Variables] = {"comparison": PREVIOUS}
PAGES: Final[dict[str, dict[str, Variables]]] = {
    "Overview": {
        "OverviewKpis": {**_COMPARED, "metrics": KPIS},
        "OverviewSparklines": {"metrics": KPIS},
        "OverviewSeries": {**_COMPARED, "metrics": ["REVENUE"]},
        "OverviewBreakdown": _COMPARED | LISTS["OverviewBreakdown"],
        "OverviewMovers": _COMPARED | LISTS["OverviewMovers"],
        "OverviewHeatmap": {"metric": "REVENUE"},
    },
    "Products": {
        "ProductRanking": _COMPARED | LISTS["ProductRanking"],
        "ProductAbc": LISTS["ProductAbc"],
        "ProductDiscounts": {},
    },
    "Customers": {
        "CustomerKpis": {**_COMPARED, "metrics": ["CUSTOMERS", "REVENUE"]},
        "NewVersusReturning": {},
        "TopCustomers": _COMPARED | LISTS["TopCustomers"],
    },
    "Profitability": {
        "ProfitWaterfall": _COMPARED,
        "ProfitSeries": {**_COMPARED, "metrics": ["REVENUE", "PROFIT"]},
    },
    "Reps": {"RepLeaderboard": _COMPARED | LISTS["RepLeaderboard"]},
    "Wall screen": {"OverviewLive": {**_COMPARED, "metrics": KPIS}},
}


@dataclass(frozen=True, slots=True)
class Request:
    """One query as it is sent."""

    operation: str
    variables: Variables

    def body(self) -> Variables:
        """The JSON of the request."""
        return {
            "operationName": self.operation,
            "query": documents()[self.operation],
            "variables": self.variables,
        }


def requests(page: str, view: View) -> list[Request]:
    """The queries of a page; variables that a query does not declare are left out."""
    made = []
    for operation, added in PAGES[page].items():
        declared = _declared(operation)
        given = view.variables() | added
        made.append(Request(operation, {k: v for k, v in given.items() if k in declared}))
    return made


def _declared(operation: str) -> set[str]:
    return set(re.findall(r"\$(\w+)\s*:", documents()[operation]))


def usual(draw: random.Random) -> View:
    """A view of many: the presets, those first in the list most often."""
    weights = [1 / rank for rank in range(1, len(PRESETS) + 1)]
    return View({"preset": draw.choices(PRESETS, weights)[0]})


def explored(draw: random.Random, regions: list[str]) -> View:
    """A view that few have: a preset and up to two regions."""
    chosen = draw.sample(regions, min(len(regions), draw.randint(0, 2)))
    return View(usual(draw).period, {"regions": sorted(chosen)} if chosen else None)


Chooser = Callable[[random.Random], View]
