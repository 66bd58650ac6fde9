"""Relay connections."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")
Count = int | Callable[[], Awaitable[int]]
"""The length of a list, or how to count it."""


@strawberry.type(description="Where a page stands within its list.")
class PageInfo:
    """Relay's PageInfo; lists run forward only."""

    has_next_page: bool = strawberry.field(description="Whether items follow.")
    has_previous_page: bool = strawberry.field(
        description="Whether the page was asked for with `after`, so that items lie before it."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last item: pass it as `after` for the next page."
    )


@strawberry.type(description="An item of a list and its place.")
class Edge(Generic[T]):
    """Relay's edge."""

    node: T = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Opaque place of the item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Relay's connection; `shopx_api.panels.keyset` makes them."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their places, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    count: strawberry.Private[Count]

    @strawberry.field(description="The items alone, in order.")
    def nodes(self) -> list[T]:
        """The items alone, in order."""
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many items the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        """The length of the whole list."""
        return self.count if isinstance(self.count, int) else await self.count()
