"""From `--source` to readers: which files or tables each input of a mapping has."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.inputs import (
    ArrowInput,
    FileInput,
    FileSpec,
    Input,
    JsonFields,
    MysqlInput,
    ParquetInput,
    PostgresInput,
    SqliteInput,
    TableInput,
    TextInput,
    WorkbookInput,
)
from shopx_store.importing.readers.archive import unpacked
from shopx_store.importing.readers.base import InputReader
from shopx_store.importing.readers.bucket import held, is_bucket
from shopx_store.importing.readers.carrying import CarryingReader
from shopx_store.importing.readers.file_kind import (
    ARCHIVES,
    EXPORT_CSV,
    GZIP,
    JSON,
    SQLITE,
    TEXT,
    WHAT_TO_DO,
    WORKBOOKS,
    file_kind,
)
from shopx_store.importing.readers.json_objects import JsonReader
from shopx_store.importing.readers.mysql import MysqlReader, mysql_connection
from shopx_store.importing.readers.parquet import ArrowReader, ParquetReader
from shopx_store.importing.readers.postgres import PostgresReader, source_connection
from shopx_store.importing.readers.remote import fetched, is_remote
from shopx_store.importing.readers.sqlite import SqliteReader, sqlite_connection
from shopx_store.importing.readers.text import TextReader
from shopx_store.importing.readers.workbook import WorkbookReader

_SCHEMES: Final = ("postgresql://", "postgres://", "mysql://", "mariadb://")


def is_dsn(source: str) -> bool:
    """Whether a source is a database's address rather than a path."""
    return source.startswith(_SCHEMES)


@contextmanager
def open_inputs(
    source: str, inputs: dict[str, Input], snapshot: str | None = None
) -> Iterator[dict[str, list[InputReader]]]:
    """The readers of each input.

    Args:
        source: A file, a folder, or the address of a database or of files.
        inputs: Of a mapping.
        snapshot: Of a PostgreSQL database, one that another session exports; `None` = as it is now.

    Raises:
        InvalidInput: A file or table is missing or unreadable, or the source is of another kind
            than the mapping needs.
        Unavailable: The source database does not answer.
    """
    tables = {
        name: spec for name, spec in inputs.items() if isinstance(spec, PostgresInput | TableInput)
    }
    if tables:
        if len(tables) != len(inputs) or len({spec.format for spec in tables.values()}) > 1:
            raise InvalidInput(
                say(
                    "file.mapping-reads-tables-files",
                    "The mapping reads tables and files, or tables of databases of different"
                    " kinds.",
                ),
                hint=say("file.source-database-files", "A source is one database, or files."),
            )
        with _tables(source, tables, snapshot) as readers:
            yield readers
        return
    if is_dsn(source):
        raise InvalidInput(
            say(
                "file.mapping-reads-files-source",
                "The mapping reads files, and --source is a database address.",
            ),
            hint=say(
                "file.use-source-file-folder",
                "Use --source with a file, or the folder that holds the files.",
            ),
        )
    if is_remote(source) or is_bucket(source):
        with here(source) as path, open_inputs(str(path), inputs) as readers:
            shown = source.partition("?")[0]
            if path.is_dir():
                shown = shown.rpartition("/")[0]
            for reader in (one for several in readers.values() for one in several):
                reader.label = reader.label.replace(str(path), shown)
            yield readers
        return
    path = Path(source)
    if not path.is_file() or file_kind(path)[0] not in ARCHIVES:
        yield {name: _file_readers(path, name, spec, len(inputs)) for name, spec in inputs.items()}
        return
    with unpacked(path) as held:
        readers = {
            name: _file_readers(held, name, spec, len(inputs)) for name, spec in inputs.items()
        }
        for reader in (one for several in readers.values() for one in several):
            reader.label = f"{path}: {Path(reader.label).name}"
        yield readers


def here(source: str) -> AbstractContextManager[Path]:
    """A path, or the file or folder of an address, for as long as it is needed."""
    if is_bucket(source):
        return held(source)
    return fetched(source) if is_remote(source) else nullcontext(Path(source))


