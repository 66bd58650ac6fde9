"""One kind cluster: its name, port and kubeconfig, and commands run about it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shopx_tools import ROOT

CACHE = Path(
    os.environ.get("SHOPX_KIND_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shopx-kind"
)


class ClusterError(Exception):
    """A command about a cluster failed; the message names it and shows its output."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A kind cluster. No command touches another cluster's kubeconfig, port or context."""

    name: str
    port: int
    """Of this machine, where the ingress listens."""
    kubeconfig: Path | None
    """`None` = the user's own."""

    @property
    def context(self) -> str:
        """Its name in the kubeconfig."""
        return f"kind-{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of commands about it."""
        # kubectl's plugin is installed beside this Python.
        path = (str(CACHE / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        made = {**os.environ, "PATH": ":".join(path)}
        made |= {"DOCKER_BUILDKIT": "0", "SHOPX_E2E_CONTEXT": self.context}
        made |= {"SHOPX_E2E_PORT": str(self.port)}
        if self.kubeconfig is not None:
            made["KUBECONFIG"] = str(self.kubeconfig)
            made["KUBECACHEDIR"] = f"{self.kubeconfig}.cache"
        return made

    def run(self, *words: object) -> str:
        """Run a command; returns its stdout.

        Raises:
            ClusterError: It failed.
        """
        done = subprocess.run(
            [str(word) for word in words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shown = " ".join(str(word) for word in words[:6])
            output = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
            raise ClusterError(f"`{shown}` ended with {done.returncode}:\n{output}")
        return done.stdout

    def succeeds(self, *words: object) -> bool:
        """Whether a command ends with 0; its output is dropped."""
        argv = [str(word) for word in words]
        done = subprocess.run(argv, env=self.environment, capture_output=True, check=False)
        return done.returncode == 0


TESTS = Cluster("shopx-e2e", 18080, CACHE / "shopx-e2e.kubeconfig")
PLAYGROUND = Cluster("shopx", 8080, None)


def say(text: str) -> None:
    """Print one line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Print what was done and how long it took."""
    began = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - began:.0f} s)")
