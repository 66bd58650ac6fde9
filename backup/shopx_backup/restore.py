"""Restores into a folder that holds no data."""

import datetime as dt
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shopx_backup import base, catalogue
from shopx_backup.base import program
from shopx_backup.catalogue import Backup, Route
from shopx_backup.settings import SOURCE
from shopx_backup.store import Item, Store
from shopx_core.errors import Conflict, NotFound, Unavailable

_TABLES: Final = (
    "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace not in"
    " (select oid from pg_namespace where nspname in ('pg_catalog', 'information_schema')"
    " or nspname like 'pg_toast%')"
)
_COUNT: Final = re.compile(r'= "(\d+)"')
_LAST: Final = re.compile(r"last completed transaction was at log time (.+)")
_TOO_LATE: Final = "recovery ended before configured recovery target was reached"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to restore."""

    data: Path
    """The data folder, which may be absent or hold an empty database."""
    target: dt.datetime | None = None
    """The moment, aware; `None` = the newest state."""
    source: Store
    """The archive that is read."""
    own: Store | None = None
    """The archive of the database to be, where restores to a moment are noted; `None` = none."""
    source_variable: str
    """The variable with the URL of `source`, for PostgreSQL's restore_command."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    backup: Backup
    reached: str
    """PostgreSQL's own words about the last transaction; empty = none was replayed."""
    seconds: float


def restore(wanted: Wanted, now: base.Clock) -> Restored | None:
    """Restore; the folder gets its name when everything succeeded.

    Returns:
        `None` = the folder holds data, which stay as they are.

    Raises:
        NotFound: No backup leads to the moment.
        Conflict: This restore was carried out before, or the log has a gap.
        Unavailable: The archive or PostgreSQL failed.
    """
    data = wanted.data
    if (data / "PG_VERSION").exists() and holds_data(data):
        return None
    began = time.monotonic()
    note = _note(wanted.target)
    if wanted.own is not None and note is not None:
        _refuse_again(wanted.own, note, str(wanted.target))
    chosen = _choose(wanted)
    half = data.with_name(f"{data.name}.restoring")
    spool = data.with_name(f"{data.name}.spool")
    for folder in (half, spool):
        shutil.rmtree(folder, ignore_errors=True)
    half.mkdir(mode=0o700)
    _unpack(wanted.source, chosen.backup, half)
    reached = _recover(half, spool, wanted, chosen)
    shutil.rmtree(spool, ignore_errors=True)
    if data.exists():
        # An empty database, as `holds_data` found.
        shutil.rmtree(data)
    half.rename(data)
    if wanted.own is not None and note is not None:
        text = json.dumps({"backup": chosen.backup.id, "restored": now().isoformat()})
        wanted.own.put(note, io.BytesIO(text.encode()))
    return Restored(chosen.backup, reached, time.monotonic() - began)


def _note(target: dt.datetime | None) -> str | None:
    if target is None:
        return None
    return f"restores/to/{target.astimezone(dt.UTC):%Y%m%dT%H%M%S.%f}.json"


def _refuse_again(own: Store, note: str, target: str) -> None:
    """A target left in a manifest must not bring old data back when a volume is lost later."""
    try:
        with own.get(note) as stream:
            done = json.loads(stream.read())
    except NotFound:
        return
    raise Conflict(
        f"The restore to {target} was carried out at {done['restored']}, and is not repeated.",
        hint="Name another moment, or leave targetTime out for the newest state.",
    )


def holds_data(data: Path) -> bool:
    """Whether any database of a stopped data folder has a table.

    Raises:
        Unavailable: PostgreSQL cannot open it.
    """
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in ("shopx", "postgres"):
        done = subprocess.run(  # noqa: S603 -- a program found on this machine
            [program("postgres"), "--single", "-D", str(data), name],
            input=f"{_TABLES}\n",
            capture_output=True,
            text=True,
            env=os.environ | {"LC_ALL": "C"},
            check=False,
        )
        if f'database "{name}" does not exist' in done.stderr:
            continue
        found = _COUNT.search(done.stdout)
        if found is None:
            raise Unavailable(
                f"PostgreSQL cannot open {data}: {done.stderr.strip()[-300:]}.",
                hint="Nothing is restored over it; move it away to restore.",
            )
        if int(found[1]):
            return True
    return False


def _choose(wanted: Wanted) -> Route:
    items = wanted.source.items("")
    complete = base.backups(wanted.source, items)
    timelines = base.timelines(wanted.source, items)
    chosen = catalogue.route(complete, timelines, wanted.target)
    if chosen is None:
        if not complete:
            raise NotFound("The archive has no complete backup.")
        raise NotFound(
            f"No backup leads to {wanted.target}: the oldest was complete at {complete[0].ended}."
        )
    _refuse_gap(items, chosen)
    return chosen


