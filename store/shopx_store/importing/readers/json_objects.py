"""JSON: one object a line, or a list in one document.

A field within another is named `outer.inner`. With `each`, every element of a list becomes a row.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import JsonFields, JsonInput
from shopx_store.importing.readers.base import BATCH_ROWS, Batch, first_there
from shopx_store.importing.readers.text import TextLines
from shopx_store.importing.row_numbers import MOST_PARTS
from shopx_store.importing.values import normalise
from shopx_store.importing.vectors import Fault, Vector

MOST_BYTES = 512 << 20
"""Of a document, which is in memory whole."""
Objects = Iterator[tuple[int, dict[str, Any] | Fault]]
"""The line or ordinal of each object, and the object."""


class JsonReader:
    """One file."""

    def __init__(self, path: Path, spec: JsonFields) -> None:
        self.label = str(path)
        self.path = path
        self.size = max(path.stat().st_size, 1)
        self._spec = spec

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the file; what is no object is malformed, an absent field has no value.

        Raises:
            InvalidInput: A needed field is in no object of the first batch, or the document is no
                JSON, too large, or has no such list.
        """
        names = sorted(needed)
        candidates = {name: self._spec.columns.get(name, (name,)) for name in names}
        null = frozenset(self._spec.null)
        with self.path.open("rb") as raw:
            lines = TextLines(raw, self.path, "utf-8-sig")
            found = self._document(lines) if isinstance(self._spec, JsonInput) else _per_line(lines)
            checked = False
            more = True
            while more:
                rows = _Rows()
                for number, one in found:
                    rows.add(number, one, self._spec.each)
                    if len(rows.objects) + len(rows.malformed) >= BATCH_ROWS:
                        break
                else:
                    more = False
                objects = rows.objects
                if objects and not checked:
                    self._expect(candidates, objects)
                    checked = True
                vectors = {
                    name: Vector([_value(_field(one, columns), null) for one in objects])
                    for name, columns in candidates.items()
                }
                done = min(lines.tell(), self.size) if more else self.size
                parts = rows.parts if self._spec.each else None
                own = {name: first_there(known, objects) for name, known in candidates.items()}
                columns = Columns(vectors, len(objects))
                yield Batch(rows.numbers, columns, done, rows.malformed, parts, own)

    def _document(self, lines: TextLines) -> Objects:
        spec = self._spec
        records = spec.records if isinstance(spec, JsonInput) else ""
        if self.size > MOST_BYTES:
            raise InvalidInput(
                say(
                    "file.more-bytes-document-read",
                    "{label} has more than {most_bytes, number} bytes, and a document is read"
                    " whole.",
                    label=self.label,
                    most_bytes=MOST_BYTES,
                ),
                hint=say(
                    "file.write-object-line-read",
                    "Write one object a line, and read it as json-lines.",
                ),
            )
        try:
            document = json.loads(lines.rest(), parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                say("file.no-json", "{label} is no JSON: {error}.", label=self.label, error=error)
            ) from None
        for name in filter(None, records.split(".")):
            document = document.get(name) if isinstance(document, dict) else None
        if not isinstance(document, list):
            raise InvalidInput(
                say(
                    "file.no-list",
                    "{label} has no list {records}.",
                    label=self.label,
                    records=repr(records or "of objects"),
                ),
                hint=say(
                    "file.set-input-s-records",
                    "Set the input's `records` to the path of the list, such as data.orders.",
                ),
            )
        for number, one in enumerate(document, 1):
            yield number, flat_object(one)

    def _expect(
        self, candidates: dict[str, tuple[str, ...]], objects: list[dict[str, Any]]
    ) -> None:
        optional = frozenset(self._spec.optional)
        seen = set().union(*objects)
        missing = [
            " or ".join(map(repr, columns))
            for columns in candidates.values()
            if not any(column in seen or column in optional for column in columns)
        ]
        if missing:
            raise InvalidInput(
                say(
                    "file.no-object-has",
                    "No object of {label} has {missing}; there are {seen}.",
                    label=self.label,
                    missing=", none ".join(missing),
                    seen=list(map(repr, sorted(seen)[:50])),
                ),
                hint=say(
                    "file.correct-columns-expressions-mapping",
                    "Correct `columns` or the expressions of the mapping.",
                ),
                missing=missing,
            )


@dataclass(slots=True)
class _Rows:
    """The rows of a batch."""

    objects: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    malformed: list[tuple[int, Fault]] = field(default_factory=list)

    def add(self, number: int, one: dict[str, Any] | Fault, each: str | None) -> None:
        """Add an object: one row, or one for each element of its list."""
        if isinstance(one, Fault):
            self.malformed.append((number, one))
            return
        elements = one.pop(each, None) if each else None
        several = elements if isinstance(elements, list) and elements else [None]
        if len(several) > MOST_PARTS:
            self.malformed.append(
                (
                    number,
                    Fault(
                        say(
                            "value.more-than",
                            "more than {most_parts, number} of {each}",
                            most_parts=MOST_PARTS,
                            each=each,
                        )
                    ),
                )
            )
            return
        for part, element in enumerate(several):
            row = dict(one) if each else one
            if isinstance(element, dict):
                _flatten(element, f"{each}.", row)
            self.objects.append(row)
            self.numbers.append(number)
            self.parts.append(part)


def _per_line(lines: TextLines) -> Objects:
    for line in lines:
        if line.strip():
            yield lines.number, _object(line)


def _object(line: str) -> dict[str, Any] | Fault:
    try:
        found = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        return Fault(say("value.no-json", "no JSON: {error}", error=error), line.strip()[:200])
    return flat_object(found)


def flat_object(found: Any) -> dict[str, Any] | Fault:
    """An object's fields; those of objects in it are `outer.inner`."""
    if not isinstance(found, dict):
        return Fault(
            say("value.no-json-object", "no JSON object"), json.dumps(found, default=str)[:200]
        )
    flat: dict[str, Any] = {}
    _flatten(found, "", flat)
    return flat


def _flatten(found: dict[str, Any], prefix: str, flat: dict[str, Any]) -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{name}.", flat)
        else:
            flat[prefix + name] = value


def _field(one: dict[str, Any], columns: tuple[str, ...]) -> Any:
    return next((one[column] for column in columns if column in one), None)


def _value(value: Any, null: frozenset[str]) -> Any:
    if isinstance(value, str):
        return None if value.strip() in null else value
    if isinstance(value, list):
        return Fault(
            say("value.list-no-use", "a list, which has no use here"),
            json.dumps(value, default=str)[:200],
        )
    return normalise(value)
