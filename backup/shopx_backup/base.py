"""Base backups: what pg_basebackup writes goes to the archive as a stream."""

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from shopx_backup import catalogue
from shopx_backup.catalogue import Backup, Timeline
from shopx_backup.store import Item, Store
from shopx_backup.wal import read_text
from shopx_core.errors import NotFound, Unavailable

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a server is."""

    system: str
    timeline: int
    lsn: str


class Measured(io.RawIOBase):
    """A stream that counts and hashes what is read from it."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self.size = 0
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read."""
        data = self._source.read(size)
        self.size += len(data)
        self._hash.update(data)
        return data

    @property
    def sha256(self) -> str:
        """Of what was read."""
        return self._hash.hexdigest()


def program(name: str) -> str:
    """One of PostgreSQL's programs, on the PATH.

    Raises:
        Unavailable: It is not there.
    """
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not on the PATH.")
    return found


def take(store: Store, now: Clock) -> Backup:
    """Back up the server that libpq's variables name (PGHOST, PGUSER …).

    pg_basebackup ends when the log that the backup needs is in the archive, too.

    Raises:
        Unavailable: The server or the archive failed; nothing counts as a backup then.
    """
    # pg_basebackup names neither position. It begins with a checkpoint, so after this one, and has
    # ended before the later one.
    before = _position()
    folder = f"{before.system}/base/{now():%Y%m%dT%H%M%SZ}"
    argv = [program("pg_basebackup"), "--pgdata=-", "--format=tar", "--compress=client-gzip:1"]
    argv += ["--wal-method=none", "--checkpoint=fast", "--no-password"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 -- a program found on this machine
            argv, stdout=subprocess.PIPE, stderr=said, env=os.environ | {"LC_ALL": "C"}
        )
        stream = Measured(cast("BinaryIO", process.stdout))
        data = f"{folder}/base.tar.gz"
        try:
            store.put(data, cast("BinaryIO", stream))
        except BaseException:
            process.kill()
            process.wait()
            raise
        code = process.wait()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if code:
        store.delete([data])
        lines = text.strip().splitlines()
        raise Unavailable(f"pg_basebackup failed: {lines[-1] if lines else f'code {code}'}.")
    after = _position()
    if (after.system, after.timeline) != (before.system, before.timeline):
        store.delete([data])
        raise Unavailable("The server was replaced or promoted during the backup.")
    made = Backup(
        id=folder.rpartition("/")[2],
        system=before.system,
        timeline=before.timeline,
        start=before.lsn,
        end=after.lsn,
        ended=now().isoformat(timespec="seconds"),
        size=stream.size,
        sha256=stream.sha256,
        version=_run([program("pg_basebackup"), "--version"]).split()[-1],
    )
    store.put(f"{folder}/backup.json", io.BytesIO(made.to_json()))
    return made


def _position() -> _Position:
    """By the replication protocol, which needs no database and no other right."""
    argv = [program("psql"), "--no-password", "-AtX", "-d", "replication=true"]
    answer = _run([*argv, "-c", "IDENTIFY_SYSTEM"])
    system, timeline, lsn, *_ = answer.strip().split("|")
    return _Position(system, int(timeline), lsn)


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 -- as above
    if done.returncode:
        raise Unavailable(f"{argv[0].rpartition('/')[2]} failed: {done.stderr.strip()}.")
    return done.stdout


def backups(store: Store, items: Sequence[Item]) -> list[Backup]:
    """The complete backups, oldest first.

    Args:
        store: The archive.
        items: All that is in it.
    """
    found = []
    for item in items:
        if item.key.endswith("/backup.json"):
            try:
                with store.get(item.key) as stream:
                    found.append(Backup.from_json(stream.read()))
            except NotFound:
                # Deleted since it was listed.
                continue
            except (ValueError, TypeError) as error:
                raise Unavailable(f"{item.key} is damaged in the archive: {error}.") from None
    return sorted(found, key=lambda one: one.moment)


def timelines(store: Store, items: Sequence[Item]) -> dict[str, list[Timeline]]:
    """The timelines that have a history, by system."""
    found: dict[str, list[Timeline]] = {}
    for item in items:
        made = catalogue.history_of(catalogue.wal_name(item))
        if made is not None:
            text = read_text(store.get(item.key), item.key)
            system = item.key.split("/", 1)[0]
            found.setdefault(system, []).append(catalogue.timeline(made, item.modified, text))
    return found


def expire(store: Store, now: Clock, hours: int) -> int:
    """Delete what no moment of the last hours needs; returns how many files."""
    items = store.items("")
    gone = catalogue.expired(backups(store, items), items, now(), hours)
    store.delete(gone)
    return len(gone)


def described(made: Backup) -> str:
    """One line of JSON, which the operator reads from the Job's end."""
    return json.dumps({"backup": made.id, "ended": made.ended, "size": made.size})
