"""A real API server with etcd, and a garbage collector, without nodes: what stores objects.

All of them are in the one binary that `make kind` builds (`hack/kind-offline/kubernetes`).
"""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from shopx_tools.kind_cluster.cluster import CACHE
from tests.support.postgres import free_port

BINARY: Final = CACHE / "bin" / "kubernetes"
_WAIT_SECONDS: Final = 120
_TOKEN: Final = "of-this-test"


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running control plane."""

    folder: Path
    kubeconfig: Path
    etcd: str
    """The URL of etcd."""

    def stored(self, plural: str) -> dict[str, dict[str, Any]]:
        """The objects of a kind of ours as etcd has them, by namespace and name."""
        start = f"/registry/analytics.shopx.io/{plural}/"
        # etcd asks for a range by its first key and the one after its last.
        keys = {"key": start, "range_end": f"{start[:-1]}0"}
        asked = {name: base64.b64encode(key.encode()).decode() for name, key in keys.items()}
        answer = httpx.post(f"{self.etcd}/v3/kv/range", json=asked).raise_for_status().json()
        return {
            base64.b64decode(one["key"]).decode().removeprefix(start): json.loads(
                base64.b64decode(one["value"])
            )
            for one in answer.get("kvs", ())
        }

    def kubectl(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl; the caller looks at its exit code."""
        return subprocess.run(
            [str(BINARY), "kubectl", f"--kubeconfig={self.kubeconfig}", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def control_plane() -> Iterator[ControlPlane]:
    """Start one; the test is skipped where the binary is not there."""
    if not BINARY.exists():
        pytest.skip(f"needs {BINARY}: run `hack/kind-offline/up.sh engine`, or `make kind`")
    with tempfile.TemporaryDirectory(prefix="shopx-control-plane-") as name, ExitStack() as running:
        folder = Path(name)
        client, peer, port = free_port(), free_port(), free_port()
        etcd = f"http://127.0.0.1:{client}"
        running.enter_context(
            _component(
                folder,
                *("etcd", f"--data-dir={folder}/etcd", "--unsafe-no-fsync"),
                *(f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}"),
                f"--listen-peer-urls=http://127.0.0.1:{peer}",
            )
        )
        _accounts(folder)
        running.enter_context(
            _component(
                folder,
                *("kube-apiserver", f"--etcd-servers={etcd}", f"--cert-dir={folder}/tls"),
                *("--bind-address=127.0.0.1", f"--secure-port={port}"),
                *("--authorization-mode=RBAC", f"--token-auth-file={folder}/tokens"),
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={folder}/key",
                f"--service-account-signing-key-file={folder}/key",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--disable-admission-plugins=ServiceAccount",
            )
        )
        config = folder / "kubeconfig"
        config.write_text(_kubeconfig(f"https://127.0.0.1:{port}"))
        made = ControlPlane(folder, config, etcd)
        _until_ready(made)
        running.enter_context(
            _component(
                folder,
                *("kube-controller-manager", f"--kubeconfig={config}", "--leader-elect=false"),
                "--controllers=garbage-collector-controller",
                *("--secure-port=0", "--use-service-account-credentials=false"),
            )
        )
        yield made


def _accounts(folder: Path) -> None:
    """The key of service accounts, and one person with all rights."""
    key = folder / "key"
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs the package openssl")
    subprocess.run(
        [program, "genpkey", "-algorithm", "RSA", "-out", str(key)], check=True, capture_output=True
    )
    (folder / "tokens").write_text(f"{_TOKEN},admin,1,system:masters\n")


def _kubeconfig(server: str) -> str:
    cluster = {"server": server, "insecure-skip-tls-verify": True}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": _TOKEN}}],
        }
    )


@contextmanager
def _component(folder: Path, name: str, *options: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(BINARY), name, *options], stdout=log, stderr=log, cwd=folder
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(made: ControlPlane) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while (asked := made.kubectl("get", "--raw", "/readyz")).returncode:
        if time.monotonic() > end:
            logs = "\n".join(path.read_text()[-2000:] for path in made.folder.glob("*.log"))
            sys.stderr.write(logs)
            pytest.fail(f"the API server is not ready: {asked.stderr}")
        time.sleep(0.2)
