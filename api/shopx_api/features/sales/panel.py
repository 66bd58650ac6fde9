"""The sales panel."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any, Final

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.sales import compute, queries
from shopx_api.features.sales import forecast as forecasting
from shopx_api.features.sales.change import MEASURES, effects_by_member, in_all, largest, shown
from shopx_api.features.sales.types import (
    Change,
    ChangeRow,
    DayMover,
    Forecast,
    Heatmap,
    Live,
    ParetoCurve,
)
from shopx_api.panels import breakdown, series
from shopx_api.panels.breakdown_csv import csv_part
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.labels import labels
from shopx_api.panels.metric_values import chosen, figures, needed
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.pareto import Pareto, check_pareto
from shopx_api.panels.ranked_table import Order, RankedTable
from shopx_api.panels.ranking import compared, ranked
from shopx_api.panels.selection import select
from shopx_api.panels.table import Table
from shopx_api.panels.totals import kpis
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import (
    REVENUE,
    DimensionName,
    LanguageName,
    MetricId,
    SortDirection,
    SortValue,
)
from shopx_api.types.figures import Breakdown, CsvPart, Figure, Series
from shopx_api.types.inputs import (
    AfterArg,
    ComparisonArg,
    DirectionArg,
    FirstArg,
    GranularityArg,
    MetricsArg,
    PeriodArg,
    SearchArg,
    SortArg,
    ZoneArg,
)
from shopx_core.domain.forecast import HISTORY, forecast
from shopx_core.domain.metrics import METRICS, Metric
from shopx_core.domain.periods import Compared, Granularity, Range
from shopx_core.speech import Speech
from shopx_store.query import Dimension

KPIS: Final = ("revenue", "profit", "margin", "orders", "average_order_value", "units")
LIVE: Final = ("revenue", "orders", "units")
CURVE_POINTS: Final = 100
"""Points of a Pareto curve, besides the ends of its classes."""


@root_field(
    "sales",
    order=1,
    cost=15,
    description="Sales: KPIs, series, breakdowns, heat map, live figures.",
)
@strawberry.type(description="The sales of one period.")
class Sales(Panel):
    """The overview page. Its KPIs, series and breakdowns add up to the same totals."""

    @strawberry.field(
        description="Figures of the period with their change; REVENUE, PROFIT, MARGIN, ORDERS, "
        "AVERAGE_ORDER_VALUE and UNITS where `metrics` is null.",
        metadata=cost(0.59, Reads(metrics=("ORDERS",))),
    )
    async def kpis(self, info: Info, metrics: MetricsArg = None) -> list[Figure]:
        return await kpis(info.context.data, self.selection, chosen(metrics, KPIS))

    @strawberry.field(
        description="Figures over time beside those of the compared period; REVENUE where "
        "`metrics` is null.",
        metadata=cost(5, Reads()),
    )
    async def series(
        self,
        info: Info,
        metrics: MetricsArg = None,
        granularity: GranularityArg = None,
    ) -> Series:
        return await series.series(
            info.context, self.selection, chosen(metrics, [REVENUE]), granularity
        )

    @strawberry.field(
        description="Figures by a dimension; REVENUE where `metrics` is null.",
        metadata=cost(4.7, Reads()),
    )
    async def breakdown(
        self,
        info: Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId | None,
            strawberry.argument(description="What ranks the rows; the first metric if null."),
        ] = None,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Breakdown:
        given = chosen(metrics, [REVENUE])
        return await breakdown.breakdown(
            info,
            self.selection,
            breakdown.BreakdownRequest(
                by=by,
                metrics=given,
                order=Order.of(METRICS[order_by] if order_by else given[0], sort, direction),
                first=first,
                after=after,
                search=search,
            ),
        )

    @strawberry.field(
        description="A breakdown as text, for a file of all rows: POST /exports/sales.csv streams "
        "its parts one after the other.",
        metadata=cost(500),
    )
    async def csv(
        self,
        info: Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        metrics: MetricsArg = None,
        order_by: Annotated[
            MetricId | None,
            strawberry.argument(description="What ranks the rows; the first metric if null."),
        ] = None,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        losses_only: Annotated[
            bool, strawberry.argument(description="Only rows with a negative PROFIT.")
        ] = False,
        members_only: Annotated[
            bool,
            strawberry.argument(
                description="Without the row of sales that have no member, such as those without "
                "a customer: the rows of a ranking."
            ),
        ] = False,
        rows: Annotated[
            int, strawberry.argument(description="Rows of the part at most, 1 to 5000.")
        ] = 1000,
        after: AfterArg = None,
        language: Annotated[
            LanguageName,
            strawberry.argument(description="Of the header and of what is said above it."),
        ] = LanguageName.EN,
    ) -> CsvPart:
        given = chosen(metrics, [REVENUE])
        return await csv_part(
            info.context,
            self.selection,
            breakdown.BreakdownRequest(
                by=by,
                metrics=given,
                order=Order.of(METRICS[order_by] if order_by else given[0], sort, direction),
                first=rows,
                after=after,
                search=search,
                losses_of=METRICS["profit"] if losses_only else None,
                members_only=members_only,
            ),
            Speech(language.value),
        )

    @strawberry.field(
        description="What the change of REVENUE since the compared period is made of: price, "
        "volume and mix over a dimension; null where nothing is compared.",
        metadata=cost(12, Reads(metrics=("REVENUE", "UNITS"))),
    )
    async def change(
        self,
        info: Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the rows are.")],
        rows: Annotated[
            int, strawberry.argument(description="Members to list at most, 1 to 100.")
        ] = 10,
    ) -> Change | None:
        PageArgs(rows, None)
        query = self.selection.query(MEASURES, by=(Dimension(by.value),))
        table = await compared(info.context.data, self.selection, query)
        if table.previous is None:
            return None
        effects, digits = effects_by_member(table, table.previous)
        chosen_rows = largest(effects, rows)
        keys = table.take([one.key for one in chosen_rows]).keys.tolist()
        names = await labels(info.context.loaders, by, keys)
        members: list[ChangeRow] = []
        for key, one in zip(keys, chosen_rows, strict=True):
            row_id, is_none = breakdown.member_id(key, by)
            parts = shown(one, digits)
            members.append(ChangeRow(id=row_id, label=names[key], is_none=is_none, effects=parts))
        return Change(dimension=by, total=in_all(effects, digits), members=len(table), rows=members)

    @strawberry.field(
        description="A metric by weekday and hour.",
        metadata=cost(2, Reads(compared=False, hourly=True)),
    )
    async def heatmap(
        self,
        info: Info,
        metric: Annotated[
            MetricId, strawberry.argument(description="What the values are.")
        ] = REVENUE,
    ) -> Heatmap:
        compute.check_heatmap(self.selection.period)
        query = self.selection.query(METRICS[metric].measures, hour_of_week=True)
        table = Table.of(query, await info.context.data.aggregate(query))
        return compute.heatmap(METRICS[metric], table)

    @strawberry.field(
        description="A forecast of a daily series, told only where it was better than the values "
        "of a week before. It knows the days up to the last complete one of the period; the "
        "comparison does not apply.",
        metadata=cost(36, Reads(compared=False, days=HISTORY)),
    )
    async def forecast(
        self,
        info: Info,
        metric: Annotated[
            MetricId, strawberry.argument(description="REVENUE, GROSS, ORDERS or UNITS.")
        ] = REVENUE,
        explained_by: Annotated[
            DimensionName,
            strawberry.argument(description="Of what the largest mover of an unusual day is one."),
        ] = DimensionName.PRODUCT,
    ) -> Forecast:
        shown, data = METRICS[metric], info.context.data
        forecasting.check(shown)
        read = forecasting.days_read(self.selection)
        query = self.selection.query(shown.measures, read, granularity=Granularity.DAY)
        table = Table.of(query, await data.aggregate(query))
        series_known = forecasting.known(self.selection, read, shown, table)
        values = [float(value) for value in series_known.values]
        made = await asyncio.to_thread(forecast, values)
        movers = {
            one.day: await self._mover(
                info, shown, forecasting.day_of(series_known, one.day), explained_by, one.beyond > 0
            )
            for one in forecasting.unusual_days(made, series_known)
        }
        return forecasting.arrange(shown, series_known, made, movers)

    @strawberry.field(
        description="The Pareto curve of a dimension's members: how the best make up a metric. Its "
        "classes are those of the products panel.",
        metadata=cost(4.7, Reads(compared=False)),
    )
    async def pareto(
        self,
        info: Info,
        by: Annotated[DimensionName, strawberry.argument(description="What the members are.")],
        metric: Annotated[
            MetricId,
            strawberry.argument(description="An additive metric: REVENUE, PROFIT, GROSS, UNITS."),
        ] = REVENUE,
    ) -> ParetoCurve:
        shown = METRICS[metric]
        check_pareto(shown, by)
        query = self.selection.query(shown.measures, by=(Dimension(by.value),))
        found = Pareto(await ranked(info.context.data, query, shown))
        in_a, in_b = found.sizes
        counts = found.along(CURVE_POINTS)
        return ParetoCurve(
            dimension=by,
            metric=metric,
            members=found.members,
            class_a=in_a,
            class_b=in_b,
            counts=counts,
            shares=[found.share(count) for count in counts],
            members_below=found.members - found.positive,
        )

    async def _mover(
        self, info: Info, metric: Metric, day: Range, by: DimensionName, is_above: bool
    ) -> DayMover | None:
        before = forecasting.week_before(day)
        selection = replace(self.selection, period=day, compared=Compared(before, before))
        query = selection.query(metric.measures, by=(Dimension(by.value),))
        table = await compared(info.context.data, selection, query)
        order = Order(metric=metric, sort=SortValue.DIFFERENCE, ascending=not is_above)
        found = RankedTable(table, order)
        rows = found.page(1, None)[:1]
        if not rows:
            return None
        first = found.unplaced(rows[0])
        if not first.value or (first.value > 0) != is_above:
            return None
        row_id, is_none = breakdown.member_id(first.key, by)
        names = await labels(info.context.loaders, by, [first.key])
        return DayMover(id=row_id, label=names[first.key], is_none=is_none, change=first.value)

    @strawberry.field(
        description="Today so far against the same hours a week before (or the day before, where "
        "the panel's comparison does not match weekdays). The panel's filters and zone apply, its "
        "period does not. REVENUE, ORDERS and UNITS where `metrics` is null.",
        metadata=cost(15),
    )
    async def live(self, info: Info, metrics: MetricsArg = None) -> Live:
        given = chosen(metrics, LIVE)
        info.context.dependencies.live = True
        data, selection = info.context.data, self.selection
        today, before = compute.today_so_far(selection), compute.same_hours_before(selection)
        measures = needed(given)
        current = (await data.aggregate(selection.query(measures, today))).rows[0]
        previous = (await data.aggregate(selection.query(measures, before))).rows[0]
        return Live(
            as_of=selection.now,
            period=selection.to_period(today),
            comparison=selection.to_period(before),
            figures=figures(given, current, previous),
            last_order_at=await queries.last_order_at(data, selection.now),
        )


async def sales_of(
    info: Info, period: PeriodArg, comparison: ComparisonArg, zone: ZoneArg, **filters: Any
) -> Sales:
    """The sales panel of a single entity.

    Args:
        info: The operation.
        period: The panel's argument `period`.
        comparison: The panel's argument `comparison`.
        zone: The panel's argument `zone`.
        filters: The filter that selects the entity, by its name in `Filters`.
    """
    selection = await select(info.context, period=period, comparison=comparison, zone=zone)
    return Sales(selection=selection.only(**filters))
