"""Discount bands: sales grouped by discount rate."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

EDGES: Final = tuple(Decimal(edge) for edge in ("0.05", "0.10", "0.20", "0.30", "0.50"))
"""The limits between bands, as shares of the gross amount, ascending."""

RETURNED: Final = -1
"""The number that stands for no band: returns have no discount of their own."""


@dataclass(frozen=True, slots=True)
class Band:
    """Sale lines by discount ÷ gross."""

    number: int
    """0 = sold without discount."""
    low: Decimal
    """The lowest discount, inclusive; a discount of 0 is in band 0, not in band 1."""
    high: Decimal | None
    """The highest discount, exclusive; equal to `low` (0) for band 0 and `None` for the last."""


BANDS: Final = (
    Band(0, Decimal(0), Decimal(0)),
    *(
        Band(number, low, high)
        for number, (low, high) in enumerate(
            zip((Decimal(0), *EDGES), (*EDGES, None), strict=True), start=1
        )
    ),
)
"""Every band, the smallest discount first."""
