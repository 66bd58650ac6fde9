"""Questions of all panels with arguments drawn at random: what a price must tell apart."""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

Ids = Mapping[str, Sequence[str]]
"""What can be filtered by: ids, by the name of their list in `FilterInput`."""

DAYS = (1, 7, 28, 92, 365, 1095)
ZONES = ("UTC", "UTC", "UTC", "America/New_York")
"""The reporting zone, in which days are added up already, more often than others."""
METRICS = ("REVENUE", "PROFIT", "UNITS", "DISCOUNT_RATE", "ORDERS", "CUSTOMERS")
SUMS = METRICS[:4]
"""Without distinct counts, which not everything can be ranked or added up by."""
DIMENSIONS = ("PRODUCT", "CATEGORY", "CUSTOMER", "SEGMENT", "REP", "REGION", "CHANNEL")
FIGURES = "figures { metric value previous share }"
_PAGE = "nodes { rank %s } pageInfo { hasNextPage }"
PANELS: Mapping[str, Sequence[str]] = {
    "sales": (
        "kpis(metrics: $metrics) { value previous }",
        "series(metrics: $metrics) { lines { current previous } }",
        f"breakdown(by: $by, metrics: $metrics, first: $first) {{ nodes {{ label {FIGURES} }} }}",
        "heatmap(metric: $sum) { values }",
        "forecast { state values expected }",
        "pareto(by: $by) { counts shares }",
    ),
    "products": (
        f"ranking(by: $sum, metrics: $metrics, first: $first) {{ {_PAGE % FIGURES} }}",
        "abc(first: $first) { classes { name products value } }",
        "margins(points: $first) { margin points { margin product { name } } }",
        f"categoryTree(metrics: $sums) {{ name {FIGURES} }}",
        "trend(metric: $sum) { lines { current previous } }",
        f"discountBands {{ low {FIGURES} }}",
        "pairs(first: $first) { nodes { lift } }",
    ),
    "customers": (
        "kpis(metrics: $metrics) { value previous }",
        "segments { rows { segment customers } }",
        "rfm { customers }",
        "cohorts { averageRetention }",
        "concentration { customers }",
        "lifetimeValue(first: $first) { average customers { nodes { revenue } } }",
        "newVersusReturning { newCustomers newRevenue }",
        f"top(by: $sum, metrics: $metrics, first: $first) {{ {_PAGE % FIGURES} }}",
    ),
    "reps": (
        "leaderboard(first: $first) { nodes { rank rep { name } } }",
        "pace(rows: $first) { state rows { rep { name } figures { expected } } }",
    ),
    "profitability": (
        "waterfall { step change }",
        "costCoverage",
        f"by(dimension: $by, metrics: $metrics, first: $first) {{ nodes {{ label {FIGURES} }} }}",
        "series(metrics: $metrics) { lines { current previous } }",
        f"lossMakers(by: $by, first: $first) {{ nodes {{ label {FIGURES} }} }}",
    ),
}
"""Fields of each panel."""
_TYPES = {
    "period": "PeriodInput",
    "comparison": "ComparisonInput",
    "zone": "String",
    "filters": "FilterInput",
    "metrics": "[MetricId!]",
    "sums": "[MetricId!]",
    "sum": "MetricId!",
    "by": "Dimension!",
    "first": "Int!",
}


class Questions:
    """Questions of a seed.

    Args:
        seed: Equal seeds draw equal questions.
        first: The first day with sales.
        last: The last one.
        ids: What can be filtered by.
    """

    def __init__(self, seed: int, first: dt.date, last: dt.date, ids: Ids) -> None:
        self._draw = random.Random(seed)  # noqa: S311 -- a corpus, no secret
        self._first, self._last, self._ids = first, last, ids

    def next(self) -> tuple[str, dict[str, Any]]:
        """What is asked in short, and the body: mostly one field, sometimes several of a panel."""
        draw = self._draw
        panel = draw.choice([panel for panel, fields in PANELS.items() for _ in fields])
        count = min(draw.choice((1, 1, 1, 2, 3)), len(PANELS[panel]))
        fields = draw.sample(list(PANELS[panel]), count)
        body = " ".join(fields)
        given = self._variables()
        used = {name: value for name, value in given.items() if _uses(body, name)}
        used |= {name: given[name] for name in ("period", "comparison", "zone", "filters")}
        declared = ", ".join(f"${name}: {_TYPES[name]}" for name in used)
        arguments = "period: $period, comparison: $comparison, zone: $zone, filters: $filters"
        text = f"query Q({declared}) {{ {panel}({arguments}) {{ {body} }} }}"
        asked = " + ".join(f"{panel}.{field.partition('(')[0].split()[0]}" for field in fields)
        return asked, {"query": text, "variables": used}

    def _variables(self) -> dict[str, Any]:
        draw = self._draw
        chosen = draw.sample(sorted(self._ids), draw.choice((0, 0, 0, 1, 1, 2)))
        return {
            "period": self._period(),
            "comparison": draw.choice((None, {"mode": "PREVIOUS_PERIOD"})),
            "zone": draw.choice(ZONES),
            "filters": {name: draw.sample(self._ids[name], 2) for name in chosen},
            "metrics": draw.sample(METRICS, draw.randint(1, 3)),
            "sums": draw.sample(SUMS, draw.randint(1, 3)),
            "sum": draw.choice(("REVENUE", "UNITS")),
            "by": draw.choice(DIMENSIONS),
            "first": draw.choice((5, 25, 100)),
        }

    def _period(self) -> dict[str, Any]:
        draw = self._draw
        whole = (self._last - self._first).days + 1
        days = min(draw.choice(DAYS), whole)
        start = self._first + dt.timedelta(days=draw.randint(0, whole - days))
        return {"days": {"from": str(start), "to": str(start + dt.timedelta(days=days - 1))}}


def _uses(text: str, name: str) -> bool:
    return any(f"${name}{end}" in text for end in ",) ")
