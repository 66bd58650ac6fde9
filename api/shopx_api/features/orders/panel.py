"""The orders panel."""

from functools import partial
from typing import Annotated

import strawberry

from shopx_api.data.context import Info
from shopx_api.features.orders import queries
from shopx_api.features.orders.compute import checked_week_hour
from shopx_api.features.orders.queries import PlacedOrder
from shopx_api.features.orders.types import Order
from shopx_api.panels.keyset import PageArgs
from shopx_api.panels.members import clean_search
from shopx_api.panels.panel import Panel, root_field
from shopx_api.types.connection import Connection
from shopx_api.types.cost import cost
from shopx_api.types.enums import SortDirection
from shopx_api.types.inputs import AfterArg, DirectionArg, FirstArg, SearchArg, WeekHourInput


@root_field("orders", order=6, cost=8, description="Orders: the documents behind the figures.")
@strawberry.type(description="The orders of one period.")
class Orders(Panel):
    """The orders behind a figure."""

    @strawberry.field(
        description="The orders that the metric ORDERS counts, the newest first by default. "
        "`search` is a part of the order's key, or of the customer's name, key or address.",
        metadata=cost(150),
    )
    async def placed(
        self,
        info: Info,
        order_by: Annotated[
            PlacedOrder, strawberry.argument(description="What orders the list.")
        ] = PlacedOrder.TIME,
        direction: DirectionArg = SortDirection.DESC,
        search: SearchArg = None,
        week_hour: Annotated[
            WeekHourInput | None,
            strawberry.argument(description="Only orders placed in this hour of the week."),
        ] = None,
        first: FirstArg = 10,
        after: AfterArg = None,
    ) -> Connection[Order]:
        data, page = info.context.data, PageArgs(first, after)
        wanted = queries.PlacedOrders(
            period=self.selection.period,
            filters=self.selection.filters,
            search=clean_search(search),
            week_hour=checked_week_hour(week_hour.weekday, week_hour.hour) if week_hour else None,
            by=order_by,
            ascending=direction is SortDirection.ASC,
        )
        keyset = wanted.keyset
        keys = await queries.placed_orders(data, wanted, first=first, after=keyset.key(after))
        rows = await info.context.loaders.of(queries.orders_by_id).load_many(
            [order_id for _, order_id in keys]
        )
        nodes = [Order.of(row) for row in rows if row is not None]
        count = partial(queries.count_placed_orders, data, wanted)
        return keyset.connection(page, nodes, keys, count)
