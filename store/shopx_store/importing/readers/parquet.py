"""Apache Parquet, read row group by row group."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shopx_core.errors import InvalidInput
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import ParquetInput
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, add_missing, resolve
from shopx_store.importing.values import float4, normalise
from shopx_store.importing.vectors import Fault, Vector


class ParquetReader:
    """One Parquet file."""

    def __init__(self, path: Path, spec: ParquetInput) -> None:
        self.label = str(path)
        self.path = path
        self._spec = spec
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidInput(f"{path} is no readable Parquet file: {error}.") from None
        self.size = max(self._file.metadata.num_rows, 1)

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the needed columns alone."""
        chosen = resolve(self._spec, self._file.schema_arrow.names, needed, self.label)
        null = frozenset(self._spec.null)
        done = 0
        try:
            for batch in self._file.iter_batches(BATCH_ROWS, columns=sorted({*chosen.values()})):
                vectors = {
                    name: _vector(batch.column(column), null).map(_attributed(column))
                    for name, column in chosen.items()
                }
                add_missing(vectors, needed - chosen.keys(), batch.num_rows)
                rows = range(done + 1, done + batch.num_rows + 1)
                done += batch.num_rows
                yield Batch(rows, Columns(vectors, batch.num_rows), done)
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidInput(f"{self.label} is damaged after row {done}: {error}.") from None


def _vector(array: Any, null: frozenset[str]) -> Vector:
    kind = array.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return Vector.constant(Fault(f"a {kind}, which has no use here"), len(array))
    if pa.types.is_timestamp(kind):
        # Python's times end at microseconds.
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_float16(kind):
        array = array.cast(pa.float32())
    return Vector.of_arrow(array, _conversion(array.type, null))


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
