"""What the sales panel reads besides the cube."""

import datetime as dt

from shopx_api.data.operation_data import OperationData

# The newest of those folded, by index, and of those that are not folded yet.
_LAST = """
select greatest(
    (select max(ordered_at) from rollup_order where sale_lines > 0 and ordered_at <= $1),
    (
        select max(booked_at) from order_items
        where xid >= (select folded_below from watermark) and kind = 'sale' and booked_at <= $1
    )
)
"""


async def last_order_at(data: OperationData, now: dt.datetime) -> dt.datetime | None:
    """When the newest order was placed; `None` without one. Orders of the future do not count."""
    if (await data.terms()).trusted:
        rows = await data.fetch(_LAST, now)
    else:
        orders = await data.orders()
        n = len(orders.args) + 1
        rows = await data.fetch(
            f"select max(at) from ({orders.text}) o where at <= ${n}", *orders.args, now
        )
    found: dt.datetime | None = rows[0][0]
    return found
