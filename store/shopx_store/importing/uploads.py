"""Uploaded files, as the database holds them in parts: reading them, and removing old ones."""

import uuid
from pathlib import Path
from typing import Final

import psycopg

from shopx_core.errors import InvalidInput, NotFound
from shopx_core.texts import say

HEAD_BYTES: Final = 20 << 20
"""Of a large text, what is looked at of its beginning: more than one batch of a reader."""
TAIL_BYTES: Final = 1 << 20

_FACTS: Final = """
select u.bytes, coalesce(max(c.start + octet_length(c.data)), 0)
from uploads u left join upload_chunks c on c.upload_id = u.id
where u.id = %s group by u.bytes
"""
_CHUNKS: Final = """
select start, data from upload_chunks
where upload_id = %(id)s and start < %(before)s and start + octet_length(data) > %(after)s
order by start
"""
_REMOVE_OLD: Final = "delete from uploads where touched_at < now() - make_interval(days => %s)"


def write_file(connection: psycopg.Connection, upload: uuid.UUID, path: Path) -> None:
    """Write a whole upload into a new file, in constant memory.

    Raises:
        NotFound: There is no such upload, or its parts are gone.
        InvalidInput: It is not complete.
    """
    size = _expect_complete(connection, upload)
    _write(connection, upload, path, [(0, size)], size)


def write_ends(connection: psycopg.Connection, upload: uuid.UUID, path: Path) -> bool:
    """Write the beginning and the end of an upload into a new file of its size, with a gap.

    Returns:
        Whether there is a gap: the upload is larger than both together.

    Raises:
        NotFound: There is no such upload, or its parts are gone.
        InvalidInput: It is not complete.
    """
    size = _expect_complete(connection, upload)
    if size <= HEAD_BYTES + TAIL_BYTES:
        _write(connection, upload, path, [(0, size)], size)
        return False
    _write(connection, upload, path, [(0, HEAD_BYTES), (size - TAIL_BYTES, size)], size)
    return True


def remove(connection: psycopg.Connection, upload: uuid.UUID) -> None:
    """Remove an upload; one that is gone changes nothing."""
    connection.execute("delete from uploads where id = %s", (upload,))


def remove_old(connection: psycopg.Connection, days: int) -> int:
    """Remove the uploads that nothing has touched for some days; returns how many."""
    return connection.execute(_REMOVE_OLD, (days,)).rowcount


def _expect_complete(connection: psycopg.Connection, upload: uuid.UUID) -> int:
    row = connection.execute(_FACTS, (upload,)).fetchone()
    if row is None:
        raise NotFound(
            say("upload.file-gone", "The file is no longer here."),
            hint=say("upload.drop-again", "Drop it again."),
        )
    size, arrived = row
    if arrived == 0:
        raise NotFound(
            say("upload.file-s-content-longer", "The file's content is no longer here."),
            hint=say("upload.drop-again", "Drop it again."),
        )
    if arrived < size:
        raise InvalidInput(
            say(
                "upload.file-s-bytes-arrived",
                "Of the file's {size, number} bytes {arrived, number} have arrived.",
                size=size,
                arrived=arrived,
            ),
            hint=say("upload.send-rest-then-try", "Send the rest, then try again."),
        )
    return int(size)


def _write(
    connection: psycopg.Connection,
    upload: uuid.UUID,
    path: Path,
    parts: list[tuple[int, int]],
    size: int,
) -> None:
    with path.open("xb") as file, connection.transaction():
        for after, before in parts:
            # A cursor of the server: the parts together may be larger than memory.
            with connection.cursor("upload_chunks") as cursor:
                cursor.itersize = 4
                cursor.execute(_CHUNKS, {"id": upload, "after": after, "before": before})
                for start, data in cursor:
                    file.seek(start)
                    file.write(data)
        file.truncate(size)
