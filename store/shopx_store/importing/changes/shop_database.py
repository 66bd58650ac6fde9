"""A database whose changes are followed: what it is like, its slot, and snapshots of it.

A slot is made by the replication protocol, because that alone gives the snapshot which the slot's
changes begin after: a function's would leave a gap in which a transaction is in neither.
"""

import select
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import dict_row

from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import redact_text
from shopx_core.texts import say
from shopx_store.importing.changes.demands import (
    SET_WAL_LEVEL,
    Database,
    Publication,
    Published,
    Table,
    as_superuser,
    grant_replication,
    quoted,
)
from shopx_store.importing.changes.pgoutput import Message, parse
from shopx_store.importing.inputs import PostgresInput
from shopx_store.importing.mapping import Mapping as ImportMapping

CONNECT_SECONDS: Final = 10
SLOT_SECONDS: Final = 120
"""A new slot waits until the transactions have ended that are open."""
BUSY_SECONDS: Final = 20
"""A slot of a worker that died is in use until its session notices."""
VISIBLE_SECONDS: Final = 60
"""A transaction that is in the log becomes visible when the standbys that it waits for have it."""
MOST_CHANGES: Final = 200_000
"""Of one attempt; a transaction is never divided."""
_CONDITIONS: Final = 15
"""The version from which on publications have conditions and lists of columns."""
_PAUSE: Final = 0.1

