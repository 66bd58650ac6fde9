"""Labels of the members of a dimension."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from shopx_api.data.loaders import Loaders
from shopx_api.types.enums import DimensionName
from shopx_core.domain.rfm import SEGMENTS, Segment
from shopx_store.query import NONE

NONE_SEGMENT: Final = "none"
"""The segment of sales without a customer, and of customers without scores."""

NONE_LABELS: Final = {
    DimensionName.PRODUCT: "No product",
    DimensionName.CATEGORY: "Uncategorised",
    DimensionName.CUSTOMER: "No customer",
    DimensionName.SEGMENT: "No segment",
    DimensionName.REP: "No sales rep",
    DimensionName.REGION: "No region",
    DimensionName.CHANNEL: "No channel",
}


def customer_label(row: asyncpg.Record) -> str:
    """A customer's name, or the key where the source has only a number."""
    return row["name"] or f"Customer {row['key']}"


async def labels(
    loaders: Loaders,
    dimension: DimensionName,
    keys: Sequence[int | str],
    *,
    known_only: bool = False,
) -> dict[int | str, str]:
    """The label of each key of a dimension, in one statement at most.

    Args:
        loaders: Of the operation.
        dimension: The dimension.
        keys: Its keys in sales queries.
        known_only: Leave out keys without a row, instead of labelling them by number.
    """
    none = NONE_LABELS[dimension]
    if dimension is DimensionName.SEGMENT:
        return {
            key: none if key == NONE_SEGMENT else SEGMENTS[Segment(str(key))].title for key in keys
        }
    loader = {
        DimensionName.PRODUCT: loaders.products,
        DimensionName.CATEGORY: loaders.categories,
        DimensionName.CUSTOMER: loaders.customers,
        DimensionName.REP: loaders.reps,
        DimensionName.REGION: loaders.regions,
        DimensionName.CHANNEL: loaders.channels,
    }[dimension]
    known = [int(key) for key in keys if key != NONE]
    rows = await loader.many(known)
    found: dict[int | str, str] = {NONE: none}
    for key in known:
        row = rows.get(key)
        if row is None:
            if not known_only:
                found[key] = f"#{key}"
        elif dimension is DimensionName.CUSTOMER:
            found[key] = customer_label(row)
        else:
            found[key] = row["name"]
    return found
