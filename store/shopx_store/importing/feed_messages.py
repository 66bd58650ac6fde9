"""What is wrong with an import, in the words of feeds: these have no options and no files."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shopx_core.domain.feeds import DATABASES, FOLDER, followed_publication, plain_address
from shopx_core.errors import InvalidInput
from shopx_core.texts import joined, mapped, say
from shopx_store.feeds.queue import Feed
from shopx_store.importing.extent import ALL, Extent
from shopx_store.importing.mapping import Mapping, Mode
from shopx_store.importing.publish_checks import TooManyMissing
from shopx_store.importing.rejects import TooManyRejects

CORRECTED: Final = "shopx feed add {} … --replace"


def told(
    error: InvalidInput, feed: Feed, mapping: Mapping, source: str, rejects: Path
) -> InvalidInput:
    """An error as a feed has it: names of files instead of the paths that they have here.

    Args:
        error: Of the import.
        feed: The feed.
        mapping: The feed's.
        source: What was read.
        rejects: Where rejected rows are listed.
    """
    if isinstance(error, TooManyMissing):
        return _missing(error, feed, mapping)
    if isinstance(error, TooManyRejects):
        return _rejected(error, feed, source)

    def named(text: str) -> str:
        return mapped(
            _named(text, source), lambda part: part.replace(f" {rejects} lists them.", "")
        )

    return type(error)(named(error.message), hint=error.hint and named(error.hint))


def _named(text: str, source: str) -> str:
    path = Path(source)
    folder = f"{path if path.is_dir() else path.parent}/"
    return mapped(text, lambda part: part.replace(folder, ""))


def _missing(error: TooManyMissing, feed: Feed, mapping: Mapping) -> InvalidInput:
    missing, booked = error.details["missing"], error.details["booked"]
    return InvalidInput(
        say(
            "feed.booked-lines-any-more",
            "{missing, number} of {booked, number} booked lines are not in {address} any more"
            " and would be taken back: a feed does not do that by itself with more than 5 %."
            " Nothing was imported.",
            missing=missing,
            booked=booked,
            address=plain_address(feed.address),
        ),
        hint=say(
            "feed.look-whether-shop-lacks",
            "Look whether the shop lacks them by mistake. If they are to be taken back, import"
            " once by hand, after which the feed goes on: {by_hand}",
            by_hand=_by_hand(feed, mapping),
        ),
    )


def _by_hand(feed: Feed, mapping: Mapping) -> str:
    """The command that does the same as the feed, and takes back what is missing."""
    parts = urlsplit(plain_address(feed.address))
    source = parts.geturl()
    if feed.address.startswith(FOLDER):
        source = "FOLDER"
    elif parts.scheme in DATABASES and feed.credential is not None:
        source = parts._replace(netloc=f"USER:PASSWORD@{parts.netloc}").geturl()
    follows = followed_publication(feed.address) is not None
    mode = Mode.SNAPSHOT if follows else mapping.source.mode
    # A feed that follows changes stands for all orders.
    extent = f" --extent {ALL}" if follows and mapping.source.extent != Extent() else ""
    return (
        f"shopx import MAPPING --source '{source}' --as {feed.source} --mode {mode}{extent} --yes"
        " (MAPPING: the file with the feed's mapping)"
    )


def _rejected(error: TooManyRejects, feed: Feed, source: str) -> TooManyRejects:
    rows = error.details["rejected"]
    first = error.first
    value = first.value and say("feed.its-value", "Its value is {value}.", value=repr(first.value))
    return TooManyRejects(
        say(
            "feed.rows-rejected",
            "{rows, plural, one {A row} other {# rows}} of {address} cannot be booked, so nothing"
            " was. {rows, plural, one {It} other {The first}} is {place}: {reason}.",
            rows=rows,
            address=plain_address(feed.address),
            place=_named(first.place, source),
            reason=first.reason,
        ),
        hint=joined(
            value,
            say(
                "feed.correct-rows",
                "Correct it there; or leave such rows out (`order.where` in the mapping) or read"
                " them otherwise, and give the feed the corrected mapping: {command}",
                command=CORRECTED.format(feed.name),
            ),
        ),
        first=first,
        rejected=rows,
    )
