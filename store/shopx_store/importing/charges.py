"""What an order has beside its items: shipping, tax, fees, and money given back.

Each charge is a product of its source with a reserved key, so that every tier adds it up as it adds
up items; its quantity is 0, because it is no unit sold (ADR 56).
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from shopx_store.importing.ledger_fields import NULL


class ChargeKind(StrEnum):
    """What a charge is for."""

    SHIPPING = "shipping"
    TAX = "tax"
    FEE = "fee"
    REFUND = "refund"


ITEM: Final = "item"
"""The kind of all other products."""
KEY_PREFIX: Final = "shopx:"
CATEGORY: Final = "shopx:charges"
CATEGORY_NAME: Final = "Shipping, tax, fees"
OF_LINES: Final = (ChargeKind.SHIPPING, ChargeKind.TAX, ChargeKind.FEE)
"""What a row of its own may be (`line.charge`), and what `source.include` chooses from."""
REVENUE: Final = (ChargeKind.SHIPPING, ChargeKind.FEE)
"""What counts as revenue unless a mapping says otherwise: tax is collected for the state."""


def product_key(name: str) -> str:
    """The reserved key of a charge's product."""
    return KEY_PREFIX + name


def product_row(name: str, kind: ChargeKind, number: int) -> str:
    """The staged reference row of a charge's product."""
    title = name.replace("_", " ").capitalize()
    values = (product_key(name), title, title, CATEGORY, NULL, NULL, kind.value, "1", str(number))
    return "\t".join(values) + "\n"


def category_row(number: int) -> str:
    """The staged reference row of the category of all charges."""
    return f"{CATEGORY}\t{CATEGORY_NAME}\t{NULL}\t1\t{number}\n"


def reference_rows(used: dict[str, tuple[ChargeKind, int]]) -> Iterator[tuple[str, str]]:
    """The reference rows that charges need: the section and the staged row.

    Args:
        used: Of each charge's name its kind, and the number of a row that has it.
    """
    for name, (kind, number) in used.items():
        yield "products", product_row(name, kind, number)
    if used:
        yield "categories", category_row(next(iter(used.values()))[1])
