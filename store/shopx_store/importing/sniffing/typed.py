"""The layout of files that say themselves what their columns are: Parquet, Arrow and JSON."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.inputs import ArrowInput
from shopx_store.importing.readers.json_objects import flat_object
from shopx_store.importing.readers.parquet import ArrowReader, arrow_vector
from shopx_store.importing.sniffing.layout import HEAD_BYTES, SAMPLE_ROWS, Layout
from shopx_store.importing.values import normalise, to_text
from shopx_store.importing.vectors import Fault

MOST_BYTES: Final = 64 << 20
"""Of a JSON document, which is read whole."""
_DEPTH: Final = 4


def sniff_parquet(path: Path) -> Layout:
    """Look at the first rows of a Parquet file.

    Raises:
        InvalidInput: It is damaged.
    """
    try:
        file = pq.ParquetFile(path)
        batch = next(file.iter_batches(SAMPLE_ROWS), None)
        rows = int(file.metadata.num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(
            say(
                "file.readable-parquet-file",
                "{path} is no readable Parquet file: {error}.",
                path=path,
                error=error,
            )
        ) from None
    names = list(file.schema_arrow.names)
    columns = [] if batch is None else [_texts(arrow_vector(one, _NULL)) for one in batch.columns]
    return _layout(names, list(zip(*columns, strict=True)), "parquet", complete=rows <= SAMPLE_ROWS)


def sniff_arrow(path: Path) -> Layout:
    """Look at the first rows of an Arrow file.

    Raises:
        InvalidInput: It is damaged.
    """
    reader = ArrowReader(path, ArrowInput.model_validate({"format": "arrow", "files": path.name}))
    batch = next(reader.batches(frozenset(reader.names)), None)
    columns = (
        [] if batch is None else [_texts(batch.columns.vectors[name]) for name in reader.names]
    )
    rows = list(islice(zip(*columns, strict=True), SAMPLE_ROWS))
    return _layout(reader.names, rows, "arrow", complete=False)


def sniff_json(path: Path) -> Layout:
    """Look at the first lines of JSON lines, or at a whole document.

    Raises:
        InvalidInput: It is no list of objects, or a document that is too large.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    lines = head.decode("utf-8-sig", "replace").splitlines()
    whole = path.stat().st_size <= HEAD_BYTES
    first = _parsed(lines[0]) if lines else None
    if isinstance(first, dict) and (len(lines) > 1 or not _list_in(first)):
        found = (_parsed(line) for line in (lines if whole else lines[:-1]))
        objects = [one for one in islice(found, SAMPLE_ROWS) if isinstance(one, dict)]
        return _objects(objects, "json-lines", (), complete=whole)
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInput(
            say(
                "file.json-document-more-bytes",
                "{path} is a JSON document of more than {most_bytes, number} bytes, which is not"
                " looked at.",
                path=path,
                most_bytes=MOST_BYTES,
            ),
            hint=say(
                "file.write-mapping-format-json",
                "Write a mapping: format: json, with `records` (docs/import.md).",
            ),
        )
    document = _parsed(path.read_text("utf-8-sig", "replace"))
    place = _list_in(document)
    if place is None:
        raise InvalidInput(
            say(
                "file.json-without-list-objects",
                "{path} is JSON without a list of objects.",
                path=path,
            ),
            hint=say("file.export-csv", "Export CSV."),
        )
    records, several = place
    options = (f"    records: {json.dumps(records)}",) if records else ()
    objects = [one for one in several[:SAMPLE_ROWS] if isinstance(one, dict)]
    return _objects(objects, "json", options, complete=len(several) <= SAMPLE_ROWS)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None


def _list_in(document: Any, path: str = "", depth: int = 0) -> tuple[str, list[Any]] | None:
    """The path of the first list of objects, and the list."""
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return path, document
    if isinstance(document, dict) and depth < _DEPTH:
        for name, value in document.items():
            found = _list_in(value, f"{path}.{name}" if path else name, depth + 1)
            if found is not None:
                return found
    return None


def _objects(
    objects: list[dict[str, Any]], format_: str, options: tuple[str, ...], *, complete: bool
) -> Layout:
    flat = [one for each in objects if isinstance(one := flat_object(each), dict)]
    lists = (
        name
        for one in flat
        for name, value in one.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    )
    each = next(lists, None)
    if each is not None:
        options = (*options, f"    each: {json.dumps(each)}")
        flat = list(_elements(flat, each))
    names = list(dict.fromkeys(name for one in flat for name in one))
    names = [name for name in names if not any(isinstance(one.get(name), list) for one in flat)]
    rows = [tuple(_text(normalise(one.get(name))) for name in names) for one in flat]
    return _layout(names, rows, format_, complete=complete, options=options)


def _elements(flat: list[dict[str, Any]], each: str) -> Iterator[dict[str, Any]]:
    for one in flat:
        own = {name: value for name, value in one.items() if name != each}
        elements = one.get(each)
        for element in elements if isinstance(elements, list) else []:
            inner = flat_object(element)
            if isinstance(inner, dict):
                yield own | {f"{each}.{name}": value for name, value in inner.items()}


_NULL: Final = frozenset({""})


def _texts(vector: Any) -> list[str]:
    return [_text(value) for value in vector.iterate()]


def _text(value: Any) -> str:
    return "" if value is None or type(value) is Fault else str(to_text(value))


def _layout(
    names: list[str],
    rows: list[tuple[str, ...]],
    format_: str,
    *,
    complete: bool,
    options: tuple[str, ...] = (),
) -> Layout:
    return Layout(
        "", "", 0, names, list(map(list, rows)), complete, format=format_, options=options
    )
