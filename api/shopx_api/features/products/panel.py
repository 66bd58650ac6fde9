"""The products panel."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Final

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.products import compute, margins, queries
from shopx_api.features.products.queries import PairFilter, PairOrder
from shopx_api.features.products.types import (
    AbcAnalysis,
    CategoryNode,
    DiscountBand,
    MarginMap,
    MarginPoint,
    Product,
    ProductPairs,
    ProductRank,
    ProductTrend,
    products,
)
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.labels import NONE_LABELS
from shopx_api.panels.metric_values import Measures, chosen, needed
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.pareto import Pareto, check_pareto, pareto_keyset
from shopx_api.panels.ranked_table import Order
from shopx_api.panels.ranking import Placed, ranked, ranking
from shopx_api.panels.series import axis
from shopx_api.panels.table import Table
from shopx_api.types.connection import Connection
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import REVENUE, DimensionName, MetricId, SortDirection, SortValue
from shopx_api.types.inputs import (
    AfterArg,
    DirectionArg,
    FirstArg,
    GranularityArg,
    MetricsArg,
    SearchArg,
    SortArg,
)
from shopx_api.types.node import global_id, row_id
from shopx_core.domain.matviews import PRODUCT_PAIRS
from shopx_core.domain.metrics import METRICS, Metric
from shopx_core.domain.pareto import Abc
from shopx_core.domain.periods import Range
from shopx_core.errors import InvalidInput, NotFound
from shopx_store.query import Dimension, SalesQuery

MAX_LINES: Final = 10
"""Lines of a trend; more cannot be distinguished."""
DEFAULT_LINES: Final = 5


@root_field(
    "products",
    order=2,
    cost=15,
    description="Products: ranking, Pareto classes, categories, pairs.",
)
@strawberry.type(description="The products of one period.")
class Products(Panel):
    """The products page."""

    @strawberry.field(
        description="Products by any metric; each row's figures are the ranking metric where "
        "`metrics` is null. Products without a value of the metric come last either way. "
        "Places count from the highest value.",
        metadata=cost(6.3, Reads(by=("PRODUCT",))),
    )
    async def ranking(
        self,
        info: Info,
        by: Annotated[MetricId, strawberry.argument(description="What ranks.")] = REVENUE,
        metrics: MetricsArg = None,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[ProductRank]:
        return await ranking(
            info.context.data,
            self.selection,
            DimensionName.PRODUCT,
            chosen(metrics, [by]),
            Order.of(METRICS[by], sort, direction),
            PageArgs(first, after),
            search=search,
            to_nodes=partial(_ranks, info.context),
        )

    @strawberry.field(
        description="Pareto classes: which few products make most of a metric.",
        metadata=cost(1, Reads(by=("PRODUCT",), compared=False)),
    )
    async def abc(
        self,
        info: Info,
        by: Annotated[
            MetricId,
            strawberry.argument(description="An additive metric: REVENUE, PROFIT, GROSS, UNITS."),
        ] = REVENUE,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> AbcAnalysis:
        metric, page = METRICS[by], PageArgs(first, after)
        check_pareto(metric, DimensionName.PRODUCT)
        keyset = pareto_keyset(metric)
        query = self.selection.query(metric.measures, by=(Dimension.PRODUCT,))
        found = await ranked(info.context.data, query, metric)
        analysis = Pareto(found)
        classes = analysis.classes
        page_rows = found.page(first, keyset.key(after), placed_only=True)
        rows = [analysis.row(row) for row in page_rows]
        known = await products(info.context.loaders, [row.product_id for row in rows])
        return AbcAnalysis(
            metric=by,
            classes=[compute.class_summary(abc, classes) for abc in Abc],
            products=keyset.connection(
                page,
                [compute.classified_product(row, known[row.product_id]) for row in rows],
                [row.sort_key for row in rows],
                int(found.placed.sum()),
            ),
        )

    @strawberry.field(
        description="Products by margin and volume. Those without a known cost have no margin: "
        "they are left out, and counted.",
        metadata=cost(10, Reads(by=("PRODUCT",), compared=False)),
    )
    async def margins(
        self,
        info: Info,
        volume: Annotated[MetricId, strawberry.argument(description="REVENUE or UNITS.")] = REVENUE,
        points: Annotated[
            int, strawberry.argument(description="How many products at most, 1 to 500.")
        ] = 100,
    ) -> MarginMap:
        shown = METRICS[volume]
        margins.check(shown, points)
        query = self.selection.query(margins.MEASURES, by=(Dimension.PRODUCT,))
        table = Table.of(query, await info.context.data.aggregate(query))
        found = margins.Margins.of(table, shown)
        best = table.take(found.best(points))
        keys = best.keys.tolist()
        known = await products(info.context.loaders, keys)
        columns = [best.shown(METRICS[name]) for name in ("revenue", "profit", "margin")]
        rows = zip(keys, best.shown(shown), *columns, strict=True)
        return MarginMap(
            volume=volume,
            typical_volume=found.typical_volume,
            margin=found.margin,
            points=[
                MarginPoint(
                    product=known[key], volume=size, revenue=revenue, profit=profit, margin=margin
                )
                for key, size, revenue, profit, margin in rows
            ],
            others=int(found.known.sum()) - len(best),
            without_cost=found.without_cost,
            without_revenue=found.without_revenue,
        )

    @strawberry.field(
        description="The category tree, parents before children, siblings by the first metric, "
        "best first; categories that sold nothing in either period are left out. REVENUE where "
        "`metrics` is null; metrics that count orders or customers do not add up and are refused.",
        metadata=cost(
            2.6, Reads(by=("CATEGORY",)), Reads(by=("PRODUCT",), metrics=("UNITS",), compared=False)
        ),
    )
    async def category_tree(self, info: Info, metrics: MetricsArg = None) -> list[CategoryNode]:
        data, shown = info.context.data, chosen(metrics, [REVENUE])
        compute.check_category_metrics(shown)
        measures = needed(shown)
        query = self.selection.query(measures, by=(Dimension.CATEGORY,))
        previous = await _compared(info.context, self.selection.comparable, query)
        sales = compute.CategorySales(
            current=await _by_key(info.context, query),
            previous=previous,
            products=await queries.products_sold(
                data, self.selection.query(measures, by=(Dimension.PRODUCT,))
            ),
        )
        nodes = compute.roll_up(
            await queries.categories(data),
            sales,
            measures,
            shown[0].value,
            NONE_LABELS[DimensionName.CATEGORY],
        )
        return compute.category_nodes(nodes, shown, measures)

    @strawberry.field(
        description="Products over time.",
        metadata=cost(
            1.2,
            Reads(by=("PRODUCT",), compared=False),
            Reads(by=("PRODUCT",), chosen=("PRODUCT",)),
        ),
    )
    async def trend(
        self,
        info: Info,
        products: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description="Ids of 1 to 10 products; the period's best five where null."
            ),
        ] = None,
        metric: Annotated[
            MetricId, strawberry.argument(description="What the lines show.")
        ] = REVENUE,
        granularity: GranularityArg = None,
    ) -> ProductTrend:
        shown = METRICS[metric]
        chart = axis(self.selection, granularity)
        query = self.selection.query(shown.measures, by=(Dimension.PRODUCT,))
        if products is None:
            ids = await _best(info.context, query, shown)
        else:
            ids = _trend_ids(products)
        lines = await _existing(info.context, ids)
        query = replace(
            query,
            filters=replace(self.selection.filters, products=tuple(sorted(ids))),
            granularity=chart.granularity,
        )
        current = await _by_product(info.context, query, self.selection.period, ids)
        previous = await _by_product(info.context, query, self.selection.comparison, ids)
        return compute.trend(shown, chart, lines, current, previous)

    @strawberry.field(
        description="What discounts do: sale lines by how much was taken off.",
        metadata=cost(1.6, Reads(by=("DISCOUNT",))),
    )
    async def discount_bands(self, info: Info) -> list[DiscountBand]:
        query = self.selection.query(needed(compute.BAND_METRICS), by=(Dimension.DISCOUNT,))
        current = await _by_key(info.context, query)
        previous = await _compared(info.context, self.selection.comparable, query)
        return compute.discount_bands(current, previous)

    @strawberry.field(
        description="Products bought together, each pair once: from the product in fewer orders, "
        "or from the one that the panel's filters on products and categories choose. The panel's "
        "period and other filters do not apply.",
        metadata=cost(32),
    )
    async def pairs(
        self,
        info: Info,
        by: Annotated[PairOrder, strawberry.argument(description="What ranks.")] = PairOrder.LIFT,
        min_orders: Annotated[
            int, strawberry.argument(description="Leave out pairs of fewer orders, 1 or more.")
        ] = 5,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> ProductPairs:
        data, page = info.context.data, PageArgs(first, after)
        pair_filter = PairFilter(
            by=by,
            min_orders=min_orders,
            products=self.selection.filters.products,
            categories=self.selection.filters.categories,
        )
        keyset = pair_filter.keyset
        rows = await queries.pairs(data, pair_filter, first=first, after=keyset.key(after))
        known = await products(
            info.context.loaders, [key for row in rows for key in (row.product_id, row.other_id)]
        )
        connection = keyset.connection(
            page,
            [compute.product_pair(row, known) for row in rows],
            [row.sort_key for row in rows],
            partial(queries.count_pairs, data, pair_filter),
        )
        return ProductPairs(
            edges=connection.edges,
            page_info=connection.page_info,
            count=connection.count,
            as_of=await view_as_of(info.context, PRODUCT_PAIRS),
        )


async def _ranks(context: Context, places: Sequence[Placed]) -> list[ProductRank]:
    known = await products(context.loaders, [place.row.key for place in places])
    return [
        ProductRank(
            rank=place.row.rank,
            previous_rank=place.row.previous_rank,
            product=known[place.row.key],
            figures=place.figures,
        )
        for place in places
    ]


async def _by_key(context: Context, query: SalesQuery) -> dict[int, Measures]:
    """The rows of a sales query by its one dimension."""
    key = query.by[0].key
    return {row[key]: row for row in (await context.data.aggregate(query)).rows}


async def _compared(
    context: Context, comparable: Range | None, query: SalesQuery
) -> dict[int, Measures] | None:
    """The rows in the comparable period by their one dimension; `None` without comparison."""
    if comparable is None:
        return None
    return await _by_key(context, replace(query, start=comparable.start, end=comparable.end))


async def _best(context: Context, query: SalesQuery, metric: Metric) -> list[int]:
    """Row ids of the period's best products."""
    found = await ranked(context.data, query, metric)
    return [int(found.table.keys[row]) for row in found.page(DEFAULT_LINES, None)[:DEFAULT_LINES]]


def _trend_ids(ids: Sequence[str]) -> list[int]:
    row_ids = list(dict.fromkeys(row_id(value, "Product") for value in ids))
    if not 1 <= len(row_ids) <= MAX_LINES:
        raise InvalidInput(
            f"{len(row_ids)} products were requested.", hint=f"Choose 1 to {MAX_LINES}."
        )
    return row_ids


async def _existing(context: Context, ids: Sequence[int]) -> dict[int, Product]:
    known = await products(context.loaders, ids)
    missing = [global_id("Product", key) for key in ids if key not in known]
    if missing:
        raise NotFound(f"There is no product {missing[0]!r}.", id=missing[0])
    return {key: known[key] for key in ids}


async def _by_product(
    context: Context, query: SalesQuery, period: Range | None, ids: Sequence[int]
) -> dict[int, list[Measures]]:
    """Rows of each product in a period, by bucket; none without a period."""
    rows: dict[int, list[Measures]] = {key: [] for key in ids}
    if ids and period is not None:
        over = replace(query, start=period.start, end=period.end)
        for row in (await context.data.aggregate(over)).rows:
            rows[row["product_id"]].append(row)
    return rows
