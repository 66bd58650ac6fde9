"""Shapes of what products sold: the category tree, a trend of several, bands of discount."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from shopx_api.data.context import Context
from shopx_api.features.products import repository, types
from shopx_api.features.products.tree import Node, Own, roll_up
from shopx_api.panels.labels import NONE_LABELS
from shopx_api.panels.metric_values import Measures, adds_up, figure, needed
from shopx_api.panels.ranking_query import Cut, ranked_page
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import axis, by_bucket, column
from shopx_api.types.enums import DimensionName, MetricId
from shopx_api.types.figures import Figure
from shopx_api.types.node import global_id
from shopx_core.domain import discounts
from shopx_core.domain.metrics import METRICS, Measure, Metric
from shopx_core.domain.money import total
from shopx_core.domain.periods import Granularity, Range
from shopx_core.errors import InvalidInput, NotFound
from shopx_store.query import NONE, Dimension, SalesQuery

MAX_LINES: Final = 10
"""Lines of a trend: more cannot be told apart."""
DEFAULT_LINES: Final = 5
BAND_METRICS: Final = tuple(
    METRICS[name] for name in ("gross", "discounts", "units", "lines", "profit", "margin")
)
_COUNTED: Final = frozenset({Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})


async def category_tree(
    context: Context, selection: Selection, metrics: Sequence[Metric]
) -> list[types.CategoryNode]:
    """Add categories up along their tree.

    Raises:
        InvalidInput: A metric counts orders or customers: one that is in two categories counts
            once in their parent, so the parent is not their sum.
    """
    for metric in metrics:
        if metric.measures & _COUNTED:
            raise InvalidInput(
                f"{metric.title} cannot be added up along the category tree: an order with "
                "products of two categories counts once in the category above both.",
                hint="Filter by one category, which counts it with everything below exactly.",
            )
    measures = needed(metrics)
    query = selection.query(measures, by=(Dimension.CATEGORY,))
    previous = None
    if selection.alike is not None:
        earlier = _over(query, selection.alike)
        previous = _by_key((await context.data.aggregate(earlier)).rows, Dimension.CATEGORY)
    own = Own(
        current=_by_key((await context.data.aggregate(query)).rows, Dimension.CATEGORY),
        previous=previous,
        products=await repository.products_sold(
            context.data, selection.query(measures, by=(Dimension.PRODUCT,))
        ),
    )
    nodes = roll_up(
        await repository.categories(context.data),
        own,
        measures,
        metrics[0].value,
        NONE_LABELS[DimensionName.CATEGORY],
    )
    roots = [node for node in nodes if node.parent_id is None]
    whole = {m: total(root.current[m] for root in roots) for m in measures}
    return [_category(node, metrics, whole) for node in nodes]


def _category(
    node: Node, metrics: Sequence[Metric], whole: Mapping[Measure, object]
) -> types.CategoryNode:
    parent = node.parent_id
    return types.CategoryNode(
        id=global_id("Category", node.id),
        is_none=node.id == NONE,
        parent_id=None if parent is None else global_id("Category", parent),
        name=node.name,
        depth=node.depth,
        products=node.products,
        figures=[_shared(metric, node.current, node.previous, whole) for metric in metrics],
    )


def _shared(
    metric: Metric, current: Measures, previous: Measures | None, whole: Measures
) -> Figure:
    return figure(metric, current, previous, metric.value(whole) if adds_up(metric) else None)


async def trend(
    context: Context,
    selection: Selection,
    metric: Metric,
    chosen: Sequence[int] | None,
    granularity: Granularity | None,
) -> types.ProductTrend:
    """Show products over time.

    Args:
        context: The operation.
        selection: The period and which sales.
        metric: What the lines show.
        chosen: Row ids of products; `None` = the period's best by the metric.
        granularity: The unit of the buckets.

    Raises:
        InvalidInput: There are no products, or too many.
        NotFound: A product does not exist.
    """
    chart = axis(selection, granularity)
    query = selection.query(needed([metric]), by=(Dimension.PRODUCT,))
    if chosen is None:
        best = await ranked_page(context.data, query, metric, Cut(DEFAULT_LINES))
        ids = [row.key for row in best.rows[:DEFAULT_LINES]]
    else:
        ids = list(dict.fromkeys(chosen))
        if not 1 <= len(ids) <= MAX_LINES:
            raise InvalidInput(
                f"{len(ids)} products were asked for.", hint=f"Choose 1 to {MAX_LINES}."
            )
    known = await types.products(context.loaders, ids)
    missing = [global_id("Product", key) for key in ids if key not in known]
    if missing:
        raise NotFound(f"There is no product {missing[0]!r}.", id=missing[0])
    lines = replace(
        query,
        filters=replace(selection.filters, products=tuple(sorted(ids))),
        granularity=chart.granularity,
    )

    async def ask(period: Range | None) -> dict[int, list[Measures]]:
        found: dict[int, list[Measures]] = {key: [] for key in ids}
        if ids and period is not None:
            for row in (await context.data.aggregate(_over(lines, period))).rows:
                found[row["product_id"]].append(row)
        return found

    current, previous = await ask(selection.period), await ask(selection.whole)
    earlier = chart.previous
    return types.ProductTrend(
        metric=MetricId(metric.id),
        granularity=chart.granularity,
        buckets=[bucket.start for bucket in chart.current],
        previous_buckets=(
            None if earlier is None else [bucket.start if bucket else None for bucket in earlier]
        ),
        partial_from=chart.partial_from,
        lines=[
            types.ProductTrendLine(
                product=known[key],
                current=column(metric, chart.current, by_bucket(current[key])),
                previous=(
                    None if earlier is None else column(metric, earlier, by_bucket(previous[key]))
                ),
            )
            for key in ids
        ],
    )


async def discount_bands(context: Context, selection: Selection) -> list[types.DiscountBand]:
    """Tell sale lines apart by how much was taken off their price."""
    query = selection.query(needed(BAND_METRICS), by=(Dimension.DISCOUNT,))
    current = _by_key((await context.data.aggregate(query)).rows, Dimension.DISCOUNT)
    previous = None
    if selection.alike is not None:
        rows = (await context.data.aggregate(_over(query, selection.alike))).rows
        previous = _by_key(rows, Dimension.DISCOUNT)
    nothing = dict.fromkeys(query.measures, 0)
    bands = {band.number: current.get(band.number, nothing) for band in discounts.BANDS}
    whole = {m: total(row[m] for row in bands.values()) for m in query.measures}
    return [
        types.DiscountBand(
            low=band.low,
            high=band.high,
            figures=[
                _shared(
                    metric,
                    bands[band.number],
                    None if previous is None else previous.get(band.number, nothing),
                    whole,
                )
                for metric in BAND_METRICS
            ],
        )
        for band in discounts.BANDS
    ]


def _over(query: SalesQuery, period: Range) -> SalesQuery:
    return replace(query, start=period.start, end=period.end)


def _by_key(rows: Sequence[Measures], dimension: Dimension) -> dict[int, Measures]:
    return {row[dimension.key]: row for row in rows}
