"""7z archives, by py7zr. It is imported where one is unpacked alone."""

from contextlib import ExitStack, closing
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

import py7zr
import py7zr.exceptions
import py7zr.io

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.readers.unpacking import MOST_BYTES, UNPACK_IT, Unpacking, not_unpacked

MOST_WINDOW: Final = 256 << 20
"""Bytes that unpacking may look back on, which are in memory: what 7-Zip's best compression has."""
_BLOCK: Final = 16 << 20
"""Bytes that are unpacked at once."""

# The first byte of a dictionary's description in LZMA, and of LZMA2 in half powers of two.
_LZMA: Final = b"\x03\x01\x01"
_LZMA2: Final = b"\x21"
_PPMD: Final = b"\x03\x04\x01"
_LZMA2_LARGEST: Final = 40


def unpack_seven_zip(path: Path, unpacking: Unpacking) -> None:
    """Unpack an archive, file by file.

    Raises:
        InvalidInput: It is damaged, needs a password, leads out of its folder, or is too large.
    """
    try:
        with path.open("rb") as file, py7zr.SevenZipFile(file) as archive:
            _expect_no_password(archive)
            targets = _targets(path, archive, unpacking)
            _expect_small_window(path, archive)
            with closing(_Files(archive, targets, unpacking)) as files:
                archive.extract(targets=[*targets], factory=files)
    except InvalidInput:
        raise
    except py7zr.exceptions.PasswordRequired:
        raise InvalidInput(
            say("file.needs-password", "{path} needs a password.", path=path), hint=UNPACK_IT
        ) from None
    except py7zr.exceptions.UnsupportedCompressionMethodError as error:
        raise InvalidInput(
            say(
                "file.packed-method-read",
                "{path} is packed by a method that is not read: {message}",
                path=path,
                message=error.message,
            ),
            hint=UNPACK_IT,
        ) from None
    except OSError as error:
        raise not_unpacked(path, error) from None
    except Exception as error:  # noqa: BLE001 -- a damaged archive leads the library to errors of any kind
        raise InvalidInput(
            say(
                "file.damaged-7z-archive",
                "{path} is a damaged 7z archive: {error}.",
                path=path,
                error=_words(error),
            )
        ) from None


def _expect_no_password(archive: py7zr.SevenZipFile) -> None:
    if archive.needs_password():
        raise py7zr.exceptions.PasswordRequired


def _words(error: Exception) -> str:
    if isinstance(error, py7zr.exceptions.CrcError):
        return f"the checksum of {error.filename!r} is another one"
    return str(error) or type(error).__name__


def _targets(path: Path, archive: py7zr.SevenZipFile, unpacking: Unpacking) -> dict[str, Path]:
    """Where each file of the archive is written, by its path in it."""
    found: dict[str, Path] = {}
    size = 0
    for member in archive.list():
        if not member.is_file:
            continue
        inside = PurePosixPath(member.filename)
        if inside.is_absolute() or ".." in inside.parts:
            raise InvalidInput(
                say(
                    "file.holds-which-leads-out",
                    "{path} holds {filename}, which leads out of its folder.",
                    path=path,
                    filename=repr(member.filename),
                ),
                hint=UNPACK_IT,
            )
        target = unpacking.target(member.filename)
        if target is not None:
            found[member.filename] = target
        size += member.uncompressed
    if size > MOST_BYTES:
        raise InvalidInput(
            say(
                "file.holds-more-bytes",
                "{path} holds more than {most_bytes, number} bytes.",
                path=path,
                most_bytes=MOST_BYTES,
            )
        )
    return found


def _expect_small_window(path: Path, archive: py7zr.SevenZipFile) -> None:
    streams = archive.header.main_streams
    for folder in streams.unpackinfo.folders if streams is not None else ():
        for coder in folder.coders:
            window = _window(coder["method"], coder.get("properties") or b"")
            if min(window, max(folder.unpacksizes)) > MOST_WINDOW:
                raise InvalidInput(
                    say(
                        "file.needs-mb-memory-unpack",
                        "{path} needs {window, number} MB of memory to unpack, and {most_window}"
                        " are there.",
                        path=path,
                        window=window >> 20,
                        most_window=MOST_WINDOW >> 20,
                    ),
                    hint=UNPACK_IT,
                )


def _window(method: bytes, properties: bytes) -> int:
    """The bytes that a coder looks back on."""
    if method == _LZMA2 and properties:
        code = min(properties[0], _LZMA2_LARGEST)
        return (2 | code & 1) << (code // 2 + 11)
    if method in {_LZMA, _PPMD}:
        return int.from_bytes(properties[1:5], "little")
    return 0


class _Decoder:
    """A decoder of the library, which would be asked for 128 MB at once."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def decompress(self, file: IO[bytes], most: int) -> bytes:
        unpacked: bytes = self._decoder.decompress(file, min(most, _BLOCK))
        return unpacked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)


class _Files(py7zr.io.WriterFactory):
    """Opens the file that each member is written to."""

    def __init__(
        self, archive: py7zr.SevenZipFile, targets: dict[str, Path], unpacking: Unpacking
    ) -> None:
        self._members = {
            targets[member.filename].name: (targets[member.filename], member)
            for member in archive.files
            if member.filename in targets
        }
        self._unpacking = unpacking
        self._opened = ExitStack()
        self._folder: Any = None

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        """The library calls it for each member, when that is unpacked."""
        # A member that fails is not closed by the library.
        self._opened.close()
        target, member = self._members[PurePosixPath(filename).name]
        if not member.emptystream and member.folder is not self._folder:
            if self._folder is not None:
                # Members of one folder are together; the library would keep its memory.
                self._folder.decompressor = None
            self._folder = member.folder
            self._folder.decompressor = _Decoder(self._folder.get_decompressor(member.compressed))
        return _File(self._opened.enter_context(target.open("xb")), self._unpacking)

    def close(self) -> None:
        """Close what is open."""
        self._opened.close()


class _File(py7zr.io.Py7zIO):
    """One of them, counted."""

    def __init__(self, file: IO[bytes], unpacking: Unpacking) -> None:
        self._file = file
        self._unpacking = unpacking

    def write(self, s: bytes | bytearray) -> int:
        self._unpacking.count(len(s))
        return self._file.write(s)

    def read(self, size: int | None = None) -> bytes:
        raise NotImplementedError

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
