"""What the customers panel computes from the period's sales."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shopx_api.data.context import Context
from shopx_api.features.customers import repository, types
from shopx_api.panels import ranking
from shopx_api.panels.ranking import PageArgs
from shopx_api.panels.selection import Selection
from shopx_api.panels.series import axis, by_bucket, column
from shopx_api.types.connection import Connection
from shopx_api.types.enums import DimensionName
from shopx_core.domain.metrics import METRICS, Measure, Metric
from shopx_core.domain.periods import Granularity
from shopx_store.query import Dimension


async def top(
    context: Context,
    selection: Selection,
    metrics: Sequence[Metric],
    by: Metric,
    page: PageArgs,
    *,
    ascending: bool,
) -> Connection[types.CustomerRank]:
    """Rank customers by any metric."""

    async def shown(places: Sequence[ranking.Placed]) -> list[types.CustomerRank]:
        known = await types.customers(context.loaders, [one.row.key for one in places])
        return [
            types.CustomerRank(
                rank=one.row.rank,
                previous_rank=one.previous_rank,
                customer=known[one.row.key],
                figures=one.figures,
            )
            for one in places
        ]

    return await ranking.ranking(
        context.data,
        selection,
        DimensionName.CUSTOMER,
        metrics,
        by,
        page,
        ascending=ascending,
        shown=shown,
        key=lambda row: row.customer.row_id,
    )


async def new_versus_returning(
    context: Context, selection: Selection, granularity: Granularity | None
) -> types.NewVersusReturning:
    """Tell first-time customers from those who came back, bucket by bucket."""
    chart = axis(replace(selection, compared=None), granularity)
    counted = selection.query(
        {Measure.CUSTOMERS, Measure.NEW_CUSTOMERS}, granularity=chart.granularity
    )
    rows = by_bucket((await context.data.aggregate(counted)).rows)
    asked: asyncio.Task[Mapping[dt.datetime, repository.SplitRow]] | None = None

    async def split() -> Mapping[dt.datetime, repository.SplitRow]:
        nonlocal asked
        if asked is None:
            query = replace(
                counted,
                measures=METRICS["revenue"].measures | {Measure.NEW_CUSTOMERS},
                by=(Dimension.CUSTOMER,),
            )
            asked = asyncio.ensure_future(repository.revenue_split(context.data, query))
        # The three revenues are asked side by side and wait for one statement.
        return await asked

    return types.NewVersusReturning(
        split=split,
        along=chart.current,
        granularity=chart.granularity,
        buckets=[bucket.start for bucket in chart.current],
        partial_from=chart.partial_from,
        partial=[n for n, bucket in enumerate(chart.current) if bucket.is_partial],
        new_customers=column(METRICS["new_customers"], chart.current, rows),
        returning_customers=column(METRICS["returning_customers"], chart.current, rows),
    )
