"""Request bodies of the Overview page, with the documents that the pages send."""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import orjson

from tests.support.page_queries import LISTS, documents

KPIS = ["REVENUE", "PROFIT", "ORDERS", "AVERAGE_ORDER_VALUE", "UNITS", "CUSTOMERS"]
PRESETS = ["TODAY", "LAST_7_DAYS", "LAST_28_DAYS"]
ZONES = ["UTC", "Europe/London", "America/New_York"]
FIRST, LAST = dt.date(2009, 12, 1), dt.date(2011, 12, 9)
PREVIOUS = {"mode": "PREVIOUS_PERIOD", "matchWeekdays": True}

Variables = dict[str, Any]


# What each panel adds to the period, zone and filters of its page. A page sends each once.
PANELS: dict[str, Callable[[], Variables]] = {
    "OverviewKpis": lambda: {"metrics": KPIS, "comparison": PREVIOUS},
    "OverviewSparklines": lambda: {"metrics": KPIS},
    "OverviewSeries": lambda: {"metrics": ["REVENUE"], "comparison": PREVIOUS},
    "OverviewBreakdown": lambda: LISTS["OverviewBreakdown"] | {"comparison": PREVIOUS},
    "OverviewMovers": lambda: LISTS["OverviewMovers"] | {"comparison": PREVIOUS},
    "OverviewHeatmap": lambda: {"metric": "REVENUE"},
}


class RequestBodies:
    """Request bodies: some are sent again and again, some were never sent before.

    Args:
        seed: Equal seeds draw equal bodies.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- a load, no secret
        self._documents = documents()
        self.hot = [self._body(name, view) for view in _views() for name in PANELS]
        """The usual views: today, the last days and each month, in three zones."""
        self._random.shuffle(self.hot)
        # Zipf, like views of pages: the n-th is sent 1/n as often as the first.
        self._weights = [1 / rank for rank in range(1, len(self.hot) + 1)]
        self._sent: set[bytes] = set()

    def popular(self, count: int) -> list[bytes]:
        """Bodies that are sent again and again."""
        return self._random.choices(self.hot, self._weights, k=count)

    def unseen(self, name: str | None = None, days: int | None = None) -> bytes:
        """A body that this benchmark has not sent before: some days of the two years.

        Args:
            name: The document; `None` = any of the page's.
            days: How many days; `None` = 1 to 92.
        """
        shortest, longest = (1, 92) if days is None else (days, days)
        while True:
            latest = (LAST - FIRST).days - shortest
            start = FIRST + dt.timedelta(days=self._random.randrange(latest))
            length = self._random.randint(shortest, min(longest, (LAST - start).days))
            end = start + dt.timedelta(days=length)
            view = {
                "period": {"days": {"from": start.isoformat(), "to": end.isoformat()}},
                "zone": self._random.choice(ZONES),
            }
            body = self._body(name or self._random.choice(list(PANELS)), view)
            if body not in self._sent:
                self._sent.add(body)
                return body

    def all_unseen(self, count: int) -> list[bytes]:
        """So many bodies that were never sent before."""
        return [self.unseen() for _ in range(count)]

    def mixed(self, count: int, unseen: float) -> list[bytes]:
        """So many bodies, a share of which was never sent before."""
        bodies = self.popular(count)
        for at in range(count):
            if self._random.random() < unseen:
                bodies[at] = self.unseen()
        return bodies

    def _body(self, name: str, view: Variables) -> bytes:
        return orjson.dumps(
            {
                "operationName": name,
                "variables": view | PANELS[name](),
                "query": self._documents[name],
            }
        )


def _views() -> list[Variables]:
    periods: list[Variables] = [{"preset": preset} for preset in PRESETS]
    month = FIRST
    while month < LAST:
        after = (month + dt.timedelta(days=32)).replace(day=1)
        last = after - dt.timedelta(days=1)
        periods.append({"days": {"from": month.isoformat(), "to": last.isoformat()}})
        month = after
    return [{"period": period, "zone": zone} for period in periods for zone in ZONES]
