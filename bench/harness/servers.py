"""The processes of the benchmark: database, cache, fold, columns, writer, API units."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.postgres import free_port, postgres_server
from tests.support.valkey import valkey_server

ROOT = Path(__file__).parents[2]

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stores:
    """The addresses of the database and of the cache, and the folder of the columnar replica."""

    dsn: str
    redis: str
    columns: str


def environment(stores: Stores, **more: str) -> dict[str, str]:
    """The environment of a product process."""
    return {
        **os.environ,
        "SHOPX_DATABASE_DSN": stores.dsn,
        "SHOPX_REDIS_URL": stores.redis,
        "SHOPX_COLUMNS_FOLDER": stores.columns,
        "SHOPX_AUTH_MODE": "development",
        "SHOPX_REPORTING_CURRENCY": "GBP",
        "SHOPX_REPORTING_TIMEZONE": "Europe/London",
        "SHOPX_LOG_LEVEL": "WARNING",
        **more,
    }


@contextlib.contextmanager
def stores(data: Path) -> Iterator[Stores]:
    """A new database with the sales of a folder, and an empty cache."""
    with (
        tempfile.TemporaryDirectory(prefix="shopx-bench-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="shopx-bench-") as cache,
        postgres_server(Path(folder)) as server,
        valkey_server(Path(cache)) as valkey,
    ):
        made = Stores(server.create().dsn, valkey.url, str(Path(cache, "columns")))
        Path(made.columns).mkdir()
        mapping = ROOT / "examples" / "mappings" / "uci_online_retail.yaml"
        for command in (
            ["migrate"],
            ["import", str(mapping), "--source", str(data)],
        ):
            subprocess.run([*shopx(), *command], env=environment(made), check=True)
        with psycopg.connect(made.dsn, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        subprocess.run([*shopx(), "columns", "--once"], env=environment(made), check=True)
        yield made


def shopx() -> list[str]:
    """The product's command."""
    return [str(Path(sys.executable).with_name("shopx"))]


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str]) -> Iterator[int]:
    """A process in the background; gives its id."""
    process = subprocess.Popen(command, env=env, cwd=ROOT)
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"{command} ended with {process.returncode}")
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def api(stores: Stores, port: int, *before: str, **more: str) -> Iterator[int]:
    """One API unit that is ready; gives the id of its first process.

    Args:
        stores: What it reads.
        port: Where it listens.
        before: A command that starts it, such as `taskset`.
        more: Further variables.
    """
    env = environment(stores, SHOPX_API_PORT=str(port), **more)
    with running([*before, sys.executable, "-m", "shopx_api"], env) as pid:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield pid


@contextlib.contextmanager
def bare(port: int) -> Iterator[int]:
    """The baseline, on the same server."""
    command = [
        *(
            sys.executable,
            "-m",
            "uvicorn",
            "--app-dir",
            str(Path(__file__).parent),
            "baseline_app:app",
        ),
        *("--port", str(port), "--no-access-log", "--log-level", "warning"),
    ]
    with running(command, dict(os.environ)) as pid:
        wait_for(f"http://127.0.0.1:{port}/")
        yield pid


def wait_for(url: str) -> None:
    """Wait until a URL answers 200."""
    # On a busy machine a process takes long to start.
    for _ in range(1200):
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(url, timeout=1) as answer,  # noqa: S310 -- a URL of our own
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def wait_for_columns(port: int) -> None:
    """Wait until an API unit answers from the columnar replica."""
    query = urllib.parse.urlencode({"query": "{ sales { heatmap(metric: REVENUE) { values } } }"})
    for _ in range(1200):
        url = f"http://127.0.0.1:{port}/graphql?{query}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            if b'"tier":"columns"' in answer.read():
                return
        time.sleep(0.1)
    raise RuntimeError("the replica was not opened")


def processes(pid: int) -> list[int]:
    """A process and all its descendants."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(child) for file in children for child in file.read_text("ascii").split()]
    return [pid, *(one for child in found for one in processes(child))]


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its descendants have used so far."""
    return sum(_cpu_seconds(one) for one in processes(pid))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mib(pid: int) -> float:
    """Resident memory of a process and its descendants; shared pages count for each."""
    pages = [Path(f"/proc/{one}/statm").read_text("ascii").split()[1] for one in processes(pid)]
    return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE") / 2**20


__all__ = [
    "Stores",
    "api",
    "bare",
    "cpu_seconds",
    "free_port",
    "memory_mib",
    "running",
    "stores",
    "wait_for",
    "wait_for_columns",
]
