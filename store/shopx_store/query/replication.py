"""What a streaming replica has of its leader, proved by a row that the leader writes.

The leader writes a mark after a snapshot was taken, with what it sees itself. A replica applies
commits in the leader's order. So a transaction that sees the mark, on whichever server, sees
everything that the mark's snapshot sees: neither positions in the log nor clocks nor the replica's
own `pg_current_snapshot()`, which does not list what runs on the leader, have to be trusted. The
mark also names the leader's run: another run may lack what this one had, and give the same
transaction ids again.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from shopx_store.query.read_state import AsOf
from shopx_store.query.snapshots import Snapshot

if TYPE_CHECKING:
    import asyncpg

    from shopx_store.async_connection import Connection

SERVER: Final = """case when pg_is_in_recovery() then '' else
    upper(lpad(to_hex(mod(
        (coalesce(extract(epoch from pg_stat_get_bgwriter_stat_reset_time()), 0) * 100)::bigint,
        4294967296
    )), 8, '0')) || '/' || extract(epoch from pg_postmaster_start_time()) end"""
"""The run of a leader: when its statistics began, in hundredths of a second, which a crash of one
backend resets, and when it started, which another server and recovery to a point change. For a
crash may lose commits that were not flushed, where `synchronous_commit` is off. Empty on a
replica."""

LINEAGE: Final = f"""case
    when pg_is_in_recovery() or to_regproc('aurora_version') is not null then ''
    when current_setting('synchronous_commit') = 'off' or current_setting('fsync') = 'off'
        or exists (
            select from pg_db_role_setting, unnest(setconfig) as setting
            where split_part(setting, '=', 1) = 'synchronous_commit'
                and lower(split_part(setting, '=', 2)) in ('off', 'false', 'no', '0')
        ) then {SERVER}
    else left(pg_walfile_name(pg_current_wal_lsn()), 8) end"""
"""What changes when commits that were seen may have been lost: the timeline, and each run of a
leader that acknowledges before it has written, to any role: what writes may be another one than
what reads. Empty on a replica, and on Aurora, which refuses
functions of the log, and whose servers share one copy."""

NAME_SERVER: Final = f"select {SERVER}"

# A mark need not be on a replica to be committed: where it is missing, the leader answers.
WRITE_MARK: Final = f"""
insert into replication_mark as m (server, snapshot, xid, at)
select {SERVER}, pg_current_snapshot()::text, pg_current_xact_id(), statement_timestamp()
from set_config('synchronous_commit', 'local', true)
on conflict (singleton) do update
set server = excluded.server, snapshot = excluded.snapshot, xid = excluded.xid, at = excluded.at
returning m.server, m.snapshot, m.xid::text::bigint as xid, m.at
"""

_READ: Final = """
select pg_is_in_recovery() as standby,
    coalesce(host(inet_server_addr()), '') || ' ' || pg_postmaster_start_time() as itself,
    m.server, m.snapshot, m.xid::text::bigint as xid, m.at
from (values (true)) one left join replication_mark m on true
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of the leader.

    Attributes:
        server: The leader's run.
        snapshot: What the leader saw when it wrote the mark.
        xid: The transaction that wrote it; what sees the mark sees it as well.
        at: When, by the leader's clock.
    """

    server: str
    snapshot: Snapshot
    xid: int
    at: dt.datetime

    def covers(self, as_of: AsOf) -> bool:
        """Whether a transaction that sees the mark sees everything that an as-of sees."""
        if not as_of.server or as_of.server != self.server:
            return False
        wanted, mine = Snapshot.parse(as_of.snapshot), self.snapshot
        unsure = chain(mine.running, range(mine.xmax, wanted.xmax))
        return not any(wanted.sees(xid) for xid in unsure if xid != self.xid)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one transaction says of its server.

    Attributes:
        standby: Whether the server follows another one.
        itself: Which server it is, and which run of it.
        mark: The mark that the transaction sees, if there is one.
    """

    standby: bool
    itself: str
    mark: Mark | None


def mark_of(row: "asyncpg.Record") -> Mark:
    """The mark of a row of `WRITE_MARK`."""
    return Mark(row["server"], Snapshot.parse(row["snapshot"]), row["xid"], row["at"])


async def read_mark(connection: "Connection") -> Seen:
    """Read the mark in the transaction that is to answer.

    Args:
        connection: Inside a REPEATABLE READ transaction.

    Raises:
        asyncpg.PostgresError: Also where the replica has not got the table yet.
    """
    row = await connection.fetchrow(_READ)
    assert row is not None, "the join has one row"  # noqa: S101 -- a defect, not input
    mark = None if row["server"] is None else mark_of(row)
    return Seen(row["standby"], row["itself"], mark)
