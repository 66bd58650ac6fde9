"""What the admin fields read."""

import datetime as dt
from dataclasses import dataclass

from shopx_api.data.operation_data import OperationData
from shopx_api.types.enums import DimensionName

# What the fold has still to do; see `shopx_migrations.models.rollups.Watermark`.
_FOLD = """
select w.folded_at, (
    select count(*) from order_items i
    where i.xid >= w.folded_below and i.id > w.restored_through
        and not exists (select from folded_xids f where f.xid = i.xid)
) as pending
from watermark w
"""
_VIEWS = "select view, as_of, finished_at, seconds from matview_refreshes order by view"

# `detail` tells namesakes apart. Names repeat, so the id is part of the order.
_OPTIONS = {
    DimensionName.PRODUCT: (
        "select p.id, p.name as label, p.sku as detail,"
        " concat_ws(' ', p.name, p.sku, p.key) as text from products p"
    ),
    DimensionName.CATEGORY: (
        "select c.id, c.name as label, p.name as detail, concat_ws(' ', c.name, c.key) as text"
        " from categories c left join categories p on p.id = c.parent_id"
    ),
    DimensionName.CUSTOMER: (
        "select c.id, coalesce(c.name, 'Customer ' || c.key) as label,"
        " coalesce(c.email, c.country) as detail,"
        " concat_ws(' ', c.name, c.key, c.email) as text from customers c"
    ),
    DimensionName.REP: (
        "select r.id, r.name as label, r.team as detail, concat_ws(' ', r.name, r.key) as text"
        " from sales_reps r"
    ),
    DimensionName.REGION: (
        "select id, name as label, null::text as detail, name as text from regions"
    ),
    DimensionName.CHANNEL: (
        "select id, name as label, null::text as detail, name as text from channels"
    ),
}


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
    """When the fold last folded, and how many lines it has still to fold."""
    rows = await data.fetch(_FOLD)
    return rows[0]["folded_at"], rows[0]["pending"]


async def views(data: OperationData) -> list[View]:
    """Every materialized view that was ever refreshed, by name."""
    return [View(*row) for row in await data.fetch(_VIEWS)]


async def options(
    data: OperationData,
    dimension: DimensionName,
    search: str | None,
    *,
    after: tuple[str, int] | None,
    limit: int,
) -> list[Option]:
    """Members by label.

    Args:
        data: What the operation reads.
        dimension: Any but segments, which are no rows.
        search: A part of the name, key, SKU or address, in any case; `None` = all.
        after: Label and id of the member before the first.
        limit: How many at most.
    """
    label, last = after or (None, None)
    rows = await data.fetch(
        f"select id, label, detail from ({_OPTIONS[dimension]}) o"
        " where ($1::text is null or text ilike $1)"
        " and ($2::text is null or (label, id) > ($2, $3::bigint))"
        " order by label, id limit $4",
        _pattern(search),
        label,
        last,
        limit,
    )
    return [Option(*row) for row in rows]


async def count_options(data: OperationData, dimension: DimensionName, search: str | None) -> int:
    """How many members there are."""
    rows = await data.fetch(
        f"select count(*) from ({_OPTIONS[dimension]}) o where ($1::text is null or text ilike $1)",
        _pattern(search),
    )
    return int(rows[0][0])


def _pattern(search: str | None) -> str | None:
    if not search:
        return None
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
