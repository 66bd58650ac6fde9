"""Tables of a PostgreSQL database, streamed through server-side cursors of one snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.adapt import Buffer, Loader

from shopx_core.domain.feeds import plain_address
from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import redact_text
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import Only, PostgresInput
from shopx_store.importing.readers.base import Batch, add_missing, expect_cursor, resolve
from shopx_store.importing.readers.sqlite import table_vector

FETCH_ROWS = 10_000
CONNECT_SECONDS = 10


class _ExactFloat(Loader):
    """The server prints the shortest decimal of a float4 or float8: that is the number."""

    def load(self, data: Buffer) -> Decimal:
        return Decimal(bytes(data).decode())


class _Unused(Loader):
    """Types that no sale needs (bytea, arrays): their text, unread."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", "replace")


@contextmanager
def source_connection(dsn: str, snapshot: str | None = None) -> Iterator[psycopg.Connection]:
    """One snapshot of the source: whatever changes there meanwhile, its tables agree.

    Args:
        dsn: The database.
        snapshot: One that another session exports; `None` = as it is now.

    Raises:
        Unavailable: The server does not answer, or refuses.
    """
    try:
        # Of a feed's address, how it follows the database does not matter here.
        connection = psycopg.connect(plain_address(dsn), connect_timeout=CONNECT_SECONDS)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise Unavailable(
            say(
                "source.source-database-cannot-reached",
                "The source database cannot be reached: {error}",
                error=redact_text(str(error).strip()),
            ),
            hint=say(
                "source.check-source-postgresql-user",
                "Check --source: postgresql://user:password@host:port/database.",
            ),
        ) from None
    with connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for name in ("float4", "float8"):
            connection.adapters.register_loader(name, _ExactFloat)
        connection.adapters.register_loader("bytea", _Unused)
        if snapshot is not None:
            connection.execute(sql.SQL("set transaction snapshot {}").format(snapshot))
        yield connection


class PostgresReader:
    """One table or view."""

    def __init__(self, connection: psycopg.Connection, spec: PostgresInput) -> None:
        self._connection = connection
        self._spec = spec
        self.label = f"{spec.schema_}.{spec.table}"
        self.path = None
        row = connection.execute(
            "select c.oid, greatest(c.reltuples, 0)::bigint, array(select attname from pg_attribute"
            " where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum)"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = %s and c.relname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f')",
            (spec.schema_, spec.table),
        ).fetchone()
        if row is None:
            raise InvalidInput(
                say(
                    "source.source-database-table",
                    "The source database has no table {label}.",
                    label=self.label,
                ),
                hint=say(
                    "source.correct-schema-table-input",
                    "Correct `schema` and `table` of the input in the mapping.",
                ),
            )
        self.size = max(int(row[1]), 1)
        self._available: list[str] = row[2]
        self.newest = self._newest()
        """The newest value of its cursor; `None` = it has none, or no row."""

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the needed columns alone."""
        chosen = resolve(self._spec, self._available, needed, self.label)
        columns = sorted({*chosen.values()}) or self._available[:1]
        query = sql.SQL("select {} from {}.{}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier(self._spec.schema_),
            sql.Identifier(self._spec.table),
        )
        values: list[object] = []
        since = self._spec.since
        if since is not None and self._spec.cursor is not None:
            # A row without a value would otherwise never be read.
            query += sql.SQL(" where ({0} {1} %s or {0} is null)").format(
                sql.Identifier(self._spec.cursor), sql.SQL(">=" if since.inclusive else ">")
            )
            values = [since.value]
        if (only := self._spec.only) is not None:
            condition, values = _matching(only)
            query += condition
        done = 0
        null = frozenset(self._spec.null)
        with self._cursor() as cursor:
            try:
                cursor.execute(query, values)
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
            except psycopg.OperationalError as error:
                raise Unavailable(
                    say(
                        "source.source-database-went-away",
                        "The source database went away: {error}",
                        error=str(error).strip(),
                    )
                ) from None
            except psycopg.Error as error:
                raise InvalidInput(
                    say(
                        "source.cannot-read",
                        "{label} cannot be read: {error}",
                        label=self.label,
                        error=str(error).strip(),
                    ),
                    hint=say(
                        "source.role-needs-select-tables",
                        "The role needs SELECT on the tables that the mapping names.",
                    ),
                ) from None

    def _newest(self) -> object:
        name = self._spec.cursor
        if name is None:
            return None
        expect_cursor(name, self._available, self.label)
        query = sql.SQL("select max({}) from {}.{}").format(
            *map(sql.Identifier, (name, self._spec.schema_, self._spec.table))
        )
        try:
            row = self._connection.execute(query).fetchone()
        except psycopg.Error as error:
            raise InvalidInput(
                say(
                    "source.cursor-cannot-read",
                    "The cursor {name} of {label} cannot be read: {error}",
                    name=repr(name),
                    label=self.label,
                    error=str(error).strip(),
                )
            ) from None
        return row[0] if row else None

    def _cursor(self) -> psycopg.ServerCursor:
        return psycopg.ServerCursor(self._connection, "shopx_import")


def _matching(only: Only) -> tuple[sql.Composable, list[object]]:
    """The condition of the rows that are to be read, and its values."""
    if only.column is None:
        return sql.SQL(" where false"), []
    kind = sql.SQL(only.kind)
    # Joined, because an array would be converted and searched for each row.
    matching = sql.SQL(" where {} in (select unnest(%s::text[])::{})").format(
        sql.Identifier(only.column), kind
    )
    return matching, [list(only.keys)]
