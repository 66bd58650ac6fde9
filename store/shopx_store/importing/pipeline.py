"""A whole import: read, transform, stage, check, compare, publish."""

import datetime as dt
import itertools
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import psycopg
from pydantic import ValidationError

from shopx_core.errors import InvalidInput
from shopx_core.logging import get
from shopx_core.settings import DatabaseSettings
from shopx_core.texts import say
from shopx_store.importing import staging
from shopx_store.importing.extent import Extent
from shopx_store.importing.field_compiler import latest_instant
from shopx_store.importing.import_session import import_session
from shopx_store.importing.lookups import lookup_tables
from shopx_store.importing.mapping import KnownOrders, Mapping, Mode, SourceSpec
from shopx_store.importing.provenance import Provenance, start_hashing
from shopx_store.importing.publish import ImportScope, Published, publish
from shopx_store.importing.publish_checks import DEFAULT_LIMIT, MissingLimit
from shopx_store.importing.readers.base import Batch, InputReader
from shopx_store.importing.readers.mysql import MysqlReader
from shopx_store.importing.readers.opening import open_inputs
from shopx_store.importing.readers.postgres import PostgresReader
from shopx_store.importing.readers.sqlite import SqliteReader
from shopx_store.importing.reading import identity_reading
from shopx_store.importing.rejects import Rejects
from shopx_store.importing.row_numbers import file_offset, place
from shopx_store.importing.staging_checks import StagingResult, StagingRules, finish_staging
from shopx_store.importing.staging_reject import StagedReject
from shopx_store.importing.transform import InputTransformer
from shopx_store.importing.warnings import notes

_TABLES = (PostgresReader, MysqlReader, SqliteReader)
_log = get(__name__)


class Progress(Protocol):
    """Receives the progress of an import."""

    def reading(self, label: str, total: int) -> None:
        """A file or table begins; `total` is its size in the units of `read`."""
        ...

    def read(self, done: int, rows: int) -> None:
        """`done` units of it were read, and `rows` rows of all inputs."""
        ...

    def step(self, name: str) -> None:
        """A step of publishing begins."""
        ...


