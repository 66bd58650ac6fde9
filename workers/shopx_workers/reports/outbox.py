"""The outbox: which deliveries are due, whose they are, and how far each is.

A worker that takes a delivery holds an advisory lock of its session for as long as it works on it.
PostgreSQL gives the lock up when the session ends, however it ends. So a delivery that is under way
and not locked was left by a worker that died: if nothing was handed over it waits again, and if the
hand-over had begun nobody knows its end, and it is never sent again.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from shopx_core import logging
from shopx_core.domain.reports import Definition, State, retry_after
from shopx_core.errors import ShopxError, Unavailable
from shopx_core.texts import dumps, say
from shopx_store.reports.statements import COLUMNS, definition_of
from shopx_workers.cron import Cron
from shopx_workers.reports.outcome import Outcome, Result

_ACTIVE: Final = f"select {COLUMNS}, scheduled_until from reports where not paused order by id"
_LOCKED: Final = f"""
select {COLUMNS}, scheduled_until from reports where id = %s and not paused for update
"""
_KEPT: Final = """
update reports
set scheduled_until = %s, condition_met = coalesce(%s, condition_met), problem = null
where id = %s
"""
_PROBLEM: Final = "update reports set problem = %s where id = %s"
_DELIVER: Final = """
insert into report_deliveries (report_id, due_at, target, observed)
select %s, %s, target, %s from unnest(%s::text[]) as target
on conflict (report_id, due_at, target) do nothing
"""
_LEFT: Final = "select id, state from report_deliveries where state in ('preparing', 'sending')"
_WAITING: Final = """
select id from report_deliveries where state = 'waiting' and next_attempt_at <= now()
order by next_attempt_at, id
"""
_LOCK: Final = "select pg_try_advisory_lock(hashtext('shopx.report'), %s)"
_UNLOCK: Final = "select pg_advisory_unlock(hashtext('shopx.report'), %s)"
_REVIVE: Final = """
update report_deliveries set state = 'waiting', next_attempt_at = now()
where id = %s and state = 'preparing'
"""
_LOSE: Final = """
update report_deliveries set state = 'unknown', finished_at = now(), detail = %s
where id = %s and state = 'sending'
"""
_LOST: Final = say(
    "delivery.worker-ended",
    "The worker ended during the hand-over: it may have arrived, and is not sent again.",
)
_CLAIM: Final = """
update report_deliveries set state = 'preparing', claim = claim + 1, attempts = attempts + 1
where id = %s and state = 'waiting' and next_attempt_at <= now()
returning id, key, report_id, due_at, target, claim, attempts, observed
"""
_SENDING: Final = """
update report_deliveries set state = 'sending'
where id = %s and claim = %s and state = 'preparing'
"""
_ENDED: Final = """
update report_deliveries
set state = %s, detail = %s, finished_at = case when %s then now() end, next_attempt_at = %s
where id = %s and claim = %s and state in ('preparing', 'sending')
"""

_log = logging.get(__name__)

Check = Callable[[Definition], tuple[bool | None, str | None]]
"""Whether an alert's condition holds (`None` = unknown), and what to say of it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report to one recipient, taken by this worker."""

    id: int
    key: UUID
    report_id: int
    due_at: dt.datetime
    target: str
    claim: int
    attempts: int
    observed: str | None


def schedule_due(
    connection: psycopg.Connection, *, now: dt.datetime, zone: ZoneInfo, check: Check
) -> int:
    """Make the deliveries of every report that is due, once however many callers there are.

    A report that was due several times is sent once. An alert is sent when its condition holds and
    did not at the check before.

    Args:
        connection: In autocommit mode.
        now: The present, aware.
        zone: The reporting zone.
        check: Checks an alert's condition.

    Returns:
        The number of reports that were due.
    """
    due = 0
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_ACTIVE).fetchall()
        for row in rows:
            if _due_at(row, now, zone) is None:
                continue
            try:
                with connection.transaction():
                    # Another worker may have just done it.
                    locked = cursor.execute(_LOCKED, (row["id"],)).fetchone()
                    at = _due_at(locked, now, zone) if locked else None
                    if locked is None or at is None:
                        continue
                    _deliver(cursor, locked, at, now, check)
                    due += 1
            except ShopxError as error:
                # It stays due; other reports go on.
                cursor.execute(_PROBLEM, (dumps(error.message), row["id"]))
                _log.warning("report_not_checked", report=row["id"], reason=error.message)
    return due


def _due_at(row: dict[str, Any], now: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    own = ZoneInfo(row["zone"]) if row["zone"] else zone
    return Cron.parse(row["schedule"]).last_due(row["scheduled_until"], now, own)


def _deliver(
    cursor: psycopg.Cursor[dict[str, Any]],
    row: dict[str, Any],
    at: dt.datetime,
    now: dt.datetime,
    check: Check,
) -> None:
    definition = definition_of(row, row["filters"])
    met, said = (None, None) if definition.alert is None else check(definition)
    cursor.execute(_KEPT, (now, met, row["id"]))
    if definition.alert is None or (met and not row["condition_met"]):
        cursor.execute(
            _DELIVER,
            (row["id"], at, None if said is None else dumps(said), list(definition.targets)),
        )


def recover(connection: psycopg.Connection) -> list[int]:
    """Take back what workers left that died; returns the deliveries whose end is unknown."""
    lost = []
    for number, state in connection.execute(_LEFT).fetchall():
        if not _locked(connection, number):
            continue
        try:
            if state == State.SENDING.value:
                if connection.execute(_LOSE, (dumps(_LOST), number)).rowcount:
                    lost.append(number)
            else:
                connection.execute(_REVIVE, (number,))
        finally:
            connection.execute(_UNLOCK, (number % 2**31,))
    return lost


def taken(connection: psycopg.Connection) -> Iterator[Delivery]:
    """The deliveries that wait, one after the other, each locked until the next is asked for."""
    for (number,) in connection.execute(_WAITING).fetchall():
        if not _locked(connection, number):
            continue
        try:
            row = connection.execute(_CLAIM, (number,)).fetchone()
            if row is not None:
                yield Delivery(*row)
        finally:
            connection.execute(_UNLOCK, (number % 2**31,))


def begin_hand_over(connection: psycopg.Connection, delivery: Delivery) -> None:
    """Note, durably, that the message may arrive from now on.

    Raises:
        Unavailable: The delivery is not this worker's any more; nothing may be sent.
    """
    if connection.execute(_SENDING, (delivery.id, delivery.claim)).rowcount != 1:
        raise Unavailable(say("delivery.taken", "Another worker has taken the delivery."))


def end(
    connection: psycopg.Connection, delivery: Delivery, outcome: Outcome, now: dt.datetime
) -> State:
    """Note how an attempt ended; returns the delivery's state."""
    wait = retry_after(delivery.attempts) if outcome.result is Result.LATER else None
    state = {
        Result.ACCEPTED: State.SENT,
        Result.UNKNOWN: State.UNKNOWN,
        Result.REFUSED: State.FAILED,
        Result.LATER: State.FAILED if wait is None else State.WAITING,
    }[outcome.result]
    done = state is not State.WAITING
    next_attempt = now + (wait or dt.timedelta())
    connection.execute(
        _ENDED,
        (state.value, dumps(outcome.detail), done, next_attempt, delivery.id, delivery.claim),
    )
    return state


def _locked(connection: psycopg.Connection, number: int) -> bool:
    row = connection.execute(_LOCK, (number % 2**31,)).fetchone()
    return bool(row and row[0])
