"""Relay connections with keyset cursors.

A cursor holds the sort key and the id of its item, so a page continues after that item even when
rows were added or removed before it. It also names the order it belongs to: a cursor of another
order is an error rather than a page from nowhere.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

import orjson
import strawberry

from shopx_core.errors import InvalidInput

MAX_FIRST = 100

# What PostgreSQL's bigint and numeric hold with ease: a forged cursor must not fail deep inside.
_BIGINT = 2**63
_MAX_DIGITS = 1000

T = TypeVar("T")


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
    """Relay's connection."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their places, in order.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The items alone, in order.")
    def nodes(self) -> list[T]:
        """The items alone, in order."""
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many items the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        """How many items the whole list has."""
        return await self.count()


def checked_first(first: int) -> int:
    """Return `first`.

    Raises:
        InvalidInput: It is not between 1 and `MAX_FIRST`.
    """
    if not 1 <= first <= MAX_FIRST:
        raise InvalidInput(
            f"`first` is {first}, outside 1 to {MAX_FIRST}.",
            hint="Fetch further pages with `after`.",
            limit=MAX_FIRST,
        )
    return first


def encode_cursor(order: str, *key: Any) -> str:
    """Make a cursor.

    Args:
        order: What the list is sorted by; see `decode_cursor`.
        key: The sort key and the id of the item: numbers, text, `None`, Decimals.
    """
    return base64.urlsafe_b64encode(orjson.dumps([order, *key], default=str)).decode().rstrip("=")


def decode_cursor(cursor: str | None, order: str, *kinds: type) -> tuple[Any, ...] | None:
    """Read a cursor of a list sorted by `order`.

    Args:
        cursor: What the client passed as `after`; `None` for the first page.
        order: As given to `encode_cursor`.
        kinds: The type of each part of the key: `Decimal`, `int` or `str`; every part may be
            `None` too.

    Returns:
        The key, or `None` for the first page.

    Raises:
        InvalidInput: It is no cursor, or one of another list or order.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found, *parts = orjson.loads(raw)
        key = tuple(_part(value, kind) for value, kind in zip(parts, kinds, strict=True))
    except (binascii.Error, ValueError, TypeError, ArithmeticError):
        found, key = None, ()
    if found != order:
        raise InvalidInput(
            f"{cursor[:60]!r} is no cursor of this list.",
            hint="Pass the endCursor of a page that was asked with the same arguments.",
        )
    return key


def _part(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is Decimal:
        if not isinstance(value, str):
            raise TypeError(value)
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
            raise ValueError(value)
        return number
    if kind is int and isinstance(value, int) and not -_BIGINT <= value < _BIGINT:
        raise ValueError(value)
    if type(value) is not kind:
        raise TypeError(value)
    return value


def connection(
    items: Sequence[T],
    *,
    first: int,
    after: str | None,
    cursor: Callable[[T], str],
    count: Callable[[], Awaitable[int]],
) -> Connection[T]:
    """Make a page.

    Args:
        items: What was found after the cursor, one more than `first` where the list goes on.
        first: How many were asked for.
        after: The cursor that was asked with.
        cursor: Makes an item's cursor.
        count: Counts the whole list.
    """
    edges = [Edge(node=item, cursor=cursor(item)) for item in items[:first]]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(items) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )
