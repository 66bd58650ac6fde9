"""When customers ordered first, and in which bucket of a query that is: pure."""

from typing import Final

import numpy as np
import numpy.typing as npt

from shopx_store.columns.base import NEVER
from shopx_store.columns.grouping import Integers, Unfit

LARGEST_ID: Final = 50_000_000
"""Where ids are larger, there is no place for each number up to the largest."""

Numbers = npt.NDArray[np.int64]


class FirstOrders:
    """When each customer ordered first.

    Args:
        customers: Those with an order that counts, each once, by the instants of their first ones.
        at: These instants, ascending.
        size: One more than the largest id that is asked for.
    """

    def __init__(self, customers: Integers, at: Numbers, size: int) -> None:
        self._customers = customers
        self._at = at
        self._size = size
        self._other_customers: Numbers = np.empty(0, dtype=np.int64)
        self._others_at: Numbers = np.empty(0, dtype=np.int64)

    @property
    def bytes(self) -> int:
        """What it takes."""
        return self._customers.nbytes + self._at.nbytes

    def with_others(self, customers: Numbers, at: Numbers, size: int) -> "FirstOrders":
        """The same, but for some customers.

        Args:
            customers: Their ids.
            at: When each of them ordered first; `NEVER` without an order that counts.
            size: One more than the largest id that is asked for.

        Raises:
            Unfit: That is too large.
        """
        if size > LARGEST_ID:
            raise Unfit("ids are too large")
        found = FirstOrders(self._customers, self._at, max(size, self._size))
        found._other_customers, found._others_at = customers, at
        return found

    @property
    def instants(self) -> Numbers:
        """When each customer ordered first, by id; `NEVER` without an order that counts."""
        found = np.full(self._size, NEVER)
        found[self._customers] = self._at
        found[self._other_customers] = self._others_at
        return found

    def buckets(self, starts: Numbers, end: int) -> Integers:
        """The number of the bucket of each customer's first order, by id; -1 outside of all.

        Args:
            starts: When each bucket begins, ascending, in microseconds since 1970.
            end: When the last one ends.
        """
        edges = np.append(self._at.searchsorted(starts), self._at.searchsorted(end))
        kind = np.int16 if len(starts) < np.iinfo(np.int16).max else np.int32
        found = np.full(self._size, -1, dtype=kind)
        numbers = np.repeat(np.arange(len(starts)), np.diff(edges))
        found[self._customers[edges[0] : edges[-1]]] = numbers
        others = starts.searchsorted(self._others_at, side="right") - 1
        found[self._other_customers] = np.where(self._others_at < end, others, -1)
        return found
