"""What the products page reads."""

from dataclasses import dataclass
from decimal import Decimal

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.ranking_query import metric_sql
from shopx_core.domain.metrics import Metric
from shopx_core.domain.pareto import A_LIMIT, B_LIMIT, Abc
from shopx_store.query import NONE, SalesQuery


@dataclass(frozen=True, slots=True)
class ClassRow:
    """What one Pareto class holds."""

    abc: Abc
    products: int
    value: Decimal
    whole: Decimal
    """The sum of all positive values, over every class."""


@dataclass(frozen=True, slots=True)
class ClassifiedRow:
    """A product's place in the Pareto analysis."""

    product_id: int
    value: Decimal
    rank: int
    abc: Abc
    cumulative: Decimal
    """The sum of the positive values of it, its equals and all better products."""
    whole: Decimal


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A node of the tree; what has no parent is a root."""

    id: int
    parent_id: int | None
    name: str


# The windows say in SQL what `shopx_core.domain.pareto.classify` says in Python (a test compares
# them): equals share one stretch of the cumulative share, an item belongs to the class in which
# its stretch begins, and losses count for nothing.
_ABC = """
with q as ({statement}), v as (
    select product_id, {metric} as value from q where product_id <> {none}
), w as (
    select *, rank() over (order by value desc) as rank,
        coalesce(sum(greatest(value, 0)) over (), 0) as whole,
        sum(greatest(value, 0)) over (order by value desc) as cumulative,
        coalesce(sum(greatest(value, 0)) over (
            order by value desc groups between unbounded preceding and 1 preceding
        ), 0) as before
    from v
), c as materialized (
    select product_id, value, rank, whole, cumulative,
        case when value <= 0 then 'c' when before < ${n}::numeric * whole then 'a'
            when before < ${n1}::numeric * whole then 'b' else 'c' end as abc
    from w
)
select 'class' as part, null::bigint as product_id, sum(value) as value, count(*) as rank, abc,
    null::numeric as cumulative, max(whole) as whole
from c group by abc
union all (
    select 'product', product_id, value, rank, abc, cumulative, whole from c
    where {after} order by value desc, product_id limit ${n2}
)
order by 1, 3 desc, 2"""


async def classified(
    data: OperationData,
    query: SalesQuery,
    metric: Metric,
    first: int,
    after: tuple[Decimal, int] | None,
) -> tuple[list[ClassRow], list[ClassifiedRow]]:
    """Return the classes that hold something, and a page of products, best first.

    Args:
        data: What the operation reads.
        query: By product, with the measures of the metric.
        metric: What the classes are made by: a plain sum.
        first: How many products; one more comes where there are more.
        after: Value and id of the product before the page.
    """
    statement = await data.statement(query)
    n = len(statement.args) + 1
    args = [*statement.args, A_LIMIT, B_LIMIT, first + 1]
    where = "true"
    if after is not None:
        where = f"(value, -product_id) < (${n + 3}::numeric, -(${n + 4}::bigint))"
        args += after
    rows = await data.fetch(
        _ABC.format(
            statement=statement.text,
            metric=metric_sql(metric),
            none=NONE,
            after=where,
            n=n,
            n1=n + 1,
            n2=n + 2,
        ),
        *args,
    )
    classes = [
        ClassRow(Abc(row["abc"]), row["rank"], row["value"], row["whole"])
        for row in rows
        if row["part"] == "class"
    ]
    products = [
        ClassifiedRow(
            product_id=row["product_id"],
            value=row["value"],
            rank=row["rank"],
            abc=Abc(row["abc"]),
            cumulative=row["cumulative"],
            whole=row["whole"],
        )
        for row in rows
        if row["part"] == "product"
    ]
    return classes, products


async def categories(data: OperationData) -> list[CategoryRow]:
    """Return the whole category tree, in no order."""
    rows = await data.fetch("select id, parent_id, name from categories")
    return [CategoryRow(*row) for row in rows]


async def products_sold(data: OperationData, query: SalesQuery) -> dict[int, int]:
    """Count the products with anything to show, by the category that they are directly in.

    Args:
        data: What the operation reads.
        query: By product.
    """
    statement = await data.statement(query)
    rows = await data.fetch(
        f"""
select coalesce(p.category_id, {NONE}) as id, count(*) as products
from ({statement.text}) q join products p on p.id = q.product_id group by 1""",
        *statement.args,
    )
    return {row["id"]: row["products"] for row in rows}
