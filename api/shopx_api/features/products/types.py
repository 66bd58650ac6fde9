"""Types of the products feature."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import asyncpg
import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.loaders import Loaders
from shopx_api.features.products.queries import PairOrder
from shopx_api.features.sales.panel import Sales, sales_of
from shopx_api.types.connection import Connection
from shopx_api.types.cost import cost
from shopx_api.types.entities import register_entity
from shopx_api.types.enums import MetricId, describe
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import ComparisonArg, PeriodArg, ZoneArg
from shopx_api.types.node import Node, global_id
from shopx_core.domain.pareto import Abc
from shopx_core.domain.periods import Granularity


@strawberry.type(description="A node of the product tree.")
class Category(Node):
    """A category."""

    row_id: strawberry.Private[int]
    parent_row_id: strawberry.Private[int | None]
    key: str = strawberry.field(description="Its key in the source it comes from.")
    name: str = strawberry.field(description="What it is called.")

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Category":
        """Make a category of a loader's row."""
        return cls(
            id=global_id("Category", row["id"]),
            row_id=row["id"],
            parent_row_id=row["parent_id"],
            key=row["key"],
            name=row["name"],
        )

    @classmethod
    async def load(cls, context: Context, row_id: int | None) -> "Category | None":
        """Load a category; `None` without an id, or where there is none."""
        row = None if row_id is None else await context.loaders.categories.load(row_id)
        return cls.of(row) if row else None

    @strawberry.field(description="The category above; null at a root.")
    async def parent(self, info: Info) -> "Category | None":
        return await Category.load(info.context, self.parent_row_id)


@strawberry.type(description="Something sold.")
class Product(Node):
    """A product; its prices are today's, while every order line keeps its own."""

    row_id: strawberry.Private[int]
    category_row_id: strawberry.Private[int | None]
    key: str = strawberry.field(description="Its key in the source it comes from.")
    sku: str = strawberry.field(description="Stock keeping unit.")
    name: str = strawberry.field(description="What it is called.")
    unit_cost: Decimal | None = strawberry.field(
        description="Today's cost of one unit, in the reporting currency."
    )
    list_price: Decimal | None = strawberry.field(
        description="Today's price of one unit, in the reporting currency."
    )

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Product":
        """Make a product of a loader's row."""
        return cls(
            id=global_id("Product", row["id"]),
            row_id=row["id"],
            category_row_id=row["category_id"],
            key=row["key"],
            sku=row["sku"],
            name=row["name"],
            unit_cost=row["unit_cost"],
            list_price=row["list_price"],
        )

    @classmethod
    async def load(cls, context: Context, row_id: int) -> "Product | None":
        """Load a product; `None` where there is none."""
        row = await context.loaders.products.load(row_id)
        return cls.of(row) if row else None

    @strawberry.field(description="The category that it is directly in; null for none.")
    async def category(self, info: Info) -> Category | None:
        return await Category.load(info.context, self.category_row_id)

    @strawberry.field(
        description="The figures and series of this product alone, and by whom it was bought.",
        metadata=cost(8),
    )
    async def sales(
        self,
        info: Info,
        period: PeriodArg = None,
        comparison: ComparisonArg = None,
        zone: ZoneArg = None,
    ) -> Sales:
        return await sales_of(info, period, comparison, zone, products=(self.row_id,))


async def products(loaders: Loaders, ids: Iterable[int]) -> dict[int, Product]:
    """Load products by their row ids; those that do not exist are absent."""
    rows = await loaders.products.many(list(dict.fromkeys(ids)))
    return {key: Product.of(row) for key, row in rows.items()}


register_entity("Category", Category.load)
register_entity("Product", Product.load)


