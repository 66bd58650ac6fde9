"""Recognises the exports of shop systems by their columns: the presets beside this package."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_store.importing.inputs import DelimitedInput, JsonFields
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.readers.json_objects import JsonReader
from shopx_store.importing.transform import InputTransformer

_PRESETS: Final = files("shopx_store.importing") / "presets"


@cache
def presets() -> dict[str, Mapping]:
    """The mappings of known exports, by name."""
    return {
        item.name.removesuffix(".yaml"): parse_mapping(item.read_text("utf-8"), item.name)
        for item in sorted(_PRESETS.iterdir(), key=lambda one: one.name)
        if item.name.endswith(".yaml")
    }


def recognised(header: Sequence[str], delimiter: str) -> tuple[str, str] | None:
    """The name and the text of the preset that needs most of a file's columns, and no others.

    Args:
        header: The file's columns.
        delimiter: Between its fields; empty of a workbook, which any preset of a text may be.
    """
    best: tuple[int, str, str] | None = None
    for name, mapping in presets().items():
        (spec,) = mapping.inputs.values()
        if not isinstance(spec, DelimitedInput) or delimiter not in {"", spec.delimiter}:
            continue
        needed = _needed(name)
        if all(any(one in header for one in several) for several in needed):
            found = (len(needed), name, mapping.text)
            best = found if best is None else max(best, found)
    return best[1:] if best else None


def recognised_json(path: Path) -> tuple[str, str] | None:
    """The name and the text of the preset of JSON that reads most fields of a document."""
    best: tuple[int, str, str] | None = None
    for name, mapping in presets().items():
        ((key, spec),) = mapping.inputs.items()
        if isinstance(spec, JsonFields):
            needed = InputTransformer(mapping, key, dt.datetime.now(dt.UTC)).needed
            try:
                batch = next(JsonReader(path, spec).batches(needed))
            except InvalidInput:
                continue
            if batch.rows:
                found = (len(needed), name, mapping.text)
                best = found if best is None else max(best, found)
    return best[1:] if best else None


@cache
def _needed(preset: str) -> tuple[tuple[str, ...], ...]:
    mapping = presets()[preset]
    ((name, spec),) = mapping.inputs.items()
    transformer = InputTransformer(mapping, name, dt.datetime.now(dt.UTC))
    names = (spec.columns.get(column, (column,)) for column in sorted(transformer.needed))
    packed = spec.unpack.column if isinstance(spec, DelimitedInput) and spec.unpack else None
    found = [
        tuple(packed if packed and one.startswith(f"{packed}.") else one for one in several)
        for several in names
        if set(several).isdisjoint(spec.optional)
    ]
    return tuple(dict.fromkeys(found))
