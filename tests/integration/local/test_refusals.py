"""What `shopx up` and its companions say when they cannot do what was asked."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MANIFEST = """apiVersion: analytics.shopx.io/v1beta1
kind: AnalyticsDashboard
metadata: {name: shop}
spec: {environment: development}
"""


def shopx(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopx_core.cli", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "dashboard.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def test_busy_port_names_who_has_it(manifest: Path, taken: int) -> None:
    done = shopx("up", "--port", taken, cwd=manifest.parent)
    assert done.returncode == 1
    assert f"Port {taken} on 127.0.0.1 is taken by " in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert "--port" in done.stderr
    assert not (manifest.parent / ".state").exists(), "nothing was begun"


def test_address_of_another_machine(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("development", "production"), encoding="utf-8")
    done = shopx("up", "--host", "192.0.2.1", cwd=manifest.parent)
    assert done.returncode == 2
    assert "192.0.2.1:8000 cannot be listened on" in done.stderr


def test_open_reads_are_not_shown_to_a_network(manifest: Path) -> None:
    done = shopx("up", "--host", "0.0.0.0", cwd=manifest.parent)  # noqa: S104 -- the case itself
    assert done.returncode == 2
    assert "would let everyone on the network read" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("spec: [", "is not valid YAML: line 1"),
        (MANIFEST.replace("spec:", "spec: {size: small}\nspec:"), "'spec' is given twice"),
        (MANIFEST.replace("environment", "enviroment"), "did you mean environment?"),
        (MANIFEST.replace("}\n", ""), "is not valid YAML"),
        ("", "has no objects of kind AnalyticsDashboard"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
    ids=["broken", "twice", "unknown field", "cut off", "empty", "binary"],
)
def test_corrupt_manifest(manifest: Path, content: str | bytes, says: str) -> None:
    manifest.write_bytes(content.encode() if isinstance(content, str) else content)
    done = shopx("up", "-f", manifest, cwd=manifest.parent)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_manifest(tmp_path: Path) -> None:
    assert "No manifest is named" in shopx("up", cwd=tmp_path).stderr
    done = shopx("up", "-f", "absent.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "absent.yaml cannot be read: No such file" in done.stderr


@pytest.mark.parametrize("command", ["status", "down", "exec verify"])
def test_nothing_runs(manifest: Path, command: str) -> None:
    name, *rest = command.split()
    done = shopx(name, *rest, cwd=manifest.parent)
    assert done.returncode == 1
    assert "No dashboard of this manifest runs here" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that no user can write")
def test_place_that_cannot_be_written(manifest: Path) -> None:
    done = shopx("up", "--port", 18_999, "--state", "/proc/shopx", cwd=manifest.parent)
    assert done.returncode == 1
    assert "The state folder /proc/shopx cannot be written" in done.stderr
