"""Root fields of what users keep about the pages: saved views, and annotations of days."""

import datetime as dt
from typing import Annotated

import strawberry

from shopx_api.auth.principal import Principal
from shopx_api.data.context import Context, Info
from shopx_api.data.writing import writing
from shopx_api.features.page_notes import compute, queries
from shopx_api.features.page_notes.queries import AnnotationRow, NoteKind, ViewRow
from shopx_api.features.page_notes.types import (
    ANNOTATION_TYPE,
    VIEW_TYPE,
    Annotation,
    SavedView,
)
from shopx_api.types.access import for_readers
from shopx_api.types.cost import cost
from shopx_api.types.inputs import IdArg
from shopx_api.types.node import global_id, row_id
from shopx_core import logging
from shopx_core.errors import NotFound
from shopx_core.texts import say

_log = logging.get(__name__)


@strawberry.type
class PageNoteFields:
    """A part of the type Query."""

    @strawberry.field(
        description="The caller's saved views and those shared with all, by name.",
        metadata=cost(10),
    )
    async def saved_views(self, info: Info) -> list[SavedView]:
        # They belong to no snapshot, and callers who share cached figures have different ones.
        info.context.dependencies.live = True
        principal = info.context.principal
        rows = await queries.views(info.context.data, compute.owner_of(principal))
        return [_view(row, principal) for row in rows]

    @strawberry.field(
        description="What happened on which days, the earliest first.", metadata=cost(10)
    )
    async def annotations(self, info: Info) -> list[Annotation]:
        info.context.dependencies.live = True
        rows = await queries.annotations(info.context.data)
        return [_annotation(row, info.context.principal) for row in rows]


@strawberry.type
class PageNoteMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(
        description="Save a page under a name; the caller's view of that name is replaced. Scope "
        "READ, and INGEST for tokens that share it.",
        metadata=for_readers(),
    )
    async def save_view(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="Up to 100 characters.")],
        path: Annotated[
            str, strawberry.argument(description="The page's path and query, such as /?range=7d.")
        ],
        is_shared: Annotated[
            bool, strawberry.argument(description="Whether every reader sees it.")
        ] = False,
    ) -> SavedView:
        principal = info.context.principal
        owner = (compute.require_writing_for_all if is_shared else compute.required_owner)(
            principal
        )
        name = compute.clean_text(name, "name", compute.MAX_NAME)
        path = compute.checked_path(path)
        async with writing(info.context) as connection:
            row = await queries.save_view(
                connection, owner, name=name, path=path, is_shared=is_shared
            )
        _log.info("view_saved", by=principal.name, view=row.id, shared=is_shared)
        return _view(row, principal)

    @strawberry.mutation(
        description="Remove a saved view of the caller; admins remove any.", metadata=for_readers()
    )
    async def remove_view(self, info: Info, id: IdArg) -> strawberry.ID:
        number = await _remove(info.context, queries.VIEW, VIEW_TYPE, id)
        _log.info("view_removed", by=info.context.principal.name, view=number)
        return id

    @strawberry.mutation(
        description="Note what happened on some days, for every reader. For users, and tokens with "
        "the scope INGEST.",
        metadata=for_readers(),
    )
    async def annotate(
        self,
        info: Info,
        first: Annotated[dt.date, strawberry.argument(name="from", description="The first day.")],
        text: Annotated[str, strawberry.argument(description="Up to 300 characters.")],
        last: Annotated[
            dt.date | None,
            strawberry.argument(name="to", description="The last day; the first if null."),
        ] = None,
    ) -> Annotation:
        principal = info.context.principal
        owner = compute.require_writing_for_all(principal)
        text = compute.clean_text(text, "text", compute.MAX_TEXT)
        compute.check_days(first, last or first)
        async with writing(info.context) as connection:
            row = await queries.annotate(
                connection, owner, principal.name, first=first, last=last or first, text=text
            )
        _log.info("days_annotated", by=principal.name, annotation=row.id)
        return _annotation(row, principal)

    @strawberry.mutation(
        description="Remove an annotation of the caller; admins remove any.", metadata=for_readers()
    )
    async def remove_annotation(self, info: Info, id: IdArg) -> strawberry.ID:
        number = await _remove(info.context, queries.ANNOTATION, ANNOTATION_TYPE, id)
        _log.info("annotation_removed", by=info.context.principal.name, annotation=number)
        return id


async def _remove(context: Context, kind: NoteKind, type_name: str, node: strawberry.ID) -> int:
    compute.required_owner(context.principal)
    number = row_id(node, type_name)
    async with writing(context) as connection:
        owner = await queries.owner_of(connection, kind, number)
        if owner is None:
            raise NotFound(say("notes.none", "There is no such {title}.", title=kind.title))
        compute.check_removal(context.principal, owner, kind.short)
        await queries.remove(connection, kind, number)
    return number


def _view(row: ViewRow, principal: Principal) -> SavedView:
    return SavedView(
        id=global_id(VIEW_TYPE, row.id),
        name=row.name,
        path=row.path,
        is_shared=row.is_shared,
        is_mine=row.owner == compute.owner_of(principal),
        created_at=row.saved_at,
    )


def _annotation(row: AnnotationRow, principal: Principal) -> Annotation:
    return Annotation(
        id=global_id(ANNOTATION_TYPE, row.id),
        first=row.first_day,
        last=row.last_day,
        text=row.text,
        author=row.author,
        is_mine=row.owner == compute.owner_of(principal),
        created_at=row.written_at,
    )
