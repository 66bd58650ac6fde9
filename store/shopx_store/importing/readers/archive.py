"""Zip archives: their files are read as those of a folder."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from shopx_core.errors import InvalidInput

MOST_BYTES: Final = 20 << 30
"""Of an archive's files together, unpacked."""
_CHUNK: Final = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder, for as long as it is needed, with an archive's files; its only file, if it has one.

    Raises:
        InvalidInput: It is damaged, needs a password, has files of one name, or is too large.
    """
    with tempfile.TemporaryDirectory(prefix="shopx-import-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, path, folder)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise InvalidInput(f"{path} is a damaged zip archive: {error}.") from None
        except (RuntimeError, OSError) as error:
            raise InvalidInput(
                f"{path} cannot be unpacked: {error}.", hint="Unpack it, and import what it holds."
            ) from None
        files = list(folder.iterdir())
        if not files:
            raise InvalidInput(f"{path} holds no file.")
        yield files[0] if len(files) == 1 else folder


def _unpack(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    left = MOST_BYTES
    for member in archive.infolist():
        # Of a member's path its name alone: none is written anywhere else.
        name = PurePosixPath(member.filename).name
        if member.is_dir() or not name or name.startswith("."):
            continue
        target = folder / name
        if target.exists():
            raise InvalidInput(
                f"{path} holds several files {name!r}.", hint="Unpack it, and give the folder."
            )
        with archive.open(member) as packed, target.open("xb") as file:
            # What is there counts, for an archive may say less.
            while chunk := packed.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise InvalidInput(f"{path} holds more than {MOST_BYTES:,} bytes.")
                file.write(chunk)
