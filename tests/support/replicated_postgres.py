"""The servers of a replicated database as processes here, run as their pods would be."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from shopx_core.containers import postgres_files
from shopx_operator.manifests import names, replication
from shopx_operator.manifests.context import Object
from tests.support.apiserver import ApiServer
from tests.support.postgres import NOBODY, binaries, free_port
from tests.support.rendering import Children, children

PASSWORD = "d" * 43
PATIENCE = 120
_NAMESPACE = "shop"


@dataclass(slots=True)
class Pod:
    """One server: a folder that stands for its volume and its files."""

    name: str
    command: list[str]
    environment: dict[str, str]
    root: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the container."""
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_as_other(), *self.command],
                env=self.environment,
                cwd=self.root,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End all its processes at once, as the loss of a node does."""
        if self.process is None:
            return
        found = [psutil.Process(self.process.pid)]
        found += found[0].children(recursive=True)
        with contextlib.suppress(OSError, psutil.NoSuchProcess, IndexError):
            pid = (self.root / "data" / "pgdata" / "postmaster.pid").read_text().splitlines()[0]
            server = psutil.Process(int(pid))
            found += [server, *server.children(recursive=True)]
        for one in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(PATIENCE)
        self.process = None

    async def stop(self) -> None:
        """Stop the container as a kubelet does."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self.process.wait, PATIENCE)
        self.process = None

    def query(self, text: str, user: str = "shopx") -> list[tuple[Any, ...]]:
        """Ask this server."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=PASSWORD,
            dbname="shopx",
            connect_timeout=2,
            autocommit=True,
        ) as connection:
            found = connection.execute(text.encode())
            return found.fetchall() if found.description else []


def _as_other() -> list[str]:
    """What runs a command as another user than root, whose Python it must be able to read."""
    if os.geteuid() != 0:
        return []
    user = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    return ["setpriv", *user, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


@dataclass(slots=True)
class Servers:
    """The servers, and the API server that Patroni keeps its state in."""

    kubernetes: ApiServer
    rendered: Children
    root: Path
    pods: dict[str, Pod] = field(default_factory=dict)

    def add(self, number: int) -> Pod:
        """Make a server's pod, and start it."""
        workload = f"sales-database{f'-{number}' if number > 1 else ''}"
        template = self.rendered.pod("StatefulSet", workload)
        pod = self._pod(f"{workload}-0", template, number)
        self.pods[pod.name] = pod
        self.kubernetes.put(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": pod.name,
                    "namespace": _NAMESPACE,
                    "labels": dict(template["metadata"]["labels"]),
                },
            }
        )
        pod.start()
        return pod

    def _pod(self, name: str, template: Object, number: int) -> Pod:
        (container,) = template["spec"]["containers"]
        root = self.root / str(number)
        places = {
            postgres_files.DATA: root / "data",
            postgres_files.SOCKETS: root / "s",
            postgres_files.FILES: root / "files",
            "/tmp": root / "tmp",  # noqa: S108 -- the pod's
        }
        for folder in places.values():
            folder.mkdir(parents=True)
        pattern = re.compile("|".join(map(re.escape, places)))

        def here(text: str) -> str:
            return pattern.sub(lambda match: str(places[match[0]]), text)

        for file, text in self.rendered["ConfigMap", "sales-database"]["data"].items():
            (places[postgres_files.FILES] / file).write_text(here(text))
        (root / "kubeconfig").write_text(self.kubernetes.kubeconfig())
        if os.geteuid() == 0:
            for path in (root, *root.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        port, patroni = free_port(), free_port()
        environment = {one["name"]: one.get("value", PASSWORD) for one in container["env"]} | {
            "PATH": f"{binaries()}:{os.environ['PATH']}",
            "PGPORT": str(port),
            "POD_IP": "127.0.0.1",
            "PATRONI_NAME": name,
            "SHOPX_PATRONI": str(Path(sys.executable).with_name("patroni")),
            "SHOPX_POSTGRES_PORT": str(port),
            "SHOPX_PATRONI_PORT": str(patroni),
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{port}",
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{patroni}",
            "PATRONI_KUBERNETES_CONTEXT": "test",
            "KUBECONFIG": str(root / "kubeconfig"),
            "SHOPX_PASSWORD": PASSWORD,
        }
        command = [here(word) for word in (*container["command"], *container["args"])]
        return Pod(name, command, environment, root, port)

    def pod(self, name: str) -> Object:
        """A pod as the API server has it."""
        found = self.kubernetes.find("Pod", name)
        assert found is not None
        return found

    @property
    def leader(self) -> str | None:
        """The pod that the Service for writes selects."""
        for name, pod in self.pods.items():
            labels = self.pod(name)["metadata"]["labels"]
            if pod.process is not None and labels.get(names.LABEL_ROLE) == replication.PRIMARY:
                return name
        return None

    def streams(self, name: str) -> bool:
        """Whether a replica says that it follows the leader."""
        said = self.pod(name)["metadata"].get("annotations", {}).get("status", "{}")
        return bool(json.loads(said).get("replication_state") == "streaming")

    def logs(self) -> str:
        """The ends of the containers' logs."""
        found = []
        for pod in self.pods.values():
            log = pod.root / "log"
            tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            found.append(f"--- {pod.name}\n{tail}")
        return "\n".join(found)

    async def until(self, what: str, holds: Callable[[], object]) -> None:
        """Wait for something that happens by itself."""
        for _ in range(PATIENCE * 5):
            ended = [
                pod.name
                for pod in self.pods.values()
                if pod.process is not None and pod.process.poll() is not None
            ]
            assert not ended, f"{ended} ended\n{self.logs()}"
            with contextlib.suppress(psycopg.Error):
                if await asyncio.to_thread(holds):
                    return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{what}: not within {PATIENCE} s\n{self.logs()}")


def _folder() -> Path:
    root = Path(tempfile.mkdtemp(prefix="shopx-r-"))
    # Another user's processes go through it.
    root.chmod(0o755)
    return root


@contextlib.asynccontextmanager
async def servers(spec: dict[str, Any]) -> AsyncIterator[Servers]:
    """The API server with what the operator renders; no pod runs yet."""
    kubernetes = ApiServer(controllers=False)
    await kubernetes.start()
    root = _folder()
    made = Servers(kubernetes, children(spec), root)
    try:
        for one in made.rendered.kind("ConfigMap"):
            if one["metadata"]["labels"].get(names.LABEL_SCOPE):
                kubernetes.put(one)
        yield made
    finally:
        for pod in made.pods.values():
            pod.kill()
        await kubernetes.stop()
        shutil.rmtree(root, ignore_errors=True)
