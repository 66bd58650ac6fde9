"""Types of feeds."""

import datetime as dt
from typing import Final

import strawberry

from shopx_api.features.imports.types import ImportProblem
from shopx_api.types.enums import describe
from shopx_api.types.node import Node
from shopx_core.domain.feeds import State

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


@strawberry.type(description="A source that is read again on a schedule.")
class Feed(Node):
    """A feed."""

    name: str = strawberry.field(description="What it is called; unique.")
    address: str = strawberry.field(description="Where it reads from; without credentials.")
    source: str = strawberry.field(description="The source that its sales are of.")
    mapping: str = strawberry.field(
        description="How it is read: a mapping's text, or the name of a known export."
    )
    schedule: str = strawberry.field(description="Five cron fields.")
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
        "where nothing was read yet."
    )
    failures: int = strawberry.field(description="Attempts that failed since the last success.")
    next_attempt_at: dt.datetime | None = strawberry.field(
        description="When it is read apart from its schedule; null where it is not."
    )
    problem: ImportProblem | None = strawberry.field(
        description="Why the last attempt failed, and what to do; null where it did not."
    )
    last_import: int | None = strawberry.field(description="The number of its newest import.")
    job_id: strawberry.ID | None = strawberry.field(
        description="The job that waits or is under way; null where none is."
    )
    created_by: str = strawberry.field(description="Who added it.")
    created_at: dt.datetime = strawberry.field(description="When.")


@strawberry.input(description="A new feed.")
class FeedInput:
    """What to read, how, and when."""

    name: str = strawberry.field(description="Small letters, digits and -; at most 63.")
    address: str = strawberry.field(
        description="`folder:shop/*.csv`, `s3://bucket/folder/*.csv`, `https://…`, "
        "`postgresql://host/database` or `mysql://host/database`, without credentials."
    )
    source: str = strawberry.field(description="The source that its sales are of.")
    mapping: str = strawberry.field(
        description="A mapping as YAML (docs/import.md), or the name of a known export such as "
        "`shopify-orders`."
    )
    schedule: str = strawberry.field(
        default="*/15 * * * *",
        description="Minute, hour, day of month, month, day of week, such as `0 6 * * *`.",
    )
    zone: str | None = strawberry.field(
        default=None, description="IANA zone of the schedule; null = the reporting zone."
    )
    credential: str | None = strawberry.field(
        default=None, description="The name of a file of credentials; null = none is needed."
    )
