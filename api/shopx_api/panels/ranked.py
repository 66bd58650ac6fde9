"""A ranking's rows with their earlier places and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shopx_api.graphql.data import Data
from shopx_api.graphql.enums import DimensionName
from shopx_api.graphql.figures import Figure
from shopx_api.graphql.paging import checked_first
from shopx_api.panels.figures import adds_up, figure, needed
from shopx_api.panels.selection import Selection
from shopx_api.ranking import Cut, Ranked, ranked_page, ranked_rows
from shopx_core.cube import Dimension
from shopx_core.domain.metrics import Metric


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


async def placed(
    data: Data,
    selection: Selection,
    dimension: DimensionName,
    metrics: Sequence[Metric],
    by: Metric,
    cut: Cut,
) -> tuple[list[Placed], int]:
    """Return a page of a ranking and the length of the whole; two statements, one uncompared.

    Args:
        data: What the operation reads.
        selection: The period, what it is compared with, and which sales.
        dimension: What is ranked.
        metrics: The figures of each row.
        by: What ranks.
        cut: Which page.
    """
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
    return [_placed(row, metrics, earlier, wholes) for row in page.rows], page.count


def _placed(
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
