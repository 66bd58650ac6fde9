"""SQL of the products panel."""

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.basket import Association, associate
from shopx_core.errors import InvalidInput
from shopx_store.query import NONE, Dimension, SalesQuery
from shopx_store.query.categories import category_subtree
from shopx_store.sql import Sql, bind, raw, sql


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A node of the tree; one without a parent is a root."""

    id: int
    parent_id: int | None
    name: str


class PairOrder(enum.StrEnum):
    """What pairs are ranked by."""

    LIFT = "lift"
    SUPPORT = "support"
    CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFilter:
    """Which pairs.

    Raises:
        InvalidInput: `min_orders` is below 1.
    """

    by: PairOrder
    min_orders: int
    products: tuple[int, ...]
    """Only pairs that begin with one of these; empty = with any."""
    categories: tuple[int, ...]
    """Only pairs that begin with a product in one of these categories or below; 0 = in none."""

    def __post_init__(self) -> None:
        if self.min_orders < 1:
            raise InvalidInput(f"`minOrders` is {self.min_orders}, below 1.")

    @property
    def keyset(self) -> Keyset:
        """The order of the pairs."""
        columns = (
            Column("value", "float8", descending=True),
            Column("product_id", "bigint"),
            Column("other_id", "bigint"),
        )
        return Keyset(f"pairs:{self.by}:{self.min_orders}", columns)


@dataclass(frozen=True, slots=True)
class Pair:
    """With `product_id`, `other_id` is bought too."""

    product_id: int
    other_id: int
    orders: int
    product_orders: int
    other_orders: int
    baskets: int
    """All analysed orders."""
    value: float
    """What the pair was ranked by."""

    @property
    def association(self) -> Association:
        """The pair's measures."""
        return associate(
            together=self.orders,
            with_a=self.product_orders,
            with_b=self.other_orders,
            orders=self.baskets,
        )

    @property
    def sort_key(self) -> Key:
        """The pair's key in the keyset."""
        return self.value, self.product_id, self.other_id


# For ranking only: the shown measures are computed exactly from the counts.
_PAIR_VALUES: Final = {
    PairOrder.SUPPORT: "x.orders::float8",
    PairOrder.CONFIDENCE: "x.orders::float8 / x.product_orders",
    PairOrder.LIFT: "x.orders::float8 * x.baskets / (x.product_orders * x.other_orders)",
}

_IN_CATEGORIES: Final = """
select p.id from products p where coalesce(p.category_id, {none}) in {subtree}
    and (cardinality({products}) = 0 or p.id = any({products}))"""

# A pair is stored once, with the lower id first. It is shown from the chosen product, and without
# one from the product in fewer orders: its confidence is the higher.
_DIRECTED: Final = """
with chosen as materialized ({chosen}), directed as (
    select p.*, a.orders as orders_a, b.orders as orders_b, a.baskets,
        case when {in_a} <> {in_b} then {in_a} else a.orders <= b.orders end as forward
    from mv_product_pairs p
    join mv_product_orders a on a.product_id = p.product_a
    join mv_product_orders b on b.product_id = p.product_b
    where p.orders >= {min_orders} and ({in_a} or {in_b})
        -- Shipping is in most orders, and bought with nothing.
        and not exists (select from products c
            where c.id in (p.product_a, p.product_b) and c.kind <> 'item')
)"""

_PAIRS: Final = """{directed}, x as (
    select case when forward then product_a else product_b end as product_id,
        case when forward then product_b else product_a end as other_id, orders,
        case when forward then orders_a else orders_b end as product_orders,
        case when forward then orders_b else orders_a end as other_orders, baskets
    from directed
), v as (
    select x.*, {value} as value from x
)
select * from v where {after} order by {order} limit {limit}"""


async def categories(data: OperationData) -> list[CategoryRow]:
    """Return the whole category tree, in no order."""
    rows = await data.table(
        raw("select id, parent_id, name from categories").reading(DependencyTag.CATALOGUE),
        DependencyTag.CATALOGUE,
    )
    return [CategoryRow(*row) for row in rows]


async def products_sold(data: OperationData, query: SalesQuery) -> Mapping[int, int]:
    """Count the products with sales or returns, by the category that they are directly in.

    Args:
        data: The operation's data.
        query: By product.
    """
    by_both = replace(query, by=(Dimension.CATEGORY, *query.by))
    rows = (await data.aggregate(by_both)).rows
    return Counter(row["category_id"] for row in rows)


async def pairs(
    data: OperationData, pair_filter: PairFilter, *, first: int, after: Key | None
) -> list[Pair]:
    """Return a page of pairs, one more than `first` where there are more."""
    rows = await data.fetch(
        sql(
            _PAIRS,
            directed=_directed(pair_filter),
            value=raw(_PAIR_VALUES[pair_filter.by]),
            after=pair_filter.keyset.after(after),
            order=pair_filter.keyset.order_by,
            limit=bind(first + 1, "bigint"),
        )
    )
    return [Pair(*row) for row in rows]


async def count_pairs(data: OperationData, pair_filter: PairFilter) -> int:
    """Count the pairs of all pages."""
    rows = await data.fetch(
        sql("{directed} select count(*) from directed", directed=_directed(pair_filter))
    )
    return int(rows[0][0])


def _directed(pair_filter: PairFilter) -> Sql:
    products = bind(list(pair_filter.products), "bigint[]")
    chosen = raw("select 0 as id where false")
    if pair_filter.categories:
        chosen = sql(
            _IN_CATEGORIES,
            none=raw(str(NONE)),
            subtree=category_subtree(pair_filter.categories),
            products=products,
        )
        in_a, in_b = (
            raw(f"(p.{name} in (select id from chosen))") for name in ("product_a", "product_b")
        )
    elif pair_filter.products:
        in_a, in_b = (
            sql("({name} = any({products}))", name=raw(f"p.{name}"), products=products)
            for name in ("product_a", "product_b")
        )
    else:
        in_a = in_b = raw("true")
    return sql(
        _DIRECTED,
        chosen=chosen,
        in_a=in_a,
        in_b=in_b,
        min_orders=bind(pair_filter.min_orders, "bigint"),
    ).reading(DependencyTag.VIEWS, DependencyTag.CATALOGUE)
