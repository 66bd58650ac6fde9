"""Where an archive's files go, and how much they may be."""

from pathlib import Path, PurePosixPath
from typing import Final

from shopx_core.errors import InvalidInput
from shopx_core.texts import say

MOST_BYTES: Final = 20 << 30
"""Of an archive's files together, unpacked."""
MOST_FILES: Final = 10_000
UNPACK_IT: Final = say("kind.unpack", "Unpack it, and import what it holds.")


def not_unpacked(path: Path, error: Exception) -> InvalidInput:
    """The error of an archive whose files could not be written, for what the library says."""
    return InvalidInput(
        say("file.cannot-unpacked", "{path} cannot be unpacked: {error}.", path=path, error=error),
        hint=UNPACK_IT,
    )


class Unpacking:
    """An archive's files on their way into a folder.

    Args:
        path: The archive, for messages.
        folder: An empty folder.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._names: set[str] = set()
        self._bytes = 0

    def target(self, member: str) -> Path | None:
        """Where a member of this path is written; `None` of a hidden one, which is left out.

        Raises:
            InvalidInput: Another one has its name, or they are too many.
        """
        # Of a member's path its name alone: none is written anywhere else.
        name = PurePosixPath(member).name
        if not name or name.startswith("."):
            return None
        if name in self._names:
            raise InvalidInput(
                say(
                    "file.holds-several-files",
                    "{path} holds several files {name}.",
                    path=self._path,
                    name=repr(name),
                ),
                hint=say("file.unpack-give-folder", "Unpack it, and give the folder."),
            )
        if len(self._names) == MOST_FILES:
            raise InvalidInput(
                say(
                    "file.holds-more-files",
                    "{path} holds more than {most_files, number} files.",
                    path=self._path,
                    most_files=MOST_FILES,
                )
            )
        self._names.add(name)
        return self._folder / name

    def count(self, size: int) -> None:
        """Count bytes that were unpacked: an archive may say that it has less.

        Raises:
            InvalidInput: They are too many.
        """
        self._bytes += size
        if self._bytes > MOST_BYTES:
            raise InvalidInput(
                say(
                    "file.holds-more-bytes",
                    "{path} holds more than {most_bytes, number} bytes.",
                    path=self._path,
                    most_bytes=MOST_BYTES,
                )
            )
