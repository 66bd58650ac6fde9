"""A ranking's rows with their earlier places and figures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.metric_values import adds_up, figure, needed
from shopx_api.panels.ranking_query import Ranked, ranked_by, ranked_page, ranked_rows
from shopx_api.panels.selection import Selection
from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Metric
from shopx_store.query import Dimension

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a ranking with its earlier place."""

    row: Ranked
    previous_rank: int | None
    figures: list[Figure]


async def ranking(
    data: OperationData,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    by: Metric,
    page: PageArgs,
    *,
    ascending: bool,
    to_nodes: Callable[[Sequence[Placed]], Awaitable[list[T]]],
) -> Connection[T]:
    """Return a page of a ranking: two statements, one without comparison.

    Args:
        data: The operation's data.
        selection: The panel's arguments.
        dimension: What is ranked.
        metrics: The figures of each row.
        by: What ranks.
        page: The requested page.
        ascending: Whether the lowest value comes first.
        to_nodes: Makes the schema's rows, one for each place.
    """
    query = selection.query(needed([*metrics, by]), by=(Dimension(dimension.value),))
    keyset = ranked_by(
        f"{dimension.value}s:{by.id}:{'asc' if ascending else 'desc'}",
        query.by[0].key,
        ascending=ascending,
    )
    found = await ranked_page(
        data, query, by, keyset, first=page.first, after=keyset.key(page.after)
    )
    earlier: dict[int, Ranked] | None = None
    if selection.comparable is not None:
        then = replace(query, start=selection.comparable.start, end=selection.comparable.end)
        earlier = await ranked_rows(data, then, by, keyset, [row.key for row in found.rows])
    totals = {
        metric.id: metric.value(found.total) for metric in metrics if adds_up(metric, dimension)
    }
    places = [_place(row, metrics, earlier, totals) for row in found.rows]
    keys = [row.sort_key for row in found.rows]
    return keyset.connection(page, await to_nodes(places), keys, found.count)


def _place(
    row: Ranked,
    metrics: Sequence[Metric],
    earlier: Mapping[int, Ranked] | None,
    totals: Mapping[str, Decimal | None],
) -> Placed:
    before = earlier.get(row.key) if earlier is not None else None
    previous = None
    if earlier is not None:
        # A row that is absent from the earlier ranking sold nothing then: every measure is 0.
        previous = before.measures if before else dict.fromkeys(row.measures, 0)
    return Placed(
        row=row,
        previous_rank=before.rank if before else None,
        figures=[figure(m, row.measures, previous, totals.get(m.id)) for m in metrics],
    )
