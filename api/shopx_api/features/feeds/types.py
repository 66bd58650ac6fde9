"""Types of feeds."""

import datetime as dt
from decimal import Decimal
from typing import Final

import strawberry

from shopx_api.features.imports.types import ImportProblem
from shopx_api.types.enums import describe
from shopx_api.types.node import Node
from shopx_core.domain.feeds import EVENTS_MAPPING, State
from shopx_core.texts import Text, text_of

FEED_TYPE: Final = "Feed"
"""The type within the global ids."""

describe(
    State,
    name="FeedState",
    description="How a feed is.",
    values={
        State.WAITING: "It waits for its schedule.",
        State.RUNNING: "A worker reads it, or is about to.",
        State.FAILING: "Its last attempt failed; it is tried again at `nextAttemptAt`.",
        State.PAUSED: "It is not read.",
    },
)


@strawberry.type(
    description="A replication slot, by which a database keeps its changes for a feed."
)
class FeedSlot:
    """A slot."""

    name: str = strawberry.field(description="What the database calls it.")
    unread_bytes: Decimal | None = strawberry.field(
        description="Bytes of the database's log that were not read; null = not measured yet."
    )
    kept_bytes: Decimal | None = strawberry.field(
        description="Bytes of its log that the database keeps for the feed."
    )
    measured_at: dt.datetime | None = strawberry.field(description="When that was so.")
    read_whole_at: dt.datetime | None = strawberry.field(
        description="When all of its tables were last read, and not what had changed alone."
    )
    read_whole_why: str | None = strawberry.field(description="Why they were, or are just now.")

    @strawberry.field(description="The same, for other languages.")
    def read_whole_why_text(self) -> Text | None:
        return None if self.read_whole_why is None else text_of(self.read_whole_why)


@strawberry.type(description="A source that is read again on a schedule.")
class Feed(Node):
    """A feed."""

    name: str = strawberry.field(description="What it is called; unique.")
    address: str = strawberry.field(description="Where it reads from; without credentials.")
    source: str = strawberry.field(description="The source that its sales are of.")
    mapping: str = strawberry.field(
        description="How it is read: a mapping's text, or the name of a known export."
    )
    schedule: str | None = strawberry.field(
        description="Five cron fields; null where the shop sends events."
    )
    zone: str | None = strawberry.field(
        description="The zone of the schedule; null = the reporting zone."
    )
    credential: str | None = strawberry.field(
        description="The name of its credential; never the secret."
    )
    state: State = strawberry.field(description="How it is.")
    attempted_at: dt.datetime | None = strawberry.field(
        description="When the last attempt began; null before the first."
    )
    succeeded_at: dt.datetime | None = strawberry.field(
        description="When the last attempt that succeeded began; null before the first."
    )
    lag_seconds: float | None = strawberry.field(
        description="How long ago that was: what the source has since may be missing here. Null "
        "where nothing was read yet. Where the shop sends events: how long the oldest that is not "
        "booked waits."
    )
    waiting_events: int = strawberry.field(description="Events that are not booked yet.")
    unreadable_events: int = strawberry.field(
        description="Signed events that could not be read, and are kept."
    )
    unreadable_why: str | None = strawberry.field(description="Why one of them could not be.")
    refused_requests: int = strawberry.field(
        description="Requests without a valid signature; the newest of a few seconds are missing."
    )
    failures: int = strawberry.field(description="Attempts that failed since the last success.")
    next_attempt_at: dt.datetime | None = strawberry.field(
        description="When it is read apart from its schedule; null where it is not."
    )
    problem: ImportProblem | None = strawberry.field(
        description="Why the last attempt failed, and what to do; null where it did not."
    )
    slot: FeedSlot | None = strawberry.field(
        description="Of a feed that follows changes; null before its first attempt, and while it "
        "is paused."
    )
    last_import: int | None = strawberry.field(description="The number of its newest import.")
    job_id: strawberry.ID | None = strawberry.field(
        description="The job that waits or is under way; null where none is."
    )
    created_by: str = strawberry.field(description="Who added it.")
    created_at: dt.datetime = strawberry.field(description="When.")

    @strawberry.field(description="`unreadableWhy`, for other languages.")
    def unreadable_why_text(self) -> Text | None:
        return None if self.unreadable_why is None else text_of(self.unreadable_why)


@strawberry.input(description="A new feed.")
class FeedInput:
    """What to read, how, and when."""

    name: str = strawberry.field(description="Small letters, digits and -; at most 63.")
    address: str = strawberry.field(
        description="`folder:shop/*.csv`, `s3://bucket/folder/*.csv`, `https://…`, "
        "`postgresql://host/database` or `mysql://host/database`, without credentials; "
        "`postgresql://host/database?follow=changes` for the rows that change there; or of a "
        "shop that sends events `webhook:shopify`, `webhook:woocommerce` or `webhook:stripe`."
    )
    source: str = strawberry.field(description="The source that its sales are of.")
    mapping: str = strawberry.field(
        default=EVENTS_MAPPING,
        description="A mapping as YAML (docs/import.md), or the name of a known export such as "
        "`shopify-orders`. The default reads events.",
    )
    schedule: str | None = strawberry.field(
        default=None,
        description="Minute, hour, day of month, month, day of week, such as `0 6 * * *`; null "
        "where the shop sends events.",
    )
    zone: str | None = strawberry.field(
        default=None, description="IANA zone of the schedule; null = the reporting zone."
    )
    credential: str | None = strawberry.field(
        default=None, description="The name of a file of credentials; null = none is needed."
    )
