"""The replica of one process: its open bases with their tails, and the threads that query them."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import duckdb
import numpy as np
import numpy.typing as npt

from shopx_core import logging
from shopx_store.columns.array_loading import load, load_day
from shopx_store.columns.arrays import Arrays, NotLoaded
from shopx_store.columns.base import SUFFIX, Base, Generation, UnusableBase, open_base
from shopx_store.columns.choice import Refusal
from shopx_store.columns.grouping import Unfit
from shopx_store.columns.results import Part
from shopx_store.columns.statements import Statement
from shopx_store.columns.tail import Primary, Tail, Unserved

OPEN: Final = 3
"""Bases that stay open: the newest, and those that snapshots of the last minutes still want."""

ROW_LIMIT: Final = 4_000_000
"""Rows of one statement: as columns so many take about 200 MB."""
_KNOWN: Final = "select exists (select from columns_generations where id = any($1::uuid[]))"

Integers: TypeAlias = npt.NDArray[np.int64]
Relations: TypeAlias = dict[str, dict[str, Integers]]
"""Columns by the name of their relation."""

_log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What the engine may use.

    Attributes:
        threads: Cores a statement may use.
        memory: Mebibytes that DuckDB may use for all open bases together.
        arrays: Mebibytes that tables of the newest base may take.
        concurrency: Statements that run at once; the others wait.
    """

    threads: int = 2
    memory: int = 256
    arrays: int = 256
    concurrency: int = 4


@dataclass(frozen=True, slots=True)
class Replica:
    """An open base, its tables in memory, and what was booked since.

    Attributes:
        arrays: `None` where there is no memory for them.
    """

    base: Base
    tail: Tail
    arrays: Arrays | None = None


