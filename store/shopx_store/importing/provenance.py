"""What an import came from: its files with their hashes, and its mapping."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file or table of a source.

    Attributes:
        name: The file's name, or the table's with its schema.
        bytes: The file's size; `None` of a table.
        sha256: Of the file's content, in hexadecimal; `None` of a table.
    """

    name: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the lines of an import come from.

    Attributes:
        mapping: The text of the mapping.
        hashing: The inputs, whose hashes are computed while the files are read.
        job: Which job imports, if one does: it is published at most once.
    """

    mapping: str | None = None
    hashing: tuple[Future[InputFile], ...] = ()
    job: int | None = None

    def inputs(self) -> list[InputFile]:
        """Wait for the hashes."""
        return [future.result() for future in self.hashing]


def start_hashing(
    executor: ThreadPoolExecutor, inputs: Iterable[tuple[str, Path | None]]
) -> tuple[Future[InputFile], ...]:
    """Hash files beside other work; each is a label and the path, `None` of a table."""
    return tuple(executor.submit(_hashed, label, path) for label, path in inputs)


def _hashed(label: str, path: Path | None) -> InputFile:
    if path is None:
        return InputFile(label)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return InputFile(path.name, file.tell(), digest)
