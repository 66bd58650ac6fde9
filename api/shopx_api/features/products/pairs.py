"""Products bought together, from the materialized views of baskets."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from shopx_api.data.operation_data import OperationData
from shopx_core.domain.basket import Association, associate
from shopx_core.errors import InvalidInput
from shopx_store.query import NONE


class PairOrder(enum.StrEnum):
    """What pairs are ranked by."""

    LIFT = "lift"
    SUPPORT = "support"
    CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairQuery:
    """Which pairs, and which page of them."""

    by: PairOrder
    min_orders: int
    products: tuple[int, ...]
    """Only pairs that begin with one of these; empty = with any."""
    categories: tuple[int, ...]
    """The same, by what is in one of these categories or below; 0 = in none."""
    first: int
    after: tuple[float, int, int] | None
    """Value, product and other product of the pair before the page."""

    def __post_init__(self) -> None:
        if self.min_orders < 1:
            raise InvalidInput(f"`minOrders` is {self.min_orders}, below 1.")


@dataclass(frozen=True, slots=True)
class Pair:
    """With `product_id`, `other_id` is bought too."""

    product_id: int
    other_id: int
    orders: int
    product_orders: int
    other_orders: int
    baskets: int
    """All orders that were looked at."""
    value: float
    """What it was ranked by: the first part of a cursor."""

    @property
    def association(self) -> Association:
        """The pair's measures."""
        return associate(
            together=self.orders,
            with_a=self.product_orders,
            with_b=self.other_orders,
            orders=self.baskets,
        )


# For ranking only: what is shown is computed exactly from the counts.
_VALUES = {
    PairOrder.SUPPORT: "x.orders::float8",
    PairOrder.CONFIDENCE: "x.orders::float8 / x.product_orders",
    PairOrder.LIFT: "x.orders::float8 * x.baskets / (x.product_orders * x.other_orders)",
}

_CHOSEN = f"""
select p.id from products p where coalesce(p.category_id, {NONE}) in (
    with recursive tree as (
        select unnest($2::bigint[]) as id
        union select k.id from categories k join tree on k.parent_id = tree.id
    ) select id from tree
) and (cardinality($1::bigint[]) = 0 or p.id = any($1))"""

# Names both arguments: PostgreSQL must know the type of one that nothing else uses.
_NOBODY = "select 0 as id where $1::bigint[] is null and $2::bigint[] is null"

# A pair is stored once, with the lower id first. It is told from the product that was chosen, and
# otherwise from the one in fewer orders, whose confidence is the higher.
_TOLD = """
with chosen as materialized ({chosen}), told as (
    select p.*, a.orders as orders_a, b.orders as orders_b, a.baskets,
        case when {in_a} <> {in_b} then {in_a} else a.orders <= b.orders end as forward
    from mv_product_pairs p
    join mv_product_orders a on a.product_id = p.product_a
    join mv_product_orders b on b.product_id = p.product_b
    where p.orders >= $3 and ({in_a} or {in_b})
)"""

_PAGE = """, x as (
    select case when forward then product_a else product_b end as product_id,
        case when forward then product_b else product_a end as other_id, orders,
        case when forward then orders_a else orders_b end as product_orders,
        case when forward then orders_b else orders_a end as other_orders, baskets
    from told
), v as (
    select x.*, {value} as value from x
)
select * from v where {after} order by value desc, product_id, other_id limit $4"""


async def pairs_page(data: OperationData, question: PairQuery) -> list[Pair]:
    """Return a page of pairs, one more than asked where there are more."""
    after = "true"
    if question.after is not None:
        after = "value < $5 or (value = $5 and (product_id, other_id) > ($6, $7))"
    sql = _told(question) + _PAGE.format(value=_VALUES[question.by], after=after)
    rows = await data.fetch(sql, *_args(question), question.first + 1, *(question.after or ()))
    return [Pair(*row) for row in rows]


async def count_pairs(data: OperationData, question: PairQuery) -> int:
    """Count the pairs of all pages."""
    rows = await data.fetch(_told(question) + " select count(*) from told", *_args(question))
    return int(rows[0][0])


def _args(question: PairQuery) -> tuple[Sequence[int], Sequence[int], int]:
    return question.products, question.categories, question.min_orders


def _told(question: PairQuery) -> str:
    if question.categories:
        in_a, in_b = (f"p.{name} in (select id from chosen)" for name in ("product_a", "product_b"))
    elif question.products:
        in_a, in_b = (f"p.{name} = any($1)" for name in ("product_a", "product_b"))
    else:
        in_a = in_b = "true"
    return _TOLD.format(
        chosen=_CHOSEN if question.categories else _NOBODY, in_a=f"({in_a})", in_b=f"({in_b})"
    )
