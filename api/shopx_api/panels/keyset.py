"""Keyset paging: pages of a totally ordered list, each beginning after a cursor.

A cursor holds the sort key of its item, so a page continues after that item even when rows were
added or removed before it. It also names its list: a cursor of another list or order is refused.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

import orjson

from shopx_api.types.connection import Connection, Count, Edge, PageInfo
from shopx_core.errors import InvalidInput
from shopx_store.sql import Sql, bind, join, raw, sql

MAX_FIRST: Final = 100

# The bounds of PostgreSQL's bigint, and digits that its numeric certainly has: a forged cursor must
# not fail in the database.
_BIGINT: Final = 2**63
_MAX_DIGITS: Final = 1000

T = TypeVar("T")
Key = tuple[Any, ...]
"""The sort key of an item: a value for each column."""


@dataclass(frozen=True, slots=True)
class PageArgs:
    """Relay's arguments.

    Raises:
        InvalidInput: `first` is not between 1 and `MAX_FIRST`.
    """

    first: int
    after: str | None

    def __post_init__(self) -> None:
        if not 1 <= self.first <= MAX_FIRST:
            raise InvalidInput(
                f"`first` is {self.first}, outside 1 to {MAX_FIRST}.",
                hint="Fetch further pages with `after`.",
                limit=MAX_FIRST,
            )


@dataclass(frozen=True, slots=True)
class Column:
    """A part of the sort key."""

    name: str
    """Its SQL expression."""
    type: str
    """Its PostgreSQL type: bigint, float8, numeric, text or timestamptz."""
    descending: bool = False
    nullable: bool = False
    """Nulls come last in either direction."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """The total order of a list; its last column is unique and never null."""

    list_name: str
    """The list and its order, for cursors."""
    columns: tuple[Column, ...]

    def cursor(self, key: Key) -> str:
        """The cursor of an item."""
        raw_cursor = orjson.dumps([self.list_name, *key], default=str)
        return base64.urlsafe_b64encode(raw_cursor).decode().rstrip("=")

    def key(self, cursor: str | None) -> Key | None:
        """The sort key in a cursor; `None` for the first page.

        Raises:
            InvalidInput: It is not a cursor, or of another list or order.
        """
        if cursor is None:
            return None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            list_name, *values = orjson.loads(
                base64.b64decode(padded, altchars=b"-_", validate=True)
            )
            key = tuple(
                _value(value, column) for value, column in zip(values, self.columns, strict=True)
            )
        except (binascii.Error, ValueError, TypeError, ArithmeticError):
            list_name, key = None, ()
        if list_name != self.list_name:
            raise InvalidInput(
                f"{cursor[:60]!r} is not a cursor of this list.",
                hint="Pass the endCursor of a page that was requested with the same arguments.",
            )
        return key

    @property
    def order_by(self) -> Sql:
        """The list of an ORDER BY clause."""
        return raw(", ".join(map(_direction, self.columns)))

    def after(self, key: Key | None) -> Sql:
        """The predicate of the rows after a key; true without one."""
        return raw("true") if key is None else _after(self.columns, key)

    def follows(self, key: Key, after: Key | None) -> bool:
        """Whether an item comes after a key: `after` for lists in memory."""
        if after is None:
            return True
        for column, value, bound in zip(self.columns, key, after, strict=True):
            if value != bound:
                if value is None or bound is None:
                    return value is None
                return bool(value < bound if column.descending else value > bound)
        return False

    def connection(
        self, page: PageArgs, nodes: Sequence[T], keys: Sequence[Key], count: Count
    ) -> Connection[T]:
        """Make a page.

        Args:
            page: The requested page.
            nodes: The items after the cursor, one more than `page.first` where the list goes on.
            keys: Their sort keys.
            count: The length of the whole list.
        """
        edges = [
            Edge(node=node, cursor=self.cursor(key))
            for node, key in zip(nodes[: page.first], keys, strict=False)
        ]
        return Connection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=len(nodes) > page.first,
                has_previous_page=page.after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            count=count,
        )


def _direction(column: Column) -> str:
    descending = " desc" if column.descending else ""
    nulls = " nulls last" if column.nullable else ""
    return f"{column.name}{descending}{nulls}"


def _after(columns: Sequence[Column], key: Key) -> Sql:
    first, bound = columns[0], key[0]
    beyond = raw("<" if first.descending else ">")
    if not any(column.nullable or column.descending != first.descending for column in columns):
        # PostgreSQL can search an index for a comparison of rows.
        return sql(
            "(({names}) {beyond} ({bounds}))",
            names=raw(", ".join(column.name for column in columns)),
            beyond=beyond,
            bounds=join(
                ", ", (bind(v, column.type) for v, column in zip(key, columns, strict=True))
            ),
        )
    name, rest = raw(first.name), _after(columns[1:], key[1:])
    if bound is None:
        return sql("({name} is null and {rest})", name=name, rest=rest)
    return sql(
        "({name} {beyond} {bound}{or_null} or ({name} = {bound} and {rest}))",
        name=name,
        beyond=beyond,
        bound=bind(bound, first.type),
        or_null=raw(f" or {first.name} is null" if first.nullable else ""),
        rest=rest,
    )


def _value(value: Any, column: Column) -> Any:
    if value is None:
        if not column.nullable:
            raise TypeError(value)
        return None
    match column.type, value:
        case "bigint", int() if type(value) is int and -_BIGINT <= value < _BIGINT:
            return value
        case "numeric", str():
            number = Decimal(value)
            if number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS:
                return number
        case "timestamptz", str():
            instant = dt.datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant
        case ("float8", float()) | ("text", str()):
            return value
    raise TypeError(value)
