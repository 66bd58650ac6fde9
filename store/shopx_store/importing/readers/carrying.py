"""Columns that only the first of several rows has: an empty field has the last value."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from shopx_store.importing.inputs import InputSpec
from shopx_store.importing.readers.base import Batch, InputReader
from shopx_store.importing.vectors import Vector


class CarryingReader:
    """Another reader, with the columns of `carry` filled."""

    def __init__(self, reader: InputReader, spec: InputSpec) -> None:
        self.label = reader.label
        self.path: Path | None = reader.path
        self.size = reader.size
        self._reader = reader
        self._spec = spec

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read it; values carry over from batch to batch."""
        names = [
            name
            for name in needed
            if not set(self._spec.columns.get(name, (name,))).isdisjoint(self._spec.carry)
        ]
        last: dict[str, Any] = {}
        for batch in self._reader.batches(needed):
            self.size = self._reader.size
            vectors = dict(batch.columns.vectors)
            for name in names:
                vectors[name] = _filled(vectors[name], last, name)
            yield replace(batch, columns=replace(batch.columns, vectors=vectors))


def _filled(vector: Vector, last: dict[str, Any], name: str) -> Vector:
    values = []
    for value in vector.iterate():
        if value is not None:
            last[name] = value
        values.append(last.get(name))
    return Vector(values)
