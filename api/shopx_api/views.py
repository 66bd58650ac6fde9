"""Materialized views: what they are as of."""

import datetime as dt
from collections.abc import Sequence

from shopx_api.graphql.data import Data


async def views_as_of(data: Data, names: Sequence[str]) -> list[dt.datetime | None]:
    """Return what each view is as of; `None` before its first refresh. A loader's function."""
    data.read_view()
    rows = await data.fetch(
        "select view, as_of from matview_refreshes where view = any($1::text[])", list(names)
    )
    found = {row["view"]: row["as_of"] for row in rows}
    return [found.get(name) for name in names]
