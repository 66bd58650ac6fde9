"""The customers panel."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.data.matview_freshness import view_as_of
from shopx_api.features.customers import compute, queries
from shopx_api.features.customers.groups import (
    CustomerGroupInput,
    GroupMembers,
    count_group_members,
    group_members,
    group_of,
)
from shopx_api.features.customers.queries import MOST_VALUABLE, estimate
from shopx_api.features.customers.types import (
    CohortMetric,
    Cohorts,
    Concentration,
    Customer,
    CustomerRank,
    CustomerValue,
    LifetimeValue,
    NewVersusReturning,
    Prediction,
    RfmGrid,
    Segments,
    customers,
)
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.members import clean_search
from shopx_api.panels.metric_values import chosen
from shopx_api.panels.panel import Panel, root_field
from shopx_api.panels.ranked_table import Order
from shopx_api.panels.ranking import Placed, ranking
from shopx_api.panels.series import axis, booked, column
from shopx_api.panels.table import Table
from shopx_api.panels.totals import kpis
from shopx_api.types.connection import Connection
from shopx_api.types.cost import Reads, cost
from shopx_api.types.enums import REVENUE, DimensionName, MetricId, SortDirection, SortValue
from shopx_api.types.figures import Figure
from shopx_api.types.inputs import (
    AfterArg,
    DirectionArg,
    FirstArg,
    GranularityArg,
    MetricsArg,
    SearchArg,
    SortArg,
)
from shopx_core.domain.cohorts import average_retention
from shopx_core.domain.matviews import (
    COHORTS,
    CUSTOMER_CONCENTRATION,
    CUSTOMER_PURCHASES,
    CUSTOMER_RFM,
)
from shopx_core.domain.metrics import METRICS, Measure
from shopx_core.domain.money import share
from shopx_core.domain.periods import Granularity
from shopx_store.query import Dimension, SalesQuery

KPIS: Final = ("customers", "new_customers", "returning_customers", "revenue_per_customer")


@root_field(
    "customers",
    order=3,
    cost=15,
    description="Customers: segments, cohorts, lifetime value, ranking.",
)
@strawberry.type(description="The customers of one period, and what is known of them all.")
class Customers(Panel):
    """The customers page."""

    @strawberry.field(
        description="Figures of the period: CUSTOMERS, NEW_CUSTOMERS, RETURNING_CUSTOMERS and "
        "REVENUE_PER_CUSTOMER where `metrics` is null.",
        metadata=cost(0.37, Reads(metrics=("CUSTOMERS",))),
    )
    async def kpis(self, info: Info, metrics: MetricsArg = None) -> list[Figure]:
        return await kpis(info.context.data, self.selection, chosen(metrics, KPIS))

    @strawberry.field(
        description="Named segments over the whole history; period and filters do not apply.",
        metadata=cost(45),
    )
    async def segments(self, info: Info) -> Segments:
        rows = {row.segment: row for row in await queries.segments(info.context.data)}
        return Segments(
            as_of=await view_as_of(info.context, CUSTOMER_RFM),
            rows=compute.segment_summaries(rows),
        )

    @strawberry.field(
        description="Customers by recency and frequency score over the whole history; period and "
        "filters do not apply.",
        metadata=cost(27),
    )
    async def rfm(self, info: Info) -> RfmGrid:
        cells = await queries.rfm_cells(info.context.data)
        return compute.rfm_grid(cells, await view_as_of(info.context, CUSTOMER_RFM))

    @strawberry.field(
        description="Cohorts by first order, in the reporting zone; period and filters do not "
        "apply.",
        metadata=cost(10),
    )
    async def cohorts(
        self,
        info: Info,
        metric: Annotated[
            CohortMetric, strawberry.argument(description="What the values are.")
        ] = CohortMetric.CUSTOMERS,
        granularity: Annotated[
            Granularity, strawberry.argument(description="WEEK, MONTH, QUARTER or YEAR.")
        ] = Granularity.MONTH,
        cohorts: Annotated[
            int, strawberry.argument(description="How many of the newest units of time, 1 to 60.")
        ] = 12,
    ) -> Cohorts:
        compute.check_cohorts(granularity, cohorts)
        rows = await queries.cohorts(info.context.data, granularity, cohorts)
        as_of = await view_as_of(info.context, COHORTS)
        read_state = await info.context.data.read_state()
        today = as_of.astimezone(ZoneInfo(read_state.timezone)).date() if as_of else None
        matrix = compute.retention(rows, granularity, today, read_state.week_start)
        return Cohorts(
            metric=metric,
            granularity=granularity,
            as_of=as_of,
            cohorts=compute.cohort_rows(matrix, rows, metric),
            average_retention=average_retention(matrix),
        )

    @strawberry.field(
        description="The customers of a segment, of a cell of `rfm` or of a cell of `cohorts`, by "
        "revenue so far; period and filters do not apply. Segments and scores are as last "
        "computed, cohorts as of now.",
        metadata=cost(150),
    )
    async def group_members(
        self,
        info: Info,
        group: Annotated[CustomerGroupInput, strawberry.argument(description="Who.")],
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[Customer]:
        data, page = info.context.data, PageArgs(first, after)
        wanted = GroupMembers(group=group_of(group), search=clean_search(search))
        keyset = wanted.keyset
        keys = await group_members(data, wanted, first=first, after=keyset.key(after))
        known = await customers(info.context.loaders, [customer_id for _, customer_id in keys])
        nodes = [known[customer_id] for _, customer_id in keys]
        return keyset.connection(page, nodes, keys, partial(count_group_members, data, wanted))

    @strawberry.field(
        description="What share of the revenue the best customers make, over the 365 days up to "
        "the newest sale; period and filters do not apply.",
        metadata=cost(6.7),
    )
    async def concentration(self, info: Info) -> Concentration:
        rows = await queries.concentration(info.context.data)
        return compute.concentration(rows, await view_as_of(info.context, CUSTOMER_CONCENTRATION))

    @strawberry.field(
        description="What customers are worth, so far and expected, over the whole history; period "
        "and filters do not apply.",
        metadata=cost(87),
    )
    async def lifetime_value(
        self, info: Info, first: FirstArg = 10, after: AfterArg = None
    ) -> LifetimeValue:
        data, page = info.context.data, PageArgs(first, after)
        key = MOST_VALUABLE.key(after)
        fit = await queries.current_fit(data)
        worth = await queries.worth(data)
        rows = await queries.most_valuable(data, first=first, after=key)
        known = await customers(info.context.loaders, [row.customer_id for row in rows])
        nodes = [
            CustomerValue(
                customer=known[row.customer_id],
                revenue=row.revenue,
                prediction=Prediction.of(row.forecast) if row.forecast else None,
            )
            for row in rows
        ]
        return LifetimeValue(
            as_of=await view_as_of(info.context, CUSTOMER_PURCHASES),
            average=share(worth.revenue, worth.customers),
            median=worth.median,
            expected=estimate(worth.expected),
            model=compute.lifetime_model(fit) if fit else None,
            customers=MOST_VALUABLE.connection(
                page, nodes, [row.sort_key for row in rows], worth.customers
            ),
        )

    @strawberry.field(
        description="First-time against returning customers over time.",
        metadata=cost(
            3.1,
            Reads(metrics=("CUSTOMERS",), compared=False),
            Reads(by=("CUSTOMER_TYPE",), compared=False),
        ),
    )
    async def new_versus_returning(
        self, info: Info, granularity: GranularityArg = None
    ) -> NewVersusReturning:
        chart = axis(replace(self.selection, compared=None), granularity)
        query = self.selection.query(
            {Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}, granularity=chart.granularity
        )
        table = Table.of(query, await info.context.data.aggregate(query))
        new, returning = METRICS["new_customers"], METRICS["returning_customers"]
        return NewVersusReturning(
            split=_RevenueSplit(info.context, query),
            along=chart.current,
            granularity=chart.granularity,
            buckets=[bucket.start for bucket in chart.current],
            partial_from=chart.partial_from,
            partial=[n for n, bucket in enumerate(chart.current) if bucket.is_partial],
            new_customers=column(new, chart.current, booked(new, table)),
            returning_customers=column(returning, chart.current, booked(returning, table)),
        )

    @strawberry.field(
        description="The period's customers by any metric; each row's figures are the ranking "
        "metric where `metrics` is null. Customers without a value of it come last either way. "
        "Places count from the highest value.",
        metadata=cost(2.3, Reads(by=("CUSTOMER",))),
    )
    async def top(
        self,
        info: Info,
        by: Annotated[MetricId, strawberry.argument(description="What ranks.")] = REVENUE,
        metrics: MetricsArg = None,
        sort: SortArg = SortValue.VALUE,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[CustomerRank]:
        return await ranking(
            info.context.data,
            self.selection,
            DimensionName.CUSTOMER,
            chosen(metrics, [by]),
            Order.of(METRICS[by], sort, direction),
            PageArgs(first, after),
            search=search,
            to_nodes=partial(_ranks, info.context),
        )


async def _ranks(context: Context, places: Sequence[Placed]) -> list[CustomerRank]:
    known = await customers(context.loaders, [place.row.key for place in places])
    return [
        CustomerRank(
            rank=place.row.rank,
            previous_rank=place.row.previous_rank,
            customer=known[place.row.key],
            figures=place.figures,
        )
        for place in places
    ]


class _RevenueSplit:
    """The revenue split of a chart: one statement, shared by the three revenues that need it.

    Args:
        context: The operation.
        counted: The sales query that counts the chart's customers.
    """

    def __init__(self, context: Context, counted: SalesQuery) -> None:
        self._context = context
        self._query = replace(
            counted,
            measures=METRICS["revenue"].measures,
            by=(Dimension.CUSTOMER_TYPE,),
        )
        self._rows: asyncio.Task[Mapping[dt.datetime, queries.SplitRow]] | None = None

    async def __call__(self) -> Mapping[dt.datetime, queries.SplitRow]:
        """The split of each bucket."""
        if self._rows is None:
            split = queries.revenue_split(self._context.data, self._query)
            self._rows = asyncio.ensure_future(split)
        return await self._rows
