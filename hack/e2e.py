"""`make e2e`: a kind cluster with the operator on it, and the tests that need one.

    e2e.py up      make what is missing: cluster, ingress, images, operator
    e2e.py test    and run tests/e2e (more arguments go to pytest)
    e2e.py down    remove the cluster

Where Docker Hub is out of reach, the node image and the base of all images come from
hack/kind-offline.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIND_OFFLINE = ROOT / "hack" / "kind-offline" / "up.sh"
CACHE = Path(
    os.environ.get("SHOPX_KIND_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shopx-kind"
)
CLUSTER = os.environ.get("SHOPX_E2E_CLUSTER", "shopx")
CONTEXT = f"kind-{CLUSTER}"
SYSTEM = "shopx-system"
PUBLIC_BASE = "docker.io/library/python:3.13-slim-bookworm"
OFFLINE_BASE = "localhost/shopx-kind/debian"
REGISTRY = "localhost/shopx"
TARGETS = {"operator": "dev", "postgres": "18.6", "valkey": "9.1", "app": "dev"}


def say(text: str) -> None:
    """One line about what happens."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def run(*words: object, quiet: bool = False) -> None:
    """Run a command; its failure ends everything."""
    began = time.monotonic()
    shown = " ".join(str(word) for word in words)
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout or "")
        sys.exit(f"error: `{shown}` ended with {done.returncode}")
    say(f"{shown[:100]} ({time.monotonic() - began:.0f} s)")


def _environment() -> dict[str, str]:
    path = f"{CACHE / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "DOCKER_BUILDKIT": "0", "SHOPX_E2E_CONTEXT": CONTEXT}


def base() -> str:
    """The image that all images are built from."""
    reachable = subprocess.run(
        ["timeout", "30", "docker", "pull", "-q", PUBLIC_BASE],
        env=_environment(),
        capture_output=True,
        check=False,
    )
    return OFFLINE_BASE if reachable.returncode else PUBLIC_BASE


def images() -> None:
    """Build all images and load them into the cluster."""
    chosen = base()
    names = []
    for target, tag in TARGETS.items():
        name = f"{REGISTRY}/{target}:{tag}"
        names.append(name)
        run(
            *("docker", "build", "-q", "-f", "deploy/Dockerfile", "--build-arg", f"BASE={chosen}"),
            *("--target", target, "-t", name, "."),
            quiet=True,
        )
    run("kind", "load", "docker-image", "--name", CLUSTER, *names, quiet=True)


def operator() -> None:
    """Install or upgrade the chart."""
    values = {"image.repository": f"{REGISTRY}/operator", "image.tag": TARGETS["operator"]}
    for part, image in (("app", "app"), ("postgres", "postgres"), ("redis", "valkey")):
        values[f"dashboards.{part}.repository"] = f"{REGISTRY}/{image}"
        values[f"dashboards.{part}.tag"] = TARGETS[image]
    options = [word for key, value in values.items() for word in ("--set-string", f"{key}={value}")]
    run(
        *("helm", "upgrade", "--install", "shopx", "charts/shopx-operator"),
        *("--kube-context", CONTEXT, "--namespace", SYSTEM, "--create-namespace"),
        *("--wait", "--timeout", "3m", *options),
        quiet=True,
    )


def up() -> None:
    """Everything that the tests need."""
    run(KIND_OFFLINE, "ingress", CLUSTER)
    images()
    operator()


def main(words: list[str]) -> int:
    """Run one command."""
    command, *rest = words or ["test"]
    match command:
        case "up":
            up()
        case "images":
            images()
            operator()
        case "test":
            up()
            run(sys.executable, "-m", "pytest", "-q", "tests/e2e", *rest)
        case "down":
            run("kind", "delete", "cluster", "--name", CLUSTER)
        case _:
            sys.stderr.write(__doc__ or "")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
