"""Replication slots of feeds, as rows: they outlive the feed until they are dropped at the shop."""

import secrets
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.rows import class_row

from shopx_core.errors import ShopxError
from shopx_core.texts import dumps, say

RETRY_MINUTES: Final = 10
KEPT_DAYS: Final = 7
"""So long a slot that nothing reads is tried to be dropped."""

_COLUMNS: Final = (
    "s.id, s.name, s.address, s.credential, s.origin, s.read_to, s.read_whole_why as why"
)
_FIND: Final = f"select {_COLUMNS} from feed_slots s where feed_id = %s"
_MAKE: Final = f"""
insert into feed_slots as s (feed_id, name, address, credential)
select id, %(name)s, address, credential from feeds where id = %(feed)s
on conflict (feed_id) do update set address = s.address returning {_COLUMNS}
"""
_BEGIN: Final = """
update feed_slots set read_to = null, read_whole_at = null, origin = %(origin)s,
    read_whole_why = %(why)s
where id = %(id)s
"""
_READ: Final = """
update feed_slots set read_to = %(to)s where id = %(id)s
"""
# Meanwhile an import may have been taken back, or the feed resumed: then all is to be read.
_READ_ON: Final = f"{_READ} and read_to is not null"
_FEEDS_TAKEN_BACK: Final = """
update feeds f set last_run = %(run)s
where source = %(source)s and exists (select from feed_slots s where s.feed_id = f.id)
"""
_TAKEN_BACK: Final = """
update feed_slots s set read_to = null, read_whole_at = null, read_whole_why = %(why)s
from feeds f where f.id = s.feed_id and f.source = %(source)s
"""
_WHOLE: Final = """
update feed_slots set read_whole_at = now(), read_whole_why = %s where id = %s
"""
_MEASURED: Final = """
update feed_slots set unread_bytes = %s, kept_bytes = %s, measured_at = now() where id = %s
"""
# Of a feed that is read just now, the attempt says so itself.
_WATCHED: Final = f"""
select {_COLUMNS} from feed_slots s join feeds f on f.id = s.feed_id
where not f.paused and s.read_to is not null and not exists (select from import_jobs j
    where j.feed_id = f.id and j.state in ('queued', 'running'))
order by s.id
"""
# A paused feed's slot would grow, so it is no longer its own, and dropped.
_DETACH: Final = """
update feed_slots s set feed_id = null from feeds f
where f.id = s.feed_id and f.paused and not exists (select from import_jobs j
    where j.feed_id = f.id and j.state in ('queued', 'running'))
"""
# The origin is noted before a slot is made.
_FORGET_UNMADE: Final = "delete from feed_slots where feed_id is null and origin is null"
_UNUSED: Final = f"""
select {_COLUMNS} from feed_slots s
where s.feed_id is null and (tried_at is null or tried_at < now() - make_interval(mins => %s))
order by s.id
"""
_KEPT: Final = """
update feed_slots set tried_at = now(), unused_since = coalesce(unused_since, now()), problem = %s
where id = %s returning unused_since < now() - make_interval(days => %s)
"""
_DROPPED: Final = "delete from feed_slots where id = %s"


@dataclass(frozen=True, slots=True)
class FeedSlot:
    """A slot.

    Attributes:
        name: At the shop.
        origin: Identifies the server, the publication and the tables whose changes it has.
        read_to: All before this position of the log is booked; `None` = nothing is.
        why: Why all was read last, or is to be read; `None` = it is the first time.
    """

    id: int
    name: str
    address: str
    credential: str | None
    origin: str | None
    read_to: int | None
    why: str | None


def of_feed(connection: psycopg.Connection, feed: int) -> FeedSlot:
    """The slot of a feed; its name is noted before it is made, so that it can always be dropped.

    Several dashboards may follow one database, so names are random.
    """
    with connection.cursor(row_factory=class_row(FeedSlot)) as cursor:
        found = cursor.execute(_FIND, (feed,)).fetchone()
        if found is not None:
            return found
        name = f"shopx_{feed}_{secrets.token_hex(4)}"
        made = cursor.execute(_MAKE, {"feed": feed, "name": name}).fetchone()
    if made is None:
        raise LookupError(feed)
    return made


def begin_anew(
    connection: psycopg.Connection, slot: FeedSlot, origin: str, why: str | None
) -> None:
    """Note that everything is read anew, so nothing counts as read; `None` = the first time."""
    connection.execute(_BEGIN, {"id": slot.id, "origin": origin, "why": why and dumps(why)})


def note_begun(connection: psycopg.Connection, slot: FeedSlot, to: int) -> None:
    """Note that all was read as of a position, and is booked."""
    connection.execute(_READ, {"id": slot.id, "to": to})


def note_read(connection: psycopg.Connection, slot: FeedSlot, to: int) -> None:
    """Note that everything before a position is booked, before the slot gives it up.

    Unless all is to be read again since this attempt began.
    """
    connection.execute(_READ_ON, {"id": slot.id, "to": to})


def note_taken_back(connection: psycopg.Connection, source: str, run: int) -> None:
    """Note that an import is taken back: its changes are not in the slot any more.

    The feed that follows its source pauses at its next attempt, and resumed reads everything.

    Args:
        connection: In the transaction that takes it back.
        source: The import's.
        run: The import.
    """
    values = {
        "source": source,
        "run": run,
        "why": dumps(say("slot.taken-back", "import {run} was taken back", run=run)),
    }
    connection.execute(_FEEDS_TAKEN_BACK, values)
    connection.execute(_TAKEN_BACK, values)


def note_whole(connection: psycopg.Connection, slot: FeedSlot, why: str | None) -> None:
    """Note that all tables were read, and why; `None` = it was the first time."""
    connection.execute(_WHOLE, (why and dumps(why), slot.id))


def note_size(connection: psycopg.Connection, slot: FeedSlot, unread: int, kept: int) -> None:
    """Note how many bytes of the shop's log were not read, and how many its server keeps."""
    connection.execute(_MEASURED, (unread, kept, slot.id))


def watched(connection: psycopg.Connection) -> list[FeedSlot]:
    """Those whose feeds wait for their schedule."""
    with connection.cursor(row_factory=class_row(FeedSlot)) as cursor:
        return cursor.execute(_WATCHED).fetchall()


def unused(connection: psycopg.Connection) -> list[FeedSlot]:
    """Those to be dropped, because their feed was removed or paused: they would grow.

    One whose feed never reached the shop was not made there, and is forgotten.
    """
    connection.execute(_DETACH)
    connection.execute(_FORGET_UNMADE)
    with connection.cursor(row_factory=class_row(FeedSlot)) as cursor:
        return cursor.execute(_UNUSED, (RETRY_MINUTES,)).fetchall()


def note_kept(connection: psycopg.Connection, slot: FeedSlot, error: ShopxError) -> bool:
    """Note why it could not be dropped; returns whether it was tried for long enough."""
    values = (error.message, slot.id, KEPT_DAYS)
    row = connection.execute(_KEPT, values).fetchone()
    return row is not None and bool(row[0])


def forget(connection: psycopg.Connection, slot: FeedSlot) -> None:
    """Remove it: it is dropped, or nothing can be done."""
    connection.execute(_DROPPED, (slot.id,))
