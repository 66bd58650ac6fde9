"""Lists of products: ranked, by Pareto class, bought together."""

from collections.abc import Sequence
from decimal import Decimal

from shopx_api.data.context import Context
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.products import repository, types
from shopx_api.features.products.pairs import PairOrder, PairQuery, count_pairs, pairs_page
from shopx_api.panels import ranking as panel_ranking
from shopx_api.panels.metric_values import adds_up, needed
from shopx_api.panels.ranking import PageArgs
from shopx_api.panels.selection import Selection
from shopx_api.types.connection import Connection, connection, decode_cursor, encode_cursor
from shopx_api.types.enums import DimensionName, MetricId
from shopx_core.domain.metrics import Metric
from shopx_core.domain.money import ZERO, share
from shopx_core.domain.pareto import Abc
from shopx_core.errors import InvalidInput
from shopx_store.matviews.registry import PRODUCT_PAIRS
from shopx_store.query import Dimension


async def ranking(
    context: Context,
    selection: Selection,
    metrics: Sequence[Metric],
    by: Metric,
    page: PageArgs,
    *,
    ascending: bool,
) -> Connection[types.ProductRank]:
    """Rank products by any metric."""

    async def shown(places: Sequence[panel_ranking.Placed]) -> list[types.ProductRank]:
        known = await types.products(context.loaders, [one.row.key for one in places])
        return [
            types.ProductRank(
                rank=one.row.rank,
                previous_rank=one.previous_rank,
                product=known[one.row.key],
                figures=one.figures,
            )
            for one in places
        ]

    return await panel_ranking.ranking(
        context.data,
        selection,
        DimensionName.PRODUCT,
        metrics,
        by,
        page,
        ascending=ascending,
        shown=shown,
        key=lambda row: row.product.row_id,
    )


async def abc(
    context: Context, selection: Selection, by: Metric, page: PageArgs
) -> types.AbcAnalysis:
    """Put products into Pareto classes.

    Raises:
        InvalidInput: The metric does not add up over products.
    """
    if not adds_up(by, DimensionName.PRODUCT):
        raise InvalidInput(
            f"{by.title} does not add up over products, so it has no Pareto classes.",
            hint="Choose an additive metric, such as REVENUE, PROFIT, GROSS or UNITS.",
        )
    order = f"abc:{by.id}"
    after = decode_cursor(page.after, order, Decimal, int)
    query = selection.query(needed([by]), by=(Dimension.PRODUCT,))
    classes, rows = await repository.classified(context.data, query, by, page.first, after)
    known = await types.products(context.loaders, [row.product_id for row in rows])
    whole = sum(row.products for row in classes)

    async def count() -> int:
        return whole

    return types.AbcAnalysis(
        metric=MetricId(by.id),
        classes=[_class(abc, classes, whole) for abc in Abc],
        products=connection(
            [
                types.AbcProduct(
                    rank=row.rank,
                    product=known[row.product_id],
                    value=row.value,
                    share=share(row.value, row.whole),
                    cumulative_share=share(row.cumulative, row.whole),
                    name=row.abc,
                )
                for row in rows
            ],
            first=page.first,
            after=page.after,
            cursor=lambda item: encode_cursor(order, item.value, item.product.row_id),
            count=count,
        ),
    )


def _class(abc: Abc, rows: Sequence[repository.ClassRow], whole: int) -> types.AbcSummary:
    row = next((row for row in rows if row.abc is abc), None)
    return types.AbcSummary(
        name=abc,
        products=row.products if row else 0,
        products_share=share(row.products if row else 0, whole),
        value=row.value if row else ZERO,
        share=share(row.value if row else ZERO, rows[0].whole) if rows else None,
    )


async def pairs(
    context: Context, selection: Selection, by: PairOrder, min_orders: int, page: PageArgs
) -> types.ProductPairs:
    """List products that are bought together."""
    order = f"pairs:{by}:{min_orders}"
    question = PairQuery(
        by=by,
        min_orders=min_orders,
        products=selection.filters.products,
        categories=selection.filters.categories,
        first=page.first,
        after=decode_cursor(page.after, order, float, int, int),
    )
    rows = await pairs_page(context.data, question)
    known = await types.products(
        context.loaders, [key for row in rows for key in (row.product_id, row.other_id)]
    )
    cursors = {
        (row.product_id, row.other_id): encode_cursor(
            order, row.value, row.product_id, row.other_id
        )
        for row in rows
    }

    async def count() -> int:
        return await count_pairs(context.data, question)

    nodes = []
    for row in rows:
        association = row.association
        nodes.append(
            types.ProductPair(
                product=known[row.product_id],
                other=known[row.other_id],
                orders=row.orders,
                support=association.support,
                confidence=association.confidence,
                lift=association.lift,
            )
        )
    made = connection(
        nodes,
        first=page.first,
        after=page.after,
        cursor=lambda pair: cursors[pair.product.row_id, pair.other.row_id],
        count=count,
    )
    return types.ProductPairs(
        edges=made.edges,
        page_info=made.page_info,
        count=count,
        as_of=await view_as_of(context, PRODUCT_PAIRS),
    )
