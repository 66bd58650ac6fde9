"""API processes of a test."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.postgres import Database


def environment(database: Database, **more: str) -> dict[str, str]:
    """Of an API process whose reads are open."""
    return {
        "PATH": os.environ["PATH"],
        "SHOPX_DATABASE_DSN": database.dsn,
        "SHOPX_AUTH_MODE": "development",
        **more,
    }


@contextmanager
def started(
    database: Database, sockets: tuple[int, ...] = (), **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """An API process, killed when the block ends.

    Args:
        database: What it answers from.
        sockets: It inherits them.
        more: Variables.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "shopx_api"],
        env=environment(database, **more),
        pass_fds=sockets,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def listening() -> socket.socket:
    """A socket on a free port, which takes connections before a process serves it."""
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(64)
    return made
