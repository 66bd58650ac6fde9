"""The number that a staged row has in its import: file, row, part of the row, and charge.

A row may hold several lines: the parts of a list in it, and beside each the charges of an order.
"""

from collections.abc import Sequence
from typing import Final

CHARGE_BITS: Final = 4
PART_BITS: Final = 16
"""Of part and charge together."""
ROW_BITS: Final = 47
"""Of row, part and charge together: 2^31 rows a file, and 2^16 files."""
MOST_PARTS: Final = 1 << (PART_BITS - CHARGE_BITS)
MOST_CHARGES: Final = (1 << CHARGE_BITS) - 1
_ROWS: Final = (1 << (ROW_BITS - PART_BITS)) - 1

FILE: Final = f"(row_no >> {ROW_BITS})"
"""In SQL: the number of a row's file."""


def row_in_file(column: str) -> str:
    """In SQL: the number that a row has in its file."""
    return f"(({column} >> {PART_BITS}) & {_ROWS})"


def file_offset(file: int) -> int:
    """What the numbers of a file's rows begin after."""
    return file << ROW_BITS


def row_number(offset: int, row: int) -> int:
    """The number of a row that is whole."""
    return offset + (row << PART_BITS)


def row_numbers(offset: int, rows: Sequence[int], parts: Sequence[int] | None) -> list[int]:
    """The numbers of rows, or of parts of them; a charge is added to it."""
    if parts is None:
        return [offset + (row << PART_BITS) for row in rows]
    return [
        offset + (row << PART_BITS) + (part << CHARGE_BITS)
        for row, part in zip(rows, parts, strict=True)
    ]


def place(staged: int) -> tuple[int, int]:
    """The file and the row of a number."""
    return staged >> ROW_BITS, (staged >> PART_BITS) & _ROWS
