"""Archives: their files are read as those of a folder."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopx_core.errors import InvalidInput
from shopx_core.texts import say
from shopx_store.importing.readers.file_kind import ARCHIVES, SEVEN_ZIP, file_kind
from shopx_store.importing.readers.unpacking import UNPACK_IT, Unpacking, not_unpacked

_CHUNK = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder, for as long as it is needed, with an archive's files; its only file, if it has one.

    Raises:
        InvalidInput: It is damaged, needs a password, has files of one name, is too large, or holds
            an archive alone.
    """
    with tempfile.TemporaryDirectory(prefix="shopx-import-") as name:
        folder = Path(name)
        kind, words = file_kind(path)
        if kind == SEVEN_ZIP:
            # Its library takes time and memory: only where there is such an archive.
            from shopx_store.importing.readers.seven_zip import unpack_seven_zip  # noqa: PLC0415

            unpack_seven_zip(path, Unpacking(path, folder))
        else:
            _unpack_zip(path, Unpacking(path, folder))
        files = list(folder.iterdir())
        if not files:
            raise InvalidInput(say("file.holds-file", "{path} holds no file.", path=path))
        if len(files) == 1 and file_kind(files[0])[0] in ARCHIVES:
            raise InvalidInput(
                say(
                    "file.archive-within",
                    "{path} is {words} of another one, {name}.",
                    path=path,
                    words=words,
                    name=files[0].name,
                ),
                hint=UNPACK_IT,
            )
        yield files[0] if len(files) == 1 else folder


def _unpack_zip(path: Path, unpacking: Unpacking) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                target = None if member.is_dir() else unpacking.target(member.filename)
                if target is None:
                    continue
                with archive.open(member) as packed, target.open("xb") as file:
                    while chunk := packed.read(_CHUNK):
                        unpacking.count(len(chunk))
                        file.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InvalidInput(
            say(
                "file.damaged-zip-archive",
                "{path} is a damaged zip archive: {error}.",
                path=path,
                error=error,
            )
        ) from None
    except (RuntimeError, OSError) as error:
        raise not_unpacked(path, error) from None
