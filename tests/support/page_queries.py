"""The GraphQL queries of the dashboard's pages, read from their sources."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

PAGES = Path(__file__).parents[2] / "frontend" / "src"
_DEFINITION = re.compile(r"^(query|fragment)\s+(\w+).*?^\}", re.DOTALL | re.MULTILINE)
_SPREAD = re.compile(r"\.\.\.\s*(\w+)")
_ORDER: Final = {"sort": "VALUE", "direction": "DESC", "first": 50}
_BY_REVENUE: Final[dict[str, Any]] = {"orderBy": "REVENUE"} | _ORDER
LISTS: Final[dict[str, dict[str, Any]]] = {
    "OverviewBreakdown": {"by": "REGION", "metrics": ["REVENUE", "ORDERS"]} | _BY_REVENUE,
    "OverviewMovers": {"by": "PRODUCT", "metrics": ["REVENUE"], "first": 5},
    "ProductRanking": {"metrics": ["REVENUE", "PROFIT", "ORDERS"]} | _BY_REVENUE,
    "ProductAbc": {"by": "REVENUE", "first": 100},
    "ProductPairs": {"by": "LIFT", "first": 30},
    "TopCustomers": {"metrics": ["REVENUE", "PROFIT"]} | _BY_REVENUE,
    "RepLeaderboard": _BY_REVENUE,
    "ProfitBy": {"dimension": "REGION", "metrics": ["REVENUE", "PROFIT"]} | _BY_REVENUE,
    "LossMakers": {"by": "PRODUCT", "orderBy": "PROFIT", **_ORDER, "direction": "ASC"},
}
"""What the pages' lists are asked for, besides the view."""


OF_ADMINS: Final = frozenset({"ScheduledReports"})
"""Queries that need the scope ADMIN."""


@cache
def documents() -> dict[str, str]:
    """Each query by its name, with the fragments that it uses."""
    queries: dict[str, str] = {}
    fragments: dict[str, str] = {}
    for file in sorted(PAGES.rglob("*.graphql")):
        for found in _DEFINITION.finditer(file.read_text(encoding="utf-8")):
            (queries if found[1] == "query" else fragments)[found[2]] = found[0]
    return {name: _whole(text, fragments) for name, text in queries.items()}


def _whole(text: str, fragments: dict[str, str]) -> str:
    parts, pending, seen = [text], _SPREAD.findall(text), {"on"}
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            parts.append(fragments[name])
            pending += _SPREAD.findall(fragments[name])
    return "\n\n".join(parts)
