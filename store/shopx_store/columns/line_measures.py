"""The measures of a base's lines, by their columns; tables of sums have the same."""

from typing import Final

AMOUNTS: Final = ("gross", "discounts", "returns", "cost", "units", "returned_units")
"""Amounts of money, in millionths, and quantities."""
NAMES: Final = (*AMOUNTS, "lines")
"""Those, and the number of sale lines."""
COLUMNS: Final = ", ".join(NAMES)
"""All of them, as SQL selects them."""
ZEROS: Final = ", ".join(f"0 as {name}" for name in NAMES)
"""None of them: for rows that only count orders."""
