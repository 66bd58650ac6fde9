"""DataLoaders: rows of reference data by id, one statement for each kind."""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
from strawberry.dataloader import DataLoader

from shopx_api.data.operation_data import OperationData
from shopx_core.caching.dependencies import Dependencies, DependencyTag

_PRODUCTS = """
select id, key, sku, name, category_id, unit_cost, list_price from products where id = any({ids})
"""
_CATEGORIES = "select id, key, name, parent_id from categories where id = any({ids})"
_CUSTOMERS = "select id, key, name, email, country from customers where id = any({ids})"
_REPS = """
select id, key, name, team, region_id, hired_on, manager_id from sales_reps where id = any({ids})
"""
_REGIONS = "select id, name from regions where id = any({ids})"
_CHANNELS = "select id, name from channels where id = any({ids})"

Row = asyncpg.Record
K = TypeVar("K")
V = TypeVar("V")


class Rows:
    """Rows of one kind of reference data.

    Args:
        data: The operation's data.
        dependencies: Where dependencies are noted, for the response cache.
        template: The statement, with `{ids}`.
        tag: What the rows belong to.
    """

    def __init__(
        self, data: OperationData, dependencies: Dependencies, template: str, tag: DependencyTag
    ) -> None:
        self._data = data
        self._dependencies = dependencies
        self._template = template
        self._tag = tag

    async def many(self, ids: Sequence[int]) -> Mapping[int, Row]:
        """The rows of ids, in one statement at most; ids without a row are absent."""
        self._dependencies.tags(self._tag)
        return await self._data.rows_by_id(self._template, self._tag, ids)

    async def load(self, key: int) -> Row | None:
        """The row of one id: fields that run concurrently share a statement."""
        return await self._loader.load(key)

    @functools.cached_property
    def _loader(self) -> DataLoader[int, Row | None]:
        async def load(ids: list[int]) -> list[Row | None]:
            found = await self.many(ids)
            return [found.get(key) for key in ids]

        return DataLoader(load_fn=load)


class Loaders:
    """The loaders of one operation, which keep nothing beyond it.

    Args:
        data: The operation's data.
        dependencies: Where dependencies are noted, for the response cache.
    """

    def __init__(self, data: OperationData, dependencies: Dependencies) -> None:
        self._data = data
        self._others: dict[Callable[..., Any], DataLoader[Any, Any]] = {}
        rows = functools.partial(Rows, data, dependencies)
        self.products = rows(_PRODUCTS, DependencyTag.CATALOGUE)
        self.categories = rows(_CATEGORIES, DependencyTag.CATALOGUE)
        self.customers = rows(_CUSTOMERS, DependencyTag.CUSTOMERS)
        self.reps = rows(_REPS, DependencyTag.TEAM)
        self.regions = rows(_REGIONS, DependencyTag.TEAM)
        self.channels = rows(_CHANNELS, DependencyTag.TEAM)

    def of(
        self, load: Callable[[OperationData, list[K]], Awaitable[Sequence[V]]]
    ) -> DataLoader[K, V]:
        """The loader of a function that takes keys and returns a value for each."""
        loader = self._others.get(load)
        if loader is None:
            loader = self._others[load] = DataLoader(load_fn=functools.partial(load, self._data))
        return loader
