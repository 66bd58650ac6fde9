"""What a field costs, declared beside the field; `shopx_api.graphql.cost` adds it up."""

from dataclasses import dataclass
from typing import Any, Final

COST: Final = "shopx.cost"
"""The key of a field's cost in its Strawberry metadata."""
READS: Final = "shopx.reads"
"""The key of the queries of sales that a field of a panel makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """One query of sales that a panel's field makes: its price follows range, filters and metrics.

    Arguments of the field replace these where it has them: `by` and `dimension` the dimensions
    (if they name one), `metrics` and `metric` the metrics.
    """

    by: tuple[str, ...] = ()
    """What it groups by, as `Dimension` of the schema names it; also `DISCOUNT`."""
    metrics: tuple[str, ...] = ()
    """Metrics by their ids; those that count orders or customers have a price of their own."""
    compared: bool = True
    """Whether it also reads the compared period."""
    hourly: bool = False
    """Whether it tells hours apart."""
    days: int | None = None
    """How many days it reads, whatever the period; `None` = those of the period."""
    chosen: tuple[str, ...] = ()
    """Dimensions of which it reads a few members, besides those that the panel filters by."""


def cost(units: float, *reads: Reads) -> dict[str, Any]:
    """Return the metadata of a field that costs more than reading an attribute.

    Args:
        units: Of a fifth of a millisecond each, however much is read; see
            `shopx_api.graphql.cost`.
        reads: The queries of sales that it makes; none = the panel's own materialized view.
    """
    return {COST: units, READS: reads}
