"""From arguments to a definition, and from rows to types: pure."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from shopx_api.features.feeds.types import FEED_TYPE, Feed, FeedInput, FeedSlot
from shopx_api.features.imports.compute import import_problem
from shopx_api.features.imports.types import JOB_TYPE
from shopx_api.types.node import global_id
from shopx_core.domain.feeds import Definition, followed_publication, lag, state_of
from shopx_core.texts import loads
from shopx_store.feeds import statements


def definition(given: FeedInput) -> Definition:
    """The definition of a new feed.

    Raises:
        InvalidInput: A part of it is not valid.
    """
    made = statements.kept(
        Definition(
            name=given.name,
            address=given.address.strip(),
            source=given.source,
            mapping=given.mapping,
            schedule=given.schedule or None,
            zone=given.zone or None,
            credential=given.credential or None,
        )
    )
    if followed_publication(made.address) is not None:
        # Mappings are read by workers otherwise, and what that takes is not in memory here.
        from shopx_store.importing.changes.tracing import (  # noqa: PLC0415 -- see above
            expect_followable,
        )
        from shopx_store.importing.feed_mappings import feed_mapping  # noqa: PLC0415 -- see above

        expect_followable(feed_mapping(made.mapping))
    return made


def feed(row: Mapping[str, Any], now: dt.datetime) -> Feed:
    """A feed as of an instant."""
    problem, job = row["problem"], row["open_job"]
    return Feed(
        id=global_id(FEED_TYPE, row["id"]),
        state=state_of(is_paused=row["paused"], is_open=job is not None, failures=row["failures"]),
        lag_seconds=lag(
            now,
            sends=row["schedule"] is None,
            succeeded_at=row["succeeded_at"],
            waiting_since=row["waiting_since"],
        ),
        waiting_events=row["waiting"],
        unreadable_events=row["unreadable"],
        unreadable_why=_stored(row["unreadable_why"]),
        refused_requests=row["refused"],
        problem=None if problem is None else import_problem(orjson.loads(problem)),
        slot=_slot(row),
        last_import=row["last_run"],
        job_id=None if job is None else global_id(JOB_TYPE, job),
        **{
            name: row[name]
            for name in (
                *("name", "address", "source", "mapping", "schedule", "zone", "credential"),
                *("attempted_at", "succeeded_at", "failures", "next_attempt_at"),
                *("created_by", "created_at"),
            )
        },
    )


def _stored(text: str | None) -> str | None:
    return None if text is None else loads(text)


def _slot(row: Mapping[str, Any]) -> FeedSlot | None:
    if row["slot"] is None:
        return None
    unread, kept = (
        None if row[name] is None else Decimal(row[name]) for name in ("unread_bytes", "kept_bytes")
    )
    return FeedSlot(
        name=row["slot"],
        unread_bytes=unread,
        kept_bytes=kept,
        measured_at=row["measured_at"],
        read_whole_at=row["read_whole_at"],
        read_whole_why=_stored(row["read_whole_why"]),
    )
