"""Inputs and payloads of the mutations that record orders and reference data."""

import datetime as dt
from decimal import Decimal

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.orders.types import Order
from shopx_api.types.enums import describe
from shopx_store.ledger.outcomes import ItemStatus


@strawberry.input(description="One line of an order.")
class OrderLineInput:
    """Amounts are those of the whole line, in the order's currency, and not negative."""

    product: str = strawberry.field(description="The product's key in this source.")
    quantity: Decimal = strawberry.field(description="How many; above 0.")
    gross: Decimal = strawberry.field(
        description="Amount of the line before discount: quantity times price."
    )
    discount: Decimal = strawberry.field(
        default=Decimal(0), description="What is taken off the line."
    )
    cost: Decimal | None = strawberry.field(
        default=None,
        description="What the line's goods cost; quantity times the product's unit cost if null, "
        "and 0 where the product has none.",
    )


@strawberry.input(description="An order to record.")
class OrderInput:
    """Everything is named by keys of the order's source."""

    key: str = strawberry.field(
        description="The order's key in this source, which is its idempotency key too: recording "
        "it again with the same content changes nothing and returns the same order, and with "
        "other content is a CONFLICT."
    )
    ordered_at: dt.datetime = strawberry.field(description="When the order was placed.")
    currency: str | None = strawberry.field(
        default=None, description="ISO 4217 code of its amounts; the reporting currency if null."
    )
    customer: str | None = strawberry.field(
        default=None, description="The customer's key in this source; null for a sale to nobody."
    )
    rep: str | None = strawberry.field(
        default=None, description="The sales rep's key in this source."
    )
    region: str | None = strawberry.field(
        default=None, description="The name of the sales region; made if it is new."
    )
    channel: str | None = strawberry.field(
        default=None, description="The name of the sales channel; made if it is new."
    )
    lines: list[OrderLineInput] = strawberry.field(description="What was sold, 1 to 500 lines.")


@strawberry.input(description="What is taken back of one line.")
class RefundLineInput:
    """A part of a sale line; amounts are positive."""

    line: int = strawberry.field(description="The number of the sale line, from 1.")
    quantity: Decimal = strawberry.field(
        default=Decimal(0),
        description="How many come back; 0 for a credit without goods.",
    )
    amount: Decimal | None = strawberry.field(
        default=None,
        description="What is credited; the line's revenue per unit times `quantity` if null.",
    )


describe(
    ItemStatus,
    name="IngestStatus",
    description="What became of one item of a batch.",
    values={
        ItemStatus.RECORDED: "It is stored, durably.",
        ItemStatus.REPEATED: "It was stored by an earlier request; nothing changed.",
        ItemStatus.REJECTED: "It was not stored; `problems` says why. Other items are not "
        "affected.",
    },
)


@strawberry.type(description="Why an item was not taken.")
class IngestProblem:
    """A problem, and where it is."""

    code: str = strawberry.field(description="A stable code, as in `extensions.code`.")
    message: str = strawberry.field(description="What is wrong.")
    hint: str | None = strawberry.field(description="What to do about it.")
    field: str | None = strawberry.field(
        description="The path of the field within the item, such as `lines.2.quantity`; null for "
        "the item as a whole."
    )


@strawberry.type(description="What became of one order of a batch.")
class OrderResult:
    """In the place of its order."""

    index: int = strawberry.field(description="Its place in the batch, from 0.")
    key: str = strawberry.field(description="The order's key, as given.")
    status: ItemStatus = strawberry.field(description="What became of it.")
    order_row_id: strawberry.Private[int | None]
    problems: list[IngestProblem] = strawberry.field(description="Empty unless rejected.")

    @strawberry.field(description="The order as it is now; null where it was rejected.")
    async def order(self, info: Info) -> Order | None:
        if self.order_row_id is None:
            return None
        return await Order.load(info.context, self.order_row_id)


