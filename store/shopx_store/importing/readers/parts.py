"""Rows that hold several parts, such as an order's items in one field: a row for each part."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import Packed
from shopx_store.importing.readers.base import Batch, first_there
from shopx_store.importing.row_numbers import MOST_PARTS
from shopx_store.importing.vectors import Fault, Vector

_NO_PART: Final[dict[str, Any]] = {}


def packed_parts(text: str | None, packed: Packed) -> list[dict[str, Any]]:
    """The parts of a field: of each the values by their fields' names.

    A separator may occur in a value: what has no name belongs to what is before it.
    """
    parts: list[dict[str, Any]] = []
    for part in (text or "").split(packed.parts):
        fields: dict[str, Any] = {}
        glue = packed.fields
        for field in part.split(packed.fields):
            name, separator, value = field.partition(packed.value)
            if separator:
                fields[name.strip()] = value.strip()
                continue
            if not fields and parts and field.strip():
                fields, glue = parts.pop(), packed.parts
            if fields:
                fields[next(reversed(fields))] += glue + field
                glue = packed.fields
        if fields:
            parts.append(fields)
    return [{name: value or None for name, value in part.items()} for part in parts]


def split_rows(
    batch: Batch,
    column: str,
    parts: Sequence[list[dict[str, Any]]],
    needed: Mapping[str, tuple[str, ...]],
) -> Batch:
    """A batch with a row for each part; a row without any part stays one.

    Args:
        batch: The rows.
        column: What was split.
        parts: The parts of each row.
        needed: For each name the fields of a part of which it is the first that is there.
    """
    indices: list[int] = []
    numbers: list[int] = []
    found: list[dict[str, Any]] = []
    malformed = list(batch.malformed)
    for index, several in enumerate(parts):
        if len(several) > MOST_PARTS:
            malformed.append(
                (
                    batch.rows[index],
                    Fault(say("value.parts", "more than {most, number} parts", most=MOST_PARTS)),
                )
            )
            continue
        for number, part in enumerate(several or [_NO_PART]):
            indices.append(index)
            numbers.append(number)
            found.append(part)
    vectors = {name: vector.take(indices) for name, vector in batch.columns.vectors.items()}
    for name, fields in needed.items():
        vectors[name] = Vector(
            [next((part[one] for one in fields if one in part), None) for part in found]
        )
    own = {name: f"{column}.{first_there(fields, found)}" for name, fields in needed.items()}
    columns = Columns(vectors, len(indices), batch.columns.number)
    rows = [batch.rows[index] for index in indices]
    return Batch(rows, columns, batch.done, malformed, numbers, {**batch.names, **own})