def _refuse_gap(items: list[Item], chosen: Route) -> None:
    backup = chosen.backup
    names = [
        catalogue.wal_name(item)
        for item in items
        if item.key.startswith(f"{backup.system}/wal/")
        and int(catalogue.wal_name(item)[:8], 16) in (backup.timeline, chosen.timeline)
    ]
    missing = catalogue.gap(names, backup.first_segment)
    if missing is not None:
        raise Conflict(
            f"The archive lacks the segment {missing:X} of the log, and has later ones: a restore"
            " would end there.",
            hint="Restore to a moment before it from an older backup, or from another copy.",
        )


def _unpack(source: Store, backup: Backup, folder: Path) -> None:
    digest = hashlib.sha256()
    unpack = subprocess.Popen(  # noqa: S603 -- a program found on this machine
        [program("tar"), "-xzf", "-", "-C", str(folder)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert unpack.stdin is not None, "it is a pipe"  # noqa: S101 -- a defect, not input
    try:
        with source.get(f"{backup.folder}/base.tar.gz") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                unpack.stdin.write(chunk)
    except BrokenPipeError:
        pass
    except BaseException:
        unpack.kill()
        raise
    _, said = unpack.communicate()
    if unpack.returncode:
        raise Unavailable(f"The backup {backup.id} cannot be unpacked: {said.decode().strip()}.")
    if digest.hexdigest() != backup.sha256:
        raise Unavailable(f"The backup {backup.id} is damaged: its SHA-256 differs.")
    # Every file against the manifest that the server made; the log comes from the archive.
    verify = [program("pg_verifybackup"), "--no-parse-wal", "--quiet", str(folder)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)  # noqa: S603 -- as above
    if done.returncode:
        raise Unavailable(f"The backup {backup.id} is damaged: {done.stderr.strip()[-300:]}.")
    folder.chmod(0o700)


def _recover(folder: Path, spool: Path, wanted: Wanted, chosen: Route) -> str:
    """Replay the log; returns what PostgreSQL says of the last transaction."""
    (folder / "recovery.signal").touch()
    with tempfile.TemporaryDirectory(prefix="shopx-restore-") as scratch:
        hba = Path(scratch) / "pg_hba.conf"
        hba.write_text("local all all trust\n", encoding="utf-8")
        fetch = [sys.executable, "-m", "shopx_backup", "fetch"]
        fetch += ["--system", chosen.backup.system, "--spool", str(spool)]
        fetch += ["--archive", wanted.source_variable]
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": scratch,
            "hba_file": str(hba),
            # It accepts connections when recovery is over, whatever the server's size was.
            "hot_standby": "off",
            "restore_command": f'{shlex.join(fetch)} %f "%p"',
            "recovery_target_timeline": str(chosen.timeline),
            "recovery_target_action": "promote",
            # The new timeline's history waits for the server that goes on.
            "archive_mode": "on",
            "archive_command": "",
            "log_destination": "stderr",
            "logging_collector": "off",
            "log_min_messages": "log",
        }
        if wanted.target is not None:
            # At this time PostgreSQL knows no abbreviation of a zone, not even Z.
            settings["recovery_target_time"] = wanted.target.isoformat()
        log = Path(scratch) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(  # noqa: S603 -- a program found on this machine
                [
                    program("postgres"),
                    "-D",
                    str(folder),
                    *(f"-c{name}={value}" for name, value in settings.items()),
                ],
                stdout=output,
                stderr=output,
                env=os.environ | {"LC_ALL": "C"},
            )
        try:
            _until_recovered(server, scratch)
        finally:
            server.send_signal(2)
            server.wait()
        said = log.read_text(encoding="utf-8", errors="replace")
    if (folder / "recovery.signal").exists():
        raise _failure(said, wanted.target)
    last = _LAST.search(said)
    return last[1].strip() if last else ""


def _until_recovered(server: subprocess.Popen[bytes], sockets: str) -> None:
    ready = [program("pg_isready"), "--quiet", "--host", sockets]
    while server.poll() is None:
        if subprocess.run(ready, check=False).returncode == 0:  # noqa: S603 -- as above
            return
        time.sleep(0.2)


def _failure(said: str, target: dt.datetime | None) -> Unavailable | NotFound:
    if _TOO_LATE in said:
        last = _LAST.search(said)
        until = f" The last transaction is of {last[1].strip()}." if last else ""
        return NotFound(
            f"The archive ends before {target}.{until}",
            hint="Name a moment up to then, or leave targetTime out for the newest state.",
        )
    lines = [line for line in said.splitlines() if re.search(r"(FATAL|PANIC|ERROR|error):", line)]
    return Unavailable(f"Recovery failed: {' '.join(lines[-3:]) or said[-300:]}")


def source(environ: dict[str, str]) -> str:
    """The variable with the URL of the archive to restore from."""
    return SOURCE if environ.get(SOURCE) else "SHOPX_BACKUP_URL"
