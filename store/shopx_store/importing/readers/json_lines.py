"""Text with one JSON object a line. A field within another is named `outer.inner`."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from shopx_core.errors import InvalidInput
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import JsonLinesInput
from shopx_store.importing.readers.base import BATCH_ROWS, Batch
from shopx_store.importing.readers.text import TextLines
from shopx_store.importing.values import normalise
from shopx_store.importing.vectors import Fault, Vector


class JsonLinesReader:
    """One file."""

    def __init__(self, path: Path, spec: JsonLinesInput) -> None:
        self.label = str(path)
        self.path = path
        self.size = max(path.stat().st_size, 1)
        self._spec = spec

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the file; a line that is no object is malformed, an absent field has no value.

        Raises:
            InvalidInput: A needed field is in no object of the first batch.
        """
        names = sorted(needed)
        candidates = {name: self._spec.columns.get(name, (name,)) for name in names}
        null = frozenset(self._spec.null)
        with self.path.open("rb") as raw:
            lines = TextLines(raw, self.path, "utf-8-sig")
            checked = False
            more = True
            while more:
                objects: list[dict[str, Any]] = []
                numbers: list[int] = []
                malformed: list[tuple[int, Fault]] = []
                more = False
                for line in lines:
                    if line.strip():
                        found = _object(line)
                        if isinstance(found, Fault):
                            malformed.append((lines.number, found))
                        else:
                            objects.append(found)
                            numbers.append(lines.number)
                    if len(objects) + len(malformed) == BATCH_ROWS:
                        more = True
                        break
                if objects and not checked:
                    self._expect(candidates, objects)
                    checked = True
                vectors = {
                    name: Vector([_value(_field(one, columns), null) for one in objects])
                    for name, columns in candidates.items()
                }
                done = min(lines.tell(), self.size) if more else self.size
                yield Batch(numbers, Columns(vectors, len(objects)), done, malformed)

    def _expect(
        self, candidates: dict[str, tuple[str, ...]], objects: list[dict[str, Any]]
    ) -> None:
        seen = set().union(*objects)
        missing = [
            " or ".join(map(repr, columns))
            for columns in candidates.values()
            if not any(column in seen for column in columns)
        ]
        if missing:
            raise InvalidInput(
                f"No object of {self.label} has {', none '.join(missing)}; there are"
                f" {', '.join(map(repr, sorted(seen)[:50]))}.",
                hint="Correct `columns` or the expressions of the mapping.",
                missing=missing,
            )


def _object(line: str) -> dict[str, Any] | Fault:
    try:
        found = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        return Fault(f"no JSON: {error}", line.strip()[:200])
    if not isinstance(found, dict):
        return Fault("no JSON object", line.strip()[:200])
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
        return Fault("a list, which has no use here", json.dumps(value, default=str)[:200])
    return normalise(value)
