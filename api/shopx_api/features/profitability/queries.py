"""SQL of the profitability panel."""

from decimal import Decimal
from typing import Final

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.ranking_query import metric_sql
from shopx_core.domain.metrics import METRICS
from shopx_core.domain.money import share
from shopx_store.query import SalesQuery
from shopx_store.sql import sql

# Products whose returns exceed their sales would make the part larger than the whole.
_COVERAGE: Final = """
select coalesce(sum(revenue) filter (where cost <> 0), 0) as known, coalesce(sum(revenue), 0) as all
from (select cost, {revenue} as revenue from ({query}) q) v where revenue > 0"""


async def cost_coverage(data: OperationData, query: SalesQuery) -> Decimal | None:
    """Return which part of the revenue is of products with a cost; `None` without revenue.

    Args:
        data: The operation's data.
        query: By product, with the measures of profit.
    """
    (row,) = await data.fetch(
        sql(_COVERAGE, revenue=metric_sql(METRICS["revenue"]), query=await data.statement(query))
    )
    return share(row["known"], row["all"])
