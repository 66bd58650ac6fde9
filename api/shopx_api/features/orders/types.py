"""Types of the orders feature."""

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.features.orders.compute import OrderStatus, order_status
from shopx_api.features.orders.queries import (
    LineRow,
    OrderRow,
    PlacedOrder,
    lines_of,
    orders_by_id,
)
from shopx_api.features.products.types import Product
from shopx_api.features.reps.types import SalesRep
from shopx_api.types.entities import load_entity, register_entity
from shopx_api.types.enums import describe
from shopx_api.types.node import Node, global_id
from shopx_core.domain.ledger_kinds import LedgerKind
from shopx_core.domain.money import EXACT

if TYPE_CHECKING:
    from shopx_api.features.customers.types import Customer

# A customer has orders and an order has a customer: this direction goes through the registry of
# entities, so that the modules do not import one another.
LazyCustomer = Annotated["Customer", strawberry.lazy("shopx_api.features.customers.types")]


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
    PlacedOrder,
    name="PlacedOrder",
    description="What orders a list of orders.",
    values={
        PlacedOrder.TIME: "When it was placed.",
        PlacedOrder.REVENUE: "Its revenue, in its own currency: amounts are not converted.",
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
    revenue: Decimal = strawberry.field(
        description="Gross minus discount, signed: the order's revenue is the sum of its lines'."
    )
    cost: Decimal = strawberry.field(description="What the goods cost, signed.")

    @classmethod
    def of(cls, row: LineRow) -> "OrderLine":
        """Make a line of a row."""
        return cls(
            product_row_id=row.product_id,
            number=row.number,
            kind=row.kind,
            booked_at=row.booked_at,
            quantity=row.quantity,
            gross=row.gross,
            discount=row.discount,
            revenue=EXACT.subtract(row.gross, row.discount),
            cost=row.cost,
        )

    @strawberry.field(description="What was sold.")
    async def product(self, info: Info) -> Product:
        # A line has a product: the database's foreign key says so.
        return cast("Product", await Product.load(info.context, self.product_row_id))


@strawberry.type(description="An order; its amounts are in its own currency.")
class Order(Node):
    """A header with the sums of its ledger lines."""

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
    profit: Decimal | None = strawberry.field(
        description="Revenue minus cost; null where no cost is known."
    )
    units: Decimal = strawberry.field(description="Quantity sold, before returns.")

    @classmethod
    def of(cls, row: OrderRow) -> "Order":
        """Make an order of a row."""
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
            profit=(EXACT.subtract(row.revenue, row.cost) if row.cost or not row.revenue else None),
            units=row.totals.units,
        )

    @classmethod
    async def load(cls, context: Context, row_id: int) -> "Order | None":
        """Load an order; `None` where the operation's snapshot has none."""
        row = await context.loaders.of(orders_by_id).load(row_id)
        return cls.of(row) if row is not None else None

    @strawberry.field(description="Who bought; null where the order does not say.")
    async def customer(self, info: Info) -> LazyCustomer | None:
        customer = await load_entity(info.context, "Customer", self.customer_row_id)
        return cast("Customer | None", customer)

    @strawberry.field(description="Who sold; null where the order does not say.")
    async def rep(self, info: Info) -> SalesRep | None:
        return await SalesRep.load(info.context, self.rep_row_id)

    @strawberry.field(description="Every ledger line of it, in the order of booking.")
    async def lines(self, info: Info) -> list[OrderLine]:
        rows = await info.context.loaders.of(lines_of).load(self.row_id)
        return [OrderLine.of(row) for row in rows]


register_entity("Order", Order.load)
