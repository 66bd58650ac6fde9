"""Tables of a MySQL or MariaDB database, streamed from one snapshot."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import redact_text
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import MysqlInput
from shopx_store.importing.readers.base import Batch, add_missing, expect_cursor, resolve
from shopx_store.importing.readers.sqlite import table_vector

FETCH_ROWS: Final = 10_000
CONNECT_SECONDS: Final = 10
DEFAULT_PORT: Final = 3306
_FORM: Final = "mysql://user:password@host:port/database"


def _exact() -> dict[int, Any]:
    """The server prints the shortest decimal of a float: that is the number."""
    exact = dict(conversions)
    exact[FIELD_TYPE.FLOAT] = exact[FIELD_TYPE.DECIMAL]
    exact[FIELD_TYPE.DOUBLE] = exact[FIELD_TYPE.DECIMAL]
    return exact


@contextmanager
def mysql_connection(address: str) -> Iterator["pymysql.Connection[SSCursor]"]:
    """One snapshot of the source: whatever changes there meanwhile, its tables agree.

    Args:
        address: Of the database.

    Raises:
        InvalidInput: The address has no host or database.
        Unavailable: The server does not answer, or refuses.
    """
    parts = urlsplit(address)
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        port = 0
    if not parts.hostname or not parts.path.strip("/") or not port:
        raise InvalidInput(
            say(
                "source.address-source-form",
                "The address of the source is not of the form {form}.",
                form=_FORM,
            )
        )
    try:
        connection = pymysql.connect(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")),
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            cursorclass=SSCursor,
            conv=_exact(),
            # A server may ask its client for any file: none is given.
            local_infile=False,
        )
    except (pymysql.MySQLError, OSError, RuntimeError) as error:
        raise Unavailable(
            say(
                "source.source-database-cannot-reached",
                "The source database cannot be reached: {error}",
                error=redact_text(str(error)),
            ),
            hint=say("source.check-source", "Check --source: {form}.", form=_FORM),
        ) from None
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("set session transaction isolation level repeatable read, read only")
        cursor.execute("start transaction with consistent snapshot")
        yield connection


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


class MysqlReader:
    """One table or view."""

    def __init__(self, connection: "pymysql.Connection[SSCursor]", spec: MysqlInput) -> None:
        self.label = spec.table
        self.path: Path | None = None
        self._connection = connection
        self._spec = spec
        with connection.cursor() as cursor:
            cursor.execute(
                "select column_name from information_schema.columns"
                " where table_schema = database() and table_name = %s order by ordinal_position",
                (spec.table,),
            )
            self._available = [str(name) for (name,) in cursor.fetchall()]
            cursor.execute(
                "select coalesce(max(table_rows), 0) from information_schema.tables"
                " where table_schema = database() and table_name = %s",
                (spec.table,),
            )
            self.size = max(int(cursor.fetchall()[0][0]), 1)
        if not self._available:
            raise InvalidInput(
                say(
                    "source.source-database-table-role",
                    "The source database has no table {table} that the role may read.",
                    table=repr(spec.table),
                ),
                hint=say(
                    "source.correct-table-input-mapping",
                    "Correct `table` of the input in the mapping.",
                ),
            )
        self.newest = self._newest()
        """The newest value of its cursor; `None` = it has none, or no row."""

    def _newest(self) -> object:
        name = self._spec.cursor
        if name is None:
            return None
        expect_cursor(name, self._available, self.label)
        with self._connection.cursor() as cursor:
            cursor.execute(f"select max({_quoted(name)}) from {_quoted(self._spec.table)}")
            return cursor.fetchall()[0][0]

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the needed columns alone."""
        chosen = resolve(self._spec, self._available, needed, self.label)
        columns = sorted({*chosen.values()}) or self._available[:1]
        null = frozenset(self._spec.null)
        done = 0
        condition, values = "", []
        since = self._spec.since
        if since is not None and self._spec.cursor is not None:
            name = _quoted(self._spec.cursor)
            # A row without a value would otherwise never be read.
            condition = f" where ({name} {'>=' if since.inclusive else '>'} %s or {name} is null)"
            values = [since.value]
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(
                    f"select {', '.join(map(_quoted, columns))} from {_quoted(self._spec.table)}"
                    f"{condition}",
                    values,
                )
                while rows := cursor.fetchmany(FETCH_ROWS):
                    read = dict(zip(columns, zip(*rows, strict=True), strict=True))
                    vectors = {
                        name: table_vector(read[column], null, column)
                        for name, column in chosen.items()
                    }
                    add_missing(vectors, needed - chosen.keys(), len(rows))
                    numbers = range(done + 1, done + len(rows) + 1)
                    done += len(rows)
                    yield Batch(numbers, Columns(vectors, len(rows)), done, names=chosen)
        except (pymysql.MySQLError, OSError) as error:
            raise Unavailable(
                say(
                    "source.source-database-went-away",
                    "The source database went away: {error}",
                    error=redact_text(str(error)),
                )
            ) from None