@strawberry.type(description="A product's place in a ranking.")
class ProductRank:
    """A row; ties share a rank and the next rank is skipped, as in sports."""

    rank: int | None = strawberry.field(
        description="Place in the period, from 1; ties share a place. Null where the ranking "
        "metric has no value."
    )
    previous_rank: int | None = strawberry.field(
        description="Place in the compared period; null without comparison or where the product "
        "did not sell then."
    )
    product: Product = strawberry.field(description="The product.")
    figures: list[Figure] = strawberry.field(description="One for each metric, as asked.")


describe(
    Abc,
    name="AbcClass",
    description="A Pareto class by cumulative share.",
    values={
        Abc.A: "The best products, which together make the first 80 %.",
        Abc.B: "The next, up to 95 %.",
        Abc.C: "The rest, and all that make nothing or a loss.",
    },
)


@strawberry.type(description="What one Pareto class holds.")
class AbcSummary:
    """One row of the class table."""

    name: Abc = strawberry.field(description="Which class.")
    products: int = strawberry.field(description="How many products are in it.")
    products_share: Decimal | None = strawberry.field(
        description="Their part of all products; null when there is none."
    )
    value: Decimal = strawberry.field(description="What they make together of the metric.")
    share: Decimal | None = strawberry.field(
        description="Their part of what all products with a positive value make; null when none "
        "has. Losses lower the share of class C."
    )


@strawberry.type(description="A product and its Pareto class.")
class AbcProduct:
    """One row of the Pareto table."""

    rank: int = strawberry.field(description="Place by the metric, from 1.")
    product: Product = strawberry.field(description="The product.")
    value: Decimal = strawberry.field(description="Its value of the metric.")
    share: Decimal | None = strawberry.field(
        description="Its part of what all products with a positive value make; null when none has."
    )
    cumulative_share: Decimal | None = strawberry.field(
        description="The part that it, its equals and all better products make together; losses "
        "do not count."
    )
    name: Abc = strawberry.field(name="class", description="Which class it is in.")


@strawberry.type(description="Products by Pareto class.")
class AbcAnalysis:
    """The classes, and their products."""

    metric: MetricId = strawberry.field(description="What the classes are made by.")
    classes: list[AbcSummary] = strawberry.field(
        description="A, B and C, in this order, also those that hold nothing."
    )
    products: Connection[AbcProduct] = strawberry.field(description="The products, best first.")


@strawberry.type(description="A category within the tree, with everything below it added up.")
class CategoryNode:
    """A flat row; `parentId` makes the tree."""

    id: strawberry.ID = strawberry.field(
        description="The category's id, as filters take it; for products without a category it "
        "is the id of none."
    )
    is_none: bool = strawberry.field(
        description="Whether this row is the products without a category."
    )
    parent_id: strawberry.ID | None = strawberry.field(
        description="The id of the category above; null at a root."
    )
    name: str = strawberry.field(description="What it is called.")
    depth: int = strawberry.field(description="How many categories are above it.")
    products: int = strawberry.field(
        description="How many products sold, or came back, in it and below."
    )
    figures: list[Figure] = strawberry.field(
        description="One for each metric, as asked, with everything below it."
    )


@strawberry.type(description="One product's line in a chart of several.")
class ProductTrendLine:
    """A column."""

    product: Product = strawberry.field(description="The product.")
    current: list[Decimal | None] = strawberry.field(description="One value a bucket.")
    previous: list[Decimal | None] | None = strawberry.field(
        description="The compared period's values; null without comparison."
    )


@strawberry.type(description="Several products over time, in columns of equal length.")
class ProductTrend:
    """A chart with a line a product."""

    metric: MetricId = strawberry.field(description="What the lines show.")
    granularity: Granularity = strawberry.field(description="The unit of the buckets.")
    buckets: list[dt.datetime] = strawberry.field(description="When each bucket begins.")
    previous_buckets: list[dt.datetime | None] | None = strawberry.field(
        description="When the compared period's bucket of the same place begins; null where it "
        "has none. The list is null without comparison."
    )
    partial_from: int | None = strawberry.field(
        description="Index of the bucket that is still running: it and all later ones are "
        "unfinished. Null when every bucket is over."
    )
    partial: list[int] = strawberry.field(
        description="Indexes of all buckets that stand for less than a whole calendar unit: cut "
        "by the period, running, or still to come."
    )
    lines: list[ProductTrendLine] = strawberry.field(description="One for each product, as asked.")


