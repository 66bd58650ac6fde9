"""Reference data of one process, read again only after they changed.

What is held carries the version of the moment that it was read for, and may be newer: just as a
transaction reads reference data as of its own beginning, which is later than its as-of.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from shopx_core.caching.dependencies import DependencyTag
from shopx_store.columns.results import Rates

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

_CATEGORY_OF: Final = """
select coalesce(array_agg(id), '{}'), coalesce(array_agg(category_id), '{}')
from products where category_id is not null
"""
_PARENTS: Final = "select id, parent_id from categories"
_SEGMENTS: Final = """
select coalesce(array_agg(customer_id), '{}'), coalesce(array_agg(segment), '{}')
from mv_customer_rfm
"""
_RATES: Final = "select currency, day, rate from rates order by currency, day"

Integers: TypeAlias = npt.NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of customers, by number from 1."""

    customers: Integers
    numbers: Integers
    names: Mapping[int, str]


class ReferenceCache:
    """What a process holds, the newest version of each."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Any]] = {}

    async def get(self, name: str, version: int, load: Callable[[], Awaitable[T]]) -> T:
        """A value of at least a version.

        Args:
            name: What it is.
            version: The moment's.
            load: Reads it, as of now.
        """
        held = self._held.get(name)
        if held is not None and held[0] >= version:
            return cast("T", held[1])
        value = await load()
        held = self._held.get(name)
        if held is None or held[0] < version:
            self._held[name] = (version, value)
        return value


class References:
    """The reference data that the answers of one reader need.

    Args:
        cache: Of the process.
        versions: Of the reader's moment.
        connect: The reader's connection, inside a transaction that began after the moment.
    """

    def __init__(
        self,
        cache: ReferenceCache,
        versions: Mapping[DependencyTag, int],
        connect: "Callable[[], Awaitable[Connection]]",
    ) -> None:
        self._cache = cache
        self._versions = versions
        self._connect = connect

    async def category_of(self) -> tuple[Integers, Integers]:
        """The ids of the products with a category, and the categories they are directly in."""
        return await self._get("category_of", DependencyTag.CATALOGUE, _read_category_of)

    async def subtree(self, roots: Collection[int]) -> tuple[int, ...]:
        """The ids of categories and of all their descendants, ascending."""
        below = await self._get("categories", DependencyTag.CATALOGUE, _read_children)
        found = set(roots)
        rest = list(found)
        while rest:
            new = set(below.get(rest.pop(), ())) - found
            found |= new
            rest += new
        return tuple(sorted(found))

    async def segments(self) -> Segments:
        """The customers' segments."""
        return await self._get("segments", DependencyTag.VIEWS, _read_segments)

    async def rates(self) -> Rates:
        """What foreign money is converted by."""
        return await self._get("rates", DependencyTag.TERMS, _read_rates)

    async def _get(
        self, name: str, tag: DependencyTag, read: "Callable[[Connection], Awaitable[T]]"
    ) -> T:
        async def load() -> T:
            return await read(await self._connect())

        return await self._cache.get(name, self._versions[tag], load)


async def _read_category_of(connection: "Connection") -> tuple[Integers, Integers]:
    row = await connection.fetchrow(_CATEGORY_OF)
    ids, categories = row if row is not None else ([], [])
    return np.array(ids, dtype=np.int64), np.array(categories, dtype=np.int64)


async def _read_children(connection: "Connection") -> Mapping[int | None, Iterable[int]]:
    below: dict[int | None, list[int]] = {}
    for row in await connection.fetch(_PARENTS):
        below.setdefault(row["parent_id"], []).append(row["id"])
    return below


async def _read_segments(connection: "Connection") -> Segments:
    row = await connection.fetchrow(_SEGMENTS)
    customers, names = row if row is not None else ([], [])
    numbers = {name: number for number, name in enumerate(sorted(set(names)), start=1)}
    return Segments(
        np.array(customers, dtype=np.int64),
        np.array([numbers[name] for name in names], dtype=np.int64),
        {number: name for name, number in numbers.items()},
    )


async def _read_rates(connection: "Connection") -> Rates:
    rows = await connection.fetch(_RATES)
    return Rates((row["currency"], row["day"], row["rate"]) for row in rows)
