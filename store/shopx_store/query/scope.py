"""Which lines a caller may see: a part of every query, in either engine.

PostgreSQL's row-level security cannot guard a copy, so a query without a scope is not possible.
"""

from enum import StrEnum


class SalesScope(StrEnum):
    """Lines that may be counted."""

    EVERYTHING = "everything"