_ABOUT: Final = """
select current_setting('server_version_num')::integer / 10000 as version, current_user as user,
    current_setting('wal_level') as wal_level, pg_is_in_recovery() as is_standby,
    (select system_identifier::text from pg_control_system()) as system,
    case when pg_is_in_recovery() then ''
        else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline,
    (select case when rolsuper or rolreplication then true
        -- Providers give the right by membership in a role of theirs.
        when exists (select from pg_roles p where p.rolname in ('rds_replication', 'azure_pg_admin',
            'cloudsqlsuperuser') and pg_has_role(current_user, p.oid, 'member')) then null
        else false end from pg_roles where rolname = current_user) as may_replicate
"""
_TABLE: Final = """
with recursive parts as (
    select %(table)s::oid as id
    union select inhrelid from pg_inherits join parts on inhparent = id
), leaves as (
    -- Also the partitioned table: its name and its key are sent for its partitions' rows.
    select c.oid, c.relreplident, c.relpersistence from parts join pg_class c on c.oid = id
), attributes as (
    select a.attrelid, a.attnum, a.attname, b.typname
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    join pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
    where a.attrelid in (select id from parts) and a.attnum > 0 and not a.attisdropped
), told as (
    select l.oid, a.attname from leaves l join attributes a on a.attrelid = l.oid
    where l.relreplident = 'f' or exists (
        select from pg_index i where i.indrelid = l.oid and a.attnum = any(i.indkey)
            and i.indisvalid and (l.relreplident = 'd' and i.indisprimary
                or l.relreplident = 'i' and i.indisreplident))
)
select c.oid as id, c.relkind::text as kind, not exists (
        select from leaves where relpersistence <> 'p') as is_logged,
    c.relkind <> 'p' and exists (select from pg_inherits where inhparent = c.oid) as has_children,
    has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')
        as may_read,
    coalesce((select json_object_agg(attname, typname order by attnum) from attributes
        where attrelid = c.oid), '{}') as columns,
    array(select attname::text from told group by attname
        having count(*) = (select count(*) from leaves)) as told,
    array(select format('%%I.%%I', n.nspname, p.relname) from leaves l
        join pg_class p on p.oid = l.oid join pg_namespace n on n.oid = p.relnamespace
        where l.relreplident <> 'f' order by l.oid) as parts
from pg_class c where c.oid = %(table)s
"""
_OID: Final = """
select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = %s
"""
_PUBLICATION: Final = """
select p.oid, p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate as is_whole,
    p.pubviaroot as via_root, concat_ws(' ', p.oid, p.puballtables, (
        select string_agg(oid::text, ' ' order by oid) from pg_publication_rel where prpubid = p.oid
    )) as made
from pg_publication p where p.pubname = %s
"""
_PUBLISHED: Final = {
    True: "select schemaname, tablename, attnames::text[], rowfilter is not null"
    " from pg_publication_tables where pubname = %s",
    False: "select schemaname, tablename, null::text[], false"
    " from pg_publication_tables where pubname = %s",
}
_SLOT: Final = """
select wal_status, active_pid, (confirmed_flush_lsn - '0/0'::pg_lsn)::bigint as read_to,
    greatest(pg_current_wal_lsn() - confirmed_flush_lsn, 0)::bigint as unread,
    greatest(pg_current_wal_lsn() - restart_lsn, 0)::bigint as kept
from pg_replication_slots where slot_name = %s
"""
_PEEK: Final = """
select data from pg_logical_slot_peek_binary_changes(%s, %s::pg_lsn, %s,
    'proto_version', '1', 'publication_names', %s)
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """How a slot is.

    Attributes:
        is_lost: Whether the server removed what it had kept for it.
        user: The session that uses it.
        read_to: The position that its changes begin after.
        unread: Bytes of the log after what was read.
        kept: Bytes of the log that the server keeps for it.
    """

    is_lost: bool
    user: int | None
    read_to: int
    unread: int
    kept: int


class SlotGoneError(Exception):
    """Its changes cannot be read any more; the text says why."""


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """A session in autocommit mode, within which nothing else is asked.

    Raises:
        Unavailable: The server does not answer, refuses, or ends the session.
    """
    with closing(_session(dsn)) as connection:
        try:
            yield connection
        except psycopg.OperationalError as error:
            raise Unavailable(
                say(
                    "follow.went-away",
                    "The shop's database went away: {error}",
                    error=redact_text(str(error).strip()),
                )
            ) from None


def _session(dsn: str) -> psycopg.Connection:
    try:
        return psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="shopx feed",
            client_encoding="utf8",
            # What the shop limits for its own sessions would end long readings.
            options="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
        )
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise Unavailable(
            say(
                "follow.not-reached",
                "The shop's database cannot be reached: {error}",
                error=redact_text(str(error).strip()),
            ),
            hint=say("follow.check-address", "Check the feed's address and its credential."),
        ) from None


def describe(connection: psycopg.Connection, mapping: ImportMapping, publication: str) -> Database:
    """What the database is like, as far as a mapping is concerned."""
    with connection.cursor(row_factory=dict_row) as cursor:
        about = cursor.execute(_ABOUT).fetchone()
        if about is None:
            raise LookupError("pg_roles")
        tables: dict[str, Table | None] = {}
        for name, spec in mapping.inputs.items():
            if not isinstance(spec, PostgresInput):
                continue
            found = cursor.execute(_OID, (spec.schema_, spec.table)).fetchone()
            row = found and cursor.execute(_TABLE, {"table": found["oid"]}).fetchone()
            tables[name] = (
                Table(**(row | {"told": frozenset(row["told"])})) if row is not None else None
            )
        made = cursor.execute(_PUBLICATION, (publication,)).fetchone()
    published = None
    if made is not None:
        rows = connection.execute(_PUBLISHED[about["version"] >= _CONDITIONS], (publication,))
        published = Publication(
            is_whole=made["is_whole"],
            via_root=made["via_root"],
            tables={
                (schema, table): Published(
                    None if columns is None else frozenset(columns), is_filtered=bool(filtered)
                )
                for schema, table, columns, filtered in rows
            },
            made=made["made"],
        )
    return Database(**about, tables=tables, publication=published)


def find_slot(connection: psycopg.Connection, name: str) -> Slot | None:
    """A slot; `None` = there is none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SLOT, (name,)).fetchone()
    if row is None:
        return None
    is_lost = row["wal_status"] == "lost"
    counts = (row[one] or 0 for one in ("read_to", "unread", "kept"))
    return Slot(is_lost, row["active_pid"], *counts)


def drop_slot(connection: psycopg.Connection, name: str) -> None:
    """Drop a slot, if there is one.

    Raises:
        Unavailable: Another session uses it, and cannot be ended.
    """
    if _free(connection, name) is not None:
        connection.execute("select pg_drop_replication_slot(%s)", (name,))