@contextmanager
def _tables(
    source: str, tables: Mapping[str, Input], snapshot: str | None
) -> Iterator[dict[str, list[InputReader]]]:
    """The readers of tables of one database."""
    first = next(iter(tables.values()))
    if isinstance(first, SqliteInput):
        path = Path(source)
        if not path.is_file() or file_kind(path)[0] != SQLITE:
            raise InvalidInput(
                say(
                    "file.mapping-reads-tables-sqlite",
                    "The mapping reads tables of SQLite, and --source {source} is no such"
                    " database.",
                    source=source,
                ),
                hint=say("file.use-source-database-s", "Use --source with the database's file."),
            )
        with sqlite_connection(path) as file:
            yield {
                name: [SqliteReader(file, path, spec)]
                for name, spec in tables.items()
                if isinstance(spec, SqliteInput)
            }
        return
    mysql = isinstance(first, MysqlInput)
    if not source.startswith(_SCHEMES[2:] if mysql else _SCHEMES[:2]):
        raise InvalidInput(
            say(
                "file.mapping-reads-tables-source",
                "The mapping reads tables of {mysql}, and --source is no database address of it.",
                mysql="MySQL" if mysql else "PostgreSQL",
            ),
            hint=say(
                "file.use-source-user-password",
                "Use --source {mysql}://user:password@host:port/database.",
                mysql="mysql" if mysql else "postgresql",
            ),
        )
    if mysql:
        with mysql_connection(source) as server:
            yield {
                name: [MysqlReader(server, spec)]
                for name, spec in tables.items()
                if isinstance(spec, MysqlInput)
            }
        return
    with source_connection(source, snapshot) as connection:
        yield {
            name: [PostgresReader(connection, spec)]
            for name, spec in tables.items()
            if isinstance(spec, PostgresInput)
        }


def _file_readers(source: Path, name: str, spec: Input, inputs: int) -> list[InputReader]:
    assert isinstance(spec, FileInput)  # noqa: S101 -- the other kind was dealt with
    readers = (_reader(path, spec, file) for path, file in _files(source, name, spec, inputs))
    if spec.carry:
        return [CarryingReader(one, spec) for one in readers]
    return list(readers)


def _reader(path: Path, spec: FileInput, file: FileSpec) -> InputReader:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise InvalidInput(
            say(
                "file.cannot-read",
                "{path} cannot be read: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            )
        ) from None
    _expect_kind(path, spec)
    if isinstance(spec, ParquetInput):
        return ParquetReader(path, spec)
    if isinstance(spec, ArrowInput):
        return ArrowReader(path, spec)
    if isinstance(spec, WorkbookInput):
        return WorkbookReader(path, spec)
    if isinstance(spec, JsonFields):
        return JsonReader(path, spec)
    assert isinstance(spec, TextInput)  # noqa: S101 -- there is no other kind of file
    return TextReader(path, spec, file)


def _expect_kind(path: Path, spec: FileInput) -> None:
    """Refuse a file of another kind than the mapping reads, saying what it is.

    Parquet and Arrow say so themselves; text may begin with anything that is no kind of file.
    """
    kind, words = file_kind(path)
    if kind in {TEXT, JSON, GZIP} or isinstance(spec, ParquetInput | ArrowInput):
        return
    if isinstance(spec, WorkbookInput):
        if kind in WORKBOOKS:
            return
    else:
        raise InvalidInput(
            say(
                "file.mapping-reads",
                "{path} is {words}, and the mapping reads it as {format}.",
                path=path,
                words=words,
                format=spec.format,  # type: ignore[attr-defined]
            ),
            hint=say(
                "file.shopx-import-inspect-drafts",
                "`shopx import inspect` drafts a mapping of what it is.",
            )
            if kind in WORKBOOKS
            else WHAT_TO_DO.get(kind, EXPORT_CSV),
        )
    raise InvalidInput(
        say("file.no-workbook", "{path} is {words}, and no workbook.", path=path, words=words)
    )


def _files(source: Path, name: str, spec: FileInput, inputs: int) -> list[tuple[Path, FileSpec]]:
    if source.is_file():
        if inputs > 1:
            raise InvalidInput(
                say(
                    "file.source-file-mapping-inputs",
                    "--source is one file, and the mapping has {inputs} inputs.",
                    inputs=inputs,
                ),
                hint=say("file.give-folder-holds-files", "Give the folder that holds the files."),
            )
        chosen = next((f for f in spec.files if fnmatchcase(source.name, f.match)), spec.files[0])
        return [(source, chosen)]
    if not source.is_dir():
        raise InvalidInput(
            say("file.source-does-exist", "--source {source} does not exist.", source=source),
            hint=say(
                "file.give-file-folder-holds",
                "Give a file, the folder that holds the files, or a database's address.",
            ),
        )
    found: dict[Path, FileSpec] = {}
    names = sorted(item.name for item in source.iterdir() if item.is_file())
    for file in spec.files:
        matching = [item for item in names if fnmatchcase(item, file.match)]
        if not matching:
            shown = names[:20] or say("file.none", "no file")
            raise InvalidInput(
                say(
                    "file.inputs-file-matches",
                    "inputs.{name}: no file in {source} matches {match}; there is {shown}.",
                    name=name,
                    source=source,
                    match=repr(file.match),
                    shown=shown,
                ),
                hint=say(
                    "file.correct-files-mapping-source",
                    "Correct `files` in the mapping, or --source.",
                ),
            )
        for item in matching:
            found.setdefault(source / item, file)
    return list(found.items())
