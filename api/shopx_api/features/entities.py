"""Entities by their global ids."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from shopx_api.data.context import Context
from shopx_api.features.customers.types import Customer, customers
from shopx_api.features.orders.repository import orders_by_id
from shopx_api.features.orders.types import Order
from shopx_api.features.products.types import Category, Product, category, products
from shopx_api.features.reps.types import SalesRep, rep
from shopx_api.types.node import Node, parse_id
from shopx_core.errors import InvalidInput, NotFound

N = TypeVar("N", bound=Node)
Find = Callable[[Context, int], Awaitable[Node | None]]


async def find_product(context: Context, number: int) -> Product | None:
    """A product by its row id."""
    return (await products(context.loaders, [number])).get(number)


async def find_category(context: Context, number: int) -> Category | None:
    """A category by its row id."""
    return await category(context.loaders, number)


async def find_customer(context: Context, number: int) -> Customer | None:
    """A customer by its row id."""
    return (await customers(context.loaders, [number])).get(number)


async def find_rep(context: Context, number: int) -> SalesRep | None:
    """A sales rep by its row id."""
    return await rep(context.loaders, number)


async def find_order(context: Context, number: int) -> Order | None:
    """An order by its row id; `None` also for one that is booked after the moment."""
    row = await context.loaders.of(orders_by_id).load(number)
    return Order.of(row) if row is not None else None


def existing(found: N | None, global_id: str) -> N:
    """What was looked for.

    Raises:
        NotFound: There is no such thing.
    """
    if found is None:
        type_name, _ = parse_id(global_id)
        raise NotFound(f"There is no {type_name} {global_id!r}.", id=global_id)
    return found


FINDERS: Final[Mapping[str, Find]] = {
    "Product": find_product,
    "Category": find_category,
    "Customer": find_customer,
    "SalesRep": find_rep,
    "Order": find_order,
}
"""By the type within a global id."""


async def find(context: Context, global_id: str) -> Node | None:
    """Any entity; `None` if there is none.

    Raises:
        InvalidInput: It is no id, or one of something that is no entity.
    """
    type_name, number = parse_id(global_id)
    finder = FINDERS.get(type_name)
    if finder is None:
        raise InvalidInput(f"A {type_name} cannot be looked up by its id.")
    return await finder(context, number)
