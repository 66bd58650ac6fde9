"""Feeds: sources that are read again on a schedule, or that send events. Pure."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shopx_core.domain.periods.zones import zone_names
from shopx_core.domain.webhooks import SCHEME, Shop, shop_of
from shopx_core.errors import InvalidInput
from shopx_core.texts import say

MAX_FEEDS: Final = 200
MAX_ADDRESS: Final = 2000
MAX_MAPPING: Final = 100_000
FOLDER: Final = "folder:"
EVENTS_MAPPING: Final = "shop-events"
"""The name of the mapping that reads events of shops."""
DATABASES: Final = ("postgresql", "mysql")
PUBLICATION: Final = "shopx"
"""Of a database that is followed, unless its address names another one."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_FIRST_WAIT: Final = dt.timedelta(minutes=1)
_LONGEST_WAIT: Final = dt.timedelta(hours=1)
_PUBLICATION: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OPTIONS: Final = {
    "postgresql": ("sslmode", "follow", "publication"),
    "mysql": ("sslmode",),
}
"""Of the addresses of databases."""
_FORMS: Final = (
    "webhook:shopify, folder:PATTERN, s3://bucket/folder/*.csv, https://…,"
    " postgresql://host/database, postgresql://host/database?follow=changes or"
    " mysql://host/database"
)


class State(StrEnum):
    """How a feed is."""

    WAITING = "waiting"
    """For its schedule."""
    RUNNING = "running"
    """A worker reads it, or is about to."""
    FAILING = "failing"
    """Its last attempt failed; it is tried again."""
    PAUSED = "paused"
    """It is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a feed reads, how, and when."""

    name: str
    address: str
    """Where from; without credentials."""
    source: str
    """The source that its sales are of, whatever the mapping says."""
    mapping: str
    """A mapping's text, or the name of one of a known export."""
    schedule: str | None
    """Five cron fields; `None` = the shop sends events."""
    zone: str | None = None
    """Of the schedule; `None` = the reporting zone."""
    credential: str | None = None
    """The name of a file of credentials."""


def checked(given: Definition) -> Definition:
    """A definition that can be kept; its schedule is checked by who keeps it.

    Raises:
        InvalidInput: A part of it is not valid; the message says which.
    """
    if not _NAME.fullmatch(given.name):
        raise InvalidInput(
            say("feed.name-feed", "{name} is no name of a feed.", name=repr(given.name[:100])),
            hint=say(
                "feed.letters",
                "Small letters, digits and - between them; 63 at most.",
            ),
        )
    if not _SOURCE.fullmatch(given.source):
        raise InvalidInput(
            say(
                "feed.name-source",
                "{source} is no name of a source.",
                source=repr(given.source[:100]),
            ),
            hint=say(
                "source.letters",
                "Small letters, digits, and _ . - between them; 63 at most.",
            ),
        )
    if given.credential is not None and not _CREDENTIAL.fullmatch(given.credential):
        raise InvalidInput(
            say(
                "feed.name-credential",
                "{credential} is no name of a credential.",
                credential=repr(given.credential[:100]),
            ),
            hint=say(
                "feed.name-file-folder-credentials",
                "It is the name of a file in the folder of credentials, never the secret itself.",
            ),
        )
    if not 0 < len(given.mapping) <= MAX_MAPPING:
        raise InvalidInput(
            say(
                "mapping.length",
                "A mapping has 1 to {max_mapping} characters.",
                max_mapping=MAX_MAPPING,
            )
        )
    if given.zone is not None and given.zone not in zone_names():
        raise InvalidInput(
            say(
                "feed.iana-time-zone-such",
                "{zone} is no IANA time zone (such as Europe/Berlin).",
                zone=repr(given.zone[:100]),
            )
        )
    _check_address(given.address)
    sends = shop_of(given.address) is not None
    if sends and given.credential is None:
        raise InvalidInput(
            say(
                "feed.feed-events-needs-secret",
                "A feed of events needs the secret that signs them.",
            ),
            hint=say(
                "feed.write-into-file-folder",
                "Write it into a file of the folder of credentials, and give its name.",
            ),
        )
    if sends != (given.schedule is None):
        raise InvalidInput(
            say(
                "feed.feed-schedule-unless-shop",
                "A feed has a schedule, unless its shop sends events.",
            )
        )
    return given


