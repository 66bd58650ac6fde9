"""A page of a ranking, with the rows' earlier places and figures."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.compared_table import ComparedTable
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.members import matching_keys
from shopx_api.panels.metric_values import adds_up, figures_of_rows, needed
from shopx_api.panels.ranked_table import Order, Ranked, RankedTable
from shopx_api.panels.selection import Selection
from shopx_api.panels.table import Table
from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Measure, Metric
from shopx_store.query import NONE, Dimension, SalesQuery

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a ranking with its figures."""

    row: Ranked
    figures: list[Figure]


async def ranking(
    data: OperationData,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    order: Order,
    page: PageArgs,
    *,
    search: str | None,
    to_nodes: Callable[[Sequence[Placed]], Awaitable[list[T]]],
) -> Connection[T]:
    """Return a page of a ranking: two queries, one without comparison.

    Args:
        data: The operation's data.
        selection: The panel's arguments.
        dimension: What is ranked.
        metrics: The figures of each row.
        order: The order of the rows.
        page: The requested page.
        search: A part of the names to list; `None` = all.
        to_nodes: Makes the schema's rows, one for each place.
    """
    query = selection.query(
        needed([*metrics, order.metric]),
        by=(Dimension(dimension.value),),
        ranks=ranks_of(order.metric),
    )
    keyset = order.keyset(f"{dimension.value}s:{search or ''}", query.by[0].key)
    table = await compared(data, selection, query)
    only = await matching_keys(data, dimension, search)
    found = RankedTable(table, order, without=NONE, only=only)
    chosen = found.page(page.first, keyset.key(page.after))
    rows = [found.ranked(row) for row in chosen]
    total = found.table.total()
    totals = {metric.id: metric.value(total) for metric in metrics if adds_up(metric, dimension)}
    figures = figures_of_rows(found.compared.take(chosen), metrics, totals)
    places = [Placed(row, shown) for row, shown in zip(rows, figures, strict=True)]
    keys = [row.sort_key for row in rows]
    return keyset.connection(page, await to_nodes(places), keys, found.count)


def ranks_of(metric: Metric) -> tuple[tuple[Measure, int], ...]:
    """The factors of what orders rows by a metric; empty where that takes more than one sum."""
    if metric.denominator is not None or metric.needs_cost:
        return ()
    return tuple(metric.numerator.items())


async def compared(data: OperationData, selection: Selection, query: SalesQuery) -> ComparedTable:
    """Read a query by one dimension, and the same of the compared period, if there is one.

    The same table is made once in an operation.
    """
    result, then = await data.aggregate(query), selection.comparable
    if then is None:
        return data.once(query, lambda: ComparedTable.of(Table.of(query, result), None))
    earlier = replace(query, start=then.start, end=then.end)
    before = await data.aggregate(earlier) if then.start < then.end else None

    def beside() -> ComparedTable:
        current = Table.of(query, result)
        previous = current.none() if before is None else Table.of(earlier, before)
        return ComparedTable.of(current, previous)

    return data.once((query, earlier), beside)


async def ranked(data: OperationData, query: SalesQuery, by: Metric) -> RankedTable:
    """Rank the members of the one dimension of a query; sales without a member take no part."""
    table = ComparedTable.of(Table.of(query, await data.aggregate(query)), None)
    return RankedTable(table, Order(metric=by), without=NONE)
