"""Apache Parquet, read row group by row group, and Arrow's own files, batch by batch."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import ArrowInput, FileInput, ParquetInput
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, add_missing, resolve
from shopx_store.importing.values import float4, normalise
from shopx_store.importing.vectors import Fault, Vector

_DAMAGED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError)


class ParquetReader:
    """One Parquet file."""

    def __init__(self, path: Path, spec: ParquetInput) -> None:
        self.label = str(path)
        self.path = path
        self._spec = spec
        try:
            self._file = pq.ParquetFile(path)
        except _DAMAGED as error:
            raise InvalidInput(
                say(
                    "file.readable-parquet-file",
                    "{path} is no readable Parquet file: {error}.",
                    path=path,
                    error=error,
                )
            ) from None
        self.size = max(self._file.metadata.num_rows, 1)

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the needed columns alone."""
        names = self._file.schema_arrow.names

        def read(columns: list[str]) -> Iterator[Any]:
            return self._file.iter_batches(BATCH_ROWS, columns=columns)  # type: ignore[no-any-return]

        return _batches(self._spec, names, needed, self.label, read)


class ArrowReader:
    """One file of Arrow's file or stream format."""

    def __init__(self, path: Path, spec: ArrowInput) -> None:
        self.label = str(path)
        self.path = path
        self.size = 1
        self._spec = spec
        with self._opened() as reader:
            self.names: list[str] = reader.schema.names

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with pa.memory_map(str(self.path)) as source:
                with contextlib.suppress(pa.ArrowInvalid):
                    yield pa.ipc.open_file(source)
                    return
                source.seek(0)
                yield pa.ipc.open_stream(source)
        except _DAMAGED as error:
            raise InvalidInput(
                say(
                    "file.readable-arrow-file",
                    "{path} is no readable Arrow file: {error}.",
                    path=self.path,
                    error=error,
                )
            ) from None

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the batches of the file, in slices."""
        with self._opened() as reader:

            def read(columns: list[str]) -> Iterator[Any]:
                several = (
                    map(reader.get_batch, range(reader.num_record_batches))
                    if hasattr(reader, "num_record_batches")
                    else iter(reader)
                )
                for batch in several:
                    self.size += batch.num_rows
                    for start in range(0, batch.num_rows, BATCH_ROWS):
                        yield batch.slice(start, BATCH_ROWS).select(columns)

            yield from _batches(self._spec, self.names, needed, self.label, read)


def _batches(
    spec: FileInput,
    names: list[str],
    needed: frozenset[str],
    label: str,
    read: Callable[[list[str]], Iterator[Any]],
) -> Iterator[Batch]:
    chosen = resolve(spec, names, needed, label)
    null = frozenset(spec.null)
    done = 0
    try:
        for batch in read(sorted({*chosen.values()})):
            vectors = {
                name: arrow_vector(batch.column(column), null).map(_attributed(column))
                for name, column in chosen.items()
            }
            add_missing(vectors, needed - chosen.keys(), batch.num_rows)
            rows = range(done + 1, done + batch.num_rows + 1)
            done += batch.num_rows
            yield Batch(rows, Columns(vectors, batch.num_rows), done, names=chosen)
    except _DAMAGED as error:
        raise InvalidInput(
            say(
                "file.damaged-after-row",
                "{label} is damaged after row {done}: {error}.",
                label=label,
                done=done,
                error=error,
            )
        ) from None


def arrow_vector(array: Any, null: frozenset[str]) -> Vector:
    """The values of an Arrow array as expressions know them."""
    kind = array.type
    if pa.types.is_null(kind):
        return Vector.constant(None, len(array))
    if pa.types.is_string_view(kind) or pa.types.is_run_end_encoded(kind):
        # Views cannot be encoded as a dictionary.
        array = (
            array.cast(pa.string()) if pa.types.is_string_view(kind) else pc.run_end_decode(array)
        )
        kind = array.type
    if pa.types.is_duration(kind) or pa.types.is_interval(kind):
        return Vector.constant(
            Fault(say("value.kind-no-use", "a {kind}, which has no use here", kind=kind)),
            len(array),
        )
    if pa.types.is_nested(kind) or _is_binary(kind):
        return Vector.constant(
            Fault(say("value.kind-no-use", "a {kind}, which has no use here", kind=kind)),
            len(array),
        )
    if pa.types.is_timestamp(kind):
        # Python's times end at microseconds.
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_time64(kind):
        array = array.cast(pa.time64("us"), safe=False)
    elif pa.types.is_float16(kind):
        array = array.cast(pa.float32())
    return Vector.of_arrow(array, _conversion(array.type, null))


def _is_binary(kind: Any) -> bool:
    tests = (
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_fixed_size_binary,
        pa.types.is_binary_view,
    )
    return any(test(kind) for test in tests)


def _conversion(kind: Any, null: frozenset[str]) -> Callable[[Any], Any]:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return lambda value: None if str(value).strip() in null else normalise(value)
    if pa.types.is_floating(kind):
        read = _single if pa.types.is_float32(kind) else normalise
        if "NaN" in null:
            return lambda value: None if value != value else read(value)  # noqa: PLR0124 -- NaN alone
        return read
    return normalise


def _single(value: float) -> Any:
    # Widened by Arrow: the shortest decimal is that of the four bytes.
    number = normalise(value)
    return number if isinstance(number, Fault) else float4(number)


def _attributed(column: str) -> Callable[[Any], Any]:
    return lambda value: value.of(column) if type(value) is Fault else value