@contextmanager
def new_slot(dsn: str, name: str) -> Iterator[tuple[str, int]]:
    """Make a slot, for good.

    Yields:
        A snapshot that can be used until this ends, and the position that is the end of what it
        shows, and the beginning of the slot's changes.

    Raises:
        InvalidInput: The role may not, or there are too many slots.
        Unavailable: Transactions that are open do not end.
    """
    text = make_conninfo(
        dsn,
        replication="database",
        connect_timeout=CONNECT_SECONDS,
        application_name="shopx feed",
        # The snapshot is that of a transaction, which does nothing.
        options="-c idle_in_transaction_session_timeout=0",
    )
    session = pq.PGconn.connect(text.encode())
    try:
        if session.status != pq.ConnStatus.OK:
            raise Unavailable(
                say(
                    "follow.not-reached-for-replication",
                    "The shop's database cannot be reached for replication: {error}",
                    error=redact_text(_words(session.error_message)),
                ),
                hint=say(
                    "follow.let-in",
                    "The role needs replication, and pg_hba.conf must let it in.",
                ),
            )
        command = f'CREATE_REPLICATION_SLOT "{name}" LOGICAL pgoutput'
        session.send_query(command.encode())
        result = _result(session)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _refused(result, _words(session.user))
        position, snapshot = result.get_value(0, 1), result.get_value(0, 2)
        if position is None or snapshot is None:
            raise LookupError("snapshot_name")
        high, low = position.decode().split("/")
        yield snapshot.decode(), (int(high, 16) << 32) + int(low, 16)
    finally:
        session.finish()


def _result(session: PGconn) -> PGresult:
    """The result of a command that may wait."""
    end = time.monotonic() + SLOT_SECONDS
    while session.is_busy():
        if not select.select([session.socket], [], [], max(end - time.monotonic(), 0))[0]:
            session.get_cancel().cancel()
            raise Unavailable(
                say(
                    "follow.open-transactions",
                    "Transactions have been open in the shop's database for over {seconds} seconds,"
                    " and following its changes begins after them.",
                    seconds=SLOT_SECONDS,
                ),
                hint=say(
                    "follow.show-transactions",
                    "{statement} shows them. It is tried again.",
                    statement="select pid, xact_start, query from pg_stat_activity"
                    " order by xact_start",
                ),
            )
        session.consume_input()
    result = session.get_result()
    if result is None:
        raise LookupError("CREATE_REPLICATION_SLOT")
    return result


def _refused(result: PGresult, user: str) -> InvalidInput:
    state = _words(result.error_field(pq.DiagnosticField.SQLSTATE) or b"")
    message = _words(result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"")
    hints = {
        "42501": as_superuser(grant_replication(user)),
        "53400": say(
            "follow.more-slots",
            "Raise max_replication_slots, or drop slots that nothing reads: {statement}.",
            statement="select slot_name, active from pg_replication_slots",
        ),
        "55000": say(
            "follow.restart",
            "As a superuser: {statement}; then restart PostgreSQL.",
            statement=SET_WAL_LEVEL,
        ),
    }
    return InvalidInput(
        say(
            "follow.no-slot",
            "The shop's database makes no replication slot: {message}",
            message=message,
        ),
        hint=hints.get(state),
    )


def log_end(connection: psycopg.Connection) -> int:
    """How far the log is written, as a number."""
    row = connection.execute("select (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint")
    return int((row.fetchone() or (0,))[0])


