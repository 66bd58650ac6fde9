"""What a field costs, declared beside the field; `shopx_api.graphql.cost` adds it up."""

from typing import Final

COST: Final = "shopx.cost"
"""The key of a field's cost in its Strawberry metadata."""


def cost(units: float) -> dict[str, float]:
    """Return the metadata of a field that costs more than reading an attribute.

    Args:
        units: Of a fifth of a millisecond each; see `shopx_api.graphql.cost`.
    """
    return {COST: units}