def _check_address(address: str) -> None:
    if len(address) > MAX_ADDRESS:
        raise InvalidInput(
            say(
                "feed.address-most-characters",
                "An address has at most {max_address} characters.",
                max_address=MAX_ADDRESS,
            )
        )
    if address.startswith(SCHEME):
        if shop_of(address) is None:
            shops = " or ".join(f"{SCHEME}{shop}" for shop in Shop)
            raise InvalidInput(
                say(
                    "feed.shop-sends-events",
                    "{address} is no shop that sends events.",
                    address=repr(address),
                ),
                hint=say("feed.use-shops", "Use {shops}.", shops=shops),
            )
        return
    if address.startswith(FOLDER):
        path = PurePosixPath(address.removeprefix(FOLDER))
        if not path.name or path.is_absolute() or ".." in path.parts:
            raise InvalidInput(
                say(
                    "feed.leads-out-folder-feeds",
                    "{address} leads out of the folder of feeds.",
                    address=repr(address),
                ),
                hint=say(
                    "feed.relative-folder-such-folder",
                    "It is relative to that folder, such as folder:shop/*.csv.",
                ),
            )
        return
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise InvalidInput(
            say("feed.address-feed-valid", "The address of the feed is not valid."),
            hint=say("feed.use-forms", "Use {forms}.", forms=_FORMS),
        ) from None
    if parts.scheme not in {"https", "s3", *DATABASES} or not parts.hostname:
        raise InvalidInput(
            say("feed.feed-cannot-read-address", "A feed cannot be read from that address."),
            hint=say("feed.use-forms", "Use {forms}.", forms=_FORMS),
        )
    if parts.username or parts.password:
        raise InvalidInput(
            say(
                "feed.address-feed-holds-credentials",
                "The address of the feed holds credentials, and would be kept and shown.",
            ),
            hint=say(
                "feed.write-them-into-file",
                "Write them into a file of the folder of credentials, and give its name.",
            ),
        )
    if parts.scheme in DATABASES:
        _check_options(parse_qs(parts.query, keep_blank_values=True), parts.scheme)


def _check_options(options: dict[str, list[str]], scheme: str) -> None:
    known = _OPTIONS[scheme]
    if not options.keys() <= {*known}:
        raise InvalidInput(
            say(
                "feed.address-feed-s-database",
                "The address of a feed's database has other options than {known}.",
                known=list(known),
            ),
            hint=say(
                "feed.use-postgresql-host-port",
                "Use postgresql://host:port/database?sslmode=verify-full.",
            ),
        )
    if options.get("follow", ["changes"]) != ["changes"]:
        raise InvalidInput(
            say(
                "feed.option-follow-feed-s", "The option follow of the feed's address is not known."
            ),
            hint=say("feed.use-follow-changes", "Use follow=changes."),
        )
    named = options.get("publication", [PUBLICATION])
    if len(named) > 1 or not _PUBLICATION.fullmatch(named[0]):
        raise InvalidInput(
            say(
                "feed.name-publication",
                "{named} is no name of a publication.",
                named=repr(named[0][:100]),
            ),
            hint=say("feed.publication-letters", "Small letters, digits and _; 63 at most."),
        )
    if "publication" in options and "follow" not in options:
        raise InvalidInput(
            say(
                "feed.feed-s-address-names",
                "The feed's address names a publication, and does not follow changes.",
            ),
            hint=say("feed.add-follow-changes", "Add follow=changes."),
        )


def followed_publication(address: str) -> str | None:
    """The publication of a database whose changes a feed follows; `None` = it reads its source."""
    parts = urlsplit(address)
    options = parse_qs(parts.query)
    if parts.scheme != "postgresql" or "follow" not in options:
        return None
    return options.get("publication", [PUBLICATION])[0]


def plain_address(address: str) -> str:
    """The address of a feed without the options that only feeds have."""
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"}:
        return address
    options = [
        one
        for one in parts.query.split("&")
        if one.partition("=")[0] not in {"follow", "publication"}
    ]
    return parts._replace(query="&".join(options)).geturl()


def retry_after(failures: int) -> dt.timedelta:
    """How long to wait after so many failures in a row: 1, 2, 4 … 60 minutes."""
    return min(_FIRST_WAIT * (1 << min(max(failures, 1) - 1, 10)), _LONGEST_WAIT)


def state_of(*, is_paused: bool, is_open: bool, failures: int) -> State:
    """How a feed is.

    Args:
        is_paused: Whether it is not read.
        is_open: Whether an attempt waits or is under way.
        failures: The attempts that failed since the last success.
    """
    if is_open:
        return State.RUNNING
    if is_paused:
        return State.PAUSED
    return State.FAILING if failures else State.WAITING


def lag(
    now: dt.datetime,
    *,
    sends: bool,
    succeeded_at: dt.datetime | None,
    waiting_since: dt.datetime | None,
) -> float | None:
    """How many seconds a feed is behind its source at most.

    Args:
        now: The present.
        sends: Whether its shop sends events: then it is behind by the oldest that is not booked.
        succeeded_at: When the last attempt that succeeded began.
        waiting_since: When that event came.

    Returns:
        `None` = it is not known: nothing was read yet.
    """
    since = (waiting_since or now) if sends else succeeded_at
    return None if since is None else max((now - since).total_seconds(), 0.0)
