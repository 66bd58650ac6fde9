"""From arguments to a definition, and from rows to types: pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import orjson

from shopx_api.features.feeds.types import FEED_TYPE, Feed, FeedInput
from shopx_api.features.imports.types import JOB_TYPE, ImportProblem
from shopx_api.types.node import global_id
from shopx_core.domain.feeds import Definition, lag, state_of
from shopx_store.feeds import statements


def definition(given: FeedInput) -> Definition:
    """The definition of a new feed.

    Raises:
        InvalidInput: A part of it is not valid.
    """
    return statements.kept(
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
        unreadable_why=row["unreadable_why"],
        refused_requests=row["refused"],
        problem=None if problem is None else ImportProblem(**orjson.loads(problem)),
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