class ColumnsEngine:
    """The replica of one process.

    Args:
        folder: Where bases appear.
        primary: What tails are pulled from.
        limits: What it may use.
        observe: Called after each query: why it is left to PostgreSQL, or `None`.
    """

    def __init__(
        self,
        folder: Path,
        primary: Primary,
        limits: EngineLimits,
        observe: Callable[[Refusal | None], None],
    ) -> None:
        self._folder = folder
        self._primary = primary
        self._limits = limits
        self.observe = observe
        self._replicas: list[Replica] = []
        self._unusable: set[tuple[str, int]] = set()
        self._loading: duckdb.DuckDBPyConnection | None = None
        self._threads = ThreadPoolExecutor(limits.concurrency, thread_name_prefix="columns")

    @property
    def newest(self) -> Generation | None:
        """The newest open base."""
        return self._replicas[0].base.generation if self._replicas else None

    @property
    def tail_lines(self) -> int:
        """Lines in memory beside the newest open base."""
        return len(self._replicas[0].tail.held.xid) if self._replicas else 0

    @property
    def arrays_bytes(self) -> int:
        """What tables of the newest base take in memory."""
        arrays = self._replicas[0].arrays if self._replicas else None
        return arrays.bytes if arrays is not None else 0

    async def refresh(self) -> None:
        """Open bases that appeared, and close those that no snapshot can want."""
        opened = {replica.base.path for replica in self._replicas}
        found = await asyncio.to_thread(self._open_new, opened)
        if not found:
            return
        replicas = self._replicas + [Replica(base, Tail(base, self._primary)) for base in found]
        replicas.sort(key=lambda replica: replica.base.generation.built_at, reverse=True)
        # Those before are asked for two more minutes, and by few: DuckDB answers.
        replicas[1:] = [replace(replica, arrays=None) for replica in replicas[1:]]
        self._replicas, closing = replicas[:OPEN], replicas[OPEN:]
        for base in found:
            _log.info("base_opened", generation=str(base.generation.id), rows=base.generation.rows)
        for replica in closing:
            await replica.tail.close()
            # Cursors that still run keep the database open until they end.
            replica.base.connection.close()
        # DuckDB answers meanwhile.
        newest = self._replicas[0]
        if newest.arrays is None:
            arrays = await self._tables_of(newest.base)
            self._replicas[0] = replace(newest, arrays=arrays)

    def _open_new(self, opened: set[Path]) -> list[Base]:
        """Open files in the order of their age, newest first, at most as many as stay open."""
        try:
            files = [(file.stat().st_mtime, file) for file in self._folder.glob(f"*{SUFFIX}")]
        except OSError as error:
            _log.warning("columns_folder_unreadable", error=str(error))
            return []
        newest = sorted(files, reverse=True)[:OPEN]
        memory = f"{self._limits.memory * 1024 // OPEN}KiB"
        found = []
        for modified, path in newest:
            known = (path.name, int(modified * 1_000_000))
            if path in opened or known in self._unusable:
                continue
            try:
                found.append(open_base(path, threads=self._limits.threads, memory=memory))
            except UnusableBase as error:
                self._unusable.add(known)
                _log.warning("base_unusable", path=str(path), error=str(error))
        return found

    async def _tables_of(self, base: Base) -> Arrays | None:
        """A base's tables in memory; `None` where the file cannot be read."""
        cursor = self._loading = base.connection.cursor()

        def work() -> Arrays | None:
            try:
                arrays = load(cursor, self._limits.arrays * 2**20)
            except duckdb.Error as error:
                _log.warning("arrays_not_loaded", path=str(base.path), error=str(error))
                return None
            finally:
                cursor.close()
            _log.info("arrays_loaded", generation=str(base.generation.id), bytes=arrays.bytes)
            return arrays

        # `close` waits for these threads: a connection that is in use cannot be closed.
        found = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._loading = None
        return found

    async def load(self, replica: Replica, missing: NotLoaded) -> None:
        """Bring a day's rows into memory.

        Raises:
            Unfit: See `load_day`.
            duckdb.Error: The file cannot be read.
        """
        arrays = replica.arrays
        if arrays is None:
            raise Unfit(missing)
        cursor = replica.base.connection.cursor()

        def work() -> None:
            try:
                load_day(cursor, missing, arrays)
            finally:
                cursor.close()

        await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def pull(self) -> Refusal | None:
        """Bring the newest base's tail up to date, so that few lines are pulled in a request.

        Returns:
            Why no base could answer a query now, or `None`.
        """
        if not self._replicas:
            return Refusal.NO_BASE
        try:
            await self._replicas[0].tail.pull()
            async with self._primary.snapshot() as connection:
                opened = [replica.base.generation.id for replica in self._replicas]
                known = await connection.fetchval(_KNOWN, opened)
        except Unserved as error:
            _log.debug("tail_not_pulled", reason=str(error))
            return error.refusal
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.debug("tail_not_pulled", reason=str(error))
            return Refusal.SERVER
        return None if known else Refusal.NO_BASE

    async def close(self) -> None:
        """Close everything."""
        replicas, self._replicas = self._replicas, []
        for replica in replicas:
            await replica.tail.close()
        await self._primary.close()
        loading, self._loading = self._loading, None
        if loading is not None:
            with contextlib.suppress(duckdb.ConnectionException):  # it has just ended
                loading.interrupt()
        await asyncio.to_thread(self._threads.shutdown)
        for replica in replicas:
            replica.base.connection.close()

    @property
    def replicas(self) -> Sequence["Replica"]:
        """The open bases with their tails, the newest first."""
        return self._replicas

    async def run(
        self, base: Base, requested: Sequence[Statement], relations: Relations
    ) -> list[Part]:
        """Run statements in a thread; cancelling the wait stops them."""
        cursor = base.connection.cursor()

        def work() -> list[Part]:
            try:
                for name, columns in relations.items():
                    cursor.register(name, columns)
                return [_part(cursor, one) for one in requested]
            finally:
                cursor.close()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            cursor.interrupt()
            raise


def _part(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> Part:
    names = (*statement.keys, *(measure.value for measure in statement.measures))
    try:
        found = cursor.execute(statement.text).fetchnumpy()
        columns = [np.ma.filled(found[name], 0) for name in names]
    except duckdb.ConversionException:
        rows = cursor.execute(statement.wide).fetchall()
        columns = [
            np.array([row[number] or 0 for row in rows], dtype=object)
            for number in range(len(names))
        ]
        for number in range(len(statement.keys)):
            columns[number] = columns[number].astype(np.int64)
    if len(columns[0]) > ROW_LIMIT:
        raise Unserved(Refusal.ROWS)
    kept = len(statement.keys)
    return Part(
        dict(zip(statement.keys, columns[:kept], strict=True)),
        dict(zip(statement.measures, columns[kept:], strict=True)),
    )
