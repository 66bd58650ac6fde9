"""The dashboard's own PostgreSQL: initialised once, started with the manifest's parameters."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from shopx_core.domain.ledger_partitions import locks_at_most
from shopx_core.errors import InvalidConfiguration, Unavailable
from shopx_local.account import Account
from shopx_local.archive import Archive
from shopx_local.process import ProcessSpec
from shopx_local.programs import PostgresPrograms
from shopx_local.state import Secrets

SUPERUSER = "postgres"
ROLE = "shopx"
DATABASE = "shopx"

# Its messages about starting and stopping, about the supervisor's readiness checks, and about
# catalogues that only a superuser may analyse.
_ROUTINE = re.compile(
    r"^LOG:|^FATAL:  the database system is (starting up|shutting down)"
    r"|^WARNING:  permission denied to analyze"
)

_BASE: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # The path may be too long for a socket, and every client uses TCP.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    # Without an archive nothing replicates from here, and bulk loads write half as much.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server: its programs, its data, and its address."""

    programs: PostgresPrograms
    data: Path
    port: int
    account: Account | None
    secrets: Secrets
    archive: Archive | None = None
    """Where its log goes; `None` = nowhere."""

    @property
    def dsn(self) -> str:
        """The URL of the dashboard's database, as the role that owns it."""
        password = quote(self.secrets.database_password, safe="")
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def _admin_dsn(self) -> str:
        password = quote(self.secrets.superuser_password, safe="")
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/postgres"

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def initialise(self) -> bool:
        """Make the data folder unless it exists.

        Returns:
            Whether it was made now.

        Raises:
            Unavailable: The disk is full or the folder cannot be written.
        """
        if (self.data / "PG_VERSION").exists():
            return False
        # An interrupted first start leaves no data: PG_VERSION is written near the end.
        shutil.rmtree(self.data, ignore_errors=True)
        try:
            self.data.mkdir(mode=0o700)
            if self.account:
                os.chown(self.data, self.account.uid, self.account.gid)
            self._initdb()
        except OSError as error:
            raise Unavailable(
                f"PostgreSQL's data folder {self.data} cannot be made: {error.strerror}.",
                hint="Make room, or name another place with --state.",
            ) from None
        except BaseException:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        return True

    def _initdb(self) -> None:
        with tempfile.NamedTemporaryFile("w", prefix="shopx-") as password:
            password.write(self.secrets.superuser_password)
            password.flush()
            if self.account:
                os.chown(password.name, self.account.uid, self.account.gid)
            done = subprocess.run(  # noqa: S603 -- a program found on this machine, no user input
                [
                    self.programs.bin / "initdb",
                    f"--pgdata={self.data}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # Byte order on every platform; only Linux has the UTF-8 name for it.
                    f"--locale={'C.UTF-8' if sys.platform == 'linux' else 'C'}",
                    "--data-checksums",
                ],
                env=self._environment(),
                cwd="/",
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise Unavailable(
                f"PostgreSQL could not make its data folder {self.data}:"
                f" {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason'}.",
                hint="Make room on the disk, or name another place with --state.",
            )

    def spec(self, connections: int, parameters: Mapping[str, str]) -> ProcessSpec:
        """How the supervisor runs it.

        Args:
            connections: The connections that the dashboard's processes may open together.
            parameters: The manifest's own; they win over the ones here.
        """
        # Above the budget, for people and the superuser.
        settings = {
            **_BASE,
            "max_locks_per_transaction": str(locks_at_most()),
            **parameters,
            **(self.archive.settings() if self.archive else {}),
            "port": str(self.port),
            "max_connections": str(connections + 8),
        }
        return ProcessSpec(
            name="postgres",
            argv=[
                str(self.programs.bin / "postgres"),
                "-D",
                str(self.data),
                *(f"-c{name}={value}" for name, value in settings.items()),
            ],
            env=self._environment() | (self.archive.environment if self.archive else {}),
            cwd=Path("/"),
            uid=self.account.uid if self.account else None,
            gid=self.account.gid if self.account else None,
            # SIGINT: end the sessions, write everything, stop. SIGTERM would wait for clients.
            stop_signal=signal.SIGINT,
            stop_timeout=60,
            ready=self.accepts,
            hide=_ROUTINE,
        )

    async def accepts(self) -> bool:
        """Whether it accepts connections."""
        try:
            connection = await psycopg.AsyncConnection.connect(self._admin_dsn(), connect_timeout=2)
        except psycopg.OperationalError:
            return False
        await connection.close()
        return True

    async def ensure_database(self) -> None:
        """Create the role and the database unless they exist, and set the role's password."""
        await asyncio.to_thread(self._ensure_database)

    def _ensure_database(self) -> None:
        role = sql.Identifier(ROLE)
        with psycopg.connect(self._admin_dsn(), autocommit=True) as connection:
            known = connection.execute(
                "select 1 from pg_roles where rolname = %s", [ROLE]
            ).fetchone()
            statement = (
                "alter role {} login password {}" if known else ("create role {} login password {}")
            )
            connection.execute(
                sql.SQL(statement).format(role, sql.Literal(self.secrets.database_password))
            )
            if not connection.execute(
                "select 1 from pg_database where datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), role)
                )


def data_version(data: Path) -> int | None:
    """The major version that made a data folder; `None` when there is no data.

    Raises:
        InvalidConfiguration: The folder is damaged.
    """
    marker = data / "PG_VERSION"
    if not marker.exists():
        return None
    text = marker.read_text(encoding="utf-8").strip()
    if not text.isdigit():
        raise InvalidConfiguration(
            f"{data} is not an intact PostgreSQL data folder: PG_VERSION is damaged.",
            hint="Restore it from a copy, or move it away to start with empty data.",
        )
    return int(text)
