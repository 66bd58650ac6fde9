"""The as-of of materialized views."""

import datetime as dt
from collections.abc import Mapping, Sequence

from shopx_api.data.context import Context
from shopx_api.data.operation_data import OperationData
from shopx_core.caching.dependencies import DependencyTag
from shopx_store.sql import raw

_ALL = "all"


async def view_as_of(context: Context, name: str) -> dt.datetime | None:
    """Return what a view is as of; `None` before its first refresh.

    One statement serves every view of an operation.
    """
    return (await context.loaders.of(_refreshes).load(_ALL)).get(name)


async def _refreshes(data: OperationData, keys: Sequence[str]) -> list[Mapping[str, dt.datetime]]:
    data.note_view()
    rows = await data.fetch(
        raw("select view, as_of from matview_refreshes").reading(DependencyTag.VIEWS)
    )
    return [{row["view"]: row["as_of"] for row in rows}] * len(keys)
