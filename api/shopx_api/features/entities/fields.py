"""Root fields of single entities."""

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.customers.types import Customer
from shopx_api.features.orders.types import Order
from shopx_api.features.products.types import Product
from shopx_api.features.reps.types import SalesRep
from shopx_api.types.cost import cost
from shopx_api.types.entities import existing, load_node
from shopx_api.types.inputs import IdArg
from shopx_api.types.node import Node, row_id


@strawberry.type
class EntityFields:
    """A part of the type Query."""

    @strawberry.field(
        description="Any entity by its global id; null if there is none.", metadata=cost(10)
    )
    async def node(self, info: Info, id: IdArg) -> Node | None:
        return await load_node(info.context, id)

    @strawberry.field(
        description="One product; the error NOT_FOUND if there is none.", metadata=cost(10)
    )
    async def product(self, info: Info, id: IdArg) -> Product | None:
        return existing(await Product.load(info.context, row_id(id, "Product")), id)

    @strawberry.field(
        description="One customer; the error NOT_FOUND if there is none.", metadata=cost(10)
    )
    async def customer(self, info: Info, id: IdArg) -> Customer | None:
        return existing(await Customer.load(info.context, row_id(id, "Customer")), id)

    @strawberry.field(
        description="One sales rep; the error NOT_FOUND if there is none.", metadata=cost(10)
    )
    async def rep(self, info: Info, id: IdArg) -> SalesRep | None:
        return existing(await SalesRep.load(info.context, row_id(id, "SalesRep")), id)

    @strawberry.field(
        description="One order; the error NOT_FOUND if there is none.", metadata=cost(10)
    )
    async def order(self, info: Info, id: IdArg) -> Order | None:
        return existing(await Order.load(info.context, row_id(id, "Order")), id)
