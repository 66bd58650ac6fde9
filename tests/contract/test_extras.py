"""Each extra of the built wheel installs alone and brings everything that its parts import."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))

# Serial: each makes an environment of its own.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("extras"), pytest.mark.timeout(300)]

IMPORT_ALL = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    if not hasattr(package, "__path__"):
        continue
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith(("__main__", ".env")) and ".versions." not in module.name:
            importlib.import_module(module.name)
"""

EXTRAS = {
    "": ["shopx_core.resource", "shopx_core.settings", "shopx_core.logging", "shopx_core.errors",
         "shopx_core.caching", "shopx_core.scaling", "shopx_core.jobs", "shopx_core.cli",
         "shopx_kubectl"],
    "operator": ["shopx_operator"],
    "api": ["shopx_api"],
    "workers": ["shopx_workers", "shopx_store"],
    "migrations": ["shopx_migrations"],
    "backup": ["shopx_backup"],
    "local": ["shopx_local"],
    "client": ["shopx_client"],
}  # fmt: skip


def _run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd="/",
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What users install, built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    done = _run(
        UV, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable,
        "-o", folder, ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra or "none")
def test_extra_installs_alone_and_imports(extra: str, wheel: Path, tmp_path: Path) -> None:
    made = _run(UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv")
    assert made.returncode == 0, made.stderr
    wanted = f"shopx-analytics[{extra}] @ file://{wheel}" if extra else str(wheel)
    install = [
        UV, "pip", "install", "-q", "--constraint", ROOT / "requirements" / "dev.txt", wanted,
    ]  # fmt: skip
    environment = {"VIRTUAL_ENV": str(tmp_path / "venv")}
    # From the packages that are there already; a machine with an empty cache fetches them.
    done = _run(*install, "--offline", **environment)
    if done.returncode:
        done = _run(*install, **environment)
    assert done.returncode == 0, done.stderr
    found = _run(tmp_path / "venv" / "bin" / "python", "-c", IMPORT_ALL, *EXTRAS[extra])
    assert found.returncode == 0, found.stderr


def test_wheel_carries_types_and_licence(wheel: Path) -> None:
    listed = _run(sys.executable, "-m", "zipfile", "-l", wheel).stdout
    packages = (
        "core", "store", "operator", "api", "workers", "migrations", "backup", "local", "kubectl",
        "client",
    )  # fmt: skip
    for package in packages:
        assert f"shopx_{package}/py.typed" in listed
    assert "licenses/LICENSE" in listed
