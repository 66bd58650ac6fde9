"""The interface of readers: batches of columns, with each row's number in its file or table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.expressions import Columns
from shopx_store.importing.inputs import InputSpec
from shopx_store.importing.vectors import Fault, Vector

BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one file or table."""

    rows: Sequence[int]
    """For each row its number: the line of a text file, the ordinal elsewhere, from 1."""
    columns: Columns
    done: int
    """How much of the reader's `size` was read up to the end of this batch."""
    malformed: list[tuple[int, Fault]] = field(default_factory=list)
    """Rows with a wrong number of columns."""
    parts: Sequence[int] | None = None
    """For each row the part of it, from 0, where rows were split; `None` = each is whole."""
    names: Mapping[str, str] = field(default_factory=dict)
    """For names of expressions the file's own, which people correct."""


class InputReader(Protocol):
    """One file or table."""

    label: str
    """Its name in messages and in the rejects file."""
    size: int
    """Units of `Batch.done`: bytes of a text file, rows elsewhere; an estimate."""

    @property
    def path(self) -> Path | None:
        """The file; `None` of a table."""
        ...

    def batches(self, needed: frozenset[str]) -> Iterator[Batch]:
        """Read the columns that expressions need."""
        ...


def add_missing(vectors: Mapping[str, Vector], names: Iterable[str], size: int) -> None:
    """Add columns that a file lacks and may lack: without a value in any row."""
    if isinstance(vectors, dict):
        for name in names:
            vectors[name] = Vector.constant(None, size)


def first_there(candidates: Sequence[str], objects: Sequence[Mapping[str, object]]) -> str:
    """Which of several fields the objects have; the first where they have none."""
    if len(candidates) == 1:
        return candidates[0]
    there = (one for one in candidates if any(one in found for found in objects))
    return next(there, candidates[0])


def expect_cursor(name: str, available: Iterable[str], label: str) -> None:
    """Require that a table has its cursor.

    Raises:
        InvalidInput: It has no such column.
    """
    there = list(available)
    if name not in there:
        raise InvalidInput(
            say(
                "file.column-lacks",
                "{label} has no column {name}; its columns are {there}.",
                label=label,
                name=repr(name),
                there=list(map(repr, there[:50])),
            ),
            hint=say(
                "file.correct-cursor-input-mapping", "Correct `cursor` of the input in the mapping."
            ),
        )


def resolve(
    spec: InputSpec, available: Iterable[str], needed: Iterable[str], label: str
) -> dict[str, str]:
    """For each needed name, which available column it is; none for one that may be missing.

    Raises:
        InvalidInput: A column is missing, or two have its name.
    """
    there = list(available)
    found: dict[str, str] = {}
    missing: list[str] = []
    for name in sorted(needed):
        candidates = spec.columns.get(name, (name,))
        if not set(candidates).isdisjoint(spec.optional) and not set(candidates) & {*there}:
            continue
        column = next((candidate for candidate in candidates if candidate in there), None)
        if column is None:
            missing.append(" or ".join(repr(candidate) for candidate in candidates))
        else:
            found[name] = column
    if missing:
        shown = ", ".join(map(repr, there[:50])) or "none"
        raise InvalidInput(
            say(
                "file.columns-lack",
                "{label} has no column {missing}; its columns are {shown}.",
                label=label,
                missing=", no column ".join(missing),
                shown=shown,
            ),
            hint=say(
                "file.correct-columns-expressions-mapping",
                "Correct `columns` or the expressions of the mapping.",
            ),
            missing=missing,
        )
    for column in found.values():
        if there.count(column) > 1:
            places = ", ".join(str(n) for n, name in enumerate(there, 1) if name == column)
            raise InvalidInput(
                say(
                    "file.several-columns-numbers-which",
                    "{label} has several columns {column} (numbers {places}); which one is meant"
                    " is unknown.",
                    label=label,
                    column=repr(column),
                    places=places,
                ),
                hint=say(
                    "file.rename-them-text-file",
                    "Rename one of them; in a text file, the input's `names` replace the header.",
                ),
            )
    return found
