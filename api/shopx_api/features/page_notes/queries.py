"""SQL of saved views and annotations."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shopx_api.data.operation_data import OperationData
from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.sql import bind, raw, sql

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

MAX_VIEWS: Final = 200
"""Saved views of one owner."""
MAX_ANNOTATIONS: Final = 2000
"""Annotations of all."""

_VIEWS: Final = """
select id, owner, name, path, is_shared, saved_at from saved_views
where is_shared or owner = {owner} order by name, id"""

_ANNOTATIONS: Final = """
select id, owner, author, first_day, last_day, text, written_at from annotations
order by first_day, id"""

# The same name again replaces the path.
_SAVE: Final = """
insert into saved_views (owner, name, path, is_shared)
select $1, $2, $3, $4
where (select count(*) from saved_views where owner = $1 and name <> $2) < $5
on conflict (owner, name) do update
set path = excluded.path, is_shared = excluded.is_shared, saved_at = now()
returning id, owner, name, path, is_shared, saved_at"""

_ANNOTATE: Final = """
insert into annotations (owner, author, first_day, last_day, text)
select $1, $2, $3, $4, $5 where (select count(*) from annotations) < $6
returning id, owner, author, first_day, last_day, text, written_at"""


@dataclass(frozen=True, slots=True)
class NoteKind:
    """What users keep: its names in messages, and the statements for one of a number."""

    title: str
    short: str
    owner: str
    remove: str


VIEW: Final = NoteKind(
    "saved view",
    "view",
    "select owner from saved_views where id = $1",
    "delete from saved_views where id = $1",
)
ANNOTATION: Final = NoteKind(
    "annotation",
    "annotation",
    "select owner from annotations where id = $1",
    "delete from annotations where id = $1",
)


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A saved view."""

    id: int
    owner: str
    name: str
    path: str
    is_shared: bool
    saved_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    """An annotation of days."""

    id: int
    owner: str
    author: str
    first_day: dt.date
    last_day: dt.date
    text: str
    written_at: dt.datetime


async def views(data: OperationData, owner: str | None) -> list[ViewRow]:
    """Return an owner's saved views and those that are shared, by name."""
    rows = await data.fetch(sql(_VIEWS, owner=bind(owner, "text")).reading())
    return [ViewRow(*row) for row in rows]


async def annotations(data: OperationData) -> list[AnnotationRow]:
    """Return every annotation, the earliest day first."""
    return [AnnotationRow(*row) for row in await data.fetch(raw(_ANNOTATIONS).reading())]


async def save_view(
    connection: "Connection", owner: str, *, name: str, path: str, is_shared: bool
) -> ViewRow:
    """Save a view; one of the same name is replaced.

    Raises:
        InvalidInput: The owner has too many.
    """
    row = await connection.fetchrow(_SAVE, owner, name, path, is_shared, MAX_VIEWS)
    if row is None:
        raise InvalidInput(
            say(
                "notes.saved-views-already",
                "There are {max_views} saved views already.",
                max_views=MAX_VIEWS,
            ),
            hint=say("notes.remove-some", "Remove some."),
        )
    return ViewRow(*row)


async def annotate(
    connection: "Connection", owner: str, author: str, *, first: dt.date, last: dt.date, text: str
) -> AnnotationRow:
    """Add an annotation.

    Raises:
        InvalidInput: There are too many.
    """
    row = await connection.fetchrow(_ANNOTATE, owner, author, first, last, text, MAX_ANNOTATIONS)
    if row is None:
        raise InvalidInput(
            say(
                "notes.annotations-already",
                "There are {max_annotations} annotations already.",
                max_annotations=MAX_ANNOTATIONS,
            ),
            hint=say("notes.remove-some", "Remove some."),
        )
    return AnnotationRow(*row)


async def owner_of(connection: "Connection", kind: NoteKind, number: int) -> str | None:
    """Return the owner of what a user keeps; `None` if there is none of that number."""
    owner: str | None = await connection.fetchval(kind.owner, number)
    return owner


async def remove(connection: "Connection", kind: NoteKind, number: int) -> None:
    """Remove what a user keeps."""
    await connection.execute(kind.remove, number)
