"""The schema: one root field a panel."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from shopx_api.data.context import Info
from shopx_api.features import entities
from shopx_api.features.admin import service as admin
from shopx_api.features.admin.types import ApiToken, FilterOption, Freshness, Reporting, Viewer
from shopx_api.features.customers.resolvers import Customers
from shopx_api.features.customers.types import Customer
from shopx_api.features.ingest import service as ingest
from shopx_api.features.ingest.types import (
    CategoryInput,
    ChangeOrderPayload,
    CustomerInput,
    OrderInput,
    ProductInput,
    RecordOrdersPayload,
    RefundLineInput,
    RepInput,
    UpsertPayload,
)
from shopx_api.features.orders.types import Order
from shopx_api.features.products.resolvers import Products
from shopx_api.features.products.types import Category, Product
from shopx_api.features.profitability.resolvers import Profitability
from shopx_api.features.reps.resolvers import Reps
from shopx_api.features.reps.types import SalesRep
from shopx_api.features.sales.resolvers import Sales
from shopx_api.panels.selection import select
from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Metric
from shopx_api.types.inputs import (
    AfterArg,
    ComparisonArg,
    FilterArg,
    FirstArg,
    PeriodArg,
    ZoneArg,
)
from shopx_api.types.node import Node, row_id
from shopx_api.types.scalars import SCALARS

IdArg = Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
SourceArg = Annotated[
    str,
    strawberry.argument(
        description="The source whose keys are meant; made if it is new. Sources never share keys."
    ),
]


@strawberry.type(
    description="Everything that can be asked. All of one operation is as of one instant."
)
class Query:
    """Reads."""

    @strawberry.field(description="Sales: KPIs, series, breakdowns, heat map, live figures.")
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
        filters: FilterArg = None,
    ) -> Sales:
        return Sales(
            selection=await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
        )

    @strawberry.field(description="Products: ranking, Pareto classes, categories, pairs.")
    async def products(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
        filters: FilterArg = None,
    ) -> Products:
        return Products(
            selection=await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
        )

    @strawberry.field(description="Customers: segments, cohorts, lifetime value, ranking.")
    async def customers(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
        filters: FilterArg = None,
    ) -> Customers:
        return Customers(
            selection=await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
        )

    @strawberry.field(description="Sales reps: the leaderboard.")
    async def reps(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
        filters: FilterArg = None,
    ) -> Reps:
        return Reps(
            selection=await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
        )

    @strawberry.field(description="Profitability: waterfall, breakdowns, series, loss-makers.")
    async def profitability(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
        filters: FilterArg = None,
    ) -> Profitability:
        return Profitability(
            selection=await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
        )

    @strawberry.field(description="Any entity by its global id; null if there is none.")
    async def node(self, info: Info, id: IdArg) -> Node | None:
        return await entities.find(info.context, id)

    @strawberry.field(description="One product; the error NOT_FOUND if there is none.")
    async def product(self, info: Info, id: IdArg) -> Product | None:
        found = await entities.find_product(info.context, row_id(id, "Product"))
        return entities.existing(found, id)

    @strawberry.field(description="One customer; the error NOT_FOUND if there is none.")
    async def customer(self, info: Info, id: IdArg) -> Customer | None:
        found = await entities.find_customer(info.context, row_id(id, "Customer"))
        return entities.existing(found, id)

    @strawberry.field(description="One sales rep; the error NOT_FOUND if there is none.")
    async def rep(self, info: Info, id: IdArg) -> SalesRep | None:
        found = await entities.find_rep(info.context, row_id(id, "SalesRep"))
        return entities.existing(found, id)

    @strawberry.field(description="One order; the error NOT_FOUND if there is none.")
    async def order(self, info: Info, id: IdArg) -> Order | None:
        found = await entities.find_order(info.context, row_id(id, "Order"))
        return entities.existing(found, id)

    @strawberry.field(description="Every metric with its definition, in the order pages list them.")
    def metrics(self) -> list[Metric]:
        return admin.metrics()

    @strawberry.field(description="What can be filtered by, by name.")
    async def filter_options(
        self,
        info: Info,
        dimension: Annotated[DimensionName, strawberry.argument(description="Which dimension.")],
        search: Annotated[
            str | None,
            strawberry.argument(description="A part of the name, SKU, key or address."),
        ] = None,
        ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Only these, 1 to 100, in this order, and the id of none among them; "
                "ids that name nothing are left out. `search`, `first` and `after` do not apply."
            ),
        ] = None,
        first: FirstArg = 20,
        after: AfterArg = None,
    ) -> Connection[FilterOption]:
        if ids is not None:
            return await admin.named_options(info.context, dimension, ids)
        return await admin.filter_options(info.context, dimension, search, first, after)

    @strawberry.field(description="The terms in which figures are reported.")
    async def reporting(self, info: Info) -> Reporting:
        return await admin.reporting(info.context)

    @strawberry.field(description="How fresh each tier is.")
    async def freshness(self, info: Info) -> Freshness:
        return await admin.freshness(info.context)

    @strawberry.field(description="Who is asking.")
    def viewer(self, info: Info) -> Viewer:
        return admin.viewer(info.context)

    @strawberry.field(description="API tokens, the newest first; for admins.")
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        return await admin.api_tokens(info.context)


@strawberry.type(
    description="Everything that can be changed. Each needs a token with the scope it names."
)
class Mutation:
    """Writes."""

    @strawberry.mutation(
        description="Record up to 500 orders, each on its own: one that is rejected does not "
        "affect the others. Scope INGEST."
    )
    async def record_orders(
        self,
        info: Info,
        orders: Annotated[list[OrderInput], strawberry.argument(description="1 to 500 orders.")],
        source: SourceArg = "api",
    ) -> RecordOrdersPayload:
        return await ingest.record_orders(info.context, source, orders)

    @strawberry.mutation(
        description="Take back a part of an order, or all that is left of it. Scope INGEST."
    )
    async def refund_order(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="The order's key in its source.")],
        idempotency_key: Annotated[
            str,
            strawberry.argument(description="Repeating it with the same content changes nothing."),
        ],
        lines: Annotated[
            list[RefundLineInput] | None,
            strawberry.argument(description="What is taken back; all that is left if null."),
        ] = None,
        refunded_at: Annotated[
            dt.datetime | None,
            strawberry.argument(description="When it happened, and so counts; now if null."),
        ] = None,
        source: SourceArg = "api",
    ) -> ChangeOrderPayload:
        return await ingest.refund_order(
            info.context, source, key, refund_key=idempotency_key, lines=lines, at=refunded_at
        )

    @strawberry.mutation(
        description="Void an order as if it had never been: its lines count nowhere, at any "
        "time. Cancelling it again changes nothing. Scope INGEST."
    )
    async def cancel_order(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="The order's key in its source.")],
        source: SourceArg = "api",
    ) -> ChangeOrderPayload:
        return await ingest.cancel_order(info.context, source, key)

    @strawberry.mutation(description="Make or change up to 1000 categories. Scope INGEST.")
    async def upsert_categories(
        self,
        info: Info,
        categories: Annotated[
            list[CategoryInput],
            strawberry.argument(description="Parents before their children."),
        ],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await ingest.upsert(info.context, source, ingest.CATEGORIES, categories)

    @strawberry.mutation(description="Make or change up to 1000 products. Scope INGEST.")
    async def upsert_products(
        self,
        info: Info,
        products: Annotated[list[ProductInput], strawberry.argument(description="In any order.")],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await ingest.upsert(info.context, source, ingest.PRODUCTS, products)

    @strawberry.mutation(description="Make or change up to 1000 customers. Scope INGEST.")
    async def upsert_customers(
        self,
        info: Info,
        customers: Annotated[list[CustomerInput], strawberry.argument(description="In any order.")],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await ingest.upsert(info.context, source, ingest.CUSTOMERS, customers)

    @strawberry.mutation(description="Make or change up to 1000 sales reps. Scope INGEST.")
    async def upsert_reps(
        self,
        info: Info,
        reps: Annotated[
            list[RepInput], strawberry.argument(description="Managers before those they manage.")
        ],
        source: SourceArg = "api",
    ) -> UpsertPayload:
        return await ingest.upsert(info.context, source, ingest.REPS, reps)

    @strawberry.mutation(
        description="Refuse a token from now on. Revoking it again changes nothing. Scope ADMIN."
    )
    async def revoke_token(self, info: Info, id: IdArg) -> ApiToken:
        return await admin.revoke_token(info.context, id)


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[Product, Category, Customer, SalesRep, Order, ApiToken],
    config=StrawberryConfig(scalar_map=SCALARS),
)
