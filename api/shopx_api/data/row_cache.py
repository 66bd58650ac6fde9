"""Rows of reference data by id, kept for a process until they changed."""

import sys
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg

LIMIT: Final = 32 * 2**20
"""Bytes of all rows together."""

_OVERHEAD: Final = 300
"""Bytes of an entry besides the row and its values."""


BLOCK: Final = 64
"""Ids that are read together: a statement needs a transaction, which takes as long as many rows."""
_BLOCKS: Final = 8
"""At most in one statement."""


def with_neighbours(ids: Sequence[int]) -> list[int]:
    """Ids, and those beside them that are likely to be asked for next."""
    blocks = list(dict.fromkeys(key // BLOCK for key in ids))[:_BLOCKS]
    return [*dict.fromkeys([*ids, *(BLOCK * b + n for b in blocks for n in range(BLOCK))])]


class RowCache:
    """Keeps rows, the most recently used ones within a bound of bytes.

    Args:
        limit: Bytes of all rows together, estimated.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rows: OrderedDict[tuple[str, int], tuple[int, asyncpg.Record, int]] = OrderedDict()
        self.size = 0
        """Bytes of all rows, estimated."""

    def find(self, kind: str, version: int, ids: Iterable[int]) -> dict[int, asyncpg.Record]:
        """The rows of some ids that are of a version or a later one.

        Args:
            kind: What is read, such as the statement.
            version: Of the reference data that the rows belong to.
            ids: The ids; those that are not kept are absent.
        """
        found = {}
        for key in ids:
            kept = self._rows.get((kind, key))
            if kept is not None and kept[0] >= version:
                self._rows.move_to_end((kind, key))
                found[key] = kept[1]
        return found

    def keep(self, kind: str, version: int, rows: Iterable[asyncpg.Record]) -> None:
        """Keep rows that were read when they had a version or a later one."""
        for row in rows:
            key = (kind, row["id"])
            kept = self._rows.get(key)
            if kept is not None and kept[0] > version:
                continue
            self.size -= kept[2] if kept is not None else 0
            size = _size(row)
            self._rows[key] = (version, row, size)
            self.size += size
        while self.size > self._limit:
            _, (_, _, size) = self._rows.popitem(last=False)
            self.size -= size


def _size(row: Any) -> int:
    return _OVERHEAD + sys.getsizeof(row) + sum(map(sys.getsizeof, row.values()))
