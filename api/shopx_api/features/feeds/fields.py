"""Root fields of feeds: sources that workers read again on a schedule. All need INGEST."""

from typing import Annotated

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.features.feeds import compute, queries
from shopx_api.features.feeds.types import Feed, FeedInput
from shopx_api.features.imports.queries import primary
from shopx_api.types.cost import cost
from shopx_core import logging
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

_log = logging.get(__name__)

NameArg = Annotated[str, strawberry.argument(description="The feed's name.")]


@strawberry.type
class FeedFields:
    """A part of the type Query."""

    @strawberry.field(
        description="Sources that are read again on a schedule, by name, as they are now. Scope "
        "INGEST.",
        metadata=cost(20),
    )
    async def feeds(self, info: Info) -> list[Feed]:
        info.context.principal.require(Scope.INGEST)
        # How they are belongs to no snapshot.
        info.context.dependencies.live = True
        async with primary(info.context) as connection:
            rows = await queries.every(connection)
        return [compute.feed(row, info.context.received_at) for row in rows]


@strawberry.type
class FeedMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(
        description="Read a source now, and again on a schedule: what changed there is imported. "
        "Scope INGEST, for the feed's source."
    )
    async def add_feed(
        self,
        info: Info,
        feed: Annotated[FeedInput, strawberry.argument(description="What, how, and when.")],
    ) -> Feed:
        principal = info.context.principal
        principal.require_source(feed.source)
        definition = compute.definition(feed)
        async with primary(info.context) as connection:
            await queries.add(connection, definition, principal.name)
        return await _shown(info.context, feed.name, "feed_added")

    @strawberry.mutation(
        description="Read a feed no longer, or again; what changed meanwhile is read then. Scope "
        "INGEST, for the feed's source."
    )
    async def pause_feed(
        self,
        info: Info,
        name: NameArg,
        is_paused: Annotated[bool, strawberry.argument(description="False resumes it.")] = True,
    ) -> Feed:
        await _expect_allowed(info.context, name)
        async with primary(info.context) as connection:
            await queries.pause(connection, name, paused=is_paused)
        return await _shown(info.context, name, "feed_paused" if is_paused else "feed_resumed")

    @strawberry.mutation(
        description="Read a feed now, whatever its schedule. Scope INGEST, for the feed's source."
    )
    async def pull_feed(self, info: Info, name: NameArg) -> Feed:
        await _expect_allowed(info.context, name)
        async with primary(info.context) as connection:
            asked = await queries.pull(connection, name)
        if not asked:
            raise InvalidInput(
                say("feed.feed-paused", "The feed {name} is paused.", name=repr(name)),
                hint=say("feed.resume-first", "Resume it first."),
            )
        return await _shown(info.context, name, "feed_asked")

    @strawberry.mutation(
        description="Remove a feed; what it imported stays. Scope INGEST, for the feed's source."
    )
    async def remove_feed(self, info: Info, name: NameArg) -> bool:
        await _expect_allowed(info.context, name)
        async with primary(info.context) as connection:
            await queries.remove(connection, name)
        _log.info("feed_removed", feed=name, by=info.context.principal.name)
        return True


async def _expect_allowed(context: Context, name: str) -> None:
    context.principal.require(Scope.INGEST)
    async with primary(context) as connection:
        row = await queries.one(connection, name)
    context.principal.require_source(row["source"])


async def _shown(context: Context, name: str, event: str) -> Feed:
    _log.info(event, feed=name, by=context.principal.name)
    context.dependencies.live = True
    async with primary(context) as connection:
        return compute.feed(await queries.one(connection, name), context.received_at)
