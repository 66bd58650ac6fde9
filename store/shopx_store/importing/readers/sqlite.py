"""Tables of a SQLite database: a file, read as of one moment.

A view is a program of the file's author: it may yield rows without end, long texts, or nothing for
ever. Each of these has a limit.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import SqliteInput
from shopx_store.importing.readers.base import Batch, add_missing, resolve
from shopx_store.importing.values import normalise
from shopx_store.importing.vectors import Fault, Vector

FETCH_ROWS = 10_000
MOST_SECONDS: Final = 60.0
"""Between two batches."""
MOST_LENGTH: Final = 1 << 20
"""Of a value, in bytes; those of columns that are not read may be longer."""
MOST_TEXT: Final = 64 << 20
"""Of a batch, in characters and bytes."""
_FETCHED_AT_ONCE: Final = 50
_STEPS: Final = 100_000
"""Instructions of SQLite between two looks at the clock: some milliseconds."""


@contextmanager
def sqlite_connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A session that only reads.

    Raises:
        InvalidInput: It is no database, or damaged.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        connection.execute("begin")
        connection.execute("select 1 from sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise InvalidInput(
            say(
                "file.readable-sqlite-database",
                "{path} is no readable SQLite database: {error}.",
                path=path,
                error=error,
            )
        ) from None
    try:
        yield connection
    finally:
        connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class SqliteReader:
    """One table or view."""

    def __init__(self, connection: sqlite3.Connection, path: Path, spec: SqliteInput) -> None:
        self.label = f"{path}, {spec.table}"
        self.path: Path | None = None
        self.size = 1
        self._connection = connection
        self._spec = spec
        kinds = "select name from sqlite_master where type in ('table', 'view') order by name"
        tables = [name for (name,) in connection.execute(kinds)]
        if spec.table not in tables:
            raise InvalidInput(
                say(
                    "file.no-table",
                    "{path} has no table {table}; it has {tables}.",
                    path=path,
                    table=repr(spec.table),
                    tables=", ".join(tables) or "none",
                )
            )
        info = connection.execute(f"pragma table_info({_quoted(spec.table)})")
        self._available = [row[1] for row in info]
        self._most_rows = max(path.stat().st_size, FETCH_ROWS)
        self._until = 0.0

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the needed columns alone."""
        chosen = resolve(self._spec, self._available, needed, self.label)
        columns = sorted({*chosen.values()}) or self._available[:1]
        null = frozenset(self._spec.null)
        done = 0
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_LENGTH)
        try:
            self._watch()
            cursor = self._connection.execute(
                f"select {', '.join(map(_quoted, columns))} from {_quoted(self._spec.table)}"
            )
            while rows := self._fetched(cursor):
                if done + len(rows) > self._most_rows:
                    raise InvalidInput(
                        say(
                            "file.more-rows-file-bytes",
                            "{label} has more rows than the file has bytes: it repeats itself.",
                            label=self.label,
                        ),
                        hint=say(
                            "file.read-tables-rather-view", "Read its tables rather than a view."
                        ),
                    )
                read = dict(zip(columns, zip(*rows, strict=True), strict=True))
                vectors = {
                    name: table_vector(read[column], null, column)
                    for name, column in chosen.items()
                }
                add_missing(vectors, needed - chosen.keys(), len(rows))
                numbers = range(done + 1, done + len(rows) + 1)
                done += len(rows)
                yield Batch(numbers, Columns(vectors, len(rows)), done, names=chosen)
        except sqlite3.OperationalError as error:
            if time.monotonic() > self._until:
                raise InvalidInput(
                    say(
                        "file.yields-row-s",
                        "{label} yields no row for {most_seconds} s.",
                        label=self.label,
                        most_seconds=f"{MOST_SECONDS:.0f}",
                    ),
                    hint=say("file.read-tables-rather-view", "Read its tables rather than a view."),
                ) from None
            raise InvalidInput(
                say(
                    "file.part-unreadable",
                    "{label} cannot be read: {error}.",
                    label=self.label,
                    error=error,
                )
            ) from None
        except sqlite3.Error as error:
            raise InvalidInput(
                say(
                    "file.part-unreadable",
                    "{label} cannot be read: {error}.",
                    label=self.label,
                    error=error,
                )
            ) from None
        finally:
            self._connection.set_progress_handler(None, 0)

    def _watch(self) -> None:
        """Interrupt what takes too long from now on; other readers share the connection."""
        self._until = time.monotonic() + MOST_SECONDS
        self._connection.set_progress_handler(lambda: time.monotonic() > self._until, _STEPS)

    def _fetched(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        """The next rows, fewer where their texts are long."""
        self._watch()
        rows: list[tuple[Any, ...]] = []
        text = 0
        while len(rows) < FETCH_ROWS and text < MOST_TEXT:
            some = cursor.fetchmany(_FETCHED_AT_ONCE)
            if not some:
                break
            rows += some
            text += sum(len(value) for row in some for value in row if isinstance(value, _LONG))
        return rows


_LONG: Final = (str, bytes)


def table_vector(values: tuple[Any, ...], null: frozenset[str], column: str) -> Vector:
    """A column's values; what has no use is a fault of the column."""

    def convert(value: Any) -> Any:
        if isinstance(value, str):
            return None if value.strip() in null else value
        result = normalise(value)
        return result.of(column) if type(result) is Fault else result

    return Vector(list(map(convert, values)))
