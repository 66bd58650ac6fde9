"""A leader and a replica that streams from it, as PostgreSQL runs them without anything around."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from tests.support.postgres import OPTIONS, PostgresServer, free_port, postgres_server

PATIENCE: Final = 60.0
# A replica gets what is flushed: the leader's background writer would let it wait for each commit.
_LEADER: Final = OPTIONS | {
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
}


@dataclass(slots=True)
class Replica:
    """The replica; it may be away."""

    server: PostgresServer

    @property
    def address(self) -> str:
        """As settings name it."""
        return f"127.0.0.1:{self.server.port}"

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Ask it."""
        with psycopg.connect(self.server.dsn(database), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def pause(self) -> None:
        """Let it apply nothing more; what arrives waits."""
        self.ask("select pg_wal_replay_pause()")
        until(lambda: self.ask("select pg_get_wal_replay_pause_state()") == [("paused",)])

    def resume(self) -> None:
        """Let it apply what waits."""
        self.ask("select pg_wal_replay_resume()")

    def caught_up(self, leader: PostgresServer) -> None:
        """Wait until it has what the leader has now."""
        with psycopg.connect(leader.dsn("postgres"), autocommit=True) as connection:
            row = connection.execute("select pg_current_wal_flush_lsn()::text").fetchone()
        assert row is not None
        reached = f"select pg_last_wal_replay_lsn() >= '{row[0]}'::pg_lsn"
        until(lambda: self.ask(reached) == [(True,)])

    def cancel_reads(self) -> None:
        """Let recovery wait for no read that is in its way."""
        for setting in ("max_standby_streaming_delay = 0", "hot_standby_feedback = off"):
            self.ask(f"alter system set {setting}")
        self.ask("select pg_reload_conf()")
        until(lambda: self.ask("show max_standby_streaming_delay") == [("0",)])

    def promote(self) -> None:
        """Make it a leader of its own."""
        assert self.ask("select pg_promote()") == [(True,)]

    def kill(self) -> None:
        """End it at once, as the loss of its machine does."""
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(PATIENCE)

    def start(self) -> None:
        """Start it over its files."""
        (self.server.data / "postmaster.pid").unlink(missing_ok=True)
        self.server.start()

    def freeze(self) -> None:
        """Stop all its processes where they are: the kernel answers for them, and nothing else."""
        for process in self._processes():
            process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            process.send_signal(signal.SIGCONT)

    def _processes(self) -> list[psutil.Process]:
        postmaster = psutil.Process(self.server.process.pid)
        return [postmaster, *postmaster.children(recursive=True)]


def until(check: Any) -> None:
    """Ask again and again until the answer is yes."""
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


@contextlib.contextmanager
def streaming() -> Iterator[tuple[PostgresServer, Replica]]:
    """Start both, and stop them."""
    # Not pytest's own folder, which other runs close to other accounts.
    with (
        tempfile.TemporaryDirectory(prefix="shopx-pg-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder), options=_LEADER) as leader,
    ):
        replica = Replica(_copied(leader, Path(folder) / "replica"))
        replica.start()
        try:
            yield leader, replica
        finally:
            if replica.server.process.poll() is None:
                replica.thaw()
                replica.server.stop()


def _copied(leader: PostgresServer, data: Path) -> PostgresServer:
    owner = leader.data.stat().st_uid
    data.mkdir(mode=0o700)
    shutil.chown(data, owner)
    subprocess.run(
        [leader.bin / "pg_basebackup", "-D", data, "-d", leader.dsn("postgres"), "-c", "fast",
         "-X", "stream", "-R"],
        user=owner if os.geteuid() == 0 else None, cwd="/", check=True, capture_output=True,
    )  # fmt: skip
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write("hot_standby_feedback = on\n")
    port = free_port()
    options = _LEADER | {"port": str(port)}
    # Not started yet: `start` begins the process that this one stands for.
    ended = subprocess.Popen(["true"])
    ended.wait()
    ended.args = [leader.bin / "postgres", "-D", data, *(f"-c{k}={v}" for k, v in options.items())]
    return PostgresServer(port, ended, data, leader.bin)
