"""Which lines a caller may see: a part of every query to the replica.

PostgreSQL's row-level security cannot guard a copy, so a query without a scope is not possible.
"""

from enum import StrEnum


class Scope(StrEnum):
    """Lines that may be counted."""

    EVERYTHING = "everything"
