"""Real servers with TLS: PostgreSQL, PgBouncer and Redis of the machine."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from tests.support.postgres import NOBODY, free_port

PROGRAMS = max(
    Path("/usr/lib/postgresql").glob("*/bin"),
    key=lambda path: int(path.parent.name),
    default=Path("/usr/lib/postgresql/15/bin"),
)
"""The newest installed PostgreSQL; the embedded one is built without TLS."""
REQUIRED = "SHOPX_TEST_TLS"
"""Set where the servers must be there, such as in CI."""
PASSWORD = "p@ss:w/rd%"
QUOTED = "p%40ss%3Aw%2Frd%25"


def missing() -> str:
    """The Debian packages that are not installed, separated by blanks."""
    needed = {
        "postgresql": (PROGRAMS / "postgres").exists(),
        "pgbouncer": shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") is not None,
        "redis-server": shutil.which("redis-server") is not None,
        "openssl": shutil.which("openssl") is not None,
    }
    return " ".join(name for name, there in needed.items() if not there)


def marks() -> list[pytest.MarkDecorator]:
    """The marks of tests that need these servers: skipped without them, unless CI requires them.

    Raises:
        RuntimeError: They are required and not there.
    """
    found = [pytest.mark.xdist_group("tls")]
    if missing():
        if os.environ.get(REQUIRED):
            raise RuntimeError(f"install {missing()}: {REQUIRED} is set")
        found.append(pytest.mark.skip(reason=f"needs the packages {missing()}"))
    return found


@contextlib.contextmanager
def shared_folder() -> Iterator[Path]:
    """A folder that the servers' user can read, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="shopx-tls-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _run(*words: object, folder: Path) -> None:
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stderr.decode()}")


@dataclass(frozen=True, slots=True)
class Certificates:
    """A private authority, a server's certificate for `localhost`, and a client's."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificates":
        """Make all of them."""
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        for authority in ("ca", "other"):
            _run(
                *("openssl", "req", "-x509", *key, "-days", "2", "-subj", f"/CN={authority}"),
                *("-keyout", f"{authority}.key", "-out", f"{authority}.crt"),
                folder=folder,
            )
        for name, subject in (("server", "/CN=localhost"), ("client", "/CN=owner")):
            _run(
                *("openssl", "req", *key, "-subj", subject),
                *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
                folder=folder,
            )
            (folder / "san").write_text("subjectAltName=DNS:localhost\n")
            _run(
                *("openssl", "x509", "-req", "-in", f"{name}.csr", "-days", "2"),
                *("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "san"),
                *("-out", f"{name}.crt"),
                folder=folder,
            )
        return cls(folder)

    def path(self, name: str) -> Path:
        """One file."""
        return self.folder / name


def _give(path: Path) -> None:
    """To the account that the servers run as."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def _user() -> int | None:
    return NOBODY if os.geteuid() == 0 else None


@contextlib.contextmanager
def postgres(folder: Path, made: Certificates) -> Iterator[int]:
    """PostgreSQL that takes TLS alone; its port. The role `owner` may also use a certificate."""
    data = folder / "data"
    data.mkdir()
    for name in ("server.crt", "server.key", "ca.crt"):
        shutil.copy(made.path(name), data / name)
    (folder / "password").write_text(PASSWORD)
    for path in (folder, data, *data.iterdir(), folder / "password"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    staged = folder / "staged"
    data.rename(staged)
    data.mkdir(mode=0o700)
    for path in (folder, data, staged, *staged.iterdir(), folder / "password"):
        _give(path)
    how = {"user": _user(), "cwd": folder, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}}
    initdb = [PROGRAMS / "initdb", "-D", data, "-U", "owner", "--auth=scram-sha-256", "--no-sync"]
    subprocess.run(
        [*initdb, f"--pwfile={folder / 'password'}"],
        check=True,
        capture_output=True,
        **how,  # type: ignore[call-overload] # the same for both
    )
    for path in staged.iterdir():
        path.rename(data / path.name)
    (data / "pg_hba.conf").write_text(
        "hostssl certified all all cert\nhostssl all all all scram-sha-256\n"
    )
    port = free_port()
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "ssl": "on",
        "ssl_cert_file": "server.crt",
        "ssl_key_file": "server.key",
        "ssl_ca_file": "ca.crt",
    }
    words = [f"-c{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", data, *words],
            stdout=log,
            stderr=log,
            **how,  # type: ignore[call-overload] # as above
        )
    url = f"postgresql://owner:{QUOTED}@localhost:{port}/postgres?sslmode=require"
    try:
        _wait_for(lambda: psycopg.connect(url, connect_timeout=2).close())
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create database certified")
        yield port
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def pgbouncer(folder: Path, port: int, mode: str) -> Iterator[int]:
    """PgBouncer of the machine before that PostgreSQL; its port."""
    own = free_port()
    (folder / "users").write_text(f'"owner" "{PASSWORD}"\n')
    (folder / "pgbouncer.ini").write_text(
        "[databases]\n"
        f"* = host=localhost port={port}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {own}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users'}\n"
        f"pool_mode = {mode}\nserver_tls_sslmode = require\n"
    )
    for path in (folder, folder / "users", folder / "pgbouncer.ini"):
        _give(path)
    with (folder / "log").open("wb") as log:
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program is not None
        process = subprocess.Popen(
            [program, folder / "pgbouncer.ini"], user=_user(), stdout=log, stderr=log
        )
    url = f"postgresql://owner:{QUOTED}@localhost:{own}/postgres"
    try:
        _wait_for(lambda: psycopg.connect(url, connect_timeout=2).close())
        yield own
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def redis_server(folder: Path, made: Certificates, *, clients: bool = True) -> Iterator[int]:
    """Redis of the machine that takes TLS alone, with an ACL user; its port.

    Args:
        folder: Its files.
        made: Its certificates.
        clients: Whether clients must have certificates, too.
    """
    port = free_port()
    lines = {
        "port": 0,
        "tls-port": port,
        "bind": "127.0.0.1",
        "dir": folder,
        "tls-cert-file": made.path("server.crt"),
        "tls-key-file": made.path("server.key"),
        "tls-ca-cert-file": made.path("ca.crt"),
        "tls-auth-clients": "yes" if clients else "no",
        "save": '""',
    }
    config = [f"{name} {value}" for name, value in lines.items()]
    config += ["user default off", "user shop on >drawn ~* &* +@all", ""]
    (folder / "redis.conf").write_text("\n".join(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["redis-server", folder / "redis.conf"], stdout=log, stderr=log)
    options = f"ssl_ca_certs={made.path('ca.crt')}&ssl_certfile={made.path('client.crt')}"
    url = f"rediss://shop:drawn@localhost:{port}/0?{options}&ssl_keyfile={made.path('client.key')}"
    try:

        def ping() -> None:
            with redis.Redis.from_url(url) as client:
                client.ping()

        _wait_for(ping)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(works: "object") -> None:
    end = time.monotonic() + 30
    while True:
        try:
            works()  # type: ignore[operator] # any callable
        except (psycopg.OperationalError, redis.RedisError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
