"""Events of shop systems as rows: which wait, and what became of them."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

import psycopg

MOST_AT_ONCE: Final = 2000
MOST_BYTES: Final = 64 << 20
"""Of the bodies that one attempt reads."""

_WAITING: Final = """
select id, body from (
    select id, body, sum(octet_length(body)) over (order by id) as bytes from feed_events
    where feed_id = %s and booked_at is null and problem is null
    order by id limit %s
) e where bytes <= %s or id = (select min(id) from feed_events
    where feed_id = %s and booked_at is null and problem is null)
order by id
"""
_ABOUT: Final = "update feed_events set subject = %s, changed_at = %s where id = %s"
_UNREADABLE: Final = "update feed_events set problem = %s where id = %s"
# Of equally late ones the later arrival counts.
_LATEST: Final = """
select distinct on (subject) subject, id from feed_events
where feed_id = %s and subject = any(%s) and problem is null
order by subject, changed_at desc, id desc
"""
_BOOKED: Final = "update feed_events set booked_at = now() where id = any(%s)"
# The newest event of each subject stays, without its body: a later one is compared with it.
_FORGET: Final = """
delete from feed_events e
where booked_at < now() - make_interval(days => %(days)s) and (subject is null or exists (
    select from feed_events n where n.feed_id = e.feed_id and n.subject = e.subject
        and n.problem is null and (n.changed_at, n.id) > (e.changed_at, e.id)))
"""
_EMPTY: Final = """
update feed_events set body = null
where body is not null and booked_at < now() - make_interval(days => %(days)s)
"""


def waiting(connection: psycopg.Connection, feed: int) -> list[tuple[int, bytes]]:
    """The oldest events that wait: their ids and bodies."""
    values = (feed, MOST_AT_ONCE, MOST_BYTES, feed)
    return connection.execute(_WAITING, values).fetchall()


def note(connection: psycopg.Connection, event: int, subject: str, changed_at: dt.datetime) -> None:
    """Note which order an event has, and as of when."""
    connection.execute(_ABOUT, (subject, changed_at, event))


def refuse(connection: psycopg.Connection, event: int, problem: str) -> None:
    """Note that an event cannot be read; it is kept."""
    connection.execute(_UNREADABLE, (problem[:500], event))


def latest(connection: psycopg.Connection, feed: int, subjects: Iterable[str]) -> dict[str, int]:
    """Of each order the event that counts, whether it is booked or not."""
    return dict(connection.execute(_LATEST, (feed, [*subjects])).fetchall())


def booked(connection: psycopg.Connection, ids: list[int]) -> None:
    """Note that events are dealt with; in the transaction that ends their job."""
    connection.execute(_BOOKED, (ids,))


def forget(connection: psycopg.Connection, days: int) -> None:
    """Remove what was booked so many days ago and is needed for nothing."""
    for statement in (_FORGET, _EMPTY):
        connection.execute(statement, {"days": days})
