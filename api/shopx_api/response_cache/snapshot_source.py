"""Observations of PostgreSQL: a snapshot, and what changed since an earlier one."""

from datetime import datetime
from typing import Any, cast

import asyncpg

from shopx_api.response_cache.leader_marks import LeaderMarks
from shopx_core.caching.cache_epoch import CacheEpoch, DatabaseState
from shopx_core.caching.dependencies import DependencyTag, Span, ledger_spans
from shopx_core.connection_strings import asyncpg_options
from shopx_store.query.read_state import AsOf
from shopx_store.query.replication import LINEAGE, NAME_SERVER

# now() is the start of the transaction, so never later than its snapshot: a response is at least as
# new as its as-of.
_INSTANT = f"""
select pg_current_snapshot()::text as snapshot, now() as at, pg_is_in_recovery() as standby,
    {LINEAGE} as lineage,
    (select system_identifier::text from pg_control_system()) || '/' ||
    (select oid::text from pg_database where datname = current_database()) as database
"""

# Rows that this transaction sees and the earlier snapshot did not. Transactions below its xmin had
# all ended then: the index skips them.
_CHANGED = """
select null as slice, date_trunc('hour', booked_at, 'UTC') as hour
from order_items
where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
    and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
group by 2
union all
select slice, null
from reference_changes
where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
    and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
group by slice
"""


class SnapshotSource:
    """Observes over a connection of its own, so that the epoch advances however busy the pool is.

    Args:
        dsn: The database of reads.
        timeout: Seconds for connecting, and for one observation.
        marks: Writes marks, where the database's replicas answer reads.
    """

    def __init__(self, dsn: str, *, timeout: float, marks: LeaderMarks | None = None) -> None:
        self._dsn = dsn
        self._timeout = timeout
        self._marks = marks
        self._connection: asyncpg.Connection[Any] | None = None

    async def observe(self, previous: CacheEpoch | None) -> DatabaseState:
        """Take a snapshot, and find what it sees that the previous epoch's did not.

        Args:
            previous: The epoch to compare with; `None` = no comparison.

        Raises:
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: The database is
                unreachable; the next call connects again.
        """
        try:
            seen = await self._observe(await self._connected(), previous)
        except BaseException:
            self.drop()
            raise
        if self._marks is not None and seen.server:
            self._marks.cover(AsOf(seen.snapshot, seen.at, seen.server))
        return seen

    async def stop(self) -> None:
        """Drop all connections, for good."""
        self.drop()
        if self._marks is not None:
            await self._marks.stop()

    def drop(self) -> None:
        """Drop the connection, which is broken or not needed."""
        if self._marks is not None:
            self._marks.rest()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.terminate()

    async def _connected(self) -> "asyncpg.Connection[Any]":
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                **asyncpg_options(self._dsn),
                timeout=self._timeout,
                command_timeout=self._timeout,
                # A transaction pooler in between may switch the server connection.
                statement_cache_size=0,
                server_settings={"application_name": "shopx-clock"},
            )
        return self._connection

    async def _observe(
        self, connection: "asyncpg.Connection[Any]", previous: CacheEpoch | None
    ) -> DatabaseState:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            instant = await connection.fetchrow(_INSTANT)
            rows = await connection.fetch(_CHANGED, previous.snapshot) if previous else []
            server = "" if self._marks is None else await connection.fetchval(NAME_SERVER)
        if instant is None:
            raise asyncpg.InterfaceError("The database returned no snapshot.")
        if instant["standby"]:
            # It does not list what runs on the leader: what is committed there later would count
            # as seen, and its change would never be noted.
            raise asyncpg.InterfaceError("The database's URL leads to a replica.")
        booked = ledger_spans(cast("datetime", row["hour"]) for row in rows if row["hour"])
        others = frozenset(Span(DependencyTag(row["slice"])) for row in rows if row["slice"])
        return DatabaseState(
            snapshot=instant["snapshot"],
            at=instant["at"],
            database=instant["database"],
            lineage=instant["lineage"],
            server=server,
            changed=booked | others,
        )
