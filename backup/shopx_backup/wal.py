"""The archive of the write-ahead log: PostgreSQL's archive_command and restore_command.

A segment that is not archived stays in the database's own volume, because PostgreSQL asks again
until the command succeeds.
"""

import contextlib
import gzip
import io
import shutil
import struct
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

from shopx_backup.catalogue import SEGMENT
from shopx_backup.store import Store
from shopx_core.errors import Conflict, NotFound, ShopxError, Unavailable

AHEAD: Final = 16
"""Segments that are fetched at once: starting a process for each would take longer."""
_AT_ONCE: Final = 4
_SEGMENTS_OF_A_LOG: Final = 256


def key(system: str, name: str) -> str:
    """Where a file of the log is in the archive."""
    return f"{system}/wal/{name}.gz"


def system_of(data: Path) -> str:
    """The system identifier of a data folder: the first field of its control file.

    Raises:
        Unavailable: It cannot be read.
    """
    try:
        with (data / "global" / "pg_control").open("rb") as file:
            (found,) = struct.unpack("=Q", file.read(8))
    except (OSError, struct.error) as error:
        raise Unavailable(f"{data} is no data folder of PostgreSQL: {error}.") from None
    return str(found)


def archive(store: Store, data: Path, file: Path) -> None:
    """Store a finished file of the log.

    Raises:
        Conflict: The archive has another file of this name.
        Unavailable: The archive failed.
    """
    name = key(system_of(data), file.name)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror}.") from None
    with contextlib.suppress(NotFound):
        # As after a crash between the archive's answer and PostgreSQL's note of it.
        with contextlib.closing(store.get(name)) as stored:
            known = _decompressed(stored.read(), name)
        if known == content:
            return
        raise Conflict(
            f"The archive has another {file.name} of the same database.",
            hint="Two servers write there. Stop one, or give the other a place of its own.",
        )
    store.put(name, io.BytesIO(gzip.compress(content, 1, mtime=0)))


def fetch(store: Store, system: str, name: str, target: Path, spool: Path) -> None:
    """Bring a file of the log, and the segments that follow it into a spool.

    Raises:
        NotFound: The archive has no such file: for PostgreSQL the end of the log.
        Unavailable: The archive failed; PostgreSQL must not take it for the end.
    """
    spool.mkdir(mode=0o700, exist_ok=True)
    if (spool / name).exists():
        shutil.move(spool / name, target)
        return
    _bring(store, system, name, target)
    if SEGMENT.fullmatch(name):
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(
                pool.map(
                    lambda one: _ahead(store, system, one, spool), [*_following(name, AHEAD - 1)]
                )
            )


def _ahead(store: Store, system: str, name: str, spool: Path) -> None:
    # Absent ones are beyond the end, and failures come again when the segment is asked for.
    with contextlib.suppress(ShopxError):
        _bring(store, system, name, spool / name)


def _bring(store: Store, system: str, name: str, target: Path) -> None:
    with contextlib.closing(store.get(key(system, name))) as stored:
        content = _decompressed(stored.read(), name)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(content)
        Path(file.name).replace(target)
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}.") from None


def _decompressed(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, ValueError) as error:
        raise Unavailable(f"{name} is damaged in the archive: {error}.") from None


def _following(segment: str, count: int) -> Iterator[str]:
    head, log, part = segment[:8], int(segment[8:16], 16), int(segment[16:], 16)
    for _ in range(count):
        log, part = (log, part + 1) if part < _SEGMENTS_OF_A_LOG - 1 else (log + 1, 0)
        yield f"{head}{log:08X}{part:08X}"


def read_text(stream: BinaryIO, name: str) -> str:
    """The text of a compressed file, such as a timeline's history."""
    with contextlib.closing(stream):
        return _decompressed(stream.read(), name).decode()
