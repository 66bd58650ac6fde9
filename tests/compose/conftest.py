"""A compose project on a real Docker engine, brought up once by `make compose-test`."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shopx_local.compose.project import render
from shopx_local.up import read_manifest
from tests.support.measured import measured, pytest_terminal_summary
from tests.support.postgres import free_port
from tests.support.traffic import Site

__all__ = ["measured", "pytest_terminal_summary"]
"""Used by pytest."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Project:
    """A rendered project's folder."""

    folder: Path
    port: int
    manifest: Path = ROOT / "examples" / "dashboard.yaml"

    def render(self, manifest: Path) -> None:
        """Write the project of a manifest into the folder."""
        for name, text in render(read_manifest(manifest)).files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)

    @property
    def site(self) -> Site:
        """The dashboard through Nginx."""
        return Site("localhost", self.port)

    def compose(self, *words: str, stdin: str | None = None) -> str:
        """Run Docker Compose in it; returns stdout."""
        done = subprocess.run(
            ["docker-compose", "--progress", "quiet", *words],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
        return done.stdout

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/deploy.sh on it."""
        words = [str(ROOT / "scripts" / "deploy.sh"), *options, str(self.folder)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def states(self) -> dict[str, str]:
        """The health of each service, or its state."""
        lines = self.compose("ps", "-a", "--format", "json").splitlines()
        found = [json.loads(line) for line in lines]
        return {one["Service"]: one["Health"] or one["State"] for one in found}


@pytest.fixture(scope="session")
def project(
    tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Iterator[Project]:
    """The example for one machine, rendered and started."""
    images = os.environ.get("SHOPX_COMPOSE_IMAGES")
    if images is None:
        pytest.skip("needs a Docker engine and images: run `make compose-test`")
    folder = tmp_path_factory.mktemp("compose") / "sales"
    made = Project(folder, free_port())
    made.render(made.manifest)
    named = f"COMPOSE_PROJECT_NAME=shopx-compose-test\nSHOPX_HTTP=127.0.0.1:{made.port}\n"
    (folder / ".env").write_text(named + Path(images).read_text())
    try:
        began = time.monotonic()
        done = made.deploy()
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        measured(f"from nothing to a page: {time.monotonic() - began:.0f} s")
        yield made
    finally:
        made.compose("down", "-v", "-t", "5")
        shutil.rmtree(folder, ignore_errors=True)
