"""The sales panel."""

from typing import Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.sales import service
from shopx_api.features.sales.types import Heatmap, Live
from shopx_api.panels import breakdown, series
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel
from shopx_api.types.enums import DimensionName, MetricId, SortDirection
from shopx_api.types.figures import Breakdown, Figure, Series
from shopx_api.types.inputs import AfterArg, FirstArg, GranularityArg, MetricsArg
from shopx_core.domain.metrics import METRICS


@strawberry.type(description="The sales of one period.")
class Sales(Panel):
    """What the overview page shows. Its KPIs, series and breakdowns add up to the same totals."""

    @strawberry.field(
        description="Figures of the period with their change; REVENUE, PROFIT, MARGIN, ORDERS, "
        "AVERAGE_ORDER_VALUE and UNITS where `metrics` is null."
    )
    async def kpis(self, info: Info, metrics: MetricsArg = None) -> list[Figure]:
        return await service.kpis(info.context, self.selection, chosen(metrics, service.KPIS))

    @strawberry.field(
        description="Figures over time beside those of the compared period; REVENUE where "
        "`metrics` is null."
    )
    async def series(
        self,
        info: Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        wanted = chosen(metrics, [MetricId.REVENUE])
        return await series.series(info.context, self.selection, wanted, granularity)

    @strawberry.field(description="Figures by a dimension; REVENUE where `metrics` is null.")
    async def breakdown(
        self,
        info: Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId | None,
            strawberry.argument(description="What ranks the rows; the first metric if null."),
        ] = None,
        direction: Annotated[
            SortDirection, strawberry.argument(description="Which end comes first.")
        ] = SortDirection.DESC,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        wanted = chosen(metrics, [MetricId.REVENUE])
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=by,
                metrics=wanted,
                order_by=METRICS[order_by.value] if order_by else wanted[0],
                ascending=direction is SortDirection.ASC,
                first=first,
                after=after,
            ),
        )

    @strawberry.field(description="A metric by weekday and hour.")
    async def heatmap(
        self,
        info: Info,
        metric: Annotated[
            MetricId, strawberry.argument(description="What the values are.")
        ] = MetricId.REVENUE,
    ) -> Heatmap:
        return await service.heatmap(info.context, self.selection, METRICS[metric.value])

    @strawberry.field(
        description="Today so far against the same hours a week before (or the day before, where "
        "the panel's comparison does not match weekdays). The panel's filters and zone apply, its "
        "period does not. REVENUE, ORDERS and UNITS where `metrics` is null."
    )
    async def live(self, info: Info, metrics: MetricsArg = None) -> Live:
        return await service.live(info.context, self.selection, chosen(metrics, service.LIVE))
