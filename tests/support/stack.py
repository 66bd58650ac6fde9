"""A dashboard as local processes, with servers that can be stopped, killed and slowed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import psutil
import psycopg

from shopx_core.domain.api_tokens import Scope
from shopx_core.settings import Settings
from tests.support.api import make_token
from tests.support.postgres import PostgresServer, free_port, postgres_server
from tests.support.proxy import Proxy, proxied
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.valkey import ValkeyServer, valkey_server
from tests.support.wrong_clock import WrongClock

COMMANDS = {
    "api": ["-m", "shopx_api"],
    "fold": ["-m", "shopx_core.cli", "fold"],
    "columns": ["-m", "shopx_core.cli", "columns"],
    "worker": ["-m", "shopx_workers", "worker"],
}
SPARE = "spare"
"""A second API unit, which readers and writers turn to when the first one does not answer."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""As in production: without them a crash loses what was acknowledged."""
SMALL = {"shared_buffers": "64MB", "max_wal_size": "64MB", "min_wal_size": "32MB"}
"""For a small disk."""


@dataclass(slots=True)
class Stack:
    """Everything that runs.

    Attributes:
        dsn: The database, past its proxy.
        token: May read and ingest.
        units: Where the API answers, the first unit first.
        disks: Of PostgreSQL and of the columns; none unless the stack is `apart`.
        clocks: Of each part; none unless the stack is `apart`.
        log: What the parts say of errors.
    """

    postgres: PostgresServer
    valkey: ValkeyServer
    proxies: dict[str, Proxy]
    dsn: str
    token: str
    environment: dict[str, str]
    units: dict[str, str]
    disks: dict[str, SmallDisk]
    clocks: dict[str, WrongClock]
    log: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a process of the product."""
        arguments = COMMANDS["api" if name == SPARE else name]
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=self._variables(name),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def defects(self) -> list[str]:
        """What the parts said of failures that they did not expect."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [line for line in lines if '"event": "defect"' in line]

    def _variables(self, name: str) -> dict[str, str]:
        clock = self.clocks.get(name)
        made = self.environment | (clock.environment if clock else {})
        if name in self.units:
            made["SHOPX_API_PORT"] = self.units[name].rpartition(":")[2]
        return made

    def build_columns(self) -> tuple[int, str]:
        """Build the columnar replica now: the exit code, and what was said."""
        done = subprocess.run(
            [sys.executable, *COMMANDS["columns"], "--once"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def pids(self, name: str) -> list[int]:
        """The processes of a part."""
        if name == "redis":
            return [self.valkey.process.pid] if self.valkey.process else []
        with contextlib.suppress(psutil.NoSuchProcess):
            if name == "compute":
                return [one.pid for one in psutil.Process(self.processes["api"].pid).children()]
            pid = self.postgres.process.pid if name == "postgres" else self.processes[name].pid
            return [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]
        return []

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a part."""
        for pid in self.pids(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    async def kill(self, name: str) -> None:
        """Kill a part, and start again what its supervisor would."""
        if name == "redis":
            await asyncio.to_thread(self.valkey.stop)
        elif name == "postgres":
            # One backend that dies takes all sessions with it: the server recovers from a crash.
            backend = max(self.pids("postgres"))
            os.kill(backend, signal.SIGKILL)
        elif name == "compute":
            self.signal(name, signal.SIGKILL)
        else:
            self.signal(name, signal.SIGKILL)
            await asyncio.to_thread(self.processes[name].wait)

    async def restore(self, name: str) -> None:
        """Start a killed part again, where nothing in it does so."""
        if name == "redis":
            await asyncio.to_thread(self.valkey.start)
        elif name in COMMANDS:
            self.start(name)

    def exhaust(self) -> contextlib.ExitStack:
        """Take every connection that PostgreSQL has left; closing the stack gives them back."""
        taken = contextlib.ExitStack()
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(self.dsn))
        return taken

    def fill_log(self) -> None:
        """Write until the write-ahead log has no room, without which PostgreSQL ends."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.dsn) as connection:
            for _ in range(2000):
                connection.execute(
                    "select pg_logical_emit_message(true, 'test', repeat('x', 1000000))"
                )
                connection.commit()

    def end_postgres(self) -> None:
        """Wait until PostgreSQL has ended by itself, or end it, as its supervisor does."""
        try:
            self.postgres.process.wait(5)
        except subprocess.TimeoutExpired:
            self.signal("postgres", signal.SIGKILL)
            self.postgres.process.wait()

    def revive_postgres(self) -> None:
        """Start PostgreSQL, unless it runs."""
        if self.postgres.process.poll() is not None:
            self.postgres.start()

    def memory(self) -> float:
        """MiB that the API's processes hold."""
        total = 0
        for pid in self.pids("api"):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += psutil.Process(pid).memory_info().rss
        return total / 2**20


@dataclass(frozen=True, slots=True)
class _Servers:
    postgres: PostgresServer
    valkey: ValkeyServer
    columns: Path
    log: Path
    disks: dict[str, SmallDisk]
    clocks: dict[str, WrongClock]


@contextlib.contextmanager
def _servers(*, apart: bool) -> Iterator[_Servers]:
    with contextlib.ExitStack() as held:
        folder, work = (
            Path(
                held.enter_context(
                    tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
                )
            )
            for prefix in ("shopx-pg-", "shopx-faults-")
        )
        work.chmod(0o755)
        columns = work / "columns"
        disks: dict[str, SmallDisk] = {}
        clocks: dict[str, WrongClock] = {}
        if apart:
            for name, place, size in (("postgres", folder / "data", 400), ("columns", columns, 64)):
                disks[name] = held.enter_context(small_disk(work / f"{name}.img", place, size))
            clocks = {name: WrongClock(work, name) for name in (*COMMANDS, "postgres", "redis")}
        else:
            columns.mkdir()

        def variables(name: str) -> Mapping[str, str] | None:
            return clocks[name].environment if clocks else None

        postgres = held.enter_context(
            postgres_server(
                folder,
                options=DURABLE | (SMALL if apart else {}),
                environment=variables("postgres"),
            )
        )
        valkey = held.enter_context(valkey_server(work, variables("redis")))
        # Not on a disk of the test: a file that is written to keeps it from becoming read-only.
        yield _Servers(postgres, valkey, columns, work / "log", disks, clocks)


@contextlib.asynccontextmanager
async def stack(*, spare: bool = False, apart: bool = False) -> AsyncIterator[Stack]:
    """Start everything over an empty ledger, and end it.

    Args:
        spare: Start a second API unit.
        apart: Give PostgreSQL and the columns small disks, and every part a clock, for which this
            process is isolated (`tests.support.isolation`).
    """
    with _servers(apart=apart) as servers:
        postgres, valkey = servers.postgres, servers.valkey
        dsn = postgres.migrated().dsn
        async with (
            proxied(postgres.port) as to_postgres,
            proxied(valkey.port) as to_redis,
        ):
            async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
                token = await make_token(pool, Scope.READ, Scope.INGEST)
            settings = Settings(
                database={"dsn": dsn.replace(f":{postgres.port}/", f":{to_postgres.port}/")},
                redis={"url": f"redis://127.0.0.1:{to_redis.port}/0"},
                auth={"mode": "development"},
                columns={
                    "folder": str(servers.columns), "memory": 256, "threads": 1, "interval": 10
                },
                log={"level": "ERROR"},
            )  # fmt: skip
            environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOPX_")}
            units = ["api", SPARE] if spare else ["api"]
            made = Stack(
                postgres,
                valkey,
                {"postgres": to_postgres, "redis": to_redis},
                dsn,
                token,
                environment | settings.to_env(),
                {name: f"http://127.0.0.1:{free_port()}" for name in units},
                servers.disks,
                servers.clocks,
                servers.log,
            )
            for name in {**COMMANDS, **made.units}:
                made.start(name)
            try:
                for base in made.units.values():
                    await _ready(base)
                yield made
            finally:
                await _end(made)


async def _end(made: Stack) -> None:
    for name, process in made.processes.items():
        made.signal(name, signal.SIGCONT)
        process.terminate()
    for process in made.processes.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, 20)
        process.kill()
        await asyncio.to_thread(process.wait)
    made.signal("postgres", signal.SIGCONT)


async def _ready(base: str) -> None:
    end = time.monotonic() + 120
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError("the API did not start")
