"""A tail: the lines booked since a base's snapshot, in memory beside the base.

A pull reads, in one REPEATABLE READ transaction on the primary, what its snapshot sees and the last
one did not. Any snapshot that the last pull's snapshot contains can then be answered: each of its
lines is tested against the snapshot itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg
import duckdb
import numpy as np
import numpy.typing as npt

from shopx_core import logging
from shopx_store.columns import ledger_rows
from shopx_store.columns.base import LINE_COLUMNS, Base
from shopx_store.columns.choice import Refusal
from shopx_store.columns.seen import Seen
from shopx_store.query.snapshots import Snapshot

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

PULL_LIMIT: Final = 50_000
"""More new lines than this are not pulled: PostgreSQL answers until the next base."""

HELD_LIMIT: Final = 200_000
"""Nor does a tail grow past this: every answer reads it."""

_AT_ONCE: Final = 2_000
"""More rows than this are converted in a thread: the event loop must not wait for them."""

_KEPT: Final = 16
"""Snapshots whose lines are kept; see `moment.KEPT`."""

_ROOM: Final = 1024

_COLUMNS: Final = ", ".join(f"{name} {kind}" for name, kind in (*LINE_COLUMNS, ("xid", "BIGINT")))
_NAMES: Final = (*(name for name, _ in LINE_COLUMNS), "xid")
_ADDED: Final = f"""
select {", ".join(_NAMES)} from (select instant, order_id, product_id, customer_id, rep_id,
    region_id, channel_id, currency, {ledger_rows.MEASURES}, xid from given)
"""

Integers: TypeAlias = npt.NDArray[np.int64]

_log = logging.get(__name__)


class Unserved(Exception):  # noqa: N818 -- control flow: PostgreSQL answers instead
    """The replica leaves a query to PostgreSQL."""

    def __init__(self, refusal: Refusal, reason: str = "") -> None:
        super().__init__(f"{refusal.value}: {reason}" if reason else refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What a tail holds after a pull; it never changes.

    Attributes:
        last: The pull's snapshot.
        server: The run of the server that it was pulled from.
        table: The table with the lines. It may have more of them, which no snapshot that `last`
            contains can see.
        xid: The lines' transactions.
        at: When they were booked, in microseconds since 1970.
        columns: The columns of `base.lines`.
        currencies: Codes by number; those of the base come first.
        no_amounts: Why it cannot answer for amounts, or `None`.
    """

    last: Snapshot
    server: str
    table: str
    xid: Integers
    at: Integers
    columns: Mapping[str, Integers]
    currencies: tuple[str, ...]
    no_amounts: str | None

    def visible(self, as_of: Snapshot) -> npt.NDArray[np.bool_]:
        """Which lines a snapshot sees."""
        begun = (self.xid < as_of.xmax) & ~np.isin(self.xid, as_of.running)
        return (self.xid < as_of.xmin) | begun