@strawberry.type(description="Order lines sold at a discount within a band.")
class DiscountBand:
    """A row of the discount table: what discounting does to units and margin."""

    low: Decimal = strawberry.field(
        description="The lowest discount of the band, included: 0.05 is 5 % of the gross amount."
    )
    high: Decimal | None = strawberry.field(
        description="Where the band ends, excluded; null for the last. Band 0 to 0 is what was "
        "sold without any discount, which the next band does not hold."
    )
    is_returns: bool = strawberry.field(
        description="Whether this row is the returns, which have no discount of their own. It is "
        "the last, and all rows add up to the figures of the period."
    )
    figures: list[Figure] = strawberry.field(
        description="GROSS, DISCOUNTS, UNITS, LINES, PROFIT and MARGIN of the lines in it."
    )


describe(
    PairOrder,
    name="PairOrder",
    description="What bought-together pairs are ranked by, highest first.",
    values={
        PairOrder.LIFT: "How much more often than by chance.",
        PairOrder.SUPPORT: "How many orders.",
        PairOrder.CONFIDENCE: "How likely the second product is with the first.",
    },
)


@strawberry.type(description="Two products that are bought in the same order.")
class ProductPair:
    """A directed pair: with `product`, `other` is bought too."""

    product: Product = strawberry.field(description="The first product.")
    other: Product = strawberry.field(description="What is bought with it.")
    orders: int = strawberry.field(description="Orders that hold both.")
    support: Decimal = strawberry.field(
        description="The part of all orders that were looked at that hold both."
    )
    confidence: Decimal = strawberry.field(
        description="The part of the orders with `product` that hold `other` too."
    )
    lift: Decimal = strawberry.field(
        description="`confidence` divided by the part of all orders that hold `other`: above 1 "
        "they attract each other."
    )


@strawberry.type(
    description="Bought-together pairs, as last computed, over the 365 days up to the newest sale "
    "then. Orders with more than 100 products are left out."
)
class ProductPairs(Connection[ProductPair]):
    """Pairs come from a materialized view with its own as-of."""

    as_of: dt.datetime | None = strawberry.field(
        description="What the pairs are as of; null before they were first computed."
    )


@strawberry.type(description="A product by what it sells and what it keeps of that.")
class MarginPoint:
    """A point of the margin map."""

    product: Product = strawberry.field(description="The product.")
    volume: Decimal = strawberry.field(description="REVENUE or UNITS, as asked.")
    revenue: Decimal = strawberry.field(description="What it sold for.")
    profit: Decimal = strawberry.field(description="Revenue minus its cost.")
    margin: Decimal = strawberry.field(description="Profit divided by revenue.")


@strawberry.type(
    description="Products by margin and volume. A vertical and a horizontal line make quadrants."
)
class MarginMap:
    """A scatter of products; those that it lacks are counted."""

    volume: MetricId = strawberry.field(description="What the volume is.")
    typical_volume: Decimal | None = strawberry.field(
        description="The median of all products with a margin, the lower one of two; null without "
        "any."
    )
    margin: Decimal | None = strawberry.field(
        description="The margin of all products with a margin together."
    )
    points: list[MarginPoint] = strawberry.field(
        description="Those with the highest volume, the highest first."
    )
    others: int = strawberry.field(description="Products with a margin and a lower volume.")
    without_cost: int = strawberry.field(
        description="Products that sold and whose cost is not known, so that they have no margin."
    )
    without_revenue: int = strawberry.field(
        description="Products whose returns are no less than their sales, so that they have none."
    )
