"""SQL of feeds: on the primary, because they belong to no snapshot."""

from typing import TYPE_CHECKING, Any

from shopx_core.domain.feeds import MAX_FEEDS, Definition
from shopx_core.errors import Conflict, NotFound, TooManyRequests
from shopx_core.texts import say
from shopx_store.feeds import statements

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection

Row = dict[str, Any]


async def every(connection: "Connection") -> list[Row]:
    """Every feed, by name."""
    return [dict(row) for row in await connection.fetch(statements.LIST)]


async def one(connection: "Connection", name: str) -> Row:
    """A feed.

    Raises:
        NotFound: There is none of this name.
    """
    row = await connection.fetchrow(statements.ONE, name)
    if row is None:
        raise NotFound(say("feed.none", "There is no feed {name}.", name=repr(name[:100])))
    return dict(row)


async def add(connection: "Connection", definition: Definition, by: str) -> None:
    """Keep a feed.

    Raises:
        Conflict: There is one of this name, or one that books under its source.
        TooManyRequests: There are too many.
    """
    if await connection.fetchval(statements.COUNT) >= MAX_FEEDS:
        raise TooManyRequests(
            say("feed.feeds-already", "There are {max_feeds} feeds already.", max_feeds=MAX_FEEDS),
            hint=say("feed.remove-some-needed", "Remove some that are not needed."),
        )
    others = await connection.fetch(statements.SAME_SOURCE, definition.source)
    if others:
        # Mappings are read by workers otherwise, and what that takes is not in memory here.
        from shopx_store.importing.feed_sharing import expect_alone  # noqa: PLC0415 -- see above

        expect_alone(definition, [dict(row) for row in others])
    made = await connection.fetchval(statements.ADD, *statements.values(definition, by))
    if made is None:
        raise Conflict(
            say("feed.feed-already", "There is a feed {name} already.", name=repr(definition.name)),
            hint=say(
                "feed.choose-another-name-remove",
                "Choose another name, or remove that one: what it read is known all the same.",
            ),
        )


async def pause(connection: "Connection", name: str, *, paused: bool) -> None:
    """Pause or resume a feed."""
    await connection.fetchval(statements.PAUSE, name, paused)


async def pull(connection: "Connection", name: str) -> bool:
    """Ask for an attempt now; false = it is paused."""
    return await connection.fetchval(statements.PULL, name) is not None


async def remove(connection: "Connection", name: str) -> None:
    """Remove a feed; what it imported stays."""
    await connection.fetchval(statements.REMOVE, name)
