"""SQL of the sales panel."""

import datetime as dt
from typing import Final

from shopx_api.data.operation_data import OperationData
from shopx_core.caching.dependencies import DependencyTag
from shopx_store.sql import bind, sql

# The newest folded order, by index, and the newest one that is not folded yet.
_LAST: Final = """
select greatest(
    (select max(ordered_at) from rollup_order where sale_lines > 0 and ordered_at <= {now}),
    (
        select max(booked_at) from order_items
        where xid >= (select folded_below from watermark) and kind = 'sale' and booked_at <= {now}
    )
)
"""
_LAST_OF_LEDGER: Final = "select max(at) from ({orders}) o where at <= {now}"


async def last_order_at(data: OperationData, now: dt.datetime) -> dt.datetime | None:
    """Return when the newest order was placed; `None` without one. Future orders do not count."""
    instant = bind(now, "timestamptz")
    if (await data.read_state()).rollups_valid:
        query = sql(_LAST, now=instant).reading(DependencyTag.LEDGER)
    else:
        query = sql(_LAST_OF_LEDGER, orders=await data.orders(), now=instant)
    found: dt.datetime | None = (await data.fetch(query))[0][0]
    return found
