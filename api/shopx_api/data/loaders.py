"""DataLoaders: rows of reference data by id, one statement for each kind."""

import functools
from collections.abc import Awaitable, Callable, Sequence
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


class Loaders:
    """The loaders of one operation, which keep nothing beyond it.

    Each loads a row (a mapping of columns) by its id, or `None` where there is no such row.

    Args:
        data: The operation's data.
        dependencies: Where dependencies are noted, for the response cache.
    """

    def __init__(self, data: OperationData, dependencies: Dependencies) -> None:
        def rows(template: str, tag: DependencyTag) -> DataLoader[int, Row | None]:
            async def load(ids: list[int]) -> list[Row | None]:
                dependencies.tags(tag)
                found = await data.rows_by_id(template, tag, ids)
                return [found.get(key) for key in ids]

            return DataLoader(load_fn=load)

        self._data = data
        self._others: dict[Callable[..., Any], DataLoader[Any, Any]] = {}
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
