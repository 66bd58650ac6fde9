"""A ranking's rows with their earlier places and figures."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.metric_values import adds_up, figure, needed
from shopx_api.panels.ranking_query import Cut, Ranked, ranked_page, ranked_rows
from shopx_api.panels.selection import Selection
from shopx_api.types.connection import (
    Connection,
    checked_first,
    connection,
    decode_cursor,
    encode_cursor,
)
from shopx_api.types.enums import DimensionName
from shopx_api.types.figures import Figure
from shopx_core.domain.metrics import Metric
from shopx_store.query import Dimension

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageArgs:
    """Relay's arguments.

    Raises:
        InvalidInput: `first` is out of bounds.
    """

    first: int
    after: str | None

    def __post_init__(self) -> None:
        checked_first(self.first)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a ranking."""

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
    shown: Callable[[Sequence[Placed]], Awaitable[list[T]]],
    key: Callable[[T], int],
) -> Connection[T]:
    """Return a page of a ranking as the schema has it.

    Args:
        data: What the operation reads.
        selection: The period, what it is compared with, and which sales.
        dimension: What is ranked.
        metrics: The figures of each row.
        by: What ranks.
        page: Which page.
        ascending: Whether the least come first.
        shown: Makes the rows of the schema from places.
        key: Tells which member of the dimension a row is about.
    """
    order = f"{dimension.value}s:{by.id}:{'asc' if ascending else 'desc'}"
    cut = Cut(page.first, decode_cursor(page.after, order, Decimal, int), ascending)
    places, whole = await _placed(data, selection, dimension, metrics, by, cut)
    cursors = {one.row.key: encode_cursor(order, one.row.value, one.row.key) for one in places}

    async def count() -> int:
        return whole

    return connection(
        await shown(places),
        first=page.first,
        after=page.after,
        cursor=lambda row: cursors[key(row)],
        count=count,
    )


async def _placed(
    data: OperationData,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    by: Metric,
    cut: Cut,
) -> tuple[list[Placed], int]:
    """A page of a ranking and the length of the whole; two statements, one uncompared."""
    query = selection.query(needed([*metrics, by]), by=(Dimension(dimension.value),))
    page = await ranked_page(data, query, by, cut)
    earlier: dict[int, Ranked] | None = None
    if selection.alike is not None:
        earlier = await ranked_rows(
            data,
            replace(query, start=selection.alike.start, end=selection.alike.end),
            by,
            [row.key for row in page.rows],
            ascending=cut.ascending,
        )
    wholes = {
        metric.id: metric.value(page.total) for metric in metrics if adds_up(metric, dimension)
    }
    return [_place(row, metrics, earlier, wholes) for row in page.rows], page.count


def _place(
    row: Ranked,
    metrics: Sequence[Metric],
    earlier: Mapping[int, Ranked] | None,
    wholes: Mapping[str, Decimal | None],
) -> Placed:
    before = earlier.get(row.key) if earlier is not None else None
    previous = None
    if earlier is not None:
        # Who is not in the earlier ranking sold nothing then, which is a figure too.
        previous = before.measures if before else dict.fromkeys(row.measures, 0)
    return Placed(
        row=row,
        previous_rank=before.rank if before else None,
        figures=[figure(m, row.measures, previous, wholes.get(m.id)) for m in metrics],
    )
