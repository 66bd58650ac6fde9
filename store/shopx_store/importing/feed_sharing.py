"""Which feeds may book under one source: those that take nothing of each other's back."""

from collections.abc import Iterable, Mapping
from typing import Any

from shopx_core.domain.feeds import Definition, followed_publication
from shopx_core.domain.webhooks import shop_of
from shopx_core.errors import Conflict, InvalidConfiguration
from shopx_core.texts import say
from shopx_store.importing.feed_mappings import feed_mapping
from shopx_store.importing.mapping import Mode


def expect_alone(given: Definition, others: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a feed that would take back what another one books under its source.

    A feed that follows changes, or reads snapshots, takes the source's other orders for gone; one
    that replaces orders takes back those of the same numbers. A shop's events and its exports are
    about the same orders, so these may have one source.

    Args:
        given: The new feed.
        others: Name, address and mapping of the feeds with its source.

    Raises:
        Conflict: There is such a feed.
    """
    mine = _mode(given.address, given.mapping)
    for other in others:
        if other["name"] == given.name:
            continue
        modes = {mine, _mode(other["address"], other["mapping"])}
        sends = {shop_of(address) is not None for address in (given.address, other["address"])}
        if Mode.SNAPSHOT not in modes and (Mode.REPLACE not in modes or sends == {True, False}):
            continue
        raise Conflict(
            say(
                "feed.feed-books-under-source",
                "The feed {other} books under the source {source} already: the two would take"
                " back each other's orders, which have the same numbers or count as gone.",
                other=repr(other["name"]),
                source=repr(given.source),
            ),
            hint=say(
                "feed.give-new-feed-another",
                "Give the new feed another source (`source.name` in the mapping, or --source),"
                " or remove the feed {other} first.",
                other=repr(other["name"]),
            ),
        )


def _mode(address: str, mapping: str) -> Mode:
    if followed_publication(address) is not None:
        return Mode.SNAPSHOT
    try:
        return feed_mapping(mapping).source.mode
    except InvalidConfiguration:
        # It books nothing, and says so itself.
        return Mode.APPEND
