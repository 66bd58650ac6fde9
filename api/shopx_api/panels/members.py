"""The members of a dimension by name: what filters offer, and what lists are searched by."""

from collections.abc import Set as AbstractSet
from typing import Final

from shopx_api.data.operation_data import OperationData
from shopx_api.panels.labels import NONE_LABELS, NONE_SEGMENT
from shopx_api.types.enums import DimensionName
from shopx_core.caching.dependencies import DependencyTag
from shopx_core.domain.rfm import SEGMENTS, Segment
from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.query import NONE
from shopx_store.sql import Sql, bind, raw, sql

MAX_SEARCH: Final = 200

# `detail` distinguishes members of the same name. Names repeat, so the id is part of the order.
_MEMBERS: Final = {
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
_TAGS: Final = {
    DimensionName.PRODUCT: DependencyTag.CATALOGUE,
    DimensionName.CATEGORY: DependencyTag.CATALOGUE,
    DimensionName.CUSTOMER: DependencyTag.CUSTOMERS,
    DimensionName.REP: DependencyTag.TEAM,
    DimensionName.REGION: DependencyTag.TEAM,
    DimensionName.CHANNEL: DependencyTag.TEAM,
}


def members(dimension: DimensionName) -> Sql:
    """The members with the columns id, label, detail, and text, which searches look into.

    Args:
        dimension: Any but segments, which are no rows.
    """
    return raw(_MEMBERS[dimension]).reading(_TAGS[dimension])


def matches(search: str | None, column: str = "text") -> Sql:
    """The predicate of the rows with a part of a text, in any case; by default of `members`."""
    if not search:
        return raw("true")
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = bind(f"%{escaped}%", "text")
    return sql("{column} ilike {pattern}", column=raw(column), pattern=pattern)


def matching_segments(search: str | None) -> list[Segment]:
    """The segments with a part of a title, in any case."""
    part = (search or "").casefold()
    return [segment for segment, text in SEGMENTS.items() if part in text.title.casefold()]


def clean_search(search: str | None) -> str | None:
    """A search without spaces at its ends; `None` where nothing is left.

    Raises:
        InvalidInput: It is too long.
    """
    cleaned = (search or "").strip()
    if len(cleaned) > MAX_SEARCH:
        raise InvalidInput(
            say(
                "panel.search-longer-characters",
                "The search is longer than {max_search} characters.",
                max_search=MAX_SEARCH,
            )
        )
    return cleaned or None


async def matching_keys(
    data: OperationData, dimension: DimensionName, search: str | None
) -> AbstractSet[int | str] | None:
    """The dimension's keys, in sales queries, of the members that a search finds.

    Returns:
        `None` = everything is listed, for there is nothing to search for.

    Raises:
        InvalidInput: The search is too long.
    """
    search = clean_search(search)
    if search is None:
        return None
    unnamed = search.casefold() in NONE_LABELS[dimension].casefold()
    if dimension is DimensionName.SEGMENT:
        names: set[int | str] = {segment.value for segment in matching_segments(search)}
        return names | {NONE_SEGMENT} if unnamed else names
    rows = await data.fetch(
        sql(
            "select id from ({members}) m where {matches}",
            members=members(dimension),
            matches=matches(search),
        )
    )
    keys: set[int | str] = {row["id"] for row in rows}
    return keys | {NONE} if unnamed else keys
