"""Types of single orders."""

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from shopx_api.graphql.enums import describe
from shopx_api.graphql.node import Node
from shopx_api.products.types import Product
from shopx_core.db.facts import LedgerKind

if TYPE_CHECKING:
    from shopx_api.customers.types import Customer
    from shopx_api.reps.types import SalesRep

LazyCustomer = Annotated["Customer", strawberry.lazy("shopx_api.customers.types")]
LazyRep = Annotated["SalesRep", strawberry.lazy("shopx_api.reps.types")]


class OrderStatus(enum.StrEnum):
    """What became of an order, derived from its ledger lines."""

    SOLD = "sold"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


describe(
    OrderStatus,
    name="OrderStatus",
    description="What became of an order, derived from its ledger lines.",
    values={
        OrderStatus.SOLD: "Nothing was taken back.",
        OrderStatus.PARTLY_REFUNDED: "A part of its revenue was credited.",
        OrderStatus.REFUNDED: "All of its revenue was credited.",
        OrderStatus.CANCELLED: "Every sale line was voided: it counts nowhere.",
    },
)
describe(
    LedgerKind,
    name="LedgerKind",
    description="What a ledger line does.",
    values={
        LedgerKind.SALE: "It adds a sale.",
        LedgerKind.RETURN: "It takes back, when that happens.",
        LedgerKind.CORRECTION: "It takes a wrong line back, at that line's own time.",
        LedgerKind.VOID: "It cancels a line, at that line's own time.",
    },
)


@strawberry.type(description="One line of the ledger. What takes back has negative amounts.")
class OrderLine:
    """A ledger line as it was booked."""

    product_row_id: strawberry.Private[int]
    number: int = strawberry.field(description="The line's number within the order.")
    kind: LedgerKind = strawberry.field(description="What the line does.")
    booked_at: dt.datetime = strawberry.field(description="When it counts.")
    quantity: Decimal = strawberry.field(description="How many, signed.")
    gross: Decimal = strawberry.field(description="Amount before discount, signed.")
    discount: Decimal = strawberry.field(description="What was taken off, signed.")
    cost: Decimal = strawberry.field(description="What the goods cost, signed.")

    @strawberry.field(description="What was sold.")
    async def product(self, info: strawberry.Info) -> Product:
        raise NotImplementedError


@strawberry.type(description="An order; its amounts are in its own currency.")
class Order(Node):
    """A header and what the ledger says of it."""

    row_id: strawberry.Private[int]
    customer_row_id: strawberry.Private[int | None]
    rep_row_id: strawberry.Private[int | None]
    key: str = strawberry.field(description="Its key in the source it comes from.")
    source: str = strawberry.field(description="Where it comes from: an import, or `api`.")
    ordered_at: dt.datetime = strawberry.field(description="When it was placed.")
    currency: str = strawberry.field(description="ISO 4217 code of its amounts.")
    status: OrderStatus = strawberry.field(description="What became of it.")
    revenue: Decimal = strawberry.field(
        description="Gross minus discounts and returns, without voided lines."
    )
    profit: Decimal = strawberry.field(description="Revenue minus cost.")
    units: Decimal = strawberry.field(description="Quantity sold, before returns.")

    @strawberry.field(description="Who bought.")
    async def customer(self, info: strawberry.Info) -> LazyCustomer | None:
        raise NotImplementedError

    @strawberry.field(description="Who sold.")
    async def rep(self, info: strawberry.Info) -> LazyRep | None:
        raise NotImplementedError

    @strawberry.field(description="Every ledger line of it, in the order of booking.")
    async def lines(self, info: strawberry.Info) -> list[OrderLine]:
        raise NotImplementedError
