"""SQL of the admin fields."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.keyset import Column, Key, Keyset
from shopx_api.panels.members import matches, members
from shopx_api.types.enums import DimensionName
from shopx_core.caching.dependencies import DependencyTag
from shopx_store.sql import bind, raw, sql

# The columns are described in `shopx_migrations.models.rollups.Watermark`.
_FOLD: Final = """
select w.folded_at, (
    select count(*) from order_items i
    where i.xid >= w.folded_below and i.id > w.restored_through
        and not exists (select from folded_xids f where f.xid = i.xid)
) as pending
from watermark w
"""
_VIEWS: Final = "select view, as_of, finished_at, seconds from matview_refreshes order by view"

_LAST_IMPORT: Final = """
select max(published_at) as at from import_runs
where lines_new + lines_changed + lines_missing > 0
"""


@dataclass(frozen=True, slots=True)
class Option:
    """A member of a dimension."""

    id: int
    label: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class View:
    """A materialized view's last refresh."""

    name: str
    as_of: dt.datetime
    finished_at: dt.datetime
    seconds: float


async def fold_state(data: OperationData) -> tuple[dt.datetime, int]:
    """Return when the fold last ran, and the number of lines that are not folded yet."""
    rows = await data.fetch(raw(_FOLD).reading(DependencyTag.LEDGER))
    return rows[0]["folded_at"], rows[0]["pending"]


async def views(data: OperationData) -> list[View]:
    """Return every materialized view that was ever refreshed, by name."""
    return [View(*row) for row in await data.fetch(raw(_VIEWS).reading(DependencyTag.VIEWS))]


async def last_import_at(data: OperationData) -> dt.datetime | None:
    """Return when an import or a seeding last changed sales; `None` if none has."""
    # An import that changes sales writes lines.
    (row,) = await data.fetch(raw(_LAST_IMPORT).reading(DependencyTag.LEDGER))
    at: dt.datetime | None = row["at"]
    return at


def options_keyset(dimension: DimensionName) -> Keyset:
    """The order of a dimension's options: by label."""
    columns = (Column("label", "text"), Column("id", "bigint"))
    return Keyset(f"options:{dimension.value}", columns)


async def options(
    data: OperationData,
    dimension: DimensionName,
    search: str | None,
    *,
    first: int,
    after: Key | None,
) -> list[Option]:
    """Return a page of members by label, one more than `first` where there are more.

    Args:
        data: The operation's data.
        dimension: Any but segments, which are no rows.
        search: A part of the name, key, SKU or address, in any case; `None` = all.
        first: Members of the page.
        after: The sort key of the member before the page.
    """
    keyset = options_keyset(dimension)
    rows = await data.fetch(
        sql(
            "select id, label, detail from ({options}) o where {matches} and {after}"
            " order by {order} limit {limit}",
            options=members(dimension),
            matches=matches(search),
            after=keyset.after(after),
            order=keyset.order_by,
            limit=bind(first + 1, "bigint"),
        )
    )
    return [Option(*row) for row in rows]


async def count_options(data: OperationData, dimension: DimensionName, search: str | None) -> int:
    """Count the members on all pages."""
    rows = await data.fetch(
        sql(
            "select count(*) from ({options}) o where {matches}",
            options=members(dimension),
            matches=matches(search),
        )
    )
    return int(rows[0][0])