@strawberry.type(description="What became of a batch of orders.")
class RecordOrdersPayload:
    """Every order has a result, in the order given."""

    recorded: int = strawberry.field(description="How many are new.")
    repeated: int = strawberry.field(description="How many were there already.")
    rejected: int = strawberry.field(description="How many were not taken.")
    results: list[OrderResult] = strawberry.field(description="One for each order, in order.")


@strawberry.type(description="The order after it was refunded or cancelled.")
class ChangeOrderPayload:
    """What refundOrder and cancelOrder return."""

    status: ItemStatus = strawberry.field(description="RECORDED or REPEATED.")
    order_row_id: strawberry.Private[int | None]

    @strawberry.field(description="The order as it is now.")
    async def order(self, info: Info) -> Order | None:
        if self.order_row_id is None:
            return None
        return await Order.load(info.context, self.order_row_id)


@strawberry.input(description="A category to make or to change.")
class CategoryInput:
    """Named by key."""

    key: str = strawberry.field(description="Its key in this source.")
    name: str = strawberry.field(description="What it is called.")
    parent: str | None = strawberry.field(
        default=None, description="The key of the category above; null for a root."
    )


@strawberry.input(description="A product to make or to change.")
class ProductInput:
    """Named by key."""

    key: str = strawberry.field(description="Its key in this source.")
    name: str = strawberry.field(description="What it is called.")
    sku: str | None = strawberry.field(
        default=None, description="Stock keeping unit; the key if null."
    )
    category: str | None = strawberry.field(
        default=None, description="The key of its category in this source."
    )
    unit_cost: Decimal | None = strawberry.field(
        default=None, description="Today's cost of one unit, in the reporting currency."
    )
    list_price: Decimal | None = strawberry.field(
        default=None, description="Today's price of one unit, in the reporting currency."
    )


@strawberry.input(description="A customer to make or to change.")
class CustomerInput:
    """Named by key."""

    key: str = strawberry.field(description="Their key in this source.")
    name: str | None = strawberry.field(default=None, description="What they are called.")
    email: str | None = strawberry.field(default=None, description="Their address.")
    country: str | None = strawberry.field(default=None, description="Where they are.")


@strawberry.input(description="A sales rep to make or to change.")
class RepInput:
    """Named by key."""

    key: str = strawberry.field(description="Their key in this source.")
    name: str = strawberry.field(description="What they are called.")
    team: str | None = strawberry.field(default=None, description="The team they are in.")
    region: str | None = strawberry.field(
        default=None, description="The name of their region; made if it is new."
    )
    hired_on: dt.date | None = strawberry.field(default=None, description="Their first day.")
    manager: str | None = strawberry.field(
        default=None, description="The key of their manager in this source."
    )


@strawberry.type(description="What became of one row of reference data.")
class UpsertResult:
    """In the place of its row."""

    index: int = strawberry.field(description="Its place in the batch, from 0.")
    key: str = strawberry.field(description="Its key, as given.")
    status: ItemStatus = strawberry.field(description="RECORDED or REJECTED.")
    id: strawberry.ID | None = strawberry.field(
        description="Its global id; null where it was rejected."
    )
    problems: list[IngestProblem] = strawberry.field(description="Empty unless rejected.")


@strawberry.type(description="What became of a batch of reference data.")
class UpsertPayload:
    """Every row has a result, in the order given."""

    recorded: int = strawberry.field(description="How many were made or changed.")
    rejected: int = strawberry.field(description="How many were not taken.")
    results: list[UpsertResult] = strawberry.field(description="One for each row, in order.")


@strawberry.input(description="An exchange rate.")
class RateInput:
    """From a day on, until the next one of its currency."""

    currency: str = strawberry.field(description="ISO 4217 code.")
    day: dt.date = strawberry.field(description="The first day that it is of.")
    rate: Decimal = strawberry.field(
        description="Units of the reporting currency for one unit of this one."
    )


@strawberry.type(description="What became of exchange rates.")
class SetRatesPayload:
    """All were stored."""

    added: int = strawberry.field(description="How many are new.")
    changed: int = strawberry.field(description="How many replaced another rate of their day.")
    same: int = strawberry.field(description="How many were there already.")
