"""Where an archive is kept: a folder, or a prefix in a bucket."""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from shopx_core.errors import NotFound, Unavailable


@dataclass(frozen=True, slots=True)
class Item:
    """A stored file."""

    key: str
    size: int
    """Bytes."""
    modified: dt.datetime
    """Aware."""


class Store(Protocol):
    """A flat space of keys with `/` in them; every method raises `Unavailable` when it fails."""

    def put(self, key: str, source: BinaryIO) -> None:
        """Store all of a stream, or nothing; replaces what the key has."""

    def get(self, key: str) -> BinaryIO:
        """A stream of what a key has.

        Raises:
            NotFound: It has nothing.
        """

    def items(self, prefix: str) -> list[Item]:
        """What is stored below a prefix, by key."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove keys; absent ones are ignored."""


class Folder:
    """A folder, such as the mount of a volume."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, key: str, source: BinaryIO) -> None:
        """A file under another name first: what has the name is complete and on the disk."""
        target = self._path / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, half = tempfile.mkstemp(dir=target.parent, prefix=".half-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
                    file.flush()
                    os.fsync(file.fileno())
                Path(half).replace(target)
            except BaseException:
                Path(half).unlink(missing_ok=True)
                raise
            _sync(target.parent)
        except OSError as error:
            raise self._failure(error) from error

    def get(self, key: str) -> BinaryIO:
        """The file."""
        try:
            return (self._path / key).open("rb")
        except FileNotFoundError:
            raise NotFound(f"The archive has no {key}.") from None
        except OSError as error:
            raise self._failure(error) from error

    def items(self, prefix: str) -> list[Item]:
        """All files below; unfinished ones are left out."""
        if not self._path.is_dir():
            # An absent mount is no empty archive.
            raise Unavailable(f"The folder of the archive, {self._path}, does not exist.")
        try:
            files = [path for path in (self._path / prefix).rglob("*") if path.is_file()]
            return sorted(
                (
                    _item(path.relative_to(self._path).as_posix(), path.stat())
                    for path in files
                    if not path.name.startswith(".half-")
                ),
                key=lambda item: item.key,
            )
        except OSError as error:
            raise self._failure(error) from error

    def delete(self, keys: Iterable[str]) -> None:
        """The files, and folders that are empty then."""
        try:
            for key in keys:
                path = self._path / key
                path.unlink(missing_ok=True)
                if path.parent.is_dir() and not any(path.parent.iterdir()):
                    path.parent.rmdir()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> Unavailable:
        return Unavailable(f"The archive {self._path} failed: {error.strerror or error}.")


def _item(key: str, stat: os.stat_result) -> Item:
    return Item(key, stat.st_size, dt.datetime.fromtimestamp(stat.st_mtime, dt.UTC))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
