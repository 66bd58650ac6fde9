"""From `--source` to readers: which files or tables each input of a mapping has."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput
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
                "The mapping reads tables and files, or tables of databases of different kinds.",
                hint="A source is one database, or files.",
            )
        with _tables(source, tables, snapshot) as readers:
            yield readers
        return
    if is_dsn(source):
        raise InvalidInput(
            "The mapping reads files, and --source is a database address.",
            hint="Use --source with a file, or the folder that holds the files.",
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
                f"The mapping reads tables of SQLite, and --source {source} is no such database.",
                hint="Use --source with the database's file.",
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
            f"The mapping reads tables of {'MySQL' if mysql else 'PostgreSQL'}, and --source is no"
            " database address of it.",
            hint=f"Use --source {'mysql' if mysql else 'postgresql'}://user:password@host:port/"
            "database.",
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
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.") from None
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
            f"{path} is {words}, and the mapping reads it as {spec.format}.",  # type: ignore[attr-defined]
            hint="`shopx import inspect` drafts a mapping of what it is."
            if kind in WORKBOOKS
            else WHAT_TO_DO.get(kind, "Export it as CSV."),
        )
    raise InvalidInput(f"{path} is {words}, and no workbook.")


def _files(source: Path, name: str, spec: FileInput, inputs: int) -> list[tuple[Path, FileSpec]]:
    if source.is_file():
        if inputs > 1:
            raise InvalidInput(
                f"--source is one file, and the mapping has {inputs} inputs.",
                hint="Give the folder that holds the files.",
            )
        chosen = next((f for f in spec.files if fnmatchcase(source.name, f.match)), spec.files[0])
        return [(source, chosen)]
    if not source.is_dir():
        raise InvalidInput(
            f"--source {source} does not exist.",
            hint="Give a file, the folder that holds the files, or a database's address.",
        )
    found: dict[Path, FileSpec] = {}
    names = sorted(item.name for item in source.iterdir() if item.is_file())
    for file in spec.files:
        matching = [item for item in names if fnmatchcase(item, file.match)]
        if not matching:
            shown = ", ".join(names[:20]) or "no file"
            raise InvalidInput(
                f"inputs.{name}: no file in {source} matches {file.match!r}; there is {shown}.",
                hint="Correct `files` in the mapping, or --source.",
            )
        for item in matching:
            found.setdefault(source / item, file)
    return list(found.items())
