"""A base's tables in memory, added up by NumPy.

DuckDB plans a statement for some three milliseconds of CPU, whatever it reads; a slice of an array
is added up in microseconds.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from shopx_store.columns.array_tables import Table, bytes_of
from shopx_store.columns.clock_sql import DAY
from shopx_store.columns.first_orders import FirstOrders
from shopx_store.columns.grouping import Unfit
from shopx_store.columns.sources import Source

CHUNK: Final = DAY
"""Rows of single instants are read by days of UTC where a table does not fit."""
KEPT_CHUNKS: Final = 48


class NotLoaded(Exception):  # noqa: N818 -- control flow: the caller loads it and asks again
    """Rows of a day are needed that are not in memory."""

    def __init__(self, source: Source, number: int) -> None:
        super().__init__(f"{source} of day {number}")
        self.source = source
        self.number = number


class Arrays:
    """The tables of one base that are in memory.

    Args:
        limit: The bytes that all together may take.
        tables: Those of which every row is in memory.
        blocks: The rows of some days added up, of tables that have many a day.
        first_orders: When customers ordered first, if there is room.
        newest: The newest rows of tables: since when, and the tables that together have them.
    """

    def __init__(
        self,
        limit: int,
        tables: Mapping[Source, Table],
        blocks: Mapping[Source, Table],
        first_orders: FirstOrders | None,
        newest: Mapping[Source, tuple[int, Sequence[Table]]],
    ) -> None:
        self._limit = limit
        self._tables = tables
        self._blocks = blocks
        self._first_orders = first_orders
        self._newest = newest
        self._chunks: dict[tuple[Source, int], Table] = {}
        self._bytes = self._held()

    @property
    def sources(self) -> Collection[Source]:
        """The tables that are whole in memory."""
        return self._tables.keys()

    @property
    def newest(self) -> Mapping[Source, int]:
        """Since when, in microseconds since 1970, the rows of other tables are in memory."""
        return {source: since for source, (since, _) in self._newest.items()}

    @property
    def bytes(self) -> int:
        """What they take."""
        return self._bytes

    def _held(self) -> int:
        tables = [*self._tables.values(), *self._blocks.values(), *self._chunks.values()]
        for _, some in self._newest.values():
            tables += some
        firsts = self._first_orders.bytes if self._first_orders is not None else 0
        return firsts + bytes_of(array for table in tables for array in table.arrays)

    def stretches(
        self, source: Source, start: int, end: int, *, long: bool
    ) -> Sequence[tuple[Table, int, int]]:
        """Tables, and the ranges of them that together are [start, end).

        Args:
            source: A table.
            start: In microseconds since 1970.
            end: Likewise.
            long: Whether several days may be one row.

        Raises:
            Unfit: It is not in memory.
        """
        table, blocks = self.table(source), self._blocks.get(source)
        if not long or blocks is None:
            return [(table, start, end)]
        first, last = blocks.instants.searchsorted((start, end))
        # The last block ends where the next one begins.
        if last - first < 2:  # noqa: PLR2004 -- one of them may be cut
            return [(table, start, end)]
        begin, finish = int(blocks.instants[first]), int(blocks.instants[last - 1])
        return [(table, start, begin), (blocks, begin, finish), (table, finish, end)]

    @property
    def first_orders(self) -> FirstOrders:
        """When customers ordered first.

        Raises:
            Unfit: It is not in memory.
        """
        if self._first_orders is None:
            raise Unfit("first orders are not in memory")
        return self._first_orders

    def table(self, source: Source) -> Table:
        """A whole table.

        Raises:
            Unfit: It is not in memory.
        """
        found = self._tables.get(source)
        if found is None:
            raise Unfit(source)
        return found

    def exact(self, source: Source, start: int, end: int) -> Sequence[Table]:
        """Tables that together have every row of `source` in [start, end), perhaps more.

        Args:
            source: `SALES` or `LINES`.
            start: In microseconds since 1970.
            end: Likewise.

        Raises:
            NotLoaded: See there.
            Unfit: It is not in memory, and the range is too long to be read by days.
        """
        if source in self._tables:
            return [self._tables[source]]
        if source in self._newest:
            since, tables = self._newest[source]
            if since <= start:
                return tables
        return self.days(source, range(start // CHUNK, -(-end // CHUNK)), at_most=2)

    def days(self, source: Source, numbers: Collection[int], at_most: int) -> Sequence[Table]:
        """The rows of days of UTC, counted from 1970.

        Raises:
            NotLoaded: See there.
            Unfit: They are too many.
        """
        if len(numbers) > at_most:
            raise Unfit(source)
        found = []
        for number in numbers:
            chunk = self._chunks.get((source, number))
            if chunk is None:
                raise NotLoaded(source, number)
            found.append(chunk)
        return found

    def keep(self, missing: NotLoaded, chunk: Table) -> None:
        """Keep the rows of a day that were missing, and forget the oldest for it.

        Raises:
            Unfit: There is no room.
        """
        self._chunks[missing.source, missing.number] = chunk
        self._bytes = self._held()
        while len(self._chunks) > KEPT_CHUNKS or self._bytes > self._limit:
            forgotten = self._chunks.pop(next(iter(self._chunks)))
            self._bytes = self._held()
            if forgotten is chunk:
                raise Unfit("there is no room for a day's rows")
