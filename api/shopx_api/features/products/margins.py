"""Products by margin and volume: pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from shopx_api.panels.table import Mask, Table, amount
from shopx_core.domain.metrics import METRICS, Metric
from shopx_core.errors import InvalidInput
from shopx_store.query import NONE

MEASURES: Final = METRICS["profit"].measures | METRICS["units"].measures
_VOLUMES: Final = ("revenue", "units")
MAX_POINTS: Final = 500
"""Points that a map can hold."""


@dataclass(frozen=True, slots=True)
class Margins:
    """The products that have a margin, and how many have none."""

    table: Table
    """By product, with `MEASURES`."""
    volume: Metric
    known: Mask
    """The rows with a margin."""
    without_cost: int
    without_revenue: int

    @classmethod
    def of(cls, table: Table, volume: Metric) -> "Margins":
        """Tell apart the products with a margin and those without."""
        product = np.asarray(table.keys != NONE, dtype=bool) & table.any_measure
        margin = product & table.values(METRICS["margin"]).known
        cost = product & table.values(METRICS["profit"]).known
        return cls(
            table,
            volume,
            margin,
            without_cost=int((product & ~cost).sum()),
            without_revenue=int((cost & ~margin).sum()),
        )

    @property
    def typical_volume(self) -> Decimal | None:
        """The lower median; `None` where no product has a margin."""
        values = self.table.values(self.volume)
        numbers = np.sort(values.numbers[self.known])
        return amount(numbers[(len(numbers) - 1) // 2], values.digits) if len(numbers) else None

    @property
    def margin(self) -> Decimal | None:
        """Of all products with a margin together."""
        return METRICS["margin"].value(self.table.total(self.known))

    def best(self, count: int) -> list[int]:
        """The rows with the highest volume, the highest first; of equals, the lowest key first."""
        numbers = self.table.values(self.volume).numbers
        keys = self.table.keys
        rows = np.flatnonzero(self.known).tolist()
        return sorted(rows, key=lambda row: (-numbers[row], keys[row]))[:count]


def check(volume: Metric, points: int) -> None:
    """Refuse what a map cannot show.

    Raises:
        InvalidInput: The volume is not one, or there would be too many points.
    """
    if volume.id not in _VOLUMES:
        raise InvalidInput(f"{volume.title} is no volume.", hint="Choose REVENUE or UNITS.")
    if not 1 <= points <= MAX_POINTS:
        raise InvalidInput(
            f"`points` is {points}, outside 1 to {MAX_POINTS}.", hint="Ask for fewer products."
        )
