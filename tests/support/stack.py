"""A dashboard as local processes, with servers that can be stopped, killed and slowed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
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
from tests.support.valkey import ValkeyServer, valkey_server

COMMANDS = {
    "api": ["-m", "shopx_api"],
    "fold": ["-m", "shopx_core.cli", "fold"],
    "columns": ["-m", "shopx_core.cli", "columns"],
    "worker": ["-m", "shopx_workers", "worker"],
}


@dataclass(slots=True)
class Stack:
    """Everything that runs.

    Attributes:
        dsn: The database, past its proxy.
        token: May read and ingest.
        http: A client of the API that may write.
        public: One without a token.
    """

    postgres: PostgresServer
    valkey: ValkeyServer
    proxies: dict[str, Proxy]
    dsn: str
    token: str
    environment: dict[str, str]
    http: httpx.AsyncClient
    public: httpx.AsyncClient
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a process of the product."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, *COMMANDS[name]],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def pids(self, name: str) -> list[int]:
        """The processes of a part."""
        if name == "redis":
            return [self.valkey.process.pid] if self.valkey.process else []
        if name == "compute":
            return [one.pid for one in psutil.Process(self.processes["api"].pid).children()]
        pid = self.postgres.process.pid if name == "postgres" else self.processes[name].pid
        found = psutil.Process(pid)
        return [pid, *(one.pid for one in found.children(recursive=True))]

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

    def memory(self) -> float:
        """MiB that the API's processes hold."""
        total = 0
        for pid in self.pids("api"):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += psutil.Process(pid).memory_info().rss
        return total / 2**20


@contextlib.contextmanager
def _servers() -> Iterator[tuple[PostgresServer, ValkeyServer, Path]]:
    with (
        tempfile.TemporaryDirectory(prefix="shopx-pg-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="shopx-faults-") as work,
        postgres_server(Path(folder)) as postgres,
        valkey_server(Path(work)) as valkey,
    ):
        yield postgres, valkey, Path(work)


@contextlib.asynccontextmanager
async def stack() -> AsyncIterator[Stack]:
    """Start everything over an empty ledger, and end it."""
    with _servers() as (postgres, valkey, work):
        dsn = postgres.migrated().dsn
        async with (
            proxied(postgres.port) as to_postgres,
            proxied(valkey.port) as to_redis,
            asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool,
        ):
            token = await make_token(pool, Scope.READ, Scope.INGEST)
            port = free_port()
            settings = Settings(
                database={"dsn": dsn.replace(f":{postgres.port}/", f":{to_postgres.port}/")},
                redis={"url": f"redis://127.0.0.1:{to_redis.port}/0"},
                api={"port": port},
                auth={"mode": "development"},
                columns={"folder": str(work / "columns"), "memory": 256, "threads": 1},
                log={"level": "ERROR"},
            )
            (work / "columns").mkdir()
            environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOPX_")}
            base, bearer = f"http://127.0.0.1:{port}", {"authorization": f"Bearer {token}"}
            async with (
                httpx.AsyncClient(base_url=base, timeout=30, headers=bearer) as http,
                httpx.AsyncClient(base_url=base, timeout=30) as public,
            ):
                made = Stack(
                    postgres,
                    valkey,
                    {"postgres": to_postgres, "redis": to_redis},
                    dsn,
                    token,
                    environment | settings.to_env(),
                    http,
                    public,
                )
                for name in COMMANDS:
                    made.start(name)
                try:
                    await _ready(http)
                    yield made
                finally:
                    for name, process in made.processes.items():
                        made.signal(name, signal.SIGCONT)
                        process.terminate()
                    for process in made.processes.values():
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            await asyncio.to_thread(process.wait, 20)
                        process.kill()
                        await asyncio.to_thread(process.wait)
                    made.signal("postgres", signal.SIGCONT)


async def _ready(http: httpx.AsyncClient) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/readyz")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise RuntimeError("the API did not start")
