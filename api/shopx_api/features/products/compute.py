"""Arrange the products panel's figures: pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from shopx_api.features.products import types
from shopx_api.features.products.queries import CategoryRow, Pair
from shopx_api.panels.metric_values import Measures, adds_up, figure
from shopx_api.panels.pareto import ClassifiedRow, ClassRow
from shopx_api.panels.series import Axis, booked_rows, column
from shopx_api.types.enums import MetricId
from shopx_api.types.figures import Figure
from shopx_api.types.node import global_id
from shopx_core.domain import discounts
from shopx_core.domain.metrics import METRICS, Measure, Metric
from shopx_core.domain.money import EXACT, ZERO, share, total
from shopx_core.domain.pareto import Abc
from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.query import NONE

BAND_METRICS: Final = tuple(
    METRICS[name] for name in ("gross", "discounts", "units", "lines", "profit", "margin")
)
_DISTINCT: Final = frozenset({Measure.ORDERS, Measure.CUSTOMERS, Measure.NEW_CUSTOMERS})


@dataclass(slots=True)
class TreeNode:
    """A category with everything below it added up."""

    id: int
    """0 for the products without a category."""
    parent_id: int | None
    name: str
    depth: int
    current: dict[Measure, Decimal | int]
    previous: dict[Measure, Decimal | int] | None
    """`None` without comparison."""
    products: int
    children: list["TreeNode"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CategorySales:
    """Sales of the products directly in each category; a category without any is absent."""

    current: Mapping[int, Measures]
    previous: Mapping[int, Measures] | None
    """`None` without comparison."""
    products: Mapping[int, int]
    """The number of those products."""

    @property
    def categories(self) -> set[int]:
        """Every category with sales or returns in either period."""
        return {*self.current, *(self.previous or ()), *self.products}


def roll_up(
    rows: Iterable[CategoryRow],
    sales: CategorySales,
    measures: frozenset[Measure],
    value: Callable[[Mapping[Measure, Decimal | int]], Decimal | None],
    none_name: str,
) -> list[TreeNode]:
    """Return the categories that sold anything in either period, parents before children.

    Args:
        rows: The whole tree. Parents that form a ring, which no import should make, are cut at the
            lowest id.
        sales: Sales of each category without those below it.
        measures: What is added up; never distinct counts, which do not add up.
        value: Computed of the measures: siblings are ordered by it, the highest first, those
            without a value last.
        none_name: The name under which products without a category are listed.
    """
    listed = {row.id: row for row in rows}
    if NONE in sales.categories:
        listed[NONE] = CategoryRow(NONE, None, none_name)
    below: dict[int | None, list[int]] = {}
    for row in listed.values():
        below.setdefault(row.parent_id if row.parent_id in listed else None, []).append(row.id)
    seen: set[int] = set()
    # The roots first; a category that is not reached from one is in a ring.
    roots = [
        _subtree(start, listed, below, seen, sales, measures)
        for start in [*below.get(None, ()), *sorted(listed)]
        if start not in seen
    ]
    return _in_order(roots, value)


def _subtree(
    start: int,
    listed: Mapping[int, CategoryRow],
    below: Mapping[int | None, Sequence[int]],
    seen: set[int],
    sales: CategorySales,
    measures: frozenset[Measure],
) -> TreeNode:
    seen.add(start)
    root = _node(listed[start], None, sales, measures)
    found = [root]
    for node in found:
        for key in below.get(node.id, ()):
            if key not in seen:
                seen.add(key)
                node.children.append(_node(listed[key], node, sales, measures))
        found.extend(node.children)
    for node in reversed(found):
        for child in node.children:
            node.products += child.products
            _add(node.current, child.current)
            if node.previous is not None and child.previous is not None:
                _add(node.previous, child.previous)
        node.children = [child for child in node.children if _sold(child)]
    return root


def _node(
    row: CategoryRow, parent: TreeNode | None, sales: CategorySales, measures: frozenset[Measure]
) -> TreeNode:
    def sums(by_category: Mapping[int, Measures]) -> dict[Measure, Decimal | int]:
        found = by_category.get(row.id)
        return {measure: found[measure] if found else ZERO for measure in measures}

    return TreeNode(
        id=row.id,
        parent_id=parent.id if parent else None,
        name=row.name,
        depth=parent.depth + 1 if parent else 0,
        current=sums(sales.current),
        previous=sums(sales.previous) if sales.previous is not None else None,
        products=sales.products.get(row.id, 0),
    )


def _add(into: dict[Measure, Decimal | int], added: Mapping[Measure, Decimal | int]) -> None:
    for measure, amount in added.items():
        into[measure] = EXACT.add(into[measure], amount)


def _sold(node: TreeNode) -> bool:
    return bool(node.products or any(node.current.values()) or any((node.previous or {}).values()))


def _in_order(
    roots: Sequence[TreeNode], value: Callable[[Mapping[Measure, Decimal | int]], Decimal | None]
) -> list[TreeNode]:
    def best_first(nodes: Iterable[TreeNode]) -> list[TreeNode]:
        valued = [(value(node.current), node) for node in nodes]
        valued.sort(
            key=lambda pair: (
                pair[0] is None,
                -pair[0] if pair[0] is not None else ZERO,
                pair[1].name,
            )
        )
        return [node for _, node in valued]

    result: list[TreeNode] = []
    waiting = best_first(root for root in roots if _sold(root))[::-1]
    while waiting:
        node = waiting.pop()
        result.append(node)
        waiting.extend(best_first(node.children)[::-1])
    return result


def class_summary(abc: Abc, rows: Sequence[ClassRow]) -> types.AbcSummary:
    """The sums of one class, which `rows` may not have."""
    row = next((row for row in rows if row.abc is abc), None)
    products = row.products if row else 0
    value = row.value if row else ZERO
    return types.AbcSummary(
        name=abc,
        products=products,
        products_share=share(products, sum(row.products for row in rows)),
        value=value,
        share=share(value, rows[0].positive_total) if rows else None,
    )


def classified_product(row: ClassifiedRow, product: types.Product) -> types.AbcProduct:
    """A product with its class."""
    return types.AbcProduct(
        rank=row.rank,
        product=product,
        value=row.value,
        share=share(row.value, row.positive_total),
        cumulative_share=share(row.cumulative, row.positive_total),
        name=row.abc,
    )


def product_pair(pair: Pair, known: Mapping[int, types.Product]) -> types.ProductPair:
    """A pair with its measures."""
    association = pair.association
    return types.ProductPair(
        product=known[pair.product_id],
        other=known[pair.other_id],
        orders=pair.orders,
        support=association.support,
        confidence=association.confidence,
        lift=association.lift,
    )


def check_category_metrics(metrics: Sequence[Metric]) -> None:
    """Refuse metrics that cannot be added up along the category tree.

    Raises:
        InvalidInput: A metric counts orders or customers: one that is in two categories counts
            once in their parent, so the parent is not their sum.
    """
    for metric in metrics:
        if metric.measures & _DISTINCT:
            raise InvalidInput(
                say(
                    "products.cannot-added-up-along",
                    "{title} cannot be added up along the category tree: an order with products"
                    " of two categories counts once in the category above both.",
                    title=metric.text,
                ),
                hint=say(
                    "products.filter-category-which-counts",
                    "Filter by one category, which counts it with everything below exactly.",
                ),
            )


def category_nodes(
    nodes: Sequence[TreeNode], metrics: Sequence[Metric], measures: frozenset[Measure]
) -> list[types.CategoryNode]:
    """The tree's nodes with their figures; shares are of all roots together."""
    roots = [node for node in nodes if node.parent_id is None]
    whole = {m: total(root.current[m] for root in roots) for m in measures}
    return [
        types.CategoryNode(
            id=global_id("Category", node.id),
            is_none=node.id == NONE,
            parent_id=None if node.parent_id is None else global_id("Category", node.parent_id),
            name=node.name,
            depth=node.depth,
            products=node.products,
            figures=[_shared(metric, node.current, node.previous, whole) for metric in metrics],
        )
        for node in nodes
    ]


