"""Moments: what every answer as of one snapshot needs of PostgreSQL, read once for all of them.

An answer from the replica takes no transaction of its own. What it needs besides lines (the present
settings, which builds the snapshot sees, which version of the reference data it may use) is the
same for all answers as of one snapshot, so it is read once in a process and shared.
"""

import asyncio
import datetime as dt
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from shopx_core.caching.dependencies import DependencyTag
from shopx_store.columns.base import Generation
from shopx_store.columns.choice import Facts, Refusal, refusal_of_reader
from shopx_store.query.read_state import AsOf, ReadState
from shopx_store.query.session import expect_recent, read_state
from shopx_store.query.snapshots import Snapshot

if TYPE_CHECKING:
    from shopx_store.async_connection import Connection
    from shopx_store.columns.tail import Primary

KEPT: Final = 16
"""Moments that are kept; the snapshot clock makes one in each live interval."""

TRUSTED_SECONDS: Final = 3600
"""Changes of reference data are noted for three hours. After a longer pause than this they count
as unknown."""

_FACTS: Final = """
select pg_is_in_recovery() as standby,
    g.id, g.snapshot, g.restored_through, g.database, g.built_at, g.rows
from columns_generations g order by g.built_at desc limit 8
"""
_CHANGED: Final = """
select distinct slice from reference_changes
where xid >= pg_snapshot_xmin($1::text::pg_snapshot)
    and not pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What answers as of one snapshot have in common.

    Attributes:
        as_of: The snapshot.
        state: The settings, and how the rollups relate to the ledger, when the moment was read.
        facts: What decides which base may answer.
        versions: The version of each kind of reference data that is at least as new as `as_of`.
        read_at: When it was read, by the database's clock.
        clock: The same instant on this process's monotonic clock, in seconds.
    """

    as_of: AsOf
    state: ReadState
    facts: Facts
    versions: Mapping[DependencyTag, int]
    read_at: dt.datetime
    clock: float

    @property
    def refusal(self) -> Refusal | None:
        """Why no base at all may answer; `None` = one may."""
        return refusal_of_reader(self.facts)

    def expect_recent(self) -> None:
        """Refuse a snapshot that became too old.

        Raises:
            AsOfExpired: It is over two minutes old.
        """
        elapsed = dt.timedelta(seconds=time.monotonic() - self.clock)
        expect_recent(self.as_of, self.read_at + elapsed)


class ReferenceVersions:
    """Counts the changes of each kind of reference data from one moment to the next."""

    def __init__(self) -> None:
        self._numbers = dict.fromkeys(DependencyTag, 0)
        self._last: tuple[str, str, Snapshot] | None = None
        self._at = 0.0

    async def observe(
        self, connection: "Connection", server: str, database: str, snapshot: Snapshot
    ) -> Mapping[DependencyTag, int]:
        """The versions in a transaction.

        Args:
            connection: Inside a REPEATABLE READ transaction.
            server: The run of the server; transactions of another run may have been lost.
            database: Which database of which cluster.
            snapshot: The transaction's own.
        """
        last, began = self._last, time.monotonic()
        known = (
            last is not None
            and last[:2] == (server, database)
            and snapshot.contains(last[2])
            and began - self._at < TRUSTED_SECONDS
        )
        if last is not None and known:
            rows = await connection.fetch(_CHANGED, last[2].text)
            changed = {DependencyTag(row["slice"]) for row in rows}
        else:
            changed = set(DependencyTag)
        for tag in changed:
            self._numbers[tag] += 1
        self._last, self._at = (server, database, snapshot), began
        return MappingProxyType(dict(self._numbers))


async def read_moment(
    connection: "Connection", as_of: AsOf | None, versions: ReferenceVersions
) -> Moment:
    """Read a moment in a transaction that began after its snapshot was taken.

    Args:
        connection: Inside a REPEATABLE READ transaction.
        as_of: The snapshot; `None` = the transaction's own.
        versions: Of the process.

    Raises:
        AsOfExpired: `as_of` is over two minutes old.
        Unavailable: The database is not migrated.
    """
    clock = time.monotonic()
    state, present = await read_state(connection)
    rows = await connection.fetch(_FACTS)
    chosen = as_of or replace(present, server=state.server)
    expect_recent(chosen, present.at)
    facts = Facts(
        as_of=Snapshot.parse(chosen.snapshot),
        standby=any(row["standby"] for row in rows),
        server=state.server,
        database=state.database,
        restored_through=state.restored_through,
        same_cluster=state.same_database_cluster,
        generations={
            uuid.UUID(str(row["id"])): Generation(
                uuid.UUID(str(row["id"])),
                row["snapshot"],
                row["restored_through"],
                row["database"],
                row["built_at"],
                row["rows"],
            )
            for row in rows
        },
    )
    numbers = await versions.observe(
        connection, facts.server, state.database, Snapshot.parse(present.snapshot)
    )
    return Moment(chosen, state, facts, numbers, present.at, clock)


class Moments:
    """The moments of one process: each is read once, over a connection of their own.

    Args:
        source: Where reads go.
    """

    def __init__(self, source: "Primary") -> None:
        self._source = source
        self._versions = ReferenceVersions()
        self._kept: OrderedDict[AsOf, Moment] = OrderedDict()
        self._reading: dict[AsOf, asyncio.Task[Moment]] = {}
        self._next: asyncio.Task[Moment] | None = None
        self._turn = asyncio.Lock()

    async def at(self, as_of: AsOf) -> Moment:
        """The moment of a snapshot that was taken before.

        Raises:
            AsOfExpired: It is over two minutes old.
            Unavailable: The database is not migrated.
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: The database is
                unreachable.
        """
        moment = self._kept.get(as_of)
        if moment is None:
            task = self._reading.get(as_of)
            if task is None:
                task = self._reading[as_of] = asyncio.create_task(self._read(as_of))
                task.add_done_callback(lambda done: self._ended(as_of, done))
            # Shared: who gives up waiting must not end it for the others.
            moment = await asyncio.shield(task)
        moment.expect_recent()
        return moment

    async def now(self) -> Moment:
        """A moment that begins to be read after the call: it sees all that was committed before.

        Callers that wait for their turn share one.

        Raises:
            Unavailable: The database is not migrated.
            OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError: The database is
                unreachable.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._read_now())
            self._next.add_done_callback(_retrieve)
        return await asyncio.shield(self._next)

    async def close(self) -> None:
        """End what runs, and the connection."""
        tasks = [*self._reading.values(), *([self._next] if self._next else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._source.close()

    def _ended(self, as_of: AsOf, task: asyncio.Task[Moment]) -> None:
        del self._reading[as_of]
        _retrieve(task)

    async def _read_now(self) -> Moment:
        async with self._turn:
            # From here on a caller may know of what this one does not see.
            self._next = None
            return await self._read_in_turn(None)

    async def _read(self, as_of: AsOf) -> Moment:
        async with self._turn:
            moment = await self._read_in_turn(as_of)
        self._kept[as_of] = moment
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return moment

    async def _read_in_turn(self, as_of: AsOf | None) -> Moment:
        async with self._source.snapshot() as connection:
            return await read_moment(connection, as_of, self._versions)


def _retrieve(task: "asyncio.Task[Moment]") -> None:
    """Those who waited have the error; without any it must not be reported as lost."""
    if not task.cancelled():
        task.exception()