def peek(
    connection: psycopg.Connection, slot: str, publication: str, until: int
) -> Iterator[Message | None]:
    """The changes after what was read, of whole transactions; they stay in the slot.

    Args:
        connection: In autocommit mode.
        slot: Its name.
        publication: Whose tables.
        until: Read the log up to this position, and the transaction that crosses it; or
            `MOST_CHANGES`, and the transaction that crosses them.

    Raises:
        SlotGoneError: They are not there any more.
        Unavailable: Another session uses the slot.
    """
    _free(connection, slot)
    values = (slot, _position(until), MOST_CHANGES, quoted(publication))
    try:
        with connection.cursor() as cursor:
            for (data,) in cursor.stream(_PEEK, values, binary=True):
                yield parse(bytes(data))
    except (psycopg.errors.UndefinedObject, psycopg.errors.ObjectNotInPrerequisiteState) as error:
        raise SlotGoneError(error.diag.message_primary or str(error)) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise InvalidInput(
            say(
                "follow.may-not-read",
                "The changes may not be read: {message}",
                message=str(error.diag.message_primary),
            ),
            hint=say(
                "follow.own-slots",
                "The role needs replication; its slots are read by itself alone.",
            ),
        ) from None


def advance(connection: psycopg.Connection, slot: str, to: int) -> None:
    """Give up the changes before a position: they are booked."""
    _free(connection, slot)
    # Never backwards: it may be there already.
    connection.execute(
        "select pg_replication_slot_advance(slot_name, %(to)s::pg_lsn)"
        " from pg_replication_slots where slot_name = %(slot)s"
        " and confirmed_flush_lsn < %(to)s::pg_lsn",
        {"slot": slot, "to": _position(to)},
    )


def _position(number: int) -> str:
    """A place in the log as the server writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def _free(connection: psycopg.Connection, name: str) -> Slot | None:
    """Wait until no session uses a slot; end one that was left by a worker which died."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        slot = find_slot(connection, name)
        if slot is None or slot.user is None:
            return slot
        if time.monotonic() >= end:
            try:
                connection.execute("select pg_terminate_backend(%s)", (slot.user,))
            except psycopg.errors.InsufficientPrivilege:
                raise Unavailable(
                    say(
                        "follow.slot-used",
                        "Session {session} of the shop's database uses the slot {name}.",
                        session=str(slot.user),
                        name=name,
                    ),
                    hint=say(
                        "follow.end-session",
                        "End it: {statement}. It is tried again.",
                        statement=f"select pg_terminate_backend({slot.user})",
                    ),
                ) from None
            end += BUSY_SECONDS
        time.sleep(_PAUSE)


@contextmanager
def snapshot_with(
    dsn: str, transactions: Iterable[int]
) -> Iterator[tuple[psycopg.Connection, str]]:
    """A snapshot in which transactions are visible.

    What is in the log may not be visible yet: a transaction waits for standbys between the two.

    Args:
        dsn: The database.
        transactions: Their numbers, modulo 2^32.

    Yields:
        A session within the snapshot, and its name for other sessions.

    Raises:
        Unavailable: They do not become visible.
    """
    end = time.monotonic() + VISIBLE_SECONDS
    with closing(_session(dsn)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        while True:
            with connection.transaction():
                row = connection.execute(
                    "select pg_export_snapshot(), pg_current_snapshot()::text"
                ).fetchone()
                if row is None:
                    raise LookupError("pg_export_snapshot")
                if are_visible(transactions, row[1]):
                    yield connection, row[0]
                    return
            if time.monotonic() >= end:
                raise Unavailable(
                    say(
                        "follow.not-visible",
                        "Transactions of the shop are in its log and not visible: they probably"
                        " wait for a standby (synchronous_standby_names).",
                    )
                )
            time.sleep(_PAUSE)


def are_visible(transactions: Iterable[int], snapshot: str) -> bool:
    """Whether committed transactions are part of a snapshot (`xmin:xmax:running,…`).

    Args:
        transactions: Their numbers modulo 2^32, of less than 2^31 before or after the snapshot.
        snapshot: With numbers that are not reduced.
    """
    _, after, running = snapshot.split(":")
    first_after = int(after)
    open_ones = {int(number) for number in running.split(",") if number}
    behind = ((first_after - number) % (1 << 32) for number in transactions)
    return all(0 < one < 1 << 31 and first_after - one not in open_ones for one in behind)


def keys_as(kind: str) -> sql.SQL:
    """The query of keys, given as texts, as a kind in `tracing.FAMILIES`."""
    return sql.SQL(f"select unnest(%s::text[])::{kind}")


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip()