def discount_bands(
    current: Mapping[int, Measures], previous: Mapping[int, Measures] | None
) -> list[types.DiscountBand]:
    """Every band with its figures, then the returns: together they are all sales.

    Args:
        current: Measures of the period by the band's number; empty bands are absent.
        previous: Measures of the compared period by band; `None` without comparison.
    """
    measures = {measure for metric in BAND_METRICS for measure in metric.measures}
    zero = dict.fromkeys(measures, 0)
    numbers = [*(band.number for band in discounts.BANDS), discounts.RETURNED]
    bands = {number: current.get(number, zero) for number in numbers}
    whole = {m: total(row[m] for row in bands.values()) for m in measures}

    def row(number: int, low: Decimal, high: Decimal | None) -> types.DiscountBand:
        before = None if previous is None else previous.get(number, zero)
        return types.DiscountBand(
            low=low,
            high=high,
            is_returns=number == discounts.RETURNED,
            figures=[_shared(metric, bands[number], before, whole) for metric in BAND_METRICS],
        )

    return [
        *(row(band.number, band.low, band.high) for band in discounts.BANDS),
        row(discounts.RETURNED, ZERO, None),
    ]


def trend(
    metric: Metric,
    chart: Axis,
    products: Mapping[int, types.Product],
    current: Mapping[int, Sequence[Measures]],
    previous: Mapping[int, Sequence[Measures]],
) -> types.ProductTrend:
    """Lines of several products.

    Args:
        metric: What the lines show.
        chart: The buckets.
        products: By row id, in the order of the lines.
        current: Rows of each product in the period, by bucket.
        previous: Rows of each product in the compared period, by bucket.
    """
    earlier = chart.previous
    return types.ProductTrend(
        metric=MetricId(metric.id),
        granularity=chart.granularity,
        buckets=[bucket.start for bucket in chart.current],
        previous_buckets=(
            None if earlier is None else [bucket.start if bucket else None for bucket in earlier]
        ),
        partial_from=chart.partial_from,
        partial=[n for n, bucket in enumerate(chart.current) if bucket.is_partial],
        lines=[
            types.ProductTrendLine(
                product=product,
                current=column(metric, chart.current, booked_rows(metric, current[key])),
                previous=(
                    None
                    if earlier is None
                    else column(metric, earlier, booked_rows(metric, previous[key]))
                ),
            )
            for key, product in products.items()
        ],
    )


def _shared(
    metric: Metric, current: Measures, previous: Measures | None, whole: Measures
) -> Figure:
    return figure(metric, current, previous, metric.value(whole) if adds_up(metric) else None)