class Silent:
    """Discards the progress."""

    def reading(self, label: str, total: int) -> None:
        """Do nothing."""

    def read(self, done: int, rows: int) -> None:
        """Do nothing."""

    def step(self, name: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one run overrides of its mapping."""

    source_name: str | None = None
    """The name of the source, instead of the mapping's."""
    mode: Mode | None = None
    dry_run: bool = False
    max_rejects: int = 0
    known_orders: KnownOrders | None = None
    extent: Extent | None = None
    max_missing: MissingLimit = DEFAULT_LIMIT
    rejects: Path | None = None
    """Where rejected rows are listed."""
    job: int | None = None
    """The job that imports, if one does."""
    noting_nothing: bool = True
    """Whether an import that changes nothing is noted as well."""
    orders: frozenset[str] | None = None
    """With `replace`: the orders that are read, also those which the source no longer has."""
    snapshot: str | None = None
    """The snapshot of a PostgreSQL database that is read, which another session exports."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or with `dry_run` would do."""

    source: str
    mode: Mode
    dry_run: bool
    rows: int
    skipped: int
    rejected: int
    staging: StagingResult
    published: Published
    empty: list[str]
    """Files and tables without a row."""
    notes: list[str]
    """What was booked as mapped, and may be meant otherwise."""
    newest: dict[str, object]
    """The newest value of each input that has a cursor, and rows."""
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each step took."""


def run_import(
    database: DatabaseSettings,
    mapping: Mapping,
    source: str,
    options: Options,
    progress: Progress | None = None,
) -> Report:
    """Import one source, all or nothing.

    Args:
        database: The ledger's.
        mapping: How the source becomes sales.
        source: A file, a folder or the address of a database.
        options: What this run overrides.
        progress: Receives the progress.

    Raises:
        InvalidInput: The source cannot be read as mapped, or too many rows are rejected.
        Unavailable: A database does not answer.
        Conflict: Another session imports the source, or recorded orders of it meanwhile.
    """
    progress = progress or Silent()
    mode = options.mode or mapping.source.mode
    mapping = _as_source(mapping, options.source_name)
    name = mapping.source.name
    clock = _Clock(progress)
    with (
        Rejects(options.rejects, options.max_rejects) as rejects,
        open_inputs(source, mapping.inputs, options.snapshot) as inputs,
        import_session(database, name) as connection,
        ThreadPoolExecutor(1) as hasher,
    ):
        readers = [reader for several in inputs.values() for reader in several]
        newest = _newest(inputs)
        hashing = start_hashing(hasher, [(one.label, one.path) for one in readers])
        staging.create(connection)
        stager = _Stager(connection, mapping, rejects, progress)
        stager.stage(inputs)
        clock.step("checks")
        keyed = mapping.line.key is not None
        joined = mapping.order_input != mapping.line_input
        rules = StagingRules(
            keyed=keyed,
            own_orders=mapping.order.key is None,
            joined=joined,
            conditional=mapping.order.where is not None,
            currency=mapping.source.currency,
            charges=mapping.order_charges,
            emptied=name if joined and mode is Mode.REPLACE else None,
            reduced=(mapping.order.discount or mapping.order.subtotal) is not None,
        )
        checked = finish_staging(connection, stager.reject, rules)
        rejects.check()
        skipped = stager.skipped + checked.skipped
        scope = ImportScope(
            source=name,
            mode=mode,
            keyed=keyed,
            content_fields=stager.content_fields,
            reading=identity_reading(mapping),
            zone=ZoneInfo(mapping.source.zone),
            place=stager.place,
            derived=mapping.derived,
            known_orders=options.known_orders or mapping.source.known_orders,
            extent=options.extent or mapping.source.extent,
            max_missing=options.max_missing,
            provenance=Provenance(mapping.text, hashing, options.job),
            dry_run=options.dry_run,
            noting_nothing=options.noting_nothing,
            orders=options.orders or frozenset(),
        )
        counts = {"read": stager.rows, "skipped": skipped, "rejected": rejects.rows}
        published = publish(connection, scope, clock.step, counts)
    report = Report(
        name,
        mode,
        options.dry_run,
        stager.rows,
        skipped,
        rejects.rows,
        checked,
        published,
        # Of single orders, most inputs have no row.
        [] if options.orders is not None else stager.empty,
        list(notes(published.warnings, mapping)),
        newest,
        clock.stop(),
    )
    if not options.dry_run:
        _log.info("import_published", source=name, rows=stager.rows, **_changed_lines(published))
    return report


def _newest(inputs: dict[str, list[InputReader]]) -> dict[str, object]:
    return {
        name: reader.newest
        for name, readers in inputs.items()
        for reader in readers
        if isinstance(reader, PostgresReader | MysqlReader) and reader.newest is not None
    }


def _changed_lines(published: Published) -> dict[str, int]:
    changes = published.changes
    return {"new": changes.new, "changed": changes.changed, "missing": changes.missing}


def _as_source(mapping: Mapping, name: str | None) -> Mapping:
    if name is None:
        return mapping
    try:
        spec = SourceSpec.model_validate(dict(mapping.source) | {"name": name})
    except ValidationError:
        raise InvalidInput(
            say("import.name-source", "{name} is no name for a source.", name=repr(name)),
            hint=say(
                "source.letters",
                "Small letters, digits, and _ . - between them; 63 at most.",
            ),
        ) from None
    return mapping.model_copy(update={"source": spec})


class _Clock:
    """Measures and reports the steps."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._name = "reading"
        self._since = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def step(self, name: str) -> None:
        self._close()
        self._name = name
        self._progress.step(name)

    def stop(self) -> dict[str, float]:
        self._close()
        return self._seconds

    def _close(self) -> None:
        now = time.perf_counter()
        self._seconds[self._name] = self._seconds.get(self._name, 0.0) + now - self._since
        self._since = now


_TOLD_BY_ORDER: Final = frozenset({"line.key", "order.at", "order.currency"})
"""Fields whose rejects have the key of the order as their value."""


def _named(sources: dict[str, str], field: str) -> str:
    """The columns of the file that a staged reject is about, the one of its value first."""
    own = sources.get(field, field)
    key = sources.get("line.order", sources.get("order.key"))
    if field not in _TOLD_BY_ORDER or key is None:
        return own
    return ", ".join(dict.fromkeys([key, own]))


class _Stager:
    """Transforms every input into the staging tables."""

    def __init__(
        self,
        connection: psycopg.Connection,
        mapping: Mapping,
        rejects: Rejects,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._rejects = rejects
        self._progress = progress
        self._labels: list[str] = []
        self._sources: list[dict[str, str]] = []
        self.rows = 0
        self.skipped = 0
        self.empty: list[str] = []
        self.content_fields = ""

    def stage(self, inputs: dict[str, list[InputReader]]) -> None:
        """Read every input."""
        latest = latest_instant(self._mapping, dt.datetime.now(dt.UTC))
        tables = lookup_tables(self._mapping, inputs)
        transformers = {
            name: InputTransformer(self._mapping, name, latest, tables) for name in inputs
        }
        self.content_fields = " ".join(
            sorted(
                {
                    word
                    for transformer in transformers.values()
                    for word in transformer.content_fields.split()
                }
            )
        )
        for name, readers in inputs.items():
            if not transformers[name].is_used:
                continue
            for reader in readers:
                self._stage(reader, transformers[name], name)

    def _stage(self, reader: InputReader, transformer: InputTransformer, name: str) -> None:
        label = reader.label
        offset = file_offset(len(self._labels))
        self._labels.append(label)
        self._sources.append({})
        self._progress.reading(label, reader.size)
        before = self.rows
        # One batch is copied while the next is transformed, so at most two are in memory.
        with ThreadPoolExecutor(1) as copier:
            copying: Future[None] | None = None
            for batch in reader.batches(transformer.needed):
                self._sources[-1] = self._sources[-1] or transformer.sources(batch.names)
                staged = transformer.take(batch, offset)
                for reject in staged.rejects:
                    key = None
                    if isinstance(reader, _TABLES) and not self._rejects.rows:
                        key = self._key(batch, reject.row, name)
                    self._rejects.add(
                        label, reject.row, reject.column, reject.value, reject.reason, key
                    )
                if copying is not None:
                    copying.result()
                copying = copier.submit(staging.copy, self._connection, staged)
                self.rows += staged.read
                self.skipped += staged.skipped
                self._progress.read(batch.done, self.rows)
            if copying is not None:
                copying.result()
        if self.rows == before:
            self.empty.append(label)
        self._rejects.check()

    def _key(self, batch: Batch, row: int, name: str) -> str | None:
        """The columns by which a row of a table is found, where one of its keys is a column."""
        mapping = self._mapping
        keys = [mapping.order.key] if name == mapping.order_input else []
        if name == mapping.line_input:
            keys += [mapping.line.order, mapping.line.key]
        keys += [key for _, _, chosen, key in mapping.entities() if chosen == name]
        index = batch.rows.index(row)
        for key in keys:
            vector = batch.columns.vectors.get((key and key.column) or "")
            if key is not None and vector is not None:
                value = next(itertools.islice(vector.iterate(), index, None))
                return f"{batch.names.get(key.column or '', key.column)} {value}"
        return None

    def place(self, row_no: int) -> str:
        """The file and row of a staged row, for messages."""
        file, row = place(row_no)
        return say("import.place-row", "{file}, row {row}", file=self._labels[file], row=row)

    def reject(self, reject: StagedReject) -> None:
        """Reject a row that was staged already."""
        file, row = place(reject.row_no)
        column = _named(self._sources[file], reject.column)
        self._rejects.add(self._labels[file], row, column, reject.value, reject.reason)
