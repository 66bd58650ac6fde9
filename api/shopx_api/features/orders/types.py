"""Types of single orders."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.orders.repository import LineRow, OrderRow, lines_of
from shopx_api.features.orders.status import OrderStatus, order_status
from shopx_api.features.products.types import Product, products
from shopx_api.types.enums import describe
from shopx_api.types.node import Node, global_id
from shopx_core.domain.ledger_kinds import LedgerKind
from shopx_core.domain.money import EXACT

if TYPE_CHECKING:
    from shopx_api.features.customers.types import Customer
    from shopx_api.features.reps.types import SalesRep

LazyCustomer = Annotated["Customer", strawberry.lazy("shopx_api.features.customers.types")]
LazyRep = Annotated["SalesRep", strawberry.lazy("shopx_api.features.reps.types")]


describe(
    OrderStatus,
    name="OrderStatus",
    description="What became of an order, derived from its ledger lines.",
    values={
        OrderStatus.SOLD: "Nothing was taken back.",
        OrderStatus.PARTLY_REFUNDED: "A part of its revenue was credited.",
        OrderStatus.REFUNDED: "All of its revenue was credited.",
        OrderStatus.CANCELLED: "Every sale line was taken back as if never sold: it counts "
        "nowhere.",
        OrderStatus.CREDIT_NOTE: "It is no sale: a return or an adjustment with a document of its "
        "own. It is not among the orders that metrics count.",
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

    @classmethod
    def of(cls, row: LineRow) -> "OrderLine":
        """The line of a repository's row."""
        return cls(
            product_row_id=row.product_id,
            number=row.number,
            kind=row.kind,
            booked_at=row.booked_at,
            quantity=row.quantity,
            gross=row.gross,
            discount=row.discount,
            cost=row.cost,
        )

    @strawberry.field(description="What was sold.")
    async def product(self, info: Info) -> Product:
        known = await products(info.context.loaders, [self.product_row_id])
        return known[self.product_row_id]


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

    @classmethod
    def of(cls, row: OrderRow) -> "Order":
        """The order of a repository's row."""
        return cls(
            id=global_id("Order", row.id),
            row_id=row.id,
            customer_row_id=row.customer_id,
            rep_row_id=row.rep_id,
            key=row.key,
            source=row.source,
            ordered_at=row.ordered_at,
            currency=row.currency,
            status=order_status(row.document, row.totals),
            revenue=row.revenue,
            profit=EXACT.subtract(row.revenue, row.cost),
            units=row.totals.units,
        )

    @strawberry.field(description="Who bought; null where the order does not say.")
    async def customer(self, info: Info) -> LazyCustomer | None:
        from shopx_api.features.customers.types import customers  # noqa: PLC0415 -- they know one another

        if self.customer_row_id is None:
            return None
        known = await customers(info.context.loaders, [self.customer_row_id])
        return known.get(self.customer_row_id)

    @strawberry.field(description="Who sold; null where the order does not say.")
    async def rep(self, info: Info) -> LazyRep | None:
        from shopx_api.features.reps.types import rep  # noqa: PLC0415 -- they know one another

        return await rep(info.context.loaders, self.rep_row_id)

    @strawberry.field(description="Every ledger line of it, in the order of booking.")
    async def lines(self, info: Info) -> list[OrderLine]:
        rows = await info.context.loaders.of(lines_of).load(self.row_id)
        return [OrderLine.of(row) for row in rows]