class Primary:
    """One connection to the primary, for all tails of a process.

    Args:
        connect: Opens it.
    """

    def __init__(self, connect: "Callable[[], Awaitable[Connection]]") -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self.number = 0
        """Counts connections: what was pulled over an earlier one is not continued."""

    @contextlib.asynccontextmanager
    async def snapshot(self) -> "AsyncIterator[Connection]":
        """Open a REPEATABLE READ transaction; a failure in it ends the connection."""
        async with self._turn:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                    self.number += 1
                async with self._connection.transaction(isolation="repeatable_read", readonly=True):
                    yield self._connection
            except Unserved:
                raise  # the connection is as good as before
            except BaseException:
                self._end()
                raise

    def _end(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            self._connection.terminate()
        self._connection = None
        self.number += 1

    async def close(self) -> None:
        """End the connection."""
        async with self._turn:
            self._end()


class Tail:
    """Pulls for one base, one pull at a time.

    Args:
        base: What it continues.
        primary: Where it pulls from.
    """

    def __init__(self, base: Base, primary: Primary) -> None:
        self._base = base
        self._primary = primary
        self._over = -1
        self._tables = 0
        self._pulling: asyncio.Task[None] | None = None
        self._behind = False
        self._seen: dict[tuple[str, Snapshot], Seen] = {}
        self.held = self._empty()

    def seen(self, held: Held, as_of: Snapshot) -> Seen:
        """What a snapshot sees; a later pull adds nothing to it.

        Args:
            held: A result of `cover` for the snapshot.
            as_of: The snapshot.
        """
        key = (held.table, as_of)
        found = self._seen.get(key)
        if found is None:
            rows = np.flatnonzero(held.visible(as_of))
            columns = {name: column[rows] for name, column in held.columns.items()}
            found = self._seen[key] = Seen(held.at[rows], columns)
            while len(self._seen) > _KEPT:
                del self._seen[next(iter(self._seen))]
        return found

    async def cover(self, as_of: Snapshot, server: str) -> Held:
        """Hold at least what a snapshot sees.

        Args:
            as_of: It has been taken already: a pull that begins now sees all of it.
            server: The run of the server that the snapshot is of.

        Raises:
            Unserved: It cannot.
        """
        for _ in range(2):
            # The first pull may have begun before the snapshot; the second one cannot.
            if self._covers(as_of, server):
                return self.held
            await self.pull()
        if self._covers(as_of, server):
            return self.held
        raise Unserved(Refusal.SERVER, "the pull does not see the snapshot")

    async def pull(self) -> None:
        """Join the pull that runs, or begin one.

        Raises:
            Unserved: It failed.
        """
        if self._behind:
            raise Unserved(Refusal.BEHIND)
        if self._pulling is None:
            # A task of its own: who gives up waiting must not end it half-way.
            self._pulling = asyncio.create_task(self._pull())
            self._pulling.add_done_callback(self._ended)
        await asyncio.shield(self._pulling)

    async def close(self) -> None:
        """Wait for the pull that runs."""
        if self._pulling is not None:
            await asyncio.wait([self._pulling])

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._pulling = None
        if not task.cancelled():
            task.exception()  # those who waited have it

    def _covers(self, as_of: Snapshot, server: str) -> bool:
        held = self.held
        return (
            self._over == self._primary.number
            and held.server == server
            and held.last.contains(as_of)
        )

    def _empty(self) -> Held:
        """Begin again, in another table: a query that runs goes on with the one before."""
        self._tables += 1
        self._rows = _Growing()
        connection = self._base.connection
        connection.execute(f"drop table if exists tail_{max(self._tables - 2, 0)}")
        connection.execute(f"create table tail_{self._tables} ({_COLUMNS})")
        none = np.empty(0, dtype=np.int64)
        return Held(
            last=self._base.seen,
            server="",
            table=f"tail_{self._tables}",
            xid=none,
            at=none,
            columns=dict.fromkeys(_NAMES[1:-1], none),
            currencies=self._base.currencies,
            no_amounts=None,
        )

    async def _pull(self) -> None:
        try:
            async with self._primary.snapshot() as connection:
                await self._read(connection)
        except Unserved:
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, duckdb.Error) as error:
            _log.warning("tail_pull_failed", error=str(error) or type(error).__name__)
            raise Unserved(Refusal.SERVER, str(error)) from error

    async def _read(self, connection: "Connection") -> None:
        row = await connection.fetchrow(ledger_rows.IDENTITY)
        generation = self._base.generation
        if row is None:
            raise Unserved(Refusal.NO_BASE)
        snapshot, restored, database, _, standby, known, server = row
        if standby or not known:
            raise Unserved(Refusal.STANDBY if standby else Refusal.RESTORED)
        if (restored, database) != (generation.restored_through, generation.database):
            raise Unserved(Refusal.NO_BASE, "the database is another one")
        last = Snapshot.parse(snapshot)
        held = self.held
        if (
            self._over != self._primary.number
            or held.server != server
            or not last.contains(held.last)
        ):
            held = self._empty()
            if not last.contains(held.last):
                raise Unserved(Refusal.NO_BASE, "the database is older than the base")
        rows = await connection.fetch(_NEW, str(held.last.xmin), held.last.text, restored)
        if len(rows) > PULL_LIMIT or len(held.xid) + len(rows) > HELD_LIMIT:
            self._behind = True
            _log.info("tail_behind", generation=str(generation.id))
            raise Unserved(Refusal.BEHIND)
        if len(rows) > _AT_ONCE:
            held = await asyncio.to_thread(self._append, held, rows, last, server)
        else:
            held = self._append(held, rows, last, server)
        # Only now: a pull that ended before has changed nothing that a reader sees.
        self.held, self._over = held, self._primary.number

    def _append(self, held: Held, rows: Sequence[Any], last: Snapshot, server: str) -> Held:
        currencies = held.currencies
        no_amounts = held.no_amounts
        added: dict[str, npt.NDArray[Any]] = {}
        if rows:
            given = dict(zip((*ledger_rows.COLUMNS, "xid"), zip(*rows, strict=True), strict=True))
            codes = given.pop("code")
            unknown = sorted(set(codes) - set(currencies))
            currencies = (*currencies, *unknown)
            numbers = {code: number for number, code in enumerate(currencies)}
            added["currency"] = np.array([numbers[code] for code in codes], dtype=np.int16)
            for name, values in given.items():
                if None in values:
                    no_amounts = "a line's amount is no whole number of millionths below 10^11"
                    values = tuple(0 if value is None else value for value in values)  # noqa: PLW2901 -- the same, without holes
                added[name] = np.array(values, dtype=bool if name == "is_return" else np.int64)
            cursor = self._base.connection.cursor()
            try:
                cursor.register("given", added)
                added = _lines(cursor.execute(_ADDED).fetchnumpy())
                cursor.register("added", added)
                cursor.execute(f"insert into {held.table} by name select * from added")
            finally:
                cursor.close()

        number = len(held.xid)
        columns = {name: self._rows.extended(name, number, added[name]) for name in added} or dict(
            held.columns
        ) | {"xid": held.xid, "instant": held.at}
        return Held(
            last=last,
            server=server,
            table=held.table,
            xid=columns.pop("xid"),
            at=columns.pop("instant"),
            columns=columns,
            currencies=currencies,
            no_amounts=no_amounts,
        )


class _Growing:
    """Columns that are added to at their end; what was handed out before stays as it was."""

    def __init__(self) -> None:
        self._arrays = {name: np.empty(_ROOM, dtype=np.int64) for name in _NAMES}

    def extended(self, name: str, number: int, added: Integers) -> Integers:
        """The first `number` rows of a column, and what is added to it."""
        array, total = self._arrays[name], number + len(added)
        if total > len(array):
            array = np.empty(max(total, 2 * len(array)), dtype=np.int64)
            array[:number] = self._arrays[name][:number]
            self._arrays[name] = array
        array[number:total] = added
        return array[:total]


def _lines(columns: Mapping[str, npt.NDArray[Any]]) -> dict[str, Integers]:
    """Without holes: what does not fit is not asked for."""
    return {name: np.ma.filled(column, 0).astype(np.int64) for name, column in columns.items()}


_NEW: Final = f"""
select {ledger_rows.SELECT}, i.xid::text::bigint as xid from order_items i
where {ledger_rows.since("$1::text::xid8", "(select $2::text::pg_snapshot)", "$3::bigint")}
limit {PULL_LIMIT + 1}
"""
